import { isAtLeast } from "./coredns-version.ts";
import { isReverseZone } from "./corefile-kubernetes.ts";
import type { Item, Lookup } from "./kubernetes-found.ts";
import { lookUp, type Stanza, under } from "./kubernetes-lookup.ts";
import { nameServers } from "./kubernetes-ns.ts";
import { reverseLookUp } from "./kubernetes-reverse.ts";
import { isUnder, parseName } from "./name.ts";
import { type Handler, type Message, message, NONE_WITHHELD, type Query, type Unknown, unknown } from "./outcome.ts";
import * as reasons from "./reasons.ts";
import type { Authority, Cause, RecordType, ResourceRecord } from "./records.ts";
import { longestZone } from "./zones.ts";

/** A CNAME chain inside the zone is followed this far (plugin/backend_lookup.go). */
const MAX_CHAIN = 10;

/**
 * The `kubernetes` plugin. `next` takes what falls through; `upstream` is the whole server, which CoreDNS asks for the
 * targets of CNAMEs outside the zone. Mirrors plugin/kubernetes/handler.go and plugin/backend_lookup.go.
 */
export function kubernetesPlugin(stanza: Stanza, next: Handler, upstream: Handler): Handler {
  const { options } = stanza;
  return (query) => {
    const zone = longestZone(options.zones, query.name);
    if (zone === null) return next(query);
    if (query.type === "AXFR" || query.type === "IXFR") {
      return { status: "code", rcode: "REFUSED", cause: "refused-type", reason: "zone transfers are refused" };
    }
    const answer = answerOf(stanza, query, zone, upstream);
    if (answer.status === "unknown") return answer;
    if (answer.status === "missing") {
      if (options.fallthrough.some((one) => isUnder(query.name, one))) return next(query);
      const { cause, reason, withheld } = answer;
      return message({ rcode: "NXDOMAIN", cause, reason, withheld, authority: authorityOf(stanza, zone) });
    }
    if (answer.answers.length > 0) return answer;
    return { ...answer, additional: [], authority: authorityOf(stanza, zone) };
  };
}

type Missing = Extract<Lookup, { status: "missing" }>;
type Answered = Message | Missing | Unknown;

function answerOf(stanza: Stanza, query: Query, zone: string, upstream: Handler): Answered {
  const { name, type } = query;
  switch (type) {
    case "A":
    case "AAAA":
      return addresses(stanza, query, type, zone, upstream, []);
    case "SRV":
      return isDefaultNs(name, zone) ? selfWithout("SRV") : srvAnswer(stanza, name, zone);
    case "TXT":
      return txtAnswer(stanza, name, zone);
    case "CNAME":
      return isDefaultNs(name, zone) ? selfWithout("CNAME") : cnameAnswer(stanza, name, zone);
    case "PTR":
      return ptrAnswer(stanza, name, zone);
    case "SOA":
      return soaAnswer(stanza, name, zone);
    case "NS":
      return name === zone ? nsAnswer(stanza, zone) : otherAnswer(stanza, query, zone);
    default:
      return otherAnswer(stanza, query, zone);
  }
}

/** Mirrors ns.go isDefaultNS, which looks for the zone's first place in the name. */
function isDefaultNs(name: string, zone: string): boolean {
  return name.startsWith("ns.dns.") && name.indexOf(zone) === "ns.dns.".length;
}

function selfWithout(type: string): Message {
  return nodata("other-type", reasons.otherType(type, "it is the name of CoreDNS itself"));
}

function nodata(cause: Cause, reason: string, withheld = NONE_WITHHELD): Message {
  return message({ rcode: "NOERROR", cause, reason, withheld });
}

function record(
  stanza: Stanza,
  name: string,
  type: RecordType,
  { data, pod, object }: Pick<ResourceRecord, "data" | "pod" | "object">,
): ResourceRecord {
  return { name, type, ttl: stanza.options.ttl, data, pod, object };
}

