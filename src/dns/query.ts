import { randomInt } from "node:crypto";
import type { Duplex } from "node:stream";
import { type DecodedPacket, decode, type RecordType, streamEncode, type Answer as WireRecord } from "dns-packet";
import { parseIp } from "../kubernetes/ip.ts";
import type { DnsQuestion, ObservedAnswer, ObservedRecord, ObservedSoa } from "../objects/observation.ts";
import { parseName } from "./name.ts";

/** How long to wait, in milliseconds. */
export interface AskPatience {
  /** Without any answer while questions are open: then the oldest of them counts as unanswered. */
  readonly silence: number;
  /** For all questions together. */
  readonly total: number;
}

/**
 * An answer, before it is known whether it is a second one. `lost`: that there is none is the connection's doing, as far as
 * can be told, and says nothing of the server.
 */
export type Reply = WithoutAgain<ObservedAnswer> & { readonly lost: boolean };
type WithoutAgain<T> = T extends unknown ? Omit<T, "again"> : never;

/** Questions that are on their way at once: enough to hide the round trip, few enough for small buffers on the way. */
const WINDOW = 100;
/** Streams that may be used up before the rest of the questions is given up. */
const MOST_STREAMS = 8;

/**
 * Puts questions to one name server over TCP (RFC 7766): all on one stream, without waiting for an answer before the
 * next question. The replies stand in the order of the questions, each an answer or why there is none.
 *
 * CoreDNS works through a stream's questions one after the other, so one that is never answered (an answer that cannot
 * be packed) or that hangs on an upstream holds up the rest: after `silence` the oldest open question is put off and the
 * others are asked again on a fresh stream, and at last that one alone: only where it is silent then, too, is it the
 * server's fault. The same where a server ends a stream early. Two streams in a row without a single answer end it. Rejects
 * only where `open` rejects for the first stream.
 */
export async function askOverTcp(
  open: (signal: AbortSignal) => Promise<Duplex>,
  questions: readonly DnsQuestion[],
  patience: AskPatience,
  signal: AbortSignal,
): Promise<readonly Reply[]> {
  const replies: (Reply | undefined)[] = questions.map((question) => unaskable(question));
  const silences = new Map<number, number>();
  const deadline = Date.now() + patience.total;
  const timeUp = AbortSignal.any([signal, AbortSignal.timeout(patience.total)]);
  let last: Ended = { answered: 0, silent: null, because: `no answer within ${patience.total / 1000} s` };
  let answered = 0;
  for (let streams = 0, fruitless = 0; streams < MOST_STREAMS && fruitless < 2 && Date.now() < deadline; streams++) {
    const left = questions.flatMap((_, index) => (replies[index] === undefined ? [index] : []));
    const unmet = left.filter((index) => !silences.has(index));
    const next = unmet.length > 0 ? unmet : left.filter((index) => silences.get(index) === 1).slice(0, 1);
    if (next.length === 0) break;
    let stream: Duplex;
    try {
      stream = await open(timeUp);
    } catch (error) {
      signal.throwIfAborted();
      if (streams === 0) throw error;
      const why = error instanceof Error ? error.message : String(error);
      last = { answered: 0, silent: null, because: `no second connection: ${why}` };
      break;
    }
    last = await exchange(stream, questions, next, replies, patience, timeUp);
    stream.destroy();
    signal.throwIfAborted();
    answered += last.answered;
    fruitless = last.answered === 0 ? fruitless + 1 : 0;
    if (last.silent !== null) silences.set(last.silent, (silences.get(last.silent) ?? 0) + 1);
  }
  // A server that says nothing at all cannot be told from a way that carries nothing: who asks others knows more.
  const mute = answered === 0 && last.silent !== null;
  const silence = `no answer within ${patience.silence / 1000} s`;
  return questions.map((question, index) => {
    const twice = silences.get(index) === 2;
    return replies[index] ?? failed(question, twice ? silence : last.because, !twice && !mute);
  });
}

