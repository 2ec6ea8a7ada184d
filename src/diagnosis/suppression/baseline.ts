import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import { ENGINE_RULES } from "../catalogue.ts";
import type { Finding } from "../engine.ts";
import { type Identity, identityKey, identityOf } from "../identity.ts";
import { findingKey } from "../merge.ts";
import type { Suppressor } from "../suppression.ts";
import { objectNamed, SEARCHED_RESOURCES } from "./named.ts";
import { unusedFinding } from "./unused.ts";

/** A finding that was there before, and how often. */
export interface BaselineEntry extends Identity {
  /** At least 1. */
  readonly count: number;
}

/** The findings that a team has decided to live with for now. */
export interface Baseline {
  /** As the user named it. */
  readonly file: string;
  readonly entries: readonly BaselineEntry[];
}

/** What a baseline made of these findings lists, in the order of rule and object. Suppressions themselves are never in it. */
export function baselineEntries(findings: readonly Finding[]): readonly BaselineEntry[] {
  const entries = new Map<string, BaselineEntry>();
  for (const finding of findings) {
    if (finding.rule === ENGINE_RULES.unusedSuppression.id) continue;
    const identity = identityOf(finding);
    const key = identityKey(identity);
    entries.set(key, { ...identity, count: (entries.get(key)?.count ?? 0) + 1 });
  }
  return [...entries].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, entry]) => entry);
}

/** What of a baseline is of one input, which is judged apart from others and does not know its own name. */
export function baselineOfInput({ file, entries }: Baseline, input: string | null): Baseline {
  return {
    file,
    entries: entries.filter((entry) => entry.input === input).map((entry) => ({ ...entry, input: null })),
  };
}

/**
 * What a baseline silences: of each of its entries as many findings as it counts. The same finding on another Service's
 * path counts once. What is found no more is told, where the object was read: in another folder it may still be.
 */
export function ignoresOfBaseline({ file, entries }: Baseline, index: SnapshotIndex): Suppressor {
  const known = new Map<string, { readonly entry: BaselineEntry; readonly met: Set<string> }>(
    entries.map((entry) => [identityKey(entry), { entry, met: new Set() }]),
  );
  return {
    of(finding) {
      const found = known.get(identityKey(identityOf(finding)));
      if (found === undefined) return null;
      const key = findingKey(finding);
      if (!found.met.has(key) && found.met.size >= found.entry.count) return null;
      found.met.add(key);
      return { finding, reason: null, kind: "baseline", by: file };
    },
    unused(excused) {
      const fixed = [...known.values()].flatMap(({ entry, met }) => {
        const left = entry.count - met.size;
        return left > 0 && !excused.has(entry.rule) && wasRead(entry, index) ? [{ ...entry, count: left }] : [];
      });
      return fixed.length === 0 ? [] : [fixedFinding(file, fixed)];
    },
  };
}

function wasRead({ object, file }: BaselineEntry, index: SnapshotIndex): boolean {
  if (object === null)
    return SEARCHED_RESOURCES.some((one) => index.all(one).some(({ origin }) => origin?.file === file));
  const parts = object.split("/");
  const [kind = "", namespace = "", name = ""] = parts.length === 2 ? [parts[0], "", parts[1]] : parts;
  return objectNamed({ kind, name }, namespace, index) !== null;
}

function fixedFinding(file: string, fixed: readonly BaselineEntry[]): Finding {
  const [first] = fixed;
  const count = fixed.reduce((sum, entry) => sum + entry.count, 0);
  return unusedFinding({
    object: null,
    field: null,
    location: { file, line: 1, column: 1 },
    message:
      count === 1 && first !== undefined
        ? `${file} lists ${entryText(first)}, which is found no more.`
        : `${file} lists ${count} findings that are found no more.`,
    evidence: fixed.map(entryText),
    remedy: `# give --write-baseline ${file} beside the same input: they drop out, and would be told if they came back`,
  });
}

function entryText({ rule, object, field, file, count }: BaselineEntry): string {
  const place = [object ?? file, field].filter((part) => part !== null).join(" ");
  return `${rule} on ${place}${count === 1 ? "" : ` (${count} times)`}`;
}
