import { RULES } from "../rules/index.ts";
import type { Link, Severity } from "../rules/rule.ts";

/** What there is to know of a rule without running it. */
export interface RuleEntry {
  readonly id: string;
  /** null for what belongs to the input and not to a name's path. */
  readonly link: Link | null;
  readonly severity: Severity;
  readonly summary: string;
}

/** Findings that the engine makes itself: no rule on a single part of the path can see them. */
export const ENGINE_RULES = {
  answerNegative: {
    id: "answer-negative",
    link: "answer",
    severity: "error",
    summary: "the Service's name has no address, and no other rule says why",
  },
  invalidObject: {
    id: "invalid-object",
    link: null,
    severity: "error",
    summary: "a document is not YAML, not an object, or breaks the fields that are read",
  },
  namespaceMismatch: {
    id: "namespace-mismatch",
    link: null,
    severity: "warning",
    summary: "an object carries another namespace than the one that -n gives",
  },
  unusedSuppression: {
    id: "unused-suppression",
    link: null,
    severity: "info",
    summary: "an ignore matches nothing",
  },
} as const satisfies Record<string, RuleEntry>;

/** Every rule id that can appear in a report, in the order of the path; `kheadless explain` lists them so. */
export const CATALOGUE: readonly RuleEntry[] = [
  ...RULES.map(({ id, link, severity, summary }) => ({ id, link, severity, summary })),
  ...Object.values(ENGINE_RULES),
];
