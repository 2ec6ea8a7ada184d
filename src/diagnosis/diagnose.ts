import { predict } from "../dns/zone.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { RULES } from "../rules/index.ts";
import { kubectl, note } from "../rules/remedies/kubectl.ts";
import { type Link, type Rule, SEVERITIES, type Severity } from "../rules/rule.ts";
import { namespaceLookups } from "../trace/lookups.ts";
import type { SubjectName } from "../trace/subjects.ts";
import { type ServiceTrace, traceService } from "../trace/trace.ts";
import { answerFor, type NameAnswer, type Predict } from "./answers.ts";
import { ENGINE_RULES } from "./catalogue.ts";
import { type ChainLink, chainLinks, type LinkStatus, type Verdict, verdictOf } from "./chain.ts";
import { docsOf, type Finding, findingKey, mergeFindings, type Outcome, runRules, type Unchecked } from "./engine.ts";
import { inputFindings } from "./input-findings.ts";
import { rcodeOf } from "./links/answer.ts";
import { LINK_LINES } from "./links/index.ts";
import type { LinkLine, LinkView } from "./links/view.ts";
import type { Baseline } from "./suppression/baseline.ts";
import type { Ignore, Suppressed } from "./suppression/ignore.ts";
import { type Suppressor, suppressor } from "./suppression.ts";

/** What is asked of a diagnosis. */
export interface Request {
  readonly subjects: readonly SubjectName[];
  /** Whether the subjects are all there are: only then can an ignore be called useless. */
  readonly everything: boolean;
  /** The configured severity of a rule, null for its own. */
  readonly severityOf: (rule: string) => Severity | "off" | null;
  readonly ignores: readonly Ignore[];
  /** What was found before, and is to be silent. */
  readonly baseline?: Baseline | null;
  /** Whether links in which nothing is wrong say what is there, too, by default: of thousands of Services few read it. */
  readonly tellsOk?: boolean;
  /** The namespace that kubectl apply is given (`-n`), which refuses objects of another one; null and absent: none. */
  readonly applyNamespace?: string | null;
  /** Told of each Service as soon as it is judged. */
  readonly onJudged?: (judged: Judged) => void;
  /** Only tests give others. */
  readonly rules?: readonly Rule[];
  readonly predict?: Predict;
}

/** One Service name and what became of it. */
export interface ServiceDiagnosis {
  readonly namespace: string;
  readonly name: string;
  /** false where no such Service was found. */
  readonly exists: boolean;
  readonly headless: boolean;
  readonly verdict: Verdict;
  readonly chain: readonly ChainLink[];
  /** The input that it is of, where several were judged apart. */
  readonly input?: string;
}

/** A rule that ended in an exception; its `unchecked` entry tells the reader, this tells the developer. */
export interface Crash {
  readonly rule: string;
  readonly service: string;
  readonly error: Error;
}

export interface Diagnosis {
  /** In the order of the subjects. */
  readonly services: readonly ServiceDiagnosis[];
  /** Worst first, in an order that does not depend on the input's. */
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly unchecked: readonly Unchecked[];
  readonly crashes: readonly Crash[];
}

/** Runs every rule over the path of every subject, and says of each link and each Service how it stands. */
export function diagnose(index: SnapshotIndex, request: Request): Diagnosis {
  const lookups = namespaceLookups(index);
  const silence = suppressor(index, request.ignores, request.baseline);
  const predicted: Predict = (name, type) => predict(lookups.zone().zone, name, type);
  const complete = { predict: predicted, rules: RULES, ...request };
  const share = sharing();
  const runs = request.subjects.map((subject) => {
    const run = share(judge(traceService(lookups, subject), complete, silence));
    request.onJudged?.(judgedOf(run));
    return run;
  });

  const ofInput = sift(
    inputFindings(index, request.applyNamespace ?? null).flatMap((finding) => configured(finding, request)),
    null,
    silence,
  );
  const excused = new Set<string>();
  for (const { missed } of runs) for (const { rule } of missed) excused.add(rule.id);
  const unused = request.everything ? silence.unused(excused) : [];
  return {
    services: runs.map(({ service }) => service),
    findings: mergeFindings([
      ...runs.flatMap(({ findings }) => findings),
      ...ofInput.findings,
      ...unused.flatMap((finding) => configured(finding, request)),
    ]),
    suppressed: mergeSuppressed([...runs.flatMap(({ suppressed }) => suppressed), ...ofInput.suppressed]),
    unchecked: uncheckedIn(runs),
    crashes: runs.flatMap(({ crashes }) => crashes),
  };
}

/** A rule that did not come to a result. */
type Missed = Exclude<Outcome, { readonly status: "ran" }>;

