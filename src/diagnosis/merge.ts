import { listingText } from "../rules/listing.ts";
import { SEVERITIES } from "../rules/rule.ts";
import type { Finding } from "./engine.ts";

/** One string for the same finding, on whichever Service's path it was met. */
export function findingKey({ rule, object, field, message, location, listing }: Finding): string {
  return JSON.stringify(
    listing === undefined
      ? [rule, object, field, message, location]
      : [rule, object, field, listing.before, listing.after, location?.file],
  );
}

/**
 * One list for a whole run, in an order that does not depend on the input's: worst first, then by place or object. The
 * same finding met on several Services' paths is told once, naming them all.
 */
export function mergeFindings(findings: readonly Finding[]): readonly Finding[] {
  return [...Map.groupBy(findings, findingKey)]
    .map(([key, same]) => {
      const finding = together(same);
      return { key: sortKey(finding, key), finding };
    })
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0))
    .map(({ finding }) => finding);
}

/** All findings with one key: of a whole cluster, one for each of thousands of Services. */
function together(same: readonly Finding[]): Finding {
  const first = same.reduce((foremost, one) => (isBefore(one, foremost) ? one : foremost));
  if (same.length === 1) return first;
  const services = [...new Set(same.flatMap((one) => one.services))].sort();
  if (first.listing === undefined) return { ...first, services };
  const entries = same.flatMap(({ listing }) => listing?.entries ?? []);
  return { ...first, ...listingText({ ...first.listing, entries }), services };
}

function isBefore({ location: a }: Finding, { location: b }: Finding): boolean {
  return a !== null && b !== null && (a.line - b.line || a.column - b.column) < 0;
}

function sortKey(finding: Finding, rest: string): string {
  const { object, location } = finding;
  const place = location === null ? "" : `${location.file}\0${String(location.line).padStart(9, "0")}`;
  return [
    SEVERITIES.indexOf(finding.severity),
    object?.namespace ?? "",
    finding.services[0] ?? "",
    place,
    object?.kind ?? "",
    object?.name ?? "",
    finding.rule,
    finding.field ?? "",
    rest,
  ].join("\0");
}
