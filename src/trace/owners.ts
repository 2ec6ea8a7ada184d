import { controllerOf, type ObjectRef, type OwnerReference, refOf } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { makerOf } from "./makers.ts";

/** The object whose template or replicas one changes to change a Pod. */
export interface Owner {
  readonly ref: ObjectRef;
  /** null where it is of a kind that is not read, or was not among the workloads that were read. */
  readonly workload: Workload | null;
}

/**
 * The topmost workload above a Pod: the Deployment above its ReplicaSet, the CronJob above its Job; an operator's
 * resource above those is not climbed to, because kubectl's commands (`scale`, `rollout`, `logs`) speak of workloads.
 * Where no workload was read, who the Pod itself names (makerOf); null for a Pod that nobody controls.
 */
export function ownerOf(pod: Pod, workloadNamed: (kind: string, name: string) => Workload | null): Owner | null {
  let above: Workload | null = null;
  let owner: Pick<OwnerReference, "kind" | "name"> | null = pod.derivedFrom ?? controllerOf(pod);
  // Owners cannot form a ring in a cluster; a manifest may write one down.
  for (let steps = 0; owner !== null && steps < 5; steps += 1) {
    const next = workloadNamed(owner.kind, owner.name);
    if (next === null) break;
    above = next;
    owner = controllerOf(next);
  }
  // A ReplicaSet that was read without its Deployment still tells the Deployment's name.
  if (above !== null && above.kind !== "ReplicaSet") return { ref: refOf(above), workload: above };
  const maker = makerOf(pod, workloadNamed);
  const named = maker !== null && maker.ref.kind === "Deployment";
  return above === null || named ? maker : { ref: refOf(above), workload: above };
}