interface Ended {
  readonly answered: number;
  /** The question on which the server fell silent, null where it did not. */
  readonly silent: number | null;
  readonly because: string;
}

/** Asks the questions at `indices` on one stream until all are answered, the stream ends, or it falls silent. */
function exchange(
  stream: Duplex,
  questions: readonly DnsQuestion[],
  indices: readonly number[],
  replies: (Reply | undefined)[],
  patience: AskPatience,
  signal: AbortSignal,
): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const open = new Map<number, { readonly index: number; readonly sent: number }>();
  const frames = frameReader();
  // Ids only have to differ among the questions of one stream.
  const firstId = randomInt(0x10000);
  let next = 0;
  let answered = 0;
  let over = false;

  const end = (because: string, silent: number | null = null) => {
    over = true;
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
    resolve({ answered, silent, because });
  };
  const onAbort = () => end(`no answer within ${patience.total / 1000} s`);
  const onSilence = () => {
    const [oldest] = open.values();
    end(`no answer within ${patience.silence / 1000} s`, oldest?.index ?? null);
  };
  const timer = setTimeout(onSilence, patience.silence);

  const fill = () => {
    while (open.size < WINDOW && next < indices.length) {
      const index = indices[next];
      const question = index === undefined ? undefined : questions[index];
      const id = (firstId + next) % 0x10000;
      next++;
      if (index === undefined || question === undefined) continue;
      open.set(id, { index, sent: Date.now() });
      stream.write(encodeQuestion(id, question));
    }
    if (open.size === 0) end("");
  };

  stream.on("data", (chunk: Buffer) => {
    if (over) return;
    for (const message of frames(chunk)) {
      const id = message.length < 2 ? -1 : message.readUInt16BE(0);
      const asked = open.get(id);
      // An answer to nothing that is open: a duplicate, or one that came too late.
      if (asked === undefined) continue;
      const question = questions[asked.index];
      if (question === undefined) continue;
      open.delete(id);
      answered++;
      timer.refresh();
      replies[asked.index] = readReply(message, question, asked.sent);
    }
    fill();
  });
  stream.on("error", (error: Error) => end(`the connection broke: ${error.message}`));
  stream.on("close", () => end("the connection ended before the answer"));
  stream.on("end", () => end("the connection ended before the answer"));
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  else if (stream.errored) end(`the connection broke: ${stream.errored.message}`);
  else if (stream.destroyed) end("the connection ended before the answer");
  else fill();
  return promise;
}

/** Cuts a stream of bytes into messages, each after two bytes that tell its length (RFC 1035 section 4.2.2). */
function frameReader(): (chunk: Buffer) => readonly Buffer[] {
  let kept: Buffer = Buffer.alloc(0);
  return (chunk) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const messages: Buffer[] = [];
    let at = 0;
    while (kept.length - at >= 2) {
      const end = at + 2 + kept.readUInt16BE(at);
      if (end > kept.length) break;
      messages.push(kept.subarray(at + 2, end));
      at = end;
    }
    kept = kept.subarray(at);
    return messages;
  };
}

const RECURSION_DESIRED = 1 << 8;
const CHECKING_DISABLED = 1 << 4;

function encodeQuestion(id: number, { name, type, checkingDisabled }: DnsQuestion): Buffer {
  return streamEncode({
    type: "query",
    id,
    flags: RECURSION_DESIRED | (checkingDisabled ? CHECKING_DISABLED : 0),
    questions: [{ name, type: wireType(type) as RecordType, class: "IN" }],
  });
}

/** Types that dns-packet knows by their numbers only (RFC 9460): by another name it would ask for type 0. */
const NUMBERED: Readonly<Record<string, string>> = { SVCB: "UNKNOWN_64", HTTPS: "UNKNOWN_65" };

function wireType(type: string): string {
  return NUMBERED[type] ?? type;
}