type Judging = Request & Required<Pick<Request, "rules" | "predict">>;

/** What became of one Service, before it is merged with what became of the others. */
export interface Judged {
  readonly service: ServiceDiagnosis;
  readonly findings: readonly Finding[];
  readonly unchecked: readonly Unchecked[];
}

interface Run extends Omit<Judged, "unchecked"> {
  /** What could not be run; thousands of Services have the same to tell. */
  readonly missed: readonly Missed[];
  readonly suppressed: readonly Suppressed[];
  readonly crashes: readonly Crash[];
}

function judge(trace: ServiceTrace, request: Judging, silence: Suppressor): Run {
  const { namespace, name, headless, service } = trace;
  const subject = `${namespace}/${name}`;
  const found: Finding[] = [];
  const missed: Missed[] = [];
  for (const outcome of runRules(request.rules, trace, (rule) => request.severityOf(rule.id))) {
    if (outcome.status === "ran") found.push(...outcome.findings);
    else missed.push(outcome);
  }
  const failed = new Set(missed.filter(isFailure).map(({ rule }) => rule.link));
  const answer = answerFor(trace, request.predict);
  const unexplained = negativeAnswer(trace, answer, found, failed.size > 0).flatMap((finding) =>
    configured(finding, request),
  );
  const { findings, suppressed } = sift([...found, ...unexplained], service, silence);
  const { probed } = trace.parts;
  const links = chainLinks(probed.status !== "unavailable" || !probed.byNature);
  const chain = chainOf({
    links,
    view: { trace, answer },
    failed,
    findings,
    suppressed,
    tellsOk: request.tellsOk ?? true,
  });
  return {
    service: { namespace, name, exists: service !== null, headless, verdict: verdictOf(chain), chain },
    findings,
    suppressed,
    missed,
    crashes: missed.flatMap((outcome) =>
      outcome.status === "crashed" ? { rule: outcome.rule.id, service: subject, error: outcome.error } : [],
    ),
  };
}

/** Of thousands of Services most have the same to tell: what one has like the one before it is kept once. */
function sharing(): (run: Run) => Run {
  let last: Run | null = null;
  return (run) => {
    const { service, findings, missed, suppressed, crashes } = run;
    const shared: Run =
      last === null
        ? run
        : {
            service: { ...service, chain: like(last.service.chain, service.chain, isSameLink) },
            findings: like(last.findings, findings),
            missed: like(last.missed, missed),
            suppressed: like(last.suppressed, suppressed),
            crashes: like(last.crashes, crashes),
          };
    last = shared;
    return shared;
  };
}

/** `known` where it holds the same as `list`. */
function like<T>(
  known: readonly T[],
  list: readonly T[],
  isSame: (a: T, b: T) => boolean = (a, b) => a === b,
): readonly T[] {
  if (known.length !== list.length) return list;
  for (const [at, one] of list.entries()) {
    const other = known[at];
    if (other === undefined || !isSame(one, other)) return list;
  }
  return known;
}

function isSameLink(a: ChainLink, b: ChainLink): boolean {
  return a.link === b.link && a.status === b.status && a.summary === b.summary;
}

function judgedOf({ service, findings, missed }: Run): Judged {
  const subject = `${service.namespace}/${service.name}`;
  return { service, findings, unchecked: missed.map((outcome) => uncheckedOf(outcome, subject)) };
}

/** Findings that stand, and those that an ignore silences. */
function sift(
  found: readonly Finding[],
  service: Service | null,
  silence: Suppressor,
): { readonly findings: readonly Finding[]; readonly suppressed: readonly Suppressed[] } {
  const findings: Finding[] = [];
  const suppressed: Suppressed[] = [];
  for (const finding of found) {
    const silenced = silence.of(finding, service);
    if (silenced === null) findings.push(finding);
    else suppressed.push(silenced);
  }
  return { findings, suppressed };
}

/** The same finding met on several Services' paths is silenced once; in the order of findings. */
function mergeSuppressed(suppressed: readonly Suppressed[]): readonly Suppressed[] {
  const byKey = new Map(suppressed.map((one) => [findingKey(one.finding), one]));
  return mergeFindings(suppressed.map(({ finding }) => finding)).flatMap((finding) => {
    const silenced = byKey.get(findingKey(finding));
    return silenced === undefined ? [] : [{ ...silenced, finding }];
  });
}

interface ChainParts {
  readonly links: readonly Link[];
  readonly view: LinkView;
  /** Links of which some rule should have run and could not. */
  readonly failed: ReadonlySet<Link>;
  readonly findings: readonly Finding[];
  readonly suppressed: readonly Suppressed[];
  readonly tellsOk: boolean;
}

