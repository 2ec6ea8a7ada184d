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
}

/**
 * One diagnosis of several worlds, in which Services and findings say which one they are of. `ofRun` names the files that
 * hold ignores for the whole run: such an ignore is of no use only where it was of use in none of the worlds.
 */
export function mergeWorlds(worlds: readonly JudgedWorld[], ofRun: ReadonlySet<string>): Diagnosis {
  const [only] = worlds;
  if (worlds.length === 1 && only?.input === null) return only.diagnosis;
  const isOfRun = ({ rule, object, location }: Finding): boolean =>
    rule === ENGINE_RULES.unusedSuppression.id && object === null && (location === null || ofRun.has(location.file));
  const findings = worlds.flatMap(({ input, diagnosis }) =>
    diagnosis.findings.map((finding) => ({ finding, named: { ...finding, ...named(input) } })),
  );
  const useless = Map.groupBy(
    findings.flatMap(({ finding }) => (isOfRun(finding) ? [finding] : [])),
    findingText,
  );
  return {
    services: worlds.flatMap(({ input, diagnosis }) => diagnosis.services.map((one) => ({ ...one, ...named(input) }))),
    // Within a severity in the order of the worlds, and within a world in its own.
    findings: [
      ...findings.flatMap((one) => (isOfRun(one.finding) ? [] : [one.named])),
      ...[...useless.values()].flatMap((same) => (same.length === worlds.length ? same.slice(0, 1) : [])),
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

function findingText({ message, location }: Finding): string {
  return JSON.stringify([message, location]);
}
