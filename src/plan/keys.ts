import type { ObjectRef } from "../objects/meta.ts";

/** Namespace and name of an object, of whatever kind. */
export interface KeyParts {
  readonly namespace: string;
  readonly name: string;
}

/** `namespace/name`. */
export function objectKey({ metadata }: { readonly metadata: KeyParts }): string {
  return `${metadata.namespace}/${metadata.name}`;
}

/** What an objectKey was made of. */
export function keyParts(key: string): KeyParts {
  const slash = key.indexOf("/");
  return { namespace: key.slice(0, slash), name: key.slice(slash + 1) };
}

/** The version is left out: the same workload may be written in two. */
export function workloadKey({ kind, namespace, name }: ObjectRef): string {
  return `${kind}/${namespace}/${name}`;
}
