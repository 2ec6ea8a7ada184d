import { controllerOf } from "../../../objects/meta.ts";
import type { Workload } from "../../../objects/workload.ts";
import type { PodMetadata } from "./pod-metadata.ts";

/** One list of Pods to ask for. */
export interface PodQuery {
  readonly namespace: string;
  readonly query: Readonly<Record<string, string>>;
}

/**
 * The lists that hold all the Pods of which a question is open, with as few other Pods and requests as it takes: of an owner's
 * by its selector, of single ones by name, of a whole namespace; "whole" where the list that the metadata was read of is no dearer.
 */
export function queriesFor(
  scope: string | null,
  all: readonly PodMetadata[],
  open: readonly PodMetadata[],
  owners: ReadonlyMap<string, Workload>,
  requestWorth: number,
): readonly PodQuery[] | "whole" {
  const sizes = new Map<string, number>();
  for (const { metadata } of all) sizes.set(metadata.namespace, (sizes.get(metadata.namespace) ?? 0) + 1);
  let cost = 0;
  const queries: PodQuery[] = [];
  for (const [namespace, pods] of Map.groupBy(open, ({ metadata }) => metadata.namespace)) {
    const narrow = narrowQueries(namespace, pods, owners);
    const narrowCost = narrow.length * requestWorth + pods.length;
    const wideCost = requestWorth + (sizes.get(namespace) ?? 0);
    cost += Math.min(narrowCost, wideCost);
    if (narrowCost < wideCost) queries.push(...narrow);
    else if (namespace === scope) return "whole";
    else queries.push({ namespace, query: {} });
  }
  return cost < requestWorth + all.length ? queries : "whole";
}

function narrowQueries(
  namespace: string,
  pods: readonly PodMetadata[],
  owners: ReadonlyMap<string, Workload>,
): readonly PodQuery[] {
  const queries = new Map<string, PodQuery>();
  for (const pod of pods) {
    const query = ofOwner(pod, owners) ?? { fieldSelector: `metadata.name=${pod.metadata.name}` };
    queries.set(JSON.stringify(query), { namespace, query });
  }
  return [...queries.values()];
}

/** By its owner's selector, where that is labels alone and the Pod has them. */
function ofOwner(pod: PodMetadata, owners: ReadonlyMap<string, Workload>): Readonly<Record<string, string>> | null {
  const owner = controllerOf(pod);
  const selector = owner === null ? null : (owners.get(owner.uid)?.selector ?? null);
  if (selector === null || selector.matchExpressions.length > 0) return null;
  const entries = Object.entries(selector.matchLabels);
  if (entries.length === 0 || entries.some(([key, value]) => pod.metadata.labels[key] !== value)) return null;
  return { labelSelector: entries.map(([key, value]) => `${key}=${value}`).join(",") };
}
