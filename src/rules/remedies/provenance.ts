import { controllerOf, type KubernetesObject } from "../../objects/meta.ts";
import { age } from "../../trace/age.ts";

/** Whoever would undo a change made by hand: `Helm release shop`, `Argo CD`, `Kafka my-cluster`; null where nobody says so. */
export function managerOf(object: KubernetesObject): string | null {
  const { annotations, labels } = object.metadata;
  const owner = controllerOf(object);
  if (owner !== null) return `${owner.kind} ${owner.name}`;
  const release = annotations["meta.helm.sh/release-name"];
  if (release !== undefined) return `Helm release ${release}`;
  return labels["app.kubernetes.io/managed-by"] ?? null;
}

/** `created 3d4h ago, managed by Helm release shop`; empty where neither is known. For a finding's evidence. */
export function provenance(object: KubernetesObject, now: string | null): readonly string[] {
  const made = age(object.metadata.creationTimestamp, now);
  const by = managerOf(object);
  const told = [...(made === null ? [] : [`created ${made} ago`]), ...(by === null ? [] : [`managed by ${by}`])];
  return told.length === 0 ? [] : [`${object.kind} ${object.metadata.name}: ${told.join(", ")}`];
}
