import type { ObservedRecord, ObservedSoa } from "../objects/observation.ts";
import { absoluteName, recordOf, soaOf, type Told } from "./answer-text.ts";
import type { FrameLine } from "./errand-frames.ts";

/** How BIND's nslookup -debug begins a record's data, by type. */
const RECORDS: readonly (readonly [string, string])[] = [
  ["internet address = ", "A"],
  ["has AAAA address ", "AAAA"],
  ["service = ", "SRV"],
  ["canonical name = ", "CNAME"],
  ["nameserver = ", "NS"],
  ["name = ", "PTR"],
  ["text = ", "TXT"],
];
const SOA_WORDS = ["origin", "mail addr", "serial", "refresh", "retry", "expire", "minimum"] as const;

/**
 * What BIND's `nslookup -debug` told of one question; undefined where it does not say. It does not tell flags, sizes and
 * times. Busybox's program of the same name prints something else, and is never asked.
 */
export function readNslookup(lines: readonly FrameLine[]): Told | undefined {
  if (lines.some(({ kind }) => kind === "hole")) return undefined;
  const texts = lines.flatMap(({ kind, text }) => (kind === "tool" ? [text] : []));
  if (texts.some((text) => /^;;.*(?:no servers could be reached|connection timed out)/.test(text))) {
    return { status: "silent", because: "no answer within 2 s" };
  }
  const denied = texts.map((text) => /^\*\* server can't find .*: ([A-Z]+)$/.exec(text)?.[1]).find(Boolean);
  const asked = texts.some((text) => text.trim() === "QUESTIONS:");
  if (!asked && denied === undefined) return undefined;
  const { answers, additional, soa } = sectionsIn(texts);
  return {
    status: "answered",
    answer: {
      rcode: denied ?? "NOERROR",
      flags: { aa: false, tc: false, ra: false },
      answers,
      additional,
      soa,
      rtt: null,
      bytes: null,
      from: texts.map((text) => /^Address:\s+([^#\s]+)#/.exec(text)?.[1]).find(Boolean) ?? null,
    },
  };
}

function sectionsIn(texts: readonly string[]) {
  const answers: ObservedRecord[] = [];
  const additional: ObservedRecord[] = [];
  let soa: ObservedSoa | null = null;
  let section = "";
  let name = "";
  let found: { readonly type: string; readonly data: string } | null = null;
  let words = new Map<string, string>();
  for (const text of texts) {
    const heading = /^ {4}(QUESTIONS|ANSWERS|AUTHORITY RECORDS|ADDITIONAL RECORDS):$/.exec(text)?.[1];
    if (heading !== undefined) section = heading;
    const owner = /^ {4}->\s+(\S+)$/.exec(text)?.[1];
    if (owner !== undefined) {
      name = owner;
      found = null;
      words = new Map();
    }
    const data = text.startsWith("\t") ? text.slice(1) : null;
    if (data === null) continue;
    const [start = "", type = ""] = RECORDS.find(([begins]) => data.startsWith(begins)) ?? [];
    if (type !== "") found = { type, data: data.slice(start.length) };
    const [, word, value = ""] = /^([a-z ]+) = (.*)$/.exec(data) ?? [];
    if (word !== undefined) words.set(word, value);
    if (word !== "ttl") continue;
    // The TTL is a record's last line.
    const ttl = Number(value);
    if (found !== null && section !== "AUTHORITY RECORDS") {
      const record = recordOf(name, ttl, found.type, found.data);
      if (record !== null) (section === "ANSWERS" ? answers : additional).push(record);
    } else if (words.has("origin")) {
      soa ??= soaOf(name, ttl, SOA_WORDS.map((one) => words.get(one) ?? "").join(" "));
    }
  }
  return { answers, additional, soa };
}

/**
 * What `getent ahostsv4` or `ahostsv6` found; undefined where the frame was cut. It asks as every program of the image does,
 * and does not say why it finds nothing: that is told as no answer.
 */
export function readGetent(
  lines: readonly FrameLine[],
  { name, type }: { name: string; type: string },
): Told | undefined {
  if (lines.some(({ kind }) => kind === "hole")) return undefined;
  const addresses = lines.flatMap(({ kind, text }) => (kind === "tool" ? [text.split(/\s+/)[0] ?? ""] : []));
  const answers = [...new Set(addresses)].flatMap((address) => {
    // An IPv4 address in the form of IPv6 is ahostsv6's way to answer for names that have none.
    const record = address.startsWith("::ffff:") ? null : recordOf(absoluteName(name), 0, type, address);
    return record === null ? [] : [record];
  });
  if (answers.length === 0) return { status: "silent", because: "getent finds no address, and does not say why" };
  const flags = { aa: false, tc: false, ra: false };
  const nothing = { additional: [], soa: null, rtt: null, bytes: null, from: null };
  return { status: "answered", answer: { rcode: "NOERROR", flags, answers, ...nothing } };
}
