import { parseIp } from "../kubernetes/ip.ts";
import { isUnder, parseName, reverseName } from "./name.ts";

/** The longest of `zones` that `name` is in, null where it is in none. Mirrors plugin/normalize.go Zones.Matches. */
export function longestZone(zones: Iterable<string>, name: string): string | null {
  let longest: string | null = null;
  for (const zone of zones) {
    if (isUnder(name, zone) && (longest === null || zone.length > longest.length)) longest = zone;
  }
  return longest;
}

/**
 * What a zone in a Corefile means: a name made absolute and lower case, or the reverse zones of a network
 * (`10.0.0.0/15`). Scheme and port are cut off. Empty where it is neither. Mirrors plugin/normalize.go NormalizeExact.
 */
export function zonesOf(text: string): readonly string[] {
  const host = splitKey(text).host;
  const networks = reverseZones(host);
  if (networks !== null) return networks;
  const parsed = parseName(host);
  return parsed.ok ? [parsed.name.text] : [];
}

/** The zones of a plugin's arguments, else those of its server block (OriginsFromArgsOrServerBlock). */
export function originsOf(args: readonly string[], blockZones: readonly string[]): readonly string[] {
  return args.length === 0 ? blockZones : args.flatMap(zonesOf);
}

/** The parts of a server block's key: `dns://cluster.local:1053`. The port is null where it is not written. */
export function splitKey(key: string): {
  readonly transport: string;
  readonly host: string;
  readonly port: number | null;
} {
  const scheme = /^(tls|dns|quic|grpc|https3|https|unix):\/\//.exec(key);
  const rest = key.slice(scheme?.[0].length ?? 0);
  const port = /^(.*):([0-9]+)$/s.exec(rest);
  return {
    transport: scheme?.[1] ?? "dns",
    host: port?.[1] ?? rest,
    port: port === null ? null : Number(port[2]),
  };
}

/** The reverse zones that together hold a network, cut at whole labels (plugin/pkg/cidr); null where it is no network. */
function reverseZones(text: string): readonly string[] | null {
  const slash = /^(.*)\/([0-9]{1,3})$/.exec(text);
  const ip = slash === null ? null : parseIp(slash[1] ?? "");
  const bits = Number(slash?.[2]);
  if (ip === null || bits > ip.bytes.length * 8) return null;
  const step = ip.family === "IPv4" ? 8 : 4;
  const cut = Math.ceil(bits / step) * step;
  const total = BigInt(ip.bytes.length * 8);
  const value = ip.bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
  const base = (value >> (total - BigInt(bits))) << (total - BigInt(bits));
  return Array.from({ length: 2 ** (cut - bits) }, (_, index) => {
    const network = base + (BigInt(index) << (total - BigInt(cut)));
    const name = reverseName(textOf(network, ip.bytes.length)) ?? "";
    // The least significant label comes first; those behind the prefix are cut off.
    return name
      .split(".")
      .slice((Number(total) - cut) / step)
      .join(".");
  });
}

function textOf(value: bigint, length: number): string {
  if (length === 4) return [24n, 16n, 8n, 0n].map((shift) => (value >> shift) & 255n).join(".");
  return Array.from({ length: 8 }, (_, group) => ((value >> BigInt(112 - 16 * group)) & 0xffffn).toString(16)).join(
    ":",
  );
}
