import type { ObservedRecord } from "../objects/observation.ts";
import { absoluteName, recordOf, soaOf, type Told } from "./answer-text.ts";
import type { FrameLine } from "./errand-frames.ts";

interface Question {
  readonly name: string;
  readonly type: string;
}

type Event =
  | { readonly kind: "told"; readonly told: Told; readonly question: Question | null }
  /** Here something is missing: of one question, or of several. */
  | { readonly kind: "hole" };

/**
 * What dig told of the questions, in their order; undefined where its output does not say. Read is the form of a master
 * file, which dig prints in every version; its YAML came with 9.16 only, and images with older ones are about.
 *
 * dig asks one question after the other, and repeats each in its answer; that none came it says without naming the
 * question. So answers are found by their question, and silences by their place, as long as no line is missing before it.
 */
export function readDig(lines: readonly FrameLine[], questions: readonly Question[]): readonly (Told | undefined)[] {
  const told: (Told | undefined)[] = questions.map(() => undefined);
  let next = 0;
  /** What came since the last answer that was found by its question; in its place unless something is missing. */
  let waiting: Told[] = [];
  let sure = true;
  const place = () => {
    for (const one of sure ? waiting : []) if (next < told.length) told[next++] = one;
    waiting = [];
  };
  for (const event of eventsIn(lines)) {
    if (event.kind === "hole") {
      place();
      sure = false;
      continue;
    }
    if (event.question === null) {
      waiting.push(event.told);
      continue;
    }
    const { name, type } = event.question;
    const at = questions.findIndex((one, index) => index >= next && one.name === name && one.type === type);
    sure &&= at === next + waiting.length;
    place();
    if (at === -1) continue;
    told[at] = event.told;
    next = at + 1;
    sure = true;
  }
  place();
  return told;
}

const SILENCE = /^;;.*(?:no servers could be reached|connection timed out)/;
const HEADER = /^;; ->>HEADER<<- opcode: \w+, status: (\w+), id: \d+$/;

function* eventsIn(lines: readonly FrameLine[]): Generator<Event> {
  let block: string[] | null = null;
  let remark = "";
  for (const { kind, text } of lines) {
    if (kind === "script") continue;
    if (kind === "hole") {
      block = null;
      remark = "";
      yield { kind: "hole" };
    } else if (text.startsWith(";; ->>HEADER<<-")) {
      if (block !== null) yield { kind: "hole" };
      block = [text];
      remark = "";
    } else if (block !== null) {
      block.push(text);
      if (!/^;; MSG SIZE/.test(text)) continue;
      yield answerOf(block);
      block = null;
    } else if (SILENCE.test(text)) {
      yield { kind: "told", told: { status: "silent", because: remark || "no answer" }, question: null };
      remark = "";
    } else if (/^;; Got bad packet/.test(text)) {
      yield { kind: "told", told: { status: "silent", because: "an answer that cannot be read" }, question: null };
    } else if (/^;; (?:communications error|Connection to)/.test(text)) {
      remark = reasonIn(text);
    }
  }
  if (block !== null) yield { kind: "hole" };
}

/** `;; communications error to 10.96.0.10#53: timed out`, `;; Connection to ... failed: connection refused.` */
function reasonIn(text: string): string {
  const reason = /: ([^:]+?)\.?$/.exec(text)?.[1] ?? "";
  return reason === "timed out" ? "no answer within 2 s" : reason;
}

/** One answer with all its sections; a hole where a line of it is not what dig writes. */
function answerOf([head = "", ...lines]: readonly string[]): Event {
  const rcode = HEADER.exec(head)?.[1];
  const { remarks, sections } = partsOf(lines);
  const remark = (pattern: RegExp): readonly string[] =>
    remarks.map((line) => pattern.exec(line)).findLast((found) => found !== null) ?? [];
  const [, flagText, asked, answered] = remark(
    /^;; flags:([a-z ]*); QUERY: (\d+), ANSWER: (\d+), AUTHORITY: \d+, ADDITIONAL: \d+$/,
  );
  const [, bytes] = remark(/^;; MSG SIZE\s+rcvd: (\d+)$/);
  const [, from = null] = remark(/^;; SERVER: ([^#\s]+)#/);
  const [, time, unit] = remark(/^;; Query time: (\d+) (usec|msec)$/);
  if (rcode === undefined || flagText === undefined || bytes === undefined) return { kind: "hole" };
  const question = questionIn(sections.get("QUESTION") ?? []);
  // A server that cannot read a question need not repeat it; then its place tells.
  if (question === null && asked !== "0") return { kind: "hole" };
  const [answers, authority, additional] = ["ANSWER", "AUTHORITY", "ADDITIONAL"].map((section) =>
    recordsIn(sections.get(section) ?? []),
  );
  if (!answers || !authority || !additional || answers.length !== Number(answered)) return { kind: "hole" };
  const soa = [...answers, ...authority, ...additional].find(({ record }) => record.type === "SOA");
  const flags = new Set(flagText.trim().split(" "));
  const answer = {
    rcode,
    flags: { aa: flags.has("aa"), tc: flags.has("tc"), ra: flags.has("ra") },
    answers: answers.map(({ record }) => record),
    additional: additional.map(({ record }) => record),
    soa: soa === undefined ? null : soaOf(soa.record.name, soa.record.ttl, soa.data),
    rtt: time === undefined ? null : Number(time) / (unit === "usec" ? 1000 : 1),
    bytes: Number(bytes),
    from,
  };
  return { kind: "told", told: { status: "answered", answer }, question };
}

/** The lines of each section, and apart from them what dig remarks before and behind. */
function partsOf(lines: readonly string[]): {
  readonly remarks: readonly string[];
  readonly sections: ReadonlyMap<string, readonly string[]>;
} {
  const remarks: string[] = [];
  const sections = new Map<string, string[]>();
  let into: string[] = [];
  for (const line of lines) {
    const heading = /^;; ([A-Z]+) (?:SECTION|PSEUDOSECTION):$/.exec(line)?.[1];
    if (heading !== undefined) {
      into = sections.get(heading) ?? [];
      sections.set(heading, into);
    } else if (line.startsWith(";; ")) {
      remarks.push(line);
      into = [];
    } else into.push(line);
  }
  return { remarks, sections };
}

function questionIn(lines: readonly string[]): Question | null {
  const [, name, type] = lines.map((line) => /^;(\S+)\s+IN\s+(\S+)$/.exec(line)).findLast((one) => one !== null) ?? [];
  return name === undefined ? null : { name: absoluteName(name), type: typeOf(type ?? "") };
}

/** The records of a section, each with its data as it stands there; null where a line is none. */
function recordsIn(
  lines: readonly string[],
): readonly { readonly record: ObservedRecord; readonly data: string }[] | null {
  const found = lines.map((line) => {
    const [, name = "", ttl = "", type = "", text = ""] = /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s(.*)$/.exec(line) ?? [];
    const data = text.trim();
    const record = name === "" ? null : recordOf(name, Number(ttl), typeOf(type), data);
    return record === null ? null : { record, data };
  });
  const records = found.filter((one) => one !== null);
  return records.length === lines.length ? records : null;
}

/** Older versions know these by number only. */
function typeOf(text: string): string {
  return text === "TYPE64" ? "SVCB" : text === "TYPE65" ? "HTTPS" : text;
}
