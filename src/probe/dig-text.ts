import type { ObservedRecord, ObservedSoa } from "../objects/observation.ts";
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
  if (rcode === undefined) return { kind: "hole" };
  let section = "";
  let question: Question | null = null;
  let asked: string | undefined;
  let answered: string | undefined;
  let flags: ReadonlySet<string> | null = null;
  const records: Record<string, ObservedRecord[]> = { ANSWER: [], ADDITIONAL: [] };
  let soa: ObservedSoa | null = null;
  let rtt: number | null = null;
  let bytes: number | null = null;
  let from: string | null = null;
  for (const line of lines) {
    const heading = /^;; ([A-Z]+) (?:SECTION|PSEUDOSECTION):$/.exec(line)?.[1];
    if (heading !== undefined) {
      section = heading;
    } else if (line.startsWith(";; ")) {
      const counted = /^;; flags:([a-z ]*); QUERY: (\d+), ANSWER: (\d+), AUTHORITY: \d+, ADDITIONAL: \d+$/.exec(line);
      const time = /^;; Query time: (\d+) (usec|msec)$/.exec(line);
      if (counted !== null) {
        flags = new Set((counted[1] ?? "").trim().split(" "));
        asked = counted[2];
        answered = counted[3];
      } else if (time !== null) {
        rtt = Number(time[1]) / (time[2] === "usec" ? 1000 : 1);
      }
      from = /^;; SERVER: ([^#\s]+)#/.exec(line)?.[1] ?? from;
      const size = /^;; MSG SIZE\s+rcvd: (\d+)$/.exec(line)?.[1];
      if (size !== undefined) bytes = Number(size);
      section = "";
    } else if (section === "QUESTION") {
      const words = /^;(\S+)\s+IN\s+(\S+)$/.exec(line);
      if (words !== null) question = { name: absoluteName(words[1] ?? ""), type: typeOf(words[2] ?? "") };
    } else if (section === "ANSWER" || section === "ADDITIONAL" || section === "AUTHORITY") {
      const words = /^(\S+)\s+(\d+)\s+IN\s+(\S+)\s(.*)$/.exec(line);
      const [, name = "", ttl = "", type = "", data = ""] = words ?? [];
      const record = words === null ? null : recordOf(name, Number(ttl), typeOf(type), data.trim());
      if (record === null) return { kind: "hole" };
      records[section]?.push(record);
      if (record.type === "SOA") soa ??= soaOf(name, Number(ttl), data.trim());
    }
  }
  // A server that cannot read a question need not repeat it; then its place tells.
  if (flags === null || bytes === null || (question === null && asked !== "0")) return { kind: "hole" };
  const { ANSWER: answers = [], ADDITIONAL: additional = [] } = records;
  if (answers.length !== Number(answered)) return { kind: "hole" };
  const told = { aa: flags.has("aa"), tc: flags.has("tc"), ra: flags.has("ra") };
  return {
    kind: "told",
    told: { status: "answered", answer: { rcode, flags: told, answers, additional, soa, rtt, bytes, from } },
    question,
  };
}

/** Older versions know these by number only. */
function typeOf(text: string): string {
  return text === "TYPE64" ? "SVCB" : text === "TYPE65" ? "HTTPS" : text;
}
