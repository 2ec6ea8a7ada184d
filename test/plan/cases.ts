import { readFileSync } from "node:fs";
import { CORE_SCHEMA, load } from "js-yaml";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { snapshotOfManifests } from "../../src/sources/manifests.ts";

/** A text, or a text with replacements: each first text by the second. */
type Written = string | readonly string[];

/** One case of cases.yaml; what is left out must not be there. */
export interface PlanCase {
  readonly name: string;
  readonly before: Written;
  readonly after: Written;
  /** `- mysql-{1..2}.mysql A`, with `: what` where that is to be held, too. */
  readonly changes?: readonly string[];
  /** What makes the changes, all of them, sorted. */
  readonly because?: readonly string[];
  readonly lost?: { readonly names: number; readonly records: number };
  /** `effect severity`, a part of its message, and of its steps. */
  readonly effects?: readonly (readonly [string, string, string?])[];
  /** A part of each reason. */
  readonly unchecked?: readonly string[];
}

const KEYS = ["name", "before", "after", "changes", "because", "lost", "effects", "unchecked"];

export function planCases(): readonly PlanCase[] {
  const cases = load(readFileSync(new URL("cases.yaml", import.meta.url), "utf8"), { schema: CORE_SCHEMA });
  for (const one of cases as Record<string, unknown>[]) {
    const odd = Object.keys(one).filter((key) => !KEYS.includes(key));
    if (odd.length > 0) throw new Error(`${String(one.name)} has no key ${odd.join(", ")}`);
  }
  return cases as PlanCase[];
}

/** The text of one side. A replacement that replaces nothing is a mistake of the case. */
export function textOf(written: Written): string {
  if (typeof written === "string") return written;
  const [text = "", ...pairs] = written;
  let result = text;
  for (let at = 0; at + 1 < pairs.length; at += 2) {
    const [from = "", to = ""] = pairs.slice(at, at + 2);
    if (!result.includes(from)) throw new Error(`nothing to replace: ${from}`);
    result = result.replace(from, () => to);
  }
  return result;
}

export function manifests(file: string, text: string): Snapshot {
  const options = { defaultNamespace: "default", clusterDomain: null, description: file };
  return snapshotOfManifests([{ file, text, found: false, damaged: false }], options);
}
