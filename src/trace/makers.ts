import { deploymentOf } from "../kubernetes/replica-set.ts";
import { controllerOf, type KubernetesObject, type ObjectRef, type OwnerReference, refOf } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";

/** Who made a Pod: the topmost controller of its chain of owners, so that both ReplicaSets of a roll-out are one Deployment. */
export interface Maker {
  readonly ref: ObjectRef;
  /** null where it is of a kind that is not read (an operator's), or was not among the workloads that were read. */
  readonly workload: Workload | null;
}

/**
 * Climbs the owners of a Pod or a workload as far as they are known: ReplicaSet to Deployment, Job to CronJob or JobSet,
 * StatefulSet to an operator's resource. A ReplicaSet that was not read is still known for its Deployment by the hash
 * at the end of its name. A workload without an owner is its own maker; null for a Pod that nobody controls.
 */
export function makerOf(
  object: Pod | Workload,
  workloadNamed: (kind: string, name: string) => Workload | null,
): Maker | null {
  let maker: Maker | null = null;
  let at: KubernetesObject = object;
  if (object.kind !== "Pod") maker = { ref: refOf(object), workload: object };
  else if (object.derivedFrom !== null) {
    const workload = workloadNamed(object.derivedFrom.kind, object.derivedFrom.name);
    maker = { ref: object.derivedFrom, workload };
    if (workload === null) return maker;
    at = workload;
  }
  // Owners cannot form a ring in a cluster; a manifest may write one down.
  for (let steps = 0; steps < 5; steps += 1) {
    const owner = controllerOf(at);
    if (owner === null) return maker;
    const workload = workloadNamed(owner.kind, owner.name);
    maker = { ref: workload === null ? refTo(owner, object.metadata.namespace) : refOf(workload), workload };
    if (workload === null) return deploymentAbove(object, owner, workloadNamed) ?? maker;
    at = workload;
  }
  return maker;
}

function refTo({ apiVersion, kind, name }: OwnerReference, namespace: string): ObjectRef {
  return { apiVersion, kind, namespace: kind === "Node" ? "" : namespace, name };
}

function deploymentAbove(
  { metadata }: Pod | Workload,
  owner: OwnerReference,
  workloadNamed: (kind: string, name: string) => Workload | null,
): Maker | null {
  const name = owner.kind === "ReplicaSet" ? deploymentOf(owner.name, metadata.labels) : null;
  if (name === null) return null;
  const workload = workloadNamed("Deployment", name);
  const ref = { apiVersion: "apps/v1", kind: "Deployment", namespace: metadata.namespace, name };
  return { ref: workload === null ? ref : refOf(workload), workload };
}
