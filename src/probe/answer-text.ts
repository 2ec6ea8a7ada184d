import { parseName } from "../dns/name.ts";
import { parseIp } from "../kubernetes/ip.ts";
import type { ObservedRecord, ObservedSoa } from "../objects/observation.ts";
import type { ToldAnswer } from "../objects/probe.ts";

/** What a tool told of one question. */
export type Told =
  | { readonly status: "answered"; readonly answer: ToldAnswer }
  | { readonly status: "silent"; readonly because: string };

/** A name of master-file notation as everywhere else; what is none stays as it came. */
export function absoluteName(text: string): string {
  const parsed = parseName(text.endsWith(".") ? text : `${text}.`);
  return parsed.ok ? parsed.name.text : text;
}

/** A record from the words of a master file; null where they are no record of that type. */
export function recordOf(name: string, ttl: number, type: string, data: string): ObservedRecord | null {
  const read = dataOf(type, data);
  return read === null ? null : { name: absoluteName(name), type, ttl, data: read };
}

function dataOf(type: string, text: string): ObservedRecord["data"] | null {
  switch (type) {
    case "A":
    case "AAAA":
      return parseIp(text)?.text ?? null;
    case "SRV": {
      const words = /^(\d{1,5}) (\d{1,5}) (\d{1,5}) (\S+)$/.exec(text);
      if (words === null) return null;
      const [priority = 0, weight = 0, port = 0] = words.slice(1, 4).map(Number);
      return { priority, weight, port, target: absoluteName(words[4] ?? "") };
    }
    case "CNAME":
    case "PTR":
    case "NS":
    case "DNAME":
      return /^\S+$/.test(text) ? absoluteName(text) : null;
    case "TXT":
      return textOf(text);
    case "SOA": {
      const words = soaWords(text);
      return words === null ? null : `${words.mname} ${words.rname} ${words.serial}`;
    }
    default:
      return text;
  }
}

/** The start of authority from the words of a master file. */
export function soaOf(name: string, ttl: number, text: string): ObservedSoa | null {
  const words = soaWords(text);
  if (words === null) return null;
  const { mname, serial, minimum } = words;
  return { name: absoluteName(name), ttl, mname, serial, minimum };
}

function soaWords(text: string) {
  const words = /^(\S+) (\S+) (\d+) \d+ \d+ \d+ (\d+)$/.exec(text);
  if (words === null) return null;
  const [, mname = "", rname = "", serial = "", minimum = ""] = words;
  return {
    mname: absoluteName(mname),
    rname: absoluteName(rname),
    serial: Number(serial),
    minimum: Number(minimum),
  };
}

/** The strings of a TXT record, one behind the other: `"one two" "a\"b\027"`. */
function textOf(text: string): string | null {
  if (!/^"(?:[^"\\]|\\[\s\S])*"(?: "(?:[^"\\]|\\[\s\S])*")*$/.test(text)) return null;
  const bytes: number[] = [];
  for (const [string] of text.matchAll(/"(?:[^"\\]|\\[\s\S])*"/g)) {
    for (const [char, , code, escaped] of string.slice(1, -1).matchAll(/(\\(?:([0-9]{3})|([\s\S])))|[^\\]/gu)) {
      if (code === undefined) bytes.push(...Buffer.from(escaped ?? char));
      else bytes.push(Number(code) & 0xff);
    }
  }
  return Buffer.from(bytes).toString("utf8");
}
