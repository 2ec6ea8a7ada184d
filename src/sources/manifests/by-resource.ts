import { describeRef, type KubernetesObject, refOf } from "../../objects/meta.ts";
import type { Location, Origin } from "../../objects/origin.ts";
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
  const repeated = new Map<string, KubernetesObject[]>();
  for (const { resource, object } of objects) {
    const { namespace, name } = object.metadata;
    const key = `${object.kind}/${namespace}/${name}`;
    const list = held[resource] as Map<string, typeof object>;
    const before = list.get(key);
    if (before !== undefined && contentOf(before) !== contentOf(object)) {
      const known = repeated.get(key);
      if (known === undefined) repeated.set(key, [before, object]);
      else known.push(object);
    }
    list.set(key, object);
  }
  return {
    // Built from the keys of Resources, which stay as they are.
    held: Object.fromEntries(
      Object.entries(held).map(([resource, found]) => [resource, [...found.values()]]),
    ) as unknown as Held,
    notices: noticesOf([...repeated.values()]),
  };
}

function contentOf(object: KubernetesObject): string {
  return JSON.stringify({ ...object, origin: null });
}

/** One line for each object, however often it stands there: where it begins, where the one is that counts. */
function noticesOf(repeated: readonly (readonly KubernetesObject[])[]): readonly string[] {
  const notices = repeated.slice(0, MAX_NOTICES).flatMap((objects) => {
    const last = objects.at(-1);
    if (last === undefined) return [];
    const places = objects.map(({ origin }) => (origin === null ? "?" : describeOrigin(origin)));
    const where =
      places.length === 2
        ? `${places[0]} and in ${places[1]}`
        : `${places.length} places, from ${places[0]} to ${places.at(-1)}`;
    return `${describeRef(refOf(last))} stands in ${where}: the last one counts, as with kubectl apply`;
  });
  const left = repeated.length - notices.length;
  const more = left === 1 ? "1 more object stands" : `${left} more objects stand`;
  return [
    ...notices,
    ...(left === 0 ? [] : [`and ${more} more than once`]),
    ...(repeated.some(standApart) ? ["where these are environments, lint --each judges each folder for itself"] : []),
  ];
}

/** In several folders, or made by several kustomizations. */
function standApart(objects: readonly KubernetesObject[]): boolean {
  const makers = objects.map(({ origin }) => origin?.madeBy ?? origin?.file.replace(/[^/\\]*$/, ""));
  return new Set(makers).size > 1;
}

/** With what made it: two overlays make different objects of one file. */
function describeOrigin({ start, madeBy }: Origin): string {
  return madeBy === undefined ? describeLocation(start) : `${describeLocation(start)} (${madeBy})`;
}

/** `manifests/mysql.yaml:7`. */
export function describeLocation({ file, line }: Location): string {
  return `${file}:${line}`;
}
