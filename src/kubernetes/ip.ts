import { perKey } from "../objects/kept.ts";
import type { IPFamily } from "../objects/service.ts";

/** An IP address as its bytes, with the one way to write it that Go's net.IP.String has. */
export interface Ip {
  readonly family: IPFamily;
  /** 4 or 16 of them. */
  readonly bytes: readonly number[];
  readonly text: string;
}

/**
 * Reads an IP address as Go's net.ParseIP does, and therefore as Kubernetes and CoreDNS do: no leading zeros in IPv4,
 * no zone in IPv6, and an IPv4-mapped IPv6 address (`::ffff:10.0.0.1`) is IPv4. null where it is none.
 */
export function parseIp(text: string): Ip | null {
  return recentIp(text);
}

/** What judges a Service asks for the addresses of its Pods several times. */
const recentIp = perKey(readIp, 1024);

function readIp(text: string): Ip | null {
  if (!text.includes(":")) {
    const bytes = ipv4Bytes(text);
    return bytes === null ? null : ipv4(bytes);
  }
  const groups = ipv6Groups(text);
  if (groups === null) return null;
  if (groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff) {
    const [high = 0, low = 0] = groups.slice(6);
    return ipv4([high >> 8, high & 255, low >> 8, low & 255]);
  }
  return { family: "IPv6", bytes: groups.flatMap((group) => [group >> 8, group & 255]), text: ipv6Text(groups) };
}

function ipv4(bytes: readonly number[]): Ip {
  return { family: "IPv4", bytes, text: bytes.join(".") };
}

/** Digit by digit: a cluster has many addresses, and a regular expression for each part costs. */
function ipv4Bytes(text: string): readonly number[] | null {
  const bytes: number[] = [];
  let value = 0;
  let digits = 0;
  for (let at = 0; at <= text.length; at += 1) {
    const code = at < text.length ? text.charCodeAt(at) : DOT;
    if (code === DOT) {
      if (digits === 0 || bytes.length === 4) return null;
      bytes.push(value);
      value = 0;
      digits = 0;
      continue;
    }
    const isLeadingZero = digits > 0 && value === 0;
    if (code < ZERO || code > NINE || isLeadingZero) return null;
    value = value * 10 + code - ZERO;
    digits += 1;
    if (value > 255) return null;
  }
  return bytes.length === 4 ? bytes : null;
}

const DOT = 46;
const ZERO = 48;
const NINE = 57;

/** The eight 16-bit groups; `::` stands for at least one group of zeros. */
function ipv6Groups(text: string): readonly number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const read = halves.map((half, index) => ipv6Half(half, index === halves.length - 1));
  const [head, tail] = read;
  if (head === null || head === undefined) return null;
  if (tail === undefined) return head.length === 8 ? head : null;
  if (tail === null || head.length + tail.length > 7) return null;
  return [...head, ...new Array<number>(8 - head.length - tail.length).fill(0), ...tail];
}

function ipv6Half(text: string, last: boolean): readonly number[] | null {
  if (text === "") return [];
  const parts = text.split(":");
  const groups: number[] = [];
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-fA-F]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16));
    } else {
      // The last 32 bits may be written as IPv4.
      const bytes = last && index === parts.length - 1 ? ipv4Bytes(part) : null;
      if (bytes === null) return null;
      const [a = 0, b = 0, c = 0, d = 0] = bytes;
      groups.push((a << 8) | b, (c << 8) | d);
    }
  }
  return groups;
}

/** RFC 5952: lower case, no leading zeros, the first longest run of two or more zero groups as `::`. */
function ipv6Text(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let at = 0; at < 8; at += 1) {
    let end = at;
    while (end < 8 && groups[end] === 0) end += 1;
    if (end - at > length) {
      start = at;
      length = end - at;
    }
    at = Math.max(at, end);
  }
  const hex = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(":");
  return start === -1 ? hex(0, 8) : `${hex(0, start)}::${hex(start + length, 8)}`;
}