/** Names that CoreDNS looks up for their own sake, before any record of a type: all but A, AAAA, SRV, TXT, CNAME and PTR. */
function otherAnswer(stanza: Stanza, { name, type }: Query, zone: string): Answered {
  if (isDefaultNs(name, zone)) return selfWithout(type);
  const found = lookUp(stanza, name, zone);
  if (found.status !== "found") return found;
  return nodata("other-type", reasons.otherType(type, found.reason), found.withheld);
}

/** The addresses of `ns.dns.<zone>`: of the Service that CoreDNS itself stands behind. */
function ownAddresses(stanza: Stanza, name: string, type: "A" | "AAAA", zone: string): Answered {
  const servers = nameServers(stanza, zone);
  if (servers.status === "unknown") return servers;
  const of = servers.items.filter((item) => item.kind === type);
  if (of.length === 0) return nodata("other-family", reasons.otherFamily(type, servers.reason));
  const answers = distinct(of).map((item) => record(stanza, name, type, item));
  return message({ rcode: "NOERROR", answers, cause: "zone-name", reason: servers.reason });
}

/** `targets` are those of the CNAMEs that led here. */
function addresses(
  stanza: Stanza,
  query: Query,
  type: "A" | "AAAA",
  zone: string,
  upstream: Handler,
  targets: readonly string[],
): Answered {
  const { name } = query;
  if (isDefaultNs(name, zone)) return ownAddresses(stanza, name, type, zone);
  const found = lookUp(stanza, name, zone);
  if (found.status !== "found") return found;
  const answers: ResourceRecord[] = [];
  const seen = new Set<string>();
  let incomplete = found.incomplete ?? (found.unsureOf?.kind === type ? found.unsureOf.because : null);
  let empty: Message | null = null;
  for (const item of found.items) {
    if (item.kind === "CNAME") {
      const followed = follow(stanza, query, type, zone, upstream, targets, item);
      if (followed.status !== "message") return followed;
      if (followed.answers.length === 0) empty ??= followed;
      answers.push(...followed.answers);
      incomplete ??= followed.incomplete;
    } else if (item.kind === type) {
      if (item.host !== null) {
        // The text as written counts, as CoreDNS compares it.
        if (seen.has(item.host)) continue;
        seen.add(item.host);
      } else if (isRepeated(item, seen)) {
        continue;
      }
      answers.push(record(stanza, name, type, item));
    }
  }
  const { cause, reason, withheld } = found;
  if (answers.length > 0) {
    return message({ rcode: "NOERROR", answers, cause, reason, withheld, incomplete });
  }
  if (incomplete !== null) return unknown("not-collected", incomplete);
  if (empty !== null) return empty;
  if (found.items.length === 0) return nodata("other-type", reasons.otherType(type, reason), withheld);
  return nodata("other-family", reasons.otherFamily(type, reason), withheld);
}

/** An address to come stands on each of its Pod's ports: it is one address all the same. */
function isRepeated(item: Item, seen: Set<string>): boolean {
  const key = `pod ${item.pod ?? ""} ${item.target ?? ""}`;
  if (seen.has(key)) return true;
  seen.add(key);
  return false;
}

