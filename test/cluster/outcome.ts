// What a run of kheadless claims, in a form in which two runs can be held to each other.

import type { ResolutionDocument } from "../../src/diagnosis/resolution/document.ts";
import type { Resource } from "../../src/objects/snapshot.ts";
import type { ReportDocument } from "../../src/report/document.ts";
import type { Ended } from "./live/program.ts";

export interface Outcome {
  readonly code: number | null;
  /** All that it says is so: verdicts, links, findings, records, whole lists. */
  readonly claims: readonly string[];
  /** The claims that something is wrong: findings of a warning or worse, and names that do not resolve. */
  readonly wrong: readonly string[];
  /** The Services that it calls healthy. */
  readonly healthy: readonly string[];
  /** What it says could not be looked at, in its words. */
  readonly unchecked: readonly string[];
}

interface SnapshotFile {
  readonly lists: Readonly<
    Record<
      Resource,
      readonly { readonly namespace?: string; readonly status: string; readonly items?: readonly unknown[] }[]
    >
  >;
}

/** Reads back what was written; throws with what was said instead where there is no document. */
export function outcomeOf({ code, stdout, stderr }: Ended, namespace: string): Outcome {
  let document: { readonly kind: string };
  try {
    document = JSON.parse(stdout);
  } catch {
    throw new Error(`ended with ${code} and without a document: ${stderr}${stdout.slice(0, 500)}`);
  }
  const notices = stderr.split("\n").filter((line) => line !== "");
  switch (document.kind) {
    case "Report":
      return ofReport(document as ReportDocument & { kind: "Report" }, code, notices, namespace);
    case "Resolution":
      return ofResolution(document as ResolutionDocument & { kind: "Resolution" }, code, notices);
    default:
      return ofSnapshot(document as SnapshotFile & { kind: "Snapshot" }, code, notices, namespace);
  }
}

/** Ages go on between one run and the next, and names of Pods and slices of cluster DNS are not ours to hold still. */
const timeless = (text: string) => text.replaceAll(/\b\d+[smhd](\d+[smh])?\b/g, "T");

function ofReport(report: ReportDocument, code: number | null, notices: readonly string[], namespace: string): Outcome {
  const services = report.services.filter((service) => service.namespace === namespace);
  const findings = report.findings.filter(
    ({ severity, services: concerned }) =>
      severity !== "info" && concerned.some((one) => one.startsWith(`${namespace}/`)),
  );
  const wrong = findings.map(({ rule, object, message }) =>
    timeless(`${rule} ${object?.kind}/${object?.name}: ${message}`),
  );
  const links = services.flatMap(({ name, chain }) =>
    chain.flatMap(({ link, status }) =>
      status === "unknown" || status === "skipped" ? [] : [`${name} ${link}: ${status}`],
    ),
  );
  return {
    code,
    claims: [...links, ...services.map(({ name, verdict }) => `${name} is ${verdict}`), ...wrong].sort(),
    wrong,
    healthy: services.flatMap(({ name, verdict }) => (verdict === "healthy" ? [name] : [])),
    unchecked: [
      ...report.unchecked.filter(({ byNature }) => !byNature).map(({ rule, reason }) => `${rule}: ${reason}`),
      ...report.notRead.map(({ resource, reason }) => `${resource}: ${reason}`),
      ...services.flatMap(({ chain }) =>
        chain.flatMap(({ link, status, summary }) => (status === "unknown" ? [`${link}: ${summary}`] : [])),
      ),
      ...notices,
    ],
  };
}

function ofResolution(document: ResolutionDocument, code: number | null, notices: readonly string[]): Outcome {
  const { candidates, resolves } = document;
  const asked = candidates.filter((candidate) => candidate.asked);
  const predicted = asked.flatMap(({ name, predicted: each }) => each.map((one) => ({ name, ...one })));
  const observed = asked.flatMap((candidate) => candidate.observed ?? []);
  return {
    code,
    claims: [
      ...predicted.flatMap(({ name, type, rcode, answers }) =>
        rcode === null ? [] : [`${name} ${type}: ${rcode} ${JSON.stringify(answers)}`],
      ),
      ...observed.flatMap(({ type, server, rcode, agrees }) =>
        rcode === null ? [] : [`${server} ${type}: ${rcode}, as predicted: ${agrees}`],
      ),
      ...(resolves === null ? [] : [`resolves: ${resolves}`]),
    ].sort(),
    wrong: resolves === false ? ["does not resolve"] : [],
    healthy: [],
    unchecked: [
      ...(resolves === null ? predicted.flatMap(({ rcode, reason }) => (rcode === null ? [reason] : [])) : []),
      ...(document.unchecked ?? []).map(({ reason }) => reason),
      ...notices,
    ],
  };
}

function ofSnapshot({ lists }: SnapshotFile, code: number | null, notices: readonly string[], own: string): Outcome {
  const claims = Object.entries(lists).flatMap(([resource, each]) =>
    each.flatMap(({ namespace = "", status, items = [] }) =>
      // Of the whole cluster others make and remove objects meanwhile, and events come by themselves.
      status === "complete"
        ? [`${resource} in ${namespace}: ${namespace === own && resource !== "events" ? items.length : "all"}`]
        : [],
    ),
  );
  return { code, claims: claims.sort(), wrong: [], healthy: [], unchecked: notices };
}

/**
 * What is not right with an outcome that may have seen less than the whole: it may say less, where it says so, but nothing
 * else, and never that all is well.
 */
export function compareClaims(outcome: Outcome, whole: Outcome): readonly string[] {
  const { claims, unchecked, wrong, code } = outcome;
  const blind = unchecked.length > 0;
  const strange = claims.filter((claim) => !whole.claims.includes(claim) && !(blind && isWeaker(claim, whole)));
  const left = blind ? [] : whole.claims.filter((claim) => !claims.includes(claim));
  // Something that is wrong weighs more than something that was not seen.
  const due = wrong.length > 0 ? (blind ? [1, 3] : [whole.code]) : [blind ? 3 : whole.code];
  return [
    ...strange.map((claim) => `claims "${claim}"`),
    ...left.map((claim) => `says nothing of "${claim}", and nothing of why`),
    ...(due.includes(code) ? [] : [`ends with ${code}, not with ${due.join(" or ")}`]),
  ];
}

/** No verdict; or of a name that is broken, only that it is. */
function isWeaker(claim: string, { claims }: Outcome): boolean {
  const [, broken] = /^(?:answer-negative Service\/(\S+): |(\S+) answer: broken$)/.exec(claim)?.filter(Boolean) ?? [];
  return claim.endsWith(" is unknown") || claims.includes(`${broken} is broken`);
}
