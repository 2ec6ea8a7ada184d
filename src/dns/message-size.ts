import { once } from "../objects/kept.ts";
import { formatLabel, parseName, wireLength } from "./name.ts";
import type { Answer, ResourceRecord } from "./records.ts";

/** How large an answer is on the wire. */
export interface MessageSize {
  /** Bytes with names compressed, as CoreDNS sends what would not fit otherwise; without EDNS. */
  readonly bytes: number;
  /** The same to a client that uses EDNS, which gets an OPT record back. */
  readonly bytesWithEdns: number;
  /** Some names are not known yet: the size is of names as long as addresses make them. */
  readonly estimated: boolean;
  /** Records of the answer section. */
  readonly records: number;
  /** How many of these fit, with their additional records, into UDP messages of a size; with OPT above 512. */
  fitting(size: number): Fitting;
}

/**
 * Endpoints come in the order of their slices, which nobody fixes: of SRV records, whose names are not all as long, more fit
 * where the short ones come first.
 */
interface Fitting {
  readonly least: number;
  readonly most: number;
}

/** UDP sizes that clients take: of plain DNS, of most with EDNS, of some. */
export const UDP_SIZES = [512, 1232, 4096] as const;

/**
 * Bytes that the answer surely does not exceed, with EDNS: what it takes with pointers to the question, which most records are
 * of, and no others. Cheap, so that only the few large answers must be measured.
 */
export function sizeBound(answer: Answer): number {
  const question = nameBound(answer.name);
  let bound = HEADER + OPT + question + 4;
  for (const records of [answer.answers, answer.additional]) {
    for (const record of records) {
      const owner = record.name === answer.name ? 2 : nameBound(record.name);
      bound += owner + FIXED + dataBound(record, question);
    }
  }
  return answer.authority === null ? bound : Number.POSITIVE_INFINITY;
}

/** A name takes its characters, a length for the first label and the root; the dots are the other lengths. */
function nameBound(name: string): number {
  return name.length + 2;
}

function dataBound(record: ResourceRecord, question: number): number {
  const { type, data } = record;
  if (type === "A") return 4;
  if (type === "AAAA") return 16;
  // Not known yet: a target that is a label below the question.
  if (data === null) return ADDRESS_LABEL + question + 8;
  return Math.max(16, 8 + (typeof data === "string" ? data.length : (targetOf(record) ?? "").length));
}

/**
 * Bytes that an answer of so many addresses for a name surely does not exceed, with EDNS, whatever its type: owners are
 * pointers to the question, and those of additional records to the targets, which are labels below the question.
 */
export function sizeBoundOf(name: string, addresses: number): number {
  const question = nameBound(name);
  const service = 2 + FIXED + 6 + MOST_LABEL + 1 + question;
  const address = 2 + FIXED + 16;
  return HEADER + OPT + question + 4 + addresses * (service + address);
}

const MOST_LABEL = 63;
const HEADER = 12;
const OPT = 11;
/** Type, class, TTL and length of data: what each record has besides its name and data. */
const FIXED = 10;
/** Compression pointers reach no further. */
const POINTER_REACH = 0x4000;
/** The length of `10-244-255-255`, as most names of this kind are. */
const ADDRESS_LABEL = 14;

/** The size of a predicted answer. */
export function messageSize(answer: Answer): MessageSize {
  const names = new Map<string, ReadName>();
  const writer = behindQuestion(answer, names);
  let estimated = false;
  // Records in the order in which they are written: the answer section first. Pointers make what follows shorter.
  for (const record of answer.answers) {
    estimated ||= record.type === "SRV" && record.data === null;
    writeRecord(writer, record, answer.name);
  }
  const answersEnd = writer.at;
  for (const record of answer.additional) writeRecord(writer, record, answer.name);
  if (answer.authority !== null) {
    const { name, soa } = answer.authority;
    writeRecord(writer, { name, type: "SOA", ttl: 0, data: soa, pod: null, object: null }, answer.name);
  }
  const bytes = writer.at;
  const growth = once(() => grouped(answer, names));
  return {
    bytes,
    bytesWithEdns: bytes + OPT,
    estimated,
    records: answer.answers.length,
    fitting(size) {
      const room = size - (size > 512 ? OPT : 0);
      const all = answer.answers.length;
      if (bytes <= room || (answer.additional.length === 0 && answersEnd <= room)) return { least: all, most: all };
      const { head, groups } = growth();
      return { least: within(room - head, groups), most: within(room - head, groups.toReversed()) };
    },
  };
}

