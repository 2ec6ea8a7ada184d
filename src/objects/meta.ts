import type { Origin } from "./origin.ts";

export type Labels = Readonly<Record<string, string>>;

/** Names one object of the API. `namespace` is "" for cluster-scoped kinds. */
export interface ObjectRef {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace: string;
  readonly name: string;
}

export interface OwnerReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller: boolean;
}

export interface ObjectMeta {
  readonly name: string;
  /** "" for cluster-scoped kinds; what `-n` or "default" fills in where a manifest leaves it out. */
  readonly namespace: string;
  readonly uid: string;
  readonly labels: Labels;
  readonly annotations: Labels;
  readonly ownerReferences: readonly OwnerReference[];
  /** RFC 3339, null in manifests. */
  readonly creationTimestamp: string | null;
  /** RFC 3339, null where the object is not being deleted. */
  readonly deletionTimestamp: string | null;
  readonly finalizers: readonly string[];
}

/** What all objects share. `origin` is null where the object did not come from a file. */
export interface KubernetesObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
  readonly origin: Origin | null;
}

export function refOf(object: KubernetesObject): ObjectRef {
  return {
    apiVersion: object.apiVersion,
    kind: object.kind,
    namespace: object.metadata.namespace,
    name: object.metadata.name,
  };
}

/** Whether it stands in a file, where it is mended; else in a cluster. */
export function isWritten(object: KubernetesObject): boolean {
  return object.origin !== null;
}

/** One string per object, usable as a map key. */
export function refKey(ref: ObjectRef): string {
  return `${ref.apiVersion}/${ref.kind}/${ref.namespace}/${ref.name}`;
}

/** `StatefulSet shop/mysql`, or `Node worker-1` where there is no namespace. */
export function describeRef(ref: ObjectRef): string {
  return ref.namespace === "" ? `${ref.kind} ${ref.name}` : `${ref.kind} ${ref.namespace}/${ref.name}`;
}

/** The owner that controls the object (at most one has `controller: true`). */
export function controllerOf(object: Pick<KubernetesObject, "metadata">): OwnerReference | null {
  return object.metadata.ownerReferences.find((owner) => owner.controller) ?? null;
}
