import type { FieldChange } from "../objects/field-change.ts";
import type { KubernetesObject, ObjectRef } from "../objects/meta.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Part } from "../trace/part.ts";
import type { PartName, Parts, Subject } from "../trace/trace.ts";
import type { Listing } from "./listing.ts";

/** The links of a name's path, in the order in which it is walked. */
export const LINKS = [
  "service",
  "selector",
  "pods",
  "readiness",
  "endpointslices",
  "cluster-dns",
  "answer",
  "client",
  "connect",
] as const;
export type Link = (typeof LINKS)[number];

/** Worst first. */
export const SEVERITIES = ["error", "warning", "info"] as const;
export type Severity = (typeof SEVERITIES)[number];

/**
 * How far a rule trusts a part of the trace. `complete`: it concludes from what is absent, so the rule is unchecked
 * unless everything was read. `present`: it concludes only from what is there. `optional`: it looks for itself.
 */
export type Trust = "complete" | "present" | "optional";
export type Needs = { readonly [P in PartName]?: Trust };

/** What a rule may look at: the subject, and the parts that it declared. Reading another part is a compile error. */
export type RuleContext<N extends Needs> = Subject & {
  readonly [P in keyof N & PartName]: N[P] extends "optional" ? Part<Parts[P]> : Parts[P];
};

/** What a rule reports. Id, link, default severity, location and docs link are stamped by the engine. */
export interface RuleFinding {
  /** Where it must be mended: the object, or a reference to one that does not exist. */
  readonly object: KubernetesObject | ObjectRef;
  readonly field?: FieldPath;
  /** Where in the field it begins, where that may have it in several places: what the location shows. */
  readonly at?: FieldPath;
  /** What is wrong and why it makes the name fail, in whole sentences. */
  readonly message: string;
  /** What was seen that shows it, a line each. */
  readonly evidence: readonly string[];
  /** Where message and evidence come from listingText: what other Services' paths may add to. */
  readonly listing?: Listing;
  /** What to do: lines that can be pasted into a shell (prose lines begin with "# "), or the lines to write into the manifest. */
  readonly remedy: string;
  /** What the link's line is to say of it, beside what is there, in a few words: where that alone does not show it. */
  readonly brief?: string;
  /**
   * The remedy as changes of the object's manifest, in order: only where it is surely the one that is wanted, and ends the
   * finding. Of an object that does not come from a file it is dropped.
   */
  readonly patch?: readonly FieldChange[];
  /** Where the case is graver or lighter than the rule's default. */
  readonly severity?: Severity;
}

/**
 * What a rule answers where it finds on looking that it cannot judge: the engine lists it as unchecked. `byNature` as in
 * Unavailable, and `unasked`.
 */
export interface CannotTell {
  readonly cannotTell: string;
  readonly byNature: boolean;
  readonly unasked?: true;
}

/** A rule as the engine sees it. */
export interface Rule {
  /** Public and stable. */
  readonly id: string;
  readonly link: Link;
  readonly severity: Severity;
  /** One line for lists: what it finds. */
  readonly summary: string;
  readonly needs: Needs;
  /** true: only the state of a running cluster can show it; unchecked by nature in manifests. */
  readonly liveOnly: boolean;
  /** Whether the subject is of the kind that the rule speaks about: where not, it counts neither as run nor as unchecked. */
  applies(subject: Subject): boolean;
  check(context: Subject & { readonly [P in PartName]?: unknown }): readonly RuleFinding[] | CannotTell;
}

/** Defines a rule; of its context it may look at what `needs` names, while it checks. */
export function defineRule<const N extends Needs>(rule: {
  readonly id: string;
  readonly link: Link;
  readonly severity: Severity;
  readonly summary: string;
  readonly needs: N;
  readonly liveOnly?: boolean;
  readonly applies?: (subject: Subject) => boolean;
  readonly check: (context: RuleContext<N>) => readonly RuleFinding[] | CannotTell;
}): Rule {
  return {
    ...rule,
    liveOnly: rule.liveOnly ?? false,
    applies: rule.applies ?? (() => true),
    // The engine builds the context from `needs`, so it holds what RuleContext<N> says.
    check: rule.check as Rule["check"],
  };
}
