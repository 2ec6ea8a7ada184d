import { controllerOf, type KubernetesObject } from "../objects/meta.ts";
import { type Pod, readyCondition } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { deploymentOf } from "./replica-set.ts";
import { ordinalsOf, statefulSetIdentity } from "./stateful-set.ts";
import { derivePods } from "./workload-pods.ts";

/** What becomes of a workload's Pods when its manifest was applied, and everything has been rolled out. */
export interface RollOut {
  readonly leaving: readonly Pod[];
  /** As derivePods has them: status null. */
  readonly coming: readonly Pod[];
}

/** Bound on the Pods that are derived of one workload. */
const MOST_PODS = 10_000;

/** Of a workload that is new, or whose template changed: all its Pods are made anew. */
export function replaceAll(after: Workload, pods: readonly Pod[]): RollOut {
  return { leaving: pods, coming: derivePods(after, MOST_PODS).pods };
}

/**
 * Of a workload whose template changed. Its strategy may leave Pods as they are: all of them until somebody deletes them
 * (OnDelete), or those of a StatefulSet below its partition.
 */
export function renew(before: Workload, after: Workload, pods: readonly Pod[]): RollOut {
  if (after.rollout?.type === "OnDelete") return rescale(before, after, pods);
  const partition = after.rollout?.partition ?? 0;
  if (partition === 0) return replaceAll(after, pods);
  const stays = ({ metadata }: Pod): boolean => ordinalIn(metadata.name) < partition;
  const { leaving, coming } = rescale(before, after, pods.filter(stays));
  const renewed = replaceAll(
    after,
    pods.filter((pod) => !stays(pod)),
  );
  return {
    leaving: [...leaving, ...renewed.leaving],
    coming: [...coming.filter(stays), ...renewed.coming.filter((pod) => !stays(pod))],
  };
}

function ordinalIn(name: string): number {
  return Number(name.slice(name.lastIndexOf("-") + 1));
}

/**
 * Of a workload whose template is the same: only the number of its Pods may change. A StatefulSet ends and makes those of
 * its ordinals; of other workloads those that are not Ready leave first, as far as the order is known
 * (pkg/controller ActivePodsWithRanks).
 */
export function rescale(before: Workload, after: Workload, pods: readonly Pod[]): RollOut {
  if (after.kind === "StatefulSet") return rescaleOrdinals(before, after, pods);
  if (after.replicas === null || before.replicas === null) return { leaving: [], coming: [] };
  const { replicas } = after;
  const more = replicas - before.replicas;
  if (more > 0) return { leaving: [], coming: derivePods({ ...after, replicas: more }, MOST_PODS).pods };
  if (more === 0 && !after.suspended) return { leaving: [], coming: [] };
  const staying = [...pods].sort((a, b) => rank(a) - rank(b) || (a.metadata.name < b.metadata.name ? -1 : 1));
  return { leaving: staying.slice(after.suspended ? 0 : replicas), coming: [] };
}

function rescaleOrdinals(before: Workload, after: Workload, pods: readonly Pod[]): RollOut {
  const namesOf = (set: Workload): Set<string> =>
    new Set(ordinalsOf(set, MOST_PODS).map((ordinal) => statefulSetIdentity(set, ordinal).name));
  const [had, wanted] = [namesOf(before), namesOf(after)];
  return {
    leaving: pods.filter(({ metadata }) => !wanted.has(metadata.name)),
    coming: derivePods(after, MOST_PODS).pods.filter(({ metadata }) => !had.has(metadata.name)),
  };
}

function rank(pod: Pod): number {
  if (pod.metadata.deletionTimestamp !== null) return 2;
  return readyCondition(pod)?.status === "True" ? 0 : 1;
}

/**
 * The controllers above an object, nearest first, `Kind/name`: by way of those that were read, and from a ReplicaSet that was not to
 * its Deployment by the hash in its name.
 */
export function controllersAbove(
  object: KubernetesObject,
  workloadNamed: (kind: string, name: string) => Workload | null,
): readonly string[] {
  const above: string[] = [];
  let at: KubernetesObject | null = object;
  // Owners cannot form a ring in a cluster; a manifest may write one down.
  for (let steps = 0; at !== null && steps < 5; steps += 1) {
    const owner = controllerOf(at);
    if (owner === null) break;
    above.push(`${owner.kind}/${owner.name}`);
    at = workloadNamed(owner.kind, owner.name);
    const deployment =
      at === null && owner.kind === "ReplicaSet" ? deploymentOf(owner.name, object.metadata.labels) : null;
    if (deployment !== null) above.push(`Deployment/${deployment}`);
  }
  return above;
}