/** The records behind a CNAME, with the CNAME; none where CoreDNS leaves it out. */
function follow(
  stanza: Stanza,
  query: Query,
  type: "A" | "AAAA",
  zone: string,
  upstream: Handler,
  targets: readonly string[],
  item: Item,
): Message | Unknown {
  const target = targetOf(item);
  const without = (why: string): Message => nodata("target-without-records", reasons.targetWithout(target, type, why));
  if (isUnder(target, query.name)) return without("it points to itself or below itself");
  if (targets.length > MAX_CHAIN || targets.includes(target)) return without("the chain goes in circles");
  const cname = record(stanza, query.name, "CNAME", { ...item, data: target });
  if (isUnder(target, zone)) {
    const inside = addresses(stanza, { ...query, name: target }, type, zone, upstream, [...targets, target]);
    if (inside.status === "unknown") return inside;
    if (inside.status === "missing" || inside.answers.length === 0) return without(inside.reason);
    return { ...inside, answers: [cname, ...inside.answers] };
  }
  const outside = upstream({ ...query, name: target, depth: query.depth + 1 });
  const reason = `${item.object.kind} ${item.object.namespace}/${item.object.name} points to ${target}`;
  const base = { rcode: "NOERROR", cause: "external-name", reason } as const;
  if (outside.status === "unknown") {
    const incomplete = `what CoreDNS adds about ${target} is not known: ${outside.because}`;
    return message({ ...base, answers: [cname], incomplete });
  }
  const more = outside.status === "message" ? outside : null;
  return message({ ...base, answers: [cname, ...(more?.answers ?? [])], incomplete: more?.incomplete ?? null });
}

function targetOf(item: Item): string {
  const host = item.host ?? "";
  const parsed = parseName(host);
  return parsed.ok ? parsed.name.text : `${host.toLowerCase()}.`;
}

function distinct(items: readonly Item[]): readonly Item[] {
  const byHost = new Map<string | null, Item>();
  for (const item of items) byHost.set(item.host, firstByName(byHost.get(item.host), item));
  return [...byHost.values()];
}

/** Of Pods that share a record the one whose name comes first stands for it, whatever the order of the endpoints. */
function firstByName(known: Item | undefined, item: Item): Item {
  return known === undefined || (item.pod ?? "") < (known.pod ?? "") ? item : known;
}

/** Mirrors backend_lookup.go SRV: the weight counts every tuple, also those that make no record of their own. */
function srvAnswer(stanza: Stanza, name: string, zone: string): Answered {
  const found = lookUp(stanza, name, zone);
  if (found.status !== "found") return found;
  const items = found.items.filter((item) => item.kind !== "CNAME");
  const weight = Math.max(1, Math.floor((100 / (100 * items.length)) * 100));
  const services = new Map<string, Item>();
  const addresses = new Map<string, Item>();
  for (const item of items) {
    if (item.port === -1) continue;
    const key = item.target ?? item.labelToCome ?? "";
    const service = `${key} ${item.port}`;
    services.set(service, firstByName(services.get(service), item));
    if (item.target === null) continue;
    const address = `${key} of ${item.host ?? item.kind}`;
    addresses.set(address, firstByName(addresses.get(address), item));
  }
  const answers = [...services.values()].map(({ target, port, pod, object }) =>
    record(stanza, name, "SRV", { pod, object, data: target === null ? null : { priority: 0, weight, port, target } }),
  );
  const additional = [...addresses.values()].flatMap((item) =>
    item.target === null || item.kind === "CNAME" ? [] : [record(stanza, item.target, item.kind, item)],
  );
  const { reason, withheld, cause } = found;
  const incomplete = found.incomplete ?? found.unsureOf?.because ?? null;
  if (answers.length > 0) {
    return message({ rcode: "NOERROR", answers, additional, cause, reason, withheld, incomplete });
  }
  if (incomplete !== null) return unknown("not-collected", incomplete);
  if (items.length === 0) return nodata("other-type", reasons.otherType("SRV", reason), withheld);
  return nodata("no-port", reasons.noPort(reason), withheld);
}

function cnameAnswer(stanza: Stanza, name: string, zone: string): Answered {
  const found = lookUp(stanza, name, zone);
  if (found.status !== "found") return found;
  const [first] = found.items;
  if (found.items.some((item) => item.host !== first?.host && (item.kind === "CNAME" || first?.kind === "CNAME"))) {
    return unknown(
      "other-type",
      "of several endpoints CoreDNS looks at one only, in no fixed order, and one is a name",
    );
  }
  if (first?.kind !== "CNAME") {
    return nodata("other-type", reasons.otherType("CNAME", found.reason), found.withheld);
  }
  const answers = [record(stanza, name, "CNAME", { ...first, data: targetOf(first) })];
  return message({ rcode: "NOERROR", answers, cause: found.cause, reason: found.reason });
}

