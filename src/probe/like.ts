import { matchesLabels, matchesSelector } from "../kubernetes/label-selector.ts";
import type { Labels } from "../objects/meta.ts";
import type { NetworkPolicy } from "../objects/others.ts";
import type { Resource, Resources } from "../objects/snapshot.ts";
import type { LabelSelector } from "../objects/workload.ts";
import { describeLacks } from "../sources/cluster/lack.ts";
import { readResource } from "../sources/cluster/list.ts";
import { readClient } from "./client.ts";
import { ProbeError } from "./error.ts";
import type { PodName, ProbeAccess, ProbeWatch } from "./vantage.ts";

/**
 * The labels of a client's Pod that NetworkPolicies select on, so that a Pod with them is under the same ones; no others, which
 * would only make it a stranger among the client's own Pods. Throws a ProbeError where the Pod or the policies of its
 * namespace cannot be read.
 */
export async function labelsLike(access: ProbeAccess, client: PodName, watch: ProbeWatch): Promise<Labels> {
  const { api } = access;
  const signal = watch.interrupted;
  const { namespace, name } = client;
  const [pod, own, all] = await Promise.all([
    readClient(access, client, signal),
    readResource(api, "networkPolicies", { namespace }, signal),
    readResource(api, "networkPolicies", { namespace: null }, signal),
  ]);
  if (pod === null)
    throw new ProbeError(`--like pod/${name}: the Pod cannot be read`, "ask for get on pods (docs/rbac.yaml)");
  if (own.lacks.length > 0) {
    throw new ProbeError(
      `--like pod/${name}: which labels count cannot be told: ${describeLacks(own.lacks)}`,
      "--labels gives them by hand",
    );
  }
  const others = all.items.filter(({ metadata }) => metadata.namespace !== namespace);
  if (all.lacks.length > 0) {
    watch.notice(`policies of other namespaces are not known to --like: ${describeLacks(all.lacks)}`);
  }
  const keys = policyKeys(own.items, others);
  return Object.fromEntries(Object.entries(pod.metadata.labels).filter(([key]) => keys.has(key)));
}

/** The keys of the labels by which policies choose Pods of a namespace: as those that they apply to, or as peers. */
function policyKeys(own: readonly NetworkPolicy[], others: readonly NetworkPolicy[]): ReadonlySet<string> {
  const peers = (policy: NetworkPolicy) =>
    [...policy.ingress, ...policy.egress].flatMap(({ peers: each }) => each ?? []);
  const selectors: readonly (LabelSelector | null)[] = [
    ...own.map(({ podSelector }) => podSelector),
    // Without a namespaceSelector a peer is a Pod of the policy's own namespace.
    ...own.flatMap(peers).map(({ podSelector }) => podSelector),
    ...others
      .flatMap(peers)
      .filter(({ namespaceSelector }) => namespaceSelector !== null)
      .map(({ podSelector }) => podSelector),
  ];
  return new Set(
    selectors.flatMap((selector) =>
      selector === null
        ? []
        : [...Object.keys(selector.matchLabels), ...selector.matchExpressions.map(({ key }) => key)],
    ),
  );
}

/** These take a Pod without an owner for theirs where its labels fit, and may then delete one of their own for it. */
const ADOPTING: ReadonlySet<string> = new Set(["ReplicaSet", "ReplicationController", "DaemonSet", "Job"]);

/**
 * Holds a Pod's labels to everything that selects Pods by them: no Service may send it traffic and no controller adopt it. Throws
 * a ProbeError where one does, or where that cannot be told.
 */
export async function checkLabels(
  access: ProbeAccess,
  namespace: string,
  labels: Labels,
  signal: AbortSignal,
): Promise<void> {
  const list = async <R extends Resource>(resource: R): Promise<readonly Resources[R][]> => {
    const { items, lacks } = await readResource(access.api, resource, { namespace }, signal);
    if (lacks.length === 0) return items;
    throw new ProbeError(
      `whether the probe's labels would make it a Pod of somebody's Service cannot be told: ${describeLacks(lacks)}`,
      "leave --like and --labels away, or ask for the right to list them",
    );
  };
  const [services, workloads] = await Promise.all([list("services"), list("workloads")]);
  const service = services.find(
    ({ spec }) =>
      spec.selector !== null && Object.keys(spec.selector).length > 0 && matchesLabels(spec.selector, labels),
  );
  if (service !== undefined) {
    throw new ProbeError(
      `Service ${namespace}/${service.metadata.name} selects a Pod with the probe's labels (${selectorText(service.spec.selector ?? {})}): it would be sent traffic`,
      "give only labels that no Service selects on: --labels",
      "usage",
    );
  }
  const owner = workloads.find(
    ({ kind, selector }) => ADOPTING.has(kind) && selector !== null && matchesSelector(selector, labels),
  );
  if (owner !== undefined) {
    throw new ProbeError(
      `${owner.kind} ${namespace}/${owner.metadata.name} would take a Pod with the probe's labels for one of its own`,
      "give only labels that no controller selects on: --labels",
      "usage",
    );
  }
}

function selectorText(selector: Labels): string {
  return Object.entries(selector)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}
