import type { Location } from "../objects/origin.ts";
import type { IgnoreComment } from "../objects/snapshot.ts";
import { SEVERITIES } from "../rules/rule.ts";
import { ENGINE_RULES } from "./catalogue.ts";
import type { Diagnosis } from "./diagnose.ts";
import type { Finding } from "./engine.ts";
import { mergeUnchecked } from "./unchecked.ts";

/** What became of one of several inputs that were judged apart from one another. */
export interface JudgedWorld {
  /** As the user named the input; null where it is the only one. */
  readonly input: string | null;
  readonly diagnosis: Diagnosis;
  /** The ignores that stand in its files. */
  readonly ignoreComments: readonly Pick<IgnoreComment, "location">[];
}

/**
 * One diagnosis of several worlds, in which Services and findings say which one they are of. `ofRun` names the files that
 * hold ignores for the whole run. An ignore that several worlds have, such a one or a comment in a base of several
 * kustomizations, is of no use only where it was of use in none of them.
 */
export function mergeWorlds(worlds: readonly JudgedWorld[], ofRun: ReadonlySet<string>): Diagnosis {
  const [only] = worlds;
  if (worlds.length === 1 && only?.input === null) return only.diagnosis;
  const places = worlds.map(({ ignoreComments }) => new Set(ignoreComments.map(({ location }) => placeText(location))));
  /** How many worlds have the ignore that a finding tells to be of no use; null where it is a matter of one world alone. */
  const holders = ({ rule, object, location }: Finding): number | null => {
    if (rule !== ENGINE_RULES.unusedSuppression.id || object !== null) return null;
    if (location === null || ofRun.has(location.file)) return worlds.length;
    const holding = places.filter((held) => held.has(placeText(location))).length;
    return holding > 1 ? holding : null;
  };
  const isShared = (finding: Finding): boolean => holders(finding) !== null;
  const findings = worlds.flatMap(({ input, diagnosis }) =>
    diagnosis.findings.map((finding) => ({ finding, named: { ...finding, ...named(input) } })),
  );
  const useless = Map.groupBy(
    findings.flatMap(({ finding }) => (isShared(finding) ? [finding] : [])),
    findingText,
  );
  return {
    services: worlds.flatMap(({ input, diagnosis }) => diagnosis.services.map((one) => ({ ...one, ...named(input) }))),
    // Within a severity in the order of the worlds, and within a world in its own.
    findings: [
      ...findings.flatMap((one) => (isShared(one.finding) ? [] : [one.named])),
      ...[...useless.values()].flatMap((same) => same.slice(0, 1).filter((one) => same.length === holders(one))),
    ].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)),
    suppressed: worlds.flatMap(({ input, diagnosis }) =>
      diagnosis.suppressed.map((one) => ({ ...one, finding: { ...one.finding, ...named(input) } })),
    ),
    unchecked: mergeUnchecked(worlds.flatMap(({ diagnosis }) => diagnosis.unchecked)),
    crashes: worlds.flatMap(({ diagnosis }) => diagnosis.crashes),
  };
}

function named(input: string | null): { readonly input?: string } {
  return input === null ? {} : { input };
}

function placeText({ file, line, column }: Location): string {
  return `${line}:${column}:${file}`;
}

function findingText({ message, location }: Finding): string {
  return JSON.stringify([message, location]);
}