function typeOf(record: WireRecord): string {
  const type = String(record.type);
  return Object.keys(NUMBERED).find((name) => NUMBERED[name] === type) ?? type;
}

/** dns-packet writes labels as they are: a name that needs escapes, or is none, would become another one. */
function unaskable(question: DnsQuestion): Reply | undefined {
  const parsed = parseName(question.name);
  const because = !parsed.ok
    ? parsed.error.message
    : parsed.name.text.includes("\\")
      ? "a name with such characters cannot be asked"
      : null;
  return because === null ? undefined : failed(question, because, false);
}

function failed(question: DnsQuestion, because: string, lost: boolean): Reply {
  return { ...question, askedAt: now(), status: "failed", because, lost };
}

function now(): string {
  return new Date().toISOString();
}

function readReply(message: Buffer, question: DnsQuestion, sent: number): Reply {
  const asked = { ...question, askedAt: new Date(sent).toISOString(), lost: false };
  let packet: DecodedPacket;
  try {
    packet = decode(message);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { ...asked, status: "failed", because: `an answer that cannot be read: ${why}` };
  }
  const [echoed] = packet.questions ?? [];
  if (packet.type !== "response")
    return { ...asked, status: "failed", because: "a question came instead of an answer" };
  // Servers that cannot read a question (FORMERR, NOTIMP) need not repeat it.
  if (echoed !== undefined && (absolute(echoed.name) !== question.name || echoed.type !== wireType(question.type))) {
    return { ...asked, status: "failed", because: `the answer is for ${absolute(echoed.name)} ${echoed.type}` };
  }
  const answers = records(packet.answers);
  return {
    ...asked,
    status: "answered",
    rcode: "rcode" in packet ? String(packet.rcode) : "NOERROR",
    flags: { aa: packet.flag_aa, tc: packet.flag_tc, ra: packet.flag_ra },
    answers,
    additional: records(packet.additionals),
    soa: soaOf(packet.authorities) ?? soaOf(packet.answers),
    rtt: Date.now() - sent,
  };
}

function records(found: readonly WireRecord[] | undefined): readonly ObservedRecord[] {
  return (found ?? []).flatMap((record): readonly ObservedRecord[] => {
    if (record.type === "OPT") return [];
    const ttl = "ttl" in record ? (record.ttl ?? 0) : 0;
    return [{ name: absolute(record.name), type: typeOf(record), ttl, data: dataOf(record) }];
  });
}

function dataOf(record: WireRecord): ObservedRecord["data"] {
  switch (record.type) {
    case "A":
    case "AAAA":
      return parseIp(record.data)?.text ?? record.data;
    case "SRV": {
      const { priority = 0, weight = 0, port, target } = record.data;
      return { priority, weight, port, target: absolute(target) };
    }
    case "CNAME":
    case "PTR":
    case "NS":
    case "DNAME":
      return absolute(record.data);
    case "TXT":
      return Buffer.concat([record.data].flat().map((part) => Buffer.from(part))).toString("utf8");
    case "SOA":
      return `${absolute(record.data.mname)} ${absolute(record.data.rname)} ${record.data.serial ?? 0}`;
    default:
      return "data" in record && Buffer.isBuffer(record.data) ? record.data.toString("hex") : "";
  }
}

function soaOf(found: readonly WireRecord[] | undefined): ObservedSoa | null {
  const record = (found ?? []).find((one) => one.type === "SOA");
  if (record === undefined || record.type !== "SOA") return null;
  const { mname, serial = 0, minimum = 0 } = record.data;
  return { name: absolute(record.name), ttl: record.ttl ?? 0, mname: absolute(mname), serial, minimum };
}

/** A decoded name as everywhere else; what is no name after all stays as it came. */
function absolute(name: string): string {
  const parsed = parseName(name.endsWith(".") ? name : `${name}.`);
  return parsed.ok ? parsed.name.text : name;
}
