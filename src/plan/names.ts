import { runsOf } from "../diagnosis/words.ts";
import { byName } from "../trace/words.ts";

/** A name without what all names of its namespace end in: `mysql-0.mysql`; a reverse name as its address's. */
export function shortName(name: string, namespace: string, domain: string): string {
  const ending = `.${namespace}.svc.${domain}.`;
  return name.endsWith(ending) ? name.slice(0, -ending.length) : name.replace(/\.$/, "");
}

/** Short names as people read them: those that differ only in a number together (`mysql-{3..4}.mysql`), in natural order. */
export function nameRuns(names: readonly string[]): readonly string[] {
  const byRest = Map.groupBy(names, (name) => {
    const dot = name.indexOf(".");
    return dot < 0 || name.startsWith("_") ? null : name.slice(dot);
  });
  return [...byRest]
    .flatMap(([rest, group]) =>
      rest === null ? group : runsOf(group.map((name) => name.slice(0, -rest.length))).map((run) => `${run}${rest}`),
    )
    .sort(byName);
}
