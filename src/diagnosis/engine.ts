import type { FieldChange } from "../objects/field-change.ts";
import { perObject } from "../objects/kept.ts";
import { type ObjectRef, refOf } from "../objects/meta.ts";
import { formatPath, type Location } from "../objects/origin.ts";
import type { Listing } from "../rules/listing.ts";
import type { Link, Rule, RuleFinding, Severity, Trust } from "../rules/rule.ts";
import { PART_NAMES } from "../trace/lazy-parts.ts";
import type { Part } from "../trace/part.ts";
import type { PartName, ServiceTrace, Subject } from "../trace/trace.ts";

/** A rule's report on one Service name, stamped with everything that a reader needs. */
export interface Finding {
  readonly rule: string;
  readonly severity: Severity;
  /** null for what belongs to the input and not to a name's path (`invalid-object`, `unused-suppression`). */
  readonly link: Link | null;
  readonly object: ObjectRef | null;
  /** `spec.ports[0].targetPort`, null where it is about the whole object. */
  readonly field: string | null;
  readonly message: string;
  /** What message and evidence are made of, where findings on other Services' paths may add to them. */
  readonly listing?: Listing;
  /** For the link's line; not there where that shows it. */
  readonly brief?: string;
  readonly evidence: readonly string[];
  readonly remedy: string;
  /** The remedy as changes of the object's manifest, where it is a mechanical one and the object stands in a file. */
  readonly patch?: readonly FieldChange[];
  readonly location: Location | null;
  /** The rule's page. */
  readonly docs: string;
  /** The Service names on whose path it was found, `namespace/name`, sorted; empty where it belongs to none. */
  readonly services: readonly string[];
  /** The input that it is of, where several were judged apart. */
  readonly input?: string;
}

/** A rule that could not be run on some Service, and what was missing. */
export interface Unchecked {
  readonly rule: string;
  readonly link: Link;
  readonly reason: string;
  /** The source by its nature does not hold what is missing: not a failure to check. */
  readonly byNature: boolean;
  /** Nobody asked for what is missing, and an option would bring it. */
  readonly unasked?: true;
  readonly services: readonly string[];
}

/** What became of one rule on one trace. */
export type Outcome =
  | { readonly rule: Rule; readonly status: "ran"; readonly findings: readonly Finding[] }
  | {
      readonly rule: Rule;
      readonly status: "unchecked";
      readonly reason: string;
      readonly byNature: boolean;
      readonly unasked?: true;
    }
  | { readonly rule: Rule; readonly status: "crashed"; readonly error: Error };

const DOCS_BASE = "https://github.com/kheadless/kheadless/blob/main/docs/rules/";

/** Runs every rule that applies to the trace's subject. A crash of a rule is its outcome, and ends nothing else. */
export function runRules(
  rules: readonly Rule[],
  trace: ServiceTrace,
  severityOf: (rule: Rule) => Severity | "off" | null = () => null,
): readonly Outcome[] {
  const outcomes: Outcome[] = [];
  const context = contextOf(trace);
  for (const runnable of runnableOf(rules)) {
    const { rule } = runnable;
    const configured = severityOf(rule);
    if (configured === "off" || !rule.applies(context)) continue;
    outcomes.push(run(runnable, trace, context, configured));
  }
  return outcomes;
}

/** What rules are handed: the same object for all rules of a trace, each time with the parts that the rule needs. */
type Context = Subject & { [P in PartName]?: unknown };

function contextOf(trace: ServiceTrace): Context {
  const { namespace, name, service, headless, asked, neededBy, live, now, clusterDomain } = trace;
  return { ...NO_PARTS, namespace, name, service, headless, asked, neededBy, live, now, clusterDomain };
}

/** Room for every part from the beginning: an object that grows with each rule is slow. */
const NO_PARTS: { [P in PartName]?: unknown } = Object.fromEntries(PART_NAMES.map((name) => [name, undefined]));

/** A rule with what is the same on every trace, so that thousands of them share it. */
interface Runnable {
  readonly rule: Rule;
  readonly needs: readonly (readonly [PartName, Trust])[];
  /** It ran and found nothing. */
  readonly silent: Outcome;
  /** What becomes of a rule for live clusters on every trace of manifests. */
  readonly notLive: Outcome;
  /** What the last trace lacked: mostly the next one lacks the very same. */
  lacking: { readonly part: Lacking; readonly outcome: Outcome } | null;
}

/** A part that a rule cannot be run with. */
type Lacking = Exclude<Part<unknown>, { readonly status: "complete" }>;

const runnableOf = perObject((rules: readonly Rule[]): readonly Runnable[] => {
  const reason = "manifests hold no state of a running cluster";
  return rules.map((rule) => ({
    rule,
    needs: Object.entries(rule.needs) as [PartName, Trust][],
    silent: { rule, status: "ran", findings: [] },
    notLive: { rule, status: "unchecked", reason, byNature: true },
    lacking: null,
  }));
});

function run(runnable: Runnable, trace: ServiceTrace, context: Context, configured: Severity | null): Outcome {
  const { rule } = runnable;
  if (rule.liveOnly && !trace.live) return runnable.notLive;
  for (const [name, trust] of runnable.needs) {
    const part = trace.parts[name];
    if (trust === "optional") {
      context[name] = part;
    } else if (part.status === "unavailable" || (part.status === "partial" && trust === "complete")) {
      if (runnable.lacking?.part !== part) runnable.lacking = { part, outcome: without(rule, part) };
      return runnable.lacking.outcome;
    } else {
      context[name] = part.value;
    }
  }
  try {
    const found = rule.check(context);
    if ("cannotTell" in found) {
      const { cannotTell: reason, byNature, unasked } = found;
      return { rule, status: "unchecked", reason, byNature, ...(unasked ? { unasked } : {}) };
    }
    if (found.length === 0) return runnable.silent;
    return { rule, status: "ran", findings: found.map((finding) => stamp(rule, finding, trace, configured)) };
  } catch (error) {
    return { rule, status: "crashed", error: error instanceof Error ? error : new Error(String(error)) };
  }
}

function without(rule: Rule, part: Lacking): Outcome {
  const { because: reason } = part;
  if (part.status === "partial") return { rule, status: "unchecked", reason, byNature: false };
  const { byNature, unasked } = part;
  return { rule, status: "unchecked", reason, byNature, ...(unasked ? { unasked } : {}) };
}

function stamp(rule: Rule, finding: RuleFinding, trace: ServiceTrace, configured: Severity | null): Finding {
  const { object, field, at = field } = finding;
  const origin = "metadata" in object ? object.origin : null;
  return {
    rule: rule.id,
    severity: configured ?? finding.severity ?? rule.severity,
    link: rule.link,
    object: "metadata" in object ? refOf(object) : object,
    field: field === undefined ? null : formatPath(field),
    message: finding.message,
    ...(finding.listing === undefined ? {} : { listing: finding.listing }),
    ...(finding.brief === undefined ? {} : { brief: finding.brief }),
    evidence: finding.evidence,
    remedy: finding.remedy,
    ...(finding.patch === undefined || finding.patch.length === 0 || origin === null || origin.rendered
      ? {}
      : { patch: finding.patch }),
    location: origin === null ? null : at === undefined ? origin.start : origin.locate(at),
    docs: docsOf(rule.id),
    services: [`${trace.namespace}/${trace.name}`],
  };
}

export function docsOf(rule: string): string {
  return `${DOCS_BASE}${rule}.md`;
}
