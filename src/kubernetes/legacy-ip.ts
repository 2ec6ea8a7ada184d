import type { IPFamily } from "../objects/service.ts";
import { type Ip, parseIp } from "./ip.ts";

/*
 * Fields that take what Go's net.ParseIP once took: leading zeros, and bits of a range beyond its prefix
 * (pkg/apis/core/validation IsValidIPForLegacyField and IsValidCIDRForLegacyField, whose warnings are those of
 * apimachinery pkg/util/validation GetWarningsForIP and GetWarningsForCIDR).
 */

/** An address in such a field, as k8s.io/utils/net ParseIPSloppy reads it; null where it is none. */
export function parseLegacyIp(text: string): Ip | null {
  return parseIp(withoutZeros(text));
}

export function legacyIpFamily(text: string): IPFamily | null {
  return parseLegacyIp(text)?.family ?? null;
}

function withoutZeros(text: string): string {
  return text.includes(":") ? text : text.replace(/(^|\.)0+(?=[0-9])/g, "$1");
}

/** An address that is understood, but has leading zeros or is not in IPv6's canonical form. */
export function isIrregularIp(text: string): boolean {
  return legacyIpFamily(text) !== null && parseIp(text)?.text !== text;
}

/**
 * Whether an endpoint can have the address (ValidateEndpointIP): not one that is unspecified, loopback or link-local. False
 * for what is no address.
 */
export function isEndpointIp(text: string): boolean {
  const ip = parseLegacyIp(text);
  if (ip === null) return false;
  const [first = 0, second = 0] = ip.bytes;
  if (ip.bytes.every((byte) => byte === 0)) return false;
  if (ip.family === "IPv4") {
    return first !== 127 && !(first === 169 && second === 254) && !ip.text.startsWith("224.0.0.");
  }
  return ip.text !== "::1" && !(first === 0xfe && second >> 6 === 2) && !(first === 0xff && (second & 0x0f) === 2);
}

interface Range {
  readonly address: string;
  readonly prefix: string;
  readonly bits: number;
}

/** Reads `192.0.2.0/24`; spaces around it are passed over (loadBalancerSourceRanges alone takes them). */
function rangeIn(text: string): Range | null {
  const [, address = "", prefix = ""] = /^([^/]*)\/([0-9]+)$/.exec(text.trim()) ?? [];
  const family = legacyIpFamily(address);
  const bits = Number(prefix);
  if (family === null || prefix === "" || bits > (family === "IPv4" && !address.includes(":") ? 32 : 128)) return null;
  return { address, prefix, bits };
}

export function isLegacyRange(text: string): boolean {
  return rangeIn(text) !== null;
}

/** A range that is understood, but holds bits beyond its prefix or is not in its canonical form. */
export function isIrregularRange(text: string): boolean {
  const range = rangeIn(text);
  if (range === null || text.trim() !== text) return false;
  const ip = parseIp(range.address);
  if (ip === null || `${ip.text}/${range.bits}` !== text) return true;
  return ip.bytes.some((byte, index) => {
    const free = Math.min(8, Math.max(0, (index + 1) * 8 - range.bits));
    return (byte & ((1 << free) - 1)) !== 0;
  });
}
