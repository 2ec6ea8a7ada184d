import type { Outcome, Unchecked } from "./engine.ts";

/** A rule that did not come to a result. */
export type Missed = Exclude<Outcome, { readonly status: "ran" }>;

/** A rule that should have run and could not, for a reason that is not the source's nature. */
export function isFailure(outcome: Missed): boolean {
  return outcome.status === "crashed" || !outcome.byNature;
}

/**
 * What could not be run of any Service (`subject`: `namespace/name`), made into entries only once for all of them that have the
 * same to tell; in the order of the rules.
 */
export function uncheckedIn(
  runs: Iterable<{ readonly subject: string; readonly missed: readonly Missed[] }>,
): readonly Unchecked[] {
  const merged: Merging = new Map();
  for (const { subject, missed } of runs) {
    for (const outcome of missed) {
      const { rule } = outcome;
      add(merged, rule.id, reasonOf(outcome), subject, () => uncheckedOf(outcome, subject));
    }
  }
  return mergedUnchecked(merged);
}

function reasonOf(outcome: Missed): string {
  return outcome.status === "unchecked" ? outcome.reason : `the rule crashed: ${outcome.error.message}`;
}

/** What a reader is told of it on the path of one Service, `namespace/name`. */
export function uncheckedOf(outcome: Missed, subject: string): Unchecked {
  const { rule } = outcome;
  const entry = { rule: rule.id, link: rule.link, services: [subject] };
  switch (outcome.status) {
    case "unchecked":
      return {
        ...entry,
        reason: outcome.reason,
        byNature: outcome.byNature,
        ...(outcome.unasked ? { unasked: outcome.unasked } : {}),
      };
    case "crashed":
      return { ...entry, reason: reasonOf(outcome), byNature: false };
  }
}

/** Entries by rule and reason, while the Services that they concern are put together. */
type Merging = Map<string, Map<string, { readonly entry: Unchecked; readonly services: string[] }>>;

function add(merged: Merging, rule: string, reason: string, service: string, entryOf: () => Unchecked): void {
  let byReason = merged.get(rule);
  if (byReason === undefined) {
    byReason = new Map();
    merged.set(rule, byReason);
  }
  const known = byReason.get(reason);
  if (known === undefined) byReason.set(reason, { entry: entryOf(), services: [service] });
  else known.services.push(service);
}

function mergedUnchecked(merged: Merging): readonly Unchecked[] {
  return [...merged.values()]
    .flatMap((byReason) => [...byReason.values()])
    .map(({ entry, services }) => ({ ...entry, services: inOrder(services) }));
}

/** Each rule and reason once, with all the Services that it concerns; in the order of the rules. */
export function mergeUnchecked(entries: Iterable<Unchecked>): readonly Unchecked[] {
  const merged: Merging = new Map();
  for (const entry of entries) {
    for (const service of entry.services) add(merged, entry.rule, entry.reason, service, () => entry);
  }
  return mergedUnchecked(merged);
}

/** Sorted, each once; most often they are already. */
function inOrder(services: readonly string[]): readonly string[] {
  const isSorted = services.every((service, at) => at === 0 || (services[at - 1] ?? "") < service);
  return isSorted ? services : [...new Set(services)].sort();
}
