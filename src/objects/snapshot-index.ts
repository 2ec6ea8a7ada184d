import type { Collected } from "./collected.ts";
import { perKey } from "./kept.ts";
import type { Listed, Resource, Resources, Snapshot } from "./snapshot.ts";

/** A Snapshot's objects by kind and namespace; grouped once, on first use, so that no question costs a walk over everything. */
export interface SnapshotIndex {
  readonly snapshot: Snapshot;
  /** What was collected of one kind in one namespace: the list asked of that namespace, else its share of the list of all. */
  in<R extends Resource>(resource: R, namespace: string): Collected<Resources[R]>;
  /** Everything of one kind that is present, whatever its namespace; says nothing about what is absent. */
  all<R extends Resource>(resource: R): readonly Resources[R][];
  /** Objects of one kind that carry this name, in any namespace that was read. */
  named<R extends Resource>(resource: R, name: string): readonly Resources[R][];
}

export function indexSnapshot(snapshot: Snapshot): SnapshotIndex {
  const groupedOf = perKey((resource: Resource): Grouped => group(snapshot.lists[resource]));
  return {
    snapshot,
    in<R extends Resource>(resource: R, namespace: string): Collected<Resources[R]> {
      const { byNamespace, everywhere } = groupedOf(resource);
      const own = byNamespace.get(namespace);
      if (own !== undefined) return own as Collected<Resources[R]>;
      if (everywhere === null) {
        return {
          status: "unavailable",
          because: `${resource} of namespace ${namespace} were not read`,
          byNature: false,
        };
      }
      if (everywhere.status === "unavailable") return everywhere;
      return { ...everywhere, items: [] };
    },
    all<R extends Resource>(resource: R) {
      return groupedOf(resource).items as readonly Item[] as readonly Resources[R][];
    },
    named<R extends Resource>(resource: R, name: string) {
      const found = groupedOf(resource);
      if (found.byName === null) {
        found.byName = Map.groupBy(found.items, (item) => item.metadata.name);
      }
      return (found.byName.get(name) ?? []) as readonly Item[] as readonly Resources[R][];
    },
  };
}

type Item = Resources[Resource];
interface Grouped {
  readonly byNamespace: ReadonlyMap<string, Collected<Item>>;
  readonly everywhere: Collected<Item> | null;
  readonly items: readonly Item[];
  byName: Map<string, Item[]> | null;
}

function group(lists: readonly Listed<Item>[]): Grouped {
  const byNamespace = new Map<string, Collected<Item>>();
  let everywhere: Collected<Item> | null = null;
  const items: Item[] = [];
  for (const { namespace, result } of lists) if (namespace === null) everywhere = result;
  for (const { namespace, result } of lists) {
    if (namespace === null) continue;
    // A list asked of this very namespace answers for it, unless another knows more: of kube-system often only what
    // belongs to cluster DNS was read at first.
    const whole = everywhere?.status === "complete" || byNamespace.get(namespace)?.status === "complete";
    if (result.status === "complete" || !whole) byNamespace.set(namespace, result);
  }
  if (everywhere !== null && everywhere.status !== "unavailable") {
    for (const [namespace, share] of Map.groupBy(everywhere.items, (item) => item.metadata.namespace)) {
      if (!byNamespace.has(namespace)) byNamespace.set(namespace, { ...everywhere, items: share });
    }
  }
  for (const result of byNamespace.values()) {
    if (result.status !== "unavailable") for (const item of result.items) items.push(item);
  }
  return { byNamespace, everywhere, items, byName: null };
}
