import { perKey } from "../objects/kept.ts";
import type { Labels } from "../objects/meta.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { LabelSelector } from "../objects/workload.ts";

/** Whether a Service selects Pods with these labels; without a selector (an empty one counts as none) it selects none. */
export function selects(service: Service, labels: Labels): boolean {
  return hasSelector(service) && matchesLabels(service.spec.selector ?? {}, labels);
}

/** Whether `labels` hold every pair of `selector`. An empty selector matches everything: of a Service ask selects. */
export function matchesLabels(selector: Labels, labels: Labels): boolean {
  for (const key in selector) {
    if (!Object.hasOwn(labels, key) || labels[key] !== selector[key]) return false;
  }
  return true;
}

/**
 * Whether `labels` satisfy a selector with expressions. Mirrors apimachinery pkg/labels/selector.go Requirement.Matches:
 * NotIn holds where the key is absent, too; a selector without any requirement matches everything.
 */
export function matchesSelector(selector: LabelSelector, labels: Labels): boolean {
  return (
    matchesLabels(selector.matchLabels, labels) &&
    selector.matchExpressions.every((requirement) => satisfies(requirement, labels))
  );
}

function satisfies({ key, operator, values }: LabelSelector["matchExpressions"][number], labels: Labels): boolean {
  const value = Object.hasOwn(labels, key) ? labels[key] : undefined;
  switch (operator) {
    case "In":
      return value !== undefined && values.includes(value);
    case "NotIn":
      return value === undefined || !values.includes(value);
    case "Exists":
      return value !== undefined;
    case "DoesNotExist":
      return value === undefined;
  }
}

/** Objects by their labels. */
export interface LabelIndex<T> {
  /** Every item that was indexed, in the order given. */
  readonly items: readonly T[];
  /** Every key that an item has. */
  keys(): Iterable<string>;
  /** The items that have all of the selector's labels, in the order given; all items for an empty selector. */
  matching(selector: Labels): readonly T[];
  /** The items with this one label, in the order given. */
  having(key: string, value: string): readonly T[];
  /** The values that the items have for a key, with the number of items each. */
  valuesOf(key: string): ReadonlyMap<string, number>;
}

/**
 * Indexes items (of one namespace: selectors never reach over its border) so that a selector costs about as much as the
 * items that carry its rarest label, and not a walk over all of them.
 */
export function indexByLabels<T>(items: readonly T[], labelsOf: (item: T) => Labels): LabelIndex<T> {
  const buckets = new Map<string, Map<string, T[]>>();
  for (const item of items) {
    const labels = labelsOf(item);
    for (const key in labels) {
      const value = labels[key] ?? "";
      let byValue = buckets.get(key);
      if (byValue === undefined) {
        byValue = new Map();
        buckets.set(key, byValue);
      }
      const bucket = byValue.get(value);
      if (bucket === undefined) byValue.set(value, [item]);
      else bucket.push(item);
    }
  }
  const having = (key: string, value: string): readonly T[] => buckets.get(key)?.get(value) ?? [];
  return {
    items,
    keys: () => buckets.keys(),
    having,
    matching(selector) {
      let rarest: readonly T[] | null = null;
      let labels = 0;
      for (const [key, value] of Object.entries(selector)) {
        const bucket = having(key, value);
        if (rarest === null || bucket.length < rarest.length) rarest = bucket;
        labels += 1;
      }
      if (rarest === null) return items;
      return labels === 1 ? rarest : rarest.filter((item) => matchesLabels(selector, labelsOf(item)));
    },
    // Every Service that selects nothing asks for the values of its keys.
    valuesOf: perKey(
      (key) => new Map(Array.from(buckets.get(key) ?? [], ([value, bucket]) => [value, bucket.length] as const)),
    ),
  };
}
