import { parseIp } from "../kubernetes/ip.ts";

/** A domain name. */
export interface DnsName {
  /** Leftmost first, lower case, one character (code 0-255) per byte; none for the root. */
  readonly labels: readonly string[];
  /** Absolute, with its trailing dot, in master-file notation: `\.`, `\\`, and `\DDD` for what is not printable ASCII. */
  readonly text: string;
  /** Whether it was written with a trailing dot, so that no search list is applied to it. */
  readonly absolute: boolean;
}

/** Why a text is no domain name. */
export interface NameError {
  readonly kind: "empty" | "empty-label" | "label-too-long" | "name-too-long" | "bad-escape";
  readonly message: string;
}

export type ParsedName =
  | { readonly ok: true; readonly name: DnsName }
  | { readonly ok: false; readonly error: NameError };

const MAX_LABEL = 63;
/** Of the whole name on the wire: a length byte per label, and the root's. */
const MAX_NAME = 255;
const PLAIN = /^[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*\.?$/;

/**
 * Reads a domain name in master-file notation (RFC 1035 section 5.1): `.` divides labels, `\X` is the character itself,
 * `\DDD` a byte in decimal. Upper case ASCII becomes lower case; other characters become their UTF-8 bytes.
 */
export function parseName(text: string): ParsedName {
  if (isPlain(text)) {
    const absolute = text.endsWith(".");
    const bare = absolute ? text.slice(0, -1) : text;
    return { ok: true, name: { labels: bare.split("."), text: `${bare}.`, absolute } };
  }
  if (text === "") return failed("empty", "the name is empty");
  if (text === ".") return { ok: true, name: { labels: [], text: ".", absolute: true } };
  const labels: string[] = [];
  let label = "";
  let absolute = false;
  for (let at = 0; at < text.length; ) {
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    at += char.length;
    if (char === ".") {
      if (label === "") return failed("empty-label", "the name has an empty label (two dots, or a dot in front)");
      labels.push(label);
      label = "";
      absolute = at === text.length;
    } else if (char === "\\") {
      const escaped = /^(?:([0-9]{3})|([^0-9]))/u.exec(text.slice(at, at + 3));
      const byte = escaped?.[1] === undefined ? null : Number(escaped[1]);
      if (escaped === null || (byte !== null && byte > 255)) {
        return failed("bad-escape", "a backslash must come before a character or before three digits up to 255");
      }
      label += byte === null ? bytesOf(escaped[2] ?? "") : lower(String.fromCharCode(byte));
      at += escaped[0].length;
    } else {
      label += bytesOf(char);
    }
  }
  if (label !== "") labels.push(label);
  return nameFrom(labels, absolute);
}

/** A name as DnsName.text has it, absolute and in lower case: as parseName, without taking apart what is written plainly. */
export function canonicalName(
  text: string,
): { readonly ok: true; readonly text: string } | Extract<ParsedName, { readonly ok: false }> {
  if (isPlain(text)) return { ok: true, text: text.endsWith(".") ? text : `${text}.` };
  const parsed = parseName(text);
  return parsed.ok ? { ok: true, text: parsed.name.text } : parsed;
}

function isPlain(text: string): boolean {
  return text.length < 250 && PLAIN.test(text);
}

/** A name from its labels (one character per byte), whatever they hold; always absolute. */
export function nameOf(labels: readonly string[]): ParsedName {
  return nameFrom(labels.map(lower), true);
}

function nameFrom(labels: readonly string[], absolute: boolean): ParsedName {
  let wire = 1;
  for (const label of labels) {
    if (label === "") return failed("empty-label", "the name has an empty label");
    if (label.length > MAX_LABEL) {
      const start = formatLabel(label.slice(0, 20));
      return failed("label-too-long", `the label ${start}... has ${label.length} bytes; DNS allows ${MAX_LABEL}`);
    }
    wire += label.length + 1;
  }
  if (wire > MAX_NAME) return failed("name-too-long", `the name takes ${wire} bytes; DNS allows ${MAX_NAME}`);
  const text = labels.length === 0 ? "." : `${labels.map(formatLabel).join(".")}.`;
  return { ok: true, name: { labels, text, absolute } };
}

function failed(kind: NameError["kind"], message: string): ParsedName {
  return { ok: false, error: { kind, message } };
}

/** One label in master-file notation. */
export function formatLabel(label: string): string {
  let text = "";
  for (const char of label) {
    const code = char.charCodeAt(0);
    if (char === "." || char === "\\") text += `\\${char}`;
    else if (code > 0x20 && code < 0x7f) text += char;
    else text += `\\${String(code).padStart(3, "0")}`;
  }
  return text;
}

function bytesOf(char: string): string {
  return lower(String.fromCharCode(...new TextEncoder().encode(char)));
}

/** DNS folds the case of ASCII only. */
function lower(label: string): string {
  return label.replace(/[A-Z]+/g, (run) => run.toLowerCase());
}

/** The bytes that a name takes in a message without compression. */
export function wireLength(name: DnsName): number {
  return name.labels.reduce((sum, label) => sum + label.length + 1, 1);
}

/** Whether `name` is `zone` or lies below it; both absolute and in lower case. */
export function isUnder(name: string, zone: string): boolean {
  return zone === "." || name === zone || name.endsWith(`.${zone}`);
}

/** The name whose PTR records tell an address's names; null where the text is no IP address. */
export function reverseName(address: string): string | null {
  const ip = parseIp(address);
  if (ip === null) return null;
  const bytes = [...ip.bytes].reverse();
  if (ip.family === "IPv4") return `${bytes.join(".")}.in-addr.arpa.`;
  const nibbles = bytes.flatMap((byte) => [(byte & 15).toString(16), (byte >> 4).toString(16)]);
  return `${nibbles.join(".")}.ip6.arpa.`;
}

/**
 * The address that an absolute lower-case reverse name stands for; null where it stands for none. Mirrors
 * plugin/pkg/dnsutil/reverse.go, which for IPv6 leaves labels beyond the 32 nibbles unread.
 */
export function addressOfReverse(name: string): string | null {
  const v4 = name.endsWith(".in-addr.arpa.");
  if (!v4 && !name.endsWith(".ip6.arpa.")) return null;
  const parts = name
    .slice(0, v4 ? -".in-addr.arpa.".length : -".ip6.arpa.".length)
    .split(".")
    .reverse();
  if (v4) {
    const ip = parseIp(parts.join("."));
    return ip?.family === "IPv4" ? ip.text : null;
  }
  const groups: string[] = [];
  for (let at = 0; at + 4 <= parts.length; at += 4) groups.push(parts.slice(at, at + 4).join(""));
  return parseIp(groups.join(":"))?.text ?? null;
}