const VERSION_TTL = 28800;

/** Only `dns-version.<zone>` has a TXT record; and TXT is where CoreDNS denies even names that exist but hold nothing. */
function txtAnswer(stanza: Stanza, name: string, zone: string): Answered {
  if (name === under("dns-version", zone)) {
    const answers: ResourceRecord[] = [{ name, type: "TXT", ttl: VERSION_TTL, data: "1.1.0", pod: null, object: null }];
    const reason = "CoreDNS tells here which version of the Kubernetes DNS specification it follows";
    return message({ rcode: "NOERROR", answers, cause: "zone-name", reason });
  }
  if (!isAtLeast(stanza.index.input.version, "1.10.1")) {
    return nodata("other-type", "before 1.10.1, CoreDNS does not look whether a name exists that is asked for TXT");
  }
  const found = lookUp(stanza, name, zone);
  if (found.status !== "found") return found;
  if (found.items.length > 0) return nodata("other-type", reasons.otherType("TXT", found.reason), found.withheld);
  const reason = `for TXT, CoreDNS denies names that hold no record of any type: ${found.reason}`;
  return { status: "missing", cause: "other-type", reason, withheld: found.withheld };
}

function ptrAnswer(stanza: Stanza, name: string, zone: string): Answered {
  const reverse = isReverseZone(name) ? reverseLookUp(stanza, name) : null;
  if (reverse === null) {
    const found = lookUp(stanza, name, zone);
    if (found.status !== "found") return found;
    return nodata("other-type", reasons.otherType("PTR", found.reason), found.withheld);
  }
  if (reverse.status !== "found") return reverse;
  const seen = new Set<string>();
  const answers = reverse.items
    .filter((item) => !seen.has(item.target) && seen.add(item.target))
    .map((item) => record(stanza, name, "PTR", { ...item, data: item.target }));
  const { reason, incomplete } = reverse;
  return message({ rcode: "NOERROR", answers, cause: "reverse", reason, incomplete });
}

function soaOf(zone: string, ttl: number): Authority["soa"] {
  return {
    mname: under("ns.dns", zone),
    rname: under("hostmaster", zone),
    refresh: 7200,
    retry: 1800,
    expire: 86400,
    minimum: ttl,
  };
}

function authorityOf({ options: { ttl } }: Stanza, zone: string): Authority {
  return { name: zone, ttl: Math.min(ttl, 300), soa: soaOf(zone, ttl) };
}

/** Away from the apex there is never a SOA, and never NXDOMAIN either: the name is not even looked up. */
function soaAnswer(stanza: Stanza, name: string, zone: string): Answered {
  if (name !== zone) {
    return nodata("other-type", `only ${zone} has a SOA record; CoreDNS does not look whether ${name} exists`);
  }
  const { ttl, soa } = authorityOf(stanza, zone);
  const answers: ResourceRecord[] = [{ name, type: "SOA", ttl, data: soa, pod: null, object: null }];
  return message({ rcode: "NOERROR", answers, cause: "zone-name", reason: `${zone} is served by CoreDNS itself` });
}

function nsAnswer(stanza: Stanza, zone: string): Answered {
  const servers = nameServers(stanza, zone);
  if (servers.status === "unknown") return servers;
  const seen = new Set<string>();
  const answers: ResourceRecord[] = [];
  const additional: ResourceRecord[] = [];
  for (const item of servers.items) {
    if (item.target === null || item.kind === "CNAME") continue;
    additional.push(record(stanza, item.target, item.kind, item));
    if (seen.has(item.target)) continue;
    seen.add(item.target);
    answers.push(record(stanza, zone, "NS", { ...item, data: item.target }));
  }
  return message({ rcode: "NOERROR", answers, additional, cause: "zone-name", reason: servers.reason });
}
