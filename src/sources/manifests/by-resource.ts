import { describeRef, type KubernetesObject, refOf } from "../../objects/meta.ts";
import type { Location } from "../../objects/origin.ts";
import type { ReadObject } from "../../objects/read/read-object.ts";
import type { Resource, Resources } from "../../objects/snapshot.ts";

/** Objects by the list that they belong to. */
export type Held = { readonly [R in Resource]: readonly Resources[R][] };

const MAX_NOTICES = 10;

/**
 * Sorts objects into the lists that they belong to. The same object again (kind, namespace and name; whatever its
 * version) replaces the one before, as with kubectl apply; where the two differ, a notice tells it, as it is most often
 * two environments in one folder, of which only the last is then looked at.
 */
export function byResource(objects: readonly ReadObject[]): {
  readonly held: Held;
  readonly notices: readonly string[];
} {
  const held: { [R in Resource]: Map<string, Resources[R]> } = {
    services: new Map(),
    endpointSlices: new Map(),
    endpoints: new Map(),
    pods: new Map(),
    workloads: new Map(),
    events: new Map(),
    namespaces: new Map(),
    nodes: new Map(),
    configMaps: new Map(),
    networkPolicies: new Map(),
  };
  const replaced: (readonly [KubernetesObject, KubernetesObject])[] = [];
  for (const { resource, object } of objects) {
    const { namespace, name } = object.metadata;
    const key = `${object.kind}/${namespace}/${name}`;
    const list = held[resource] as Map<string, typeof object>;
    const before = list.get(key);
    if (before !== undefined && contentOf(before) !== contentOf(object)) replaced.push([before, object]);
    list.set(key, object);
  }
  return {
    // Built from the keys of Resources, which stay as they are.
    held: Object.fromEntries(
      Object.entries(held).map(([resource, found]) => [resource, [...found.values()]]),
    ) as unknown as Held,
    notices: noticesOf(replaced),
  };
}

function contentOf(object: KubernetesObject): string {
  return JSON.stringify({ ...object, origin: null });
}

function noticesOf(replaced: readonly (readonly [KubernetesObject, KubernetesObject])[]): readonly string[] {
  const notices = replaced.slice(0, MAX_NOTICES).map(([before, after]) => {
    const [first, last] = [before, after].map(({ origin }) => (origin === null ? "?" : describeLocation(origin.start)));
    return `${describeRef(refOf(after))} stands in ${first} and in ${last}: the last one counts, as with kubectl apply`;
  });
  const left = replaced.length - notices.length;
  return left === 0 ? notices : [...notices, `and ${left} more objects stand more than once`];
}

export function describeLocation({ file, line }: Location): string {
  return `${file}:${line}`;
}
