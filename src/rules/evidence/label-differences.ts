import type { Labels } from "../../objects/meta.ts";
import { nearNames } from "../../objects/near-names.ts";

/** One pair of a selector that labels do not have. */
export interface LabelDifference {
  readonly key: string;
  readonly wanted: string;
  /** The value that the labels have for the key; null where they lack the key. */
  readonly found: string | null;
  /** A key that was probably meant: the same in another case, a typo away, or another one with the wanted value. */
  readonly otherKey: string | null;
}

/** Labels that controllers add to Pods of their own accord: no Service is meant to select by them. */
const CONTROLLERS_OWN: ReadonlySet<string> = new Set([
  "apps.kubernetes.io/pod-index",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-completion-index",
  "controller-revision-hash",
  "controller-uid",
  "pod-template-generation",
  "pod-template-hash",
  "statefulset.kubernetes.io/pod-name",
]);

/** Labels as a person wrote them, without those that controllers add. */
export function writtenLabels(labels: Labels): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => !CONTROLLERS_OWN.has(key)));
}

/** `app=mysql,tier=db`, as kubectl writes a selector. */
export function labelsText(labels: Labels): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
}

/** The pairs of the selector that the labels do not have. */
export function differencesOf(selector: Labels, labels: Labels): readonly LabelDifference[] {
  return Object.entries(selector).flatMap(([key, wanted]) => {
    const found = Object.hasOwn(labels, key) ? (labels[key] ?? "") : null;
    if (found === wanted) return [];
    return [{ key, wanted, found, otherKey: found === null ? otherKey(key, wanted, selector, labels) : null }];
  });
}

function otherKey(key: string, wanted: string, selector: Labels, labels: Labels): string | null {
  const free = Object.keys(writtenLabels(labels)).filter((one) => !Object.hasOwn(selector, one));
  return (
    free.find((one) => one.toLowerCase() === key.toLowerCase()) ??
    free.find((one) => labels[one] === wanted) ??
    nearNames(key, free)[0] ??
    null
  );
}

/** `app=mysq1, but the Pods have app=mysql`. `they` says whose labels they are. */
export function differenceText(
  { key, wanted, found, otherKey }: LabelDifference,
  they: string,
  labels: Labels,
): string {
  if (found !== null) return `selector ${key}=${wanted}, but ${they} have ${key}=${found}`;
  if (otherKey !== null)
    return `selector ${key}=${wanted}, but ${they} have ${otherKey}=${labels[otherKey] ?? ""} and no label ${key}`;
  return `selector ${key}=${wanted}, but ${they} have no label ${key}`;
}

/**
 * How near labels come to a selector that they do not match: 0 where nothing speaks for them. A pair that they have
 * counts more than a typo, and a typo more than nothing; a value that is plainly another one speaks against them, for
 * Pods of one release share labels, too.
 */
export function nearness(selector: Labels, labels: Labels): number {
  const differences = differencesOf(selector, labels);
  let score = 3 * (Object.keys(selector).length - differences.length);
  for (const { wanted, found, otherKey } of differences) {
    if (found !== null) {
      if (!isNear(wanted, found)) return 0;
      score += 2;
    } else if (otherKey !== null && labels[otherKey] === wanted) score += 2;
  }
  return score;
}

/** Whether one value may be a slip of the other: another case, a typo, an ending more or less. */
export function isNear(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase() || nearNames(a, [b]).length > 0;
}

/**
 * The changes that make a selector match labels, null for a key to take away; nothing of what already matches is
 * touched. Where no pair would be left, the labels that were written for the Pods take their place.
 */
export function selectorChanges(
  selector: Labels,
  labels: Labels,
  fallback: Labels,
): Readonly<Record<string, string | null>> {
  const changes: Record<string, string | null> = {};
  for (const { key, found, otherKey } of differencesOf(selector, labels)) {
    changes[key] = found;
    if (otherKey !== null) changes[otherKey] = labels[otherKey] ?? "";
  }
  const left =
    Object.keys(selector).some((key) => changes[key] !== null) ||
    Object.values(changes).some((value) => value !== null);
  return left ? changes : { ...changes, ...fallback };
}