/** Every link's status from its worst finding, from what could not be run, and from what there was to look at. */
function chainOf({ links, view, failed, findings, suppressed, tellsOk }: ChainParts): readonly ChainLink[] {
  let broken = false;
  return links.map((link): ChainLink => {
    const line = LINK_LINES[link](view);
    const ofLink = findings.filter((finding) => finding.link === link);
    const own = worst(ofLink);
    const brief = own === "info" ? undefined : ofLink.find(({ severity }) => severity === own)?.brief;
    const silenced = suppressed.filter(({ finding }) => finding.link === link);
    const status = statusOf({
      worst: own,
      // An error that was ignored is no error, but no health either.
      ignoredError: worst(silenced.map(({ finding }) => finding)) === "error",
      failed: failed.has(link),
      judged: line.judged,
      // What a client is answered follows from what is broken before it, and says nothing of its own.
      follows: broken && link === "answer",
    });
    const ignored =
      silenced.length === 0 ? "" : ` (ignored: ${silenced.map(({ finding }) => finding.rule).join(", ")})`;
    broken ||= status === "broken";
    if (status === "ok" && !tellsOk) return { link, status, summary: "" };
    const summary = typeof line.summary === "string" ? line.summary : line.summary();
    return { link, status, summary: `${summary}${brief === undefined ? "" : `; ${brief}`}${ignored}` };
  });
}

function statusOf(given: {
  readonly worst: Severity | null;
  readonly ignoredError: boolean;
  readonly failed: boolean;
  readonly judged: LinkLine["judged"];
  readonly follows: boolean;
}): LinkStatus {
  if (given.worst === "error") return "broken";
  if (given.worst === "warning" || given.ignoredError) return "warning";
  if (given.follows) return "skipped";
  if (given.failed || given.judged === "unknown") return "unknown";
  return given.judged === "no" ? "skipped" : "ok";
}

function worst(findings: readonly Finding[]): Severity | null {
  return SEVERITIES.find((severity) => findings.some((finding) => finding.severity === severity)) ?? null;
}

/** A rule that should have run and could not, for a reason that is not the source's nature. */
function isFailure(outcome: Missed): boolean {
  return outcome.status === "crashed" || !outcome.byNature;
}

/** What could not be run in any of the runs, made into entries only once for all of them that have the same to tell. */
function uncheckedIn(runs: readonly Run[]): readonly Unchecked[] {
  const merged: Merging = new Map();
  for (const { service, missed } of runs) {
    const subject = `${service.namespace}/${service.name}`;
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

function uncheckedOf(outcome: Missed, subject: string): Unchecked {
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

/**
 * The name is predicted to have no address while nothing before it is broken: whatever the cause, it is not healthy.
 * Only told of a running cluster, and only where no error, silenced or not, already says why. With `blind` some rule could
 * not be run, which may have known.
 */
function negativeAnswer(
  trace: ServiceTrace,
  answer: NameAnswer,
  told: readonly Finding[],
  blind: boolean,
): readonly Finding[] {
  const { service, live } = trace;
  if (!live || service === null || answer.status !== "negative") return [];
  if (told.some(({ severity }) => severity === "error")) return [];
  const { id, severity, link } = ENGINE_RULES.answerNegative;
  const bare = answer.name.slice(0, -1);
  const reasons = [...new Set(answer.predictions().flatMap((one) => (one.known ? [one.reason] : [])))];
  const [reason, ...others] = reasons;
  const why = blind ? "what would say why could not be looked at" : "no other rule says why";
  return [
    {
      rule: id,
      severity,
      link,
      object: { apiVersion: "v1", kind: "Service", namespace: trace.namespace, name: trace.name },
      field: null,
      message: `Cluster DNS answers ${rcodeOf(answer)} for ${bare}${reason === undefined ? "" : `: ${reason}`}.`,
      evidence: [...others, `what is behind it is not known: ${why}`],
      remedy: [
        kubectl(
          trace.namespace,
          "get",
          "endpointslices",
          "-l",
          `kubernetes.io/service-name=${trace.name}`,
          "-o",
          "yaml",
        ),
        ...(hasSelector(service)
          ? []
          : [note("whoever writes them says which endpoints are ready (conditions.ready)")]),
        `kheadless resolve ${bare}.`,
      ].join("\n"),
      location: service.origin?.start ?? null,
      docs: docsOf(id),
      services: [`${trace.namespace}/${trace.name}`],
    },
  ];
}

/** A finding of the engine's own, as the configuration wants it: no finding where its rule is off. */
function configured(finding: Finding, { severityOf }: Request): readonly Finding[] {
  const severity = severityOf(finding.rule);
  return severity === "off" ? [] : [severity === null ? finding : { ...finding, severity }];
}
