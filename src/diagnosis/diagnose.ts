import { predict } from "../dns/zone.ts";
import type { Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { RULES } from "../rules/index.ts";
import type { Rule, Severity } from "../rules/rule.ts";
import { namespaceLookups } from "../trace/lookups.ts";
import type { SubjectName } from "../trace/subjects.ts";
import { type ServiceTrace, traceService } from "../trace/trace.ts";
import { negativeAnswer } from "./answer-negative.ts";
import { answerFor, type Predict } from "./answers.ts";
import { type ChainLink, chainLinks, type Verdict, verdictOf } from "./chain.ts";
import { type Finding, runRules, type Unchecked } from "./engine.ts";
import { inputFindings } from "./input-findings.ts";
import { findingKey, mergeFindings } from "./merge.ts";
import type { Baseline } from "./suppression/baseline.ts";
import type { Ignore, Suppressed } from "./suppression/ignore.ts";
import { type Suppressor, suppressor } from "./suppression.ts";
import { isFailure, type Missed, uncheckedIn, uncheckedOf } from "./unchecked.ts";
import { chainOf } from "./walked-chain.ts";

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

type Judging = Request & Required<Pick<Request, "rules" | "predict">>;

/** What became of one Service, before it is merged with what became of the others. */
export interface Judged {
  readonly service: ServiceDiagnosis;
  readonly findings: readonly Finding[];
  readonly unchecked: readonly Unchecked[];
}

interface Run extends Omit<Judged, "unchecked"> {
  /** `namespace/name`. */
  readonly subject: string;
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
    subject,
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
    const { subject, service, findings, missed, suppressed, crashes } = run;
    const shared: Run =
      last === null
        ? run
        : {
            subject,
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

function judgedOf({ subject, service, findings, missed }: Run): Judged {
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

/** A finding of the engine's own, as the configuration wants it: no finding where its rule is off. */
function configured(finding: Finding, { severityOf }: Request): readonly Finding[] {
  const severity = severityOf(finding.rule);
  return severity === "off" ? [] : [severity === null ? finding : { ...finding, severity }];
}