/** A message that holds no more than its header and the question. */
function behindQuestion({ name }: Answer, names: Map<string, ReadName>): NameWriter {
  const writer = new NameWriter(names);
  writer.at = HEADER;
  writer.name(name, true);
  writer.at += 4;
  return writer;
}

/** The bytes by which a message grows with each record of an answer and the additional ones that come with it. */
type Group = readonly number[];

/** The records by what they lead to, the longest groups first; `head` is what stands before them. */
function grouped(
  answer: Answer,
  names: Map<string, ReadName>,
): { readonly head: number; readonly groups: readonly Group[] } {
  const byOwner = Map.groupBy(answer.additional, (record) => record.name);
  const writer = behindQuestion(answer, names);
  const head = writer.at;
  const groups = new Map<string | null, number[]>();
  for (const record of answer.answers) {
    const start = writer.at;
    const target = targetOf(record);
    const group = groups.get(target);
    writeRecord(writer, record, answer.name);
    if (target !== null && group === undefined) {
      for (const extra of byOwner.get(target) ?? []) writeRecord(writer, extra, answer.name);
    }
    if (group === undefined) groups.set(target, [writer.at - start]);
    else group.push(writer.at - start);
  }
  return { head, groups: [...groups.values()].sort((a, b) => mean(b) - mean(a)) };
}

function mean(group: Group): number {
  return group.reduce((sum, bytes) => sum + bytes, 0) / group.length;
}

/** How many records, one after the other, the room holds. */
function within(room: number, groups: readonly Group[]): number {
  let left = room;
  let count = 0;
  for (const bytes of groups.flat()) {
    left -= bytes;
    if (left < 0) break;
    count += 1;
  }
  return count;
}

function targetOf({ data }: ResourceRecord): string | null {
  return data !== null && typeof data === "object" && "target" in data ? data.target : null;
}

function writeRecord(writer: NameWriter, record: ResourceRecord, question: string): void {
  writer.name(record.name, true);
  writer.at += FIXED;
  const { type, data } = record;
  switch (type) {
    case "A":
      writer.at += 4;
      return;
    case "AAAA":
      writer.at += 16;
      return;
    case "SRV": {
      writer.at += 6;
      // RFC 2782: the target is written in full.
      const target = targetOf(record);
      if (target === null) writer.at += 1 + ADDRESS_LABEL + lengthOf(question);
      else writer.name(target, false);
      return;
    }
    case "SOA":
      if (data !== null && typeof data === "object" && "mname" in data) {
        writer.name(data.mname, true);
        writer.name(data.rname, true);
      }
      writer.at += 20;
      return;
    case "TXT":
      writer.at += 1 + String(data ?? "").length;
      return;
    default:
      if (typeof data === "string") writer.name(data, true);
      return;
  }
}

function lengthOf(name: string): number {
  const parsed = parseName(name);
  return parsed.ok ? wireLength(parsed.name) : name.length + 1;
}

/** A name as it is written: of each label its bytes, and the name from there on; null where it is none. */
type ReadName = readonly { readonly bytes: number; readonly suffix: string }[] | null;

function readName(text: string): ReadName {
  const parsed = parseName(text);
  if (!parsed.ok) return null;
  let suffix = parsed.name.text;
  const isPlain = !suffix.includes("\\");
  return parsed.name.labels.map((label) => {
    const from = { bytes: label.length, suffix };
    suffix = suffix.slice((isPlain ? label : formatLabel(label)).length + 1);
    return from;
  });
}

/** Counts the bytes that names take in a message, with pointers to what was written before (RFC 1035 section 4.1.4). */
class NameWriter {
  at = 0;
  readonly #written = new Set<string>();
  /** Names that were read already: the same few are written over and over. */
  readonly #names: Map<string, ReadName>;

  constructor(names: Map<string, ReadName>) {
    this.#names = names;
  }

  name(text: string, compressed: boolean): void {
    let name = this.#names.get(text);
    if (name === undefined) {
      name = readName(text);
      this.#names.set(text, name);
    }
    if (name === null) {
      this.at += text.length + 1;
      return;
    }
    // Behind a suffix that was written, all shorter ones were, too.
    let known = false;
    for (const { bytes, suffix } of name) {
      known ||= this.#written.has(suffix);
      if (known && compressed) {
        this.at += 2;
        return;
      }
      if (!known && this.at < POINTER_REACH) this.#written.add(suffix);
      this.at += 1 + bytes;
    }
    this.at += 1;
  }
}
