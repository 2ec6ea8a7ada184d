import { parseIp } from "../kubernetes/ip.ts";
import { isAtLeast } from "./coredns-version.ts";
import type { ServerBlock } from "./corefile.ts";
import type { CacheOptions } from "./corefile-cache.ts";
import { isReverseZone } from "./corefile-kubernetes.ts";
import type { AclRule, AutopathOptions, HostsOptions, TemplateOptions } from "./corefile-plugins.ts";
import { stanzaOf, under } from "./kubernetes-lookup.ts";
import { kubernetesPlugin } from "./kubernetes-plugin.ts";
import { addressOfReverse, isUnder, parseName } from "./name.ts";
import { hasNoHandler, lastOf, unmodelledPlugin } from "./other-plugins.ts";
import { type Handler, type Message, message, type Outcome, type Query, unknown } from "./outcome.ts";
import type { Rcode, RecordType, ResourceRecord } from "./records.ts";
import { type ResponseRule, rewriteQuestion, rewriteRecord, rewriteSoa } from "./rewrite.ts";
import type { ZoneIndex } from "./zone-index.ts";
import { longestZone } from "./zones.ts";

type Plugin = (next: Handler) => Handler;

/**
 * The plugins of a server block, in the order in which CoreDNS runs them, whatever the order in the Corefile
 * (plugin.cfg). `upstream` is the whole server.
 */
export function pluginChain(block: ServerBlock, index: ZoneIndex, upstream: Handler): Handler {
  if (hasNoHandler(block)) {
    const reason = `the server block of this name (line ${block.line} of the Corefile) has no plugins`;
    return () => ({ status: "code", rcode: "REFUSED", cause: "no-next-plugin", reason });
  }
  const { cache, rewrites, autopath, acl, hosts, kubernetes } = block;
  const stanza = kubernetes === null ? null : stanzaOf(kubernetes, index);
  const stages: Readonly<Record<string, Plugin | null>> = {
    acl: acl.length === 0 ? null : (next) => aclPlugin(acl, next),
    cache: cache === null ? null : (next) => cachePlugin(cache, next),
    rewrite: rewrites.length === 0 ? null : (next) => rewritePlugin(block, next),
    autopath: autopath === null ? null : (next) => autopathPlugin(autopath, block, index, next),
  };
  const front = orderOf(index.input.version).map((name) => stages[name] ?? null);
  const plugins: readonly (Plugin | null)[] = [
    (next) => unmodelledPlugin(block, next),
    ...front,
    block.plugins.includes("minimal") ? minimalPlugin : null,
    block.templates.length === 0 ? null : (next) => templatePlugin(block.templates, next),
    hosts === null ? null : (next) => hostsPlugin(hosts, next),
    block.externalZones.length === 0 ? null : (next) => externalPlugin(block.externalZones, next),
    stanza === null ? null : (next) => kubernetesPlugin(stanza, next, upstream),
  ];
  return plugins.reduceRight<Handler>((next, plugin) => (plugin === null ? next : plugin(next)), lastOf(block));
}

/** The plugins whose order among each other changed: with 1.14.2, and again with 1.14.7 (plugin.cfg of each). */
function orderOf(version: string | null): readonly ("acl" | "cache" | "rewrite" | "autopath")[] {
  if (version !== null && isAtLeast(version, "1.14.7")) return ["rewrite", "autopath", "acl", "cache"];
  if (version !== null && isAtLeast(version, "1.14.2")) return ["cache", "rewrite", "acl", "autopath"];
  return ["acl", "cache", "rewrite", "autopath"];
}

/** Mirrors plugin/acl: the first policy that matches decides. */
function aclPlugin(rules: readonly AclRule[], next: Handler): Handler {
  return (query) => {
    for (const { zones, policies, line } of rules) {
      if (longestZone(zones, query.name) === null) continue;
      for (const { action, types, nets } of policies) {
        if (types !== null && !types.includes(query.type)) continue;
        if (nets !== null) {
          if (query.client === null) {
            return unknown("acl", `whether the rule of acl (line ${line}) holds depends on the client's address`);
          }
          if (!nets.some((net) => isInNetwork(query.client?.ip ?? "", net))) continue;
        }
        const reason = `acl (line ${line} of the Corefile): ${action}`;
        if (action === "allow") return next(query);
        if (action === "drop") return unknown("acl", `${reason}: CoreDNS does not answer at all (a timeout)`);
        return message({ rcode: action === "block" ? "REFUSED" : "NOERROR", cause: "acl", reason });
      }
    }
    return next(query);
  };
}

function isInNetwork(address: string, network: string): boolean {
  const [base = "", length] = network.split("/");
  const ip = parseIp(address);
  const net = parseIp(base);
  if (ip === null || net === null || ip.family !== net.family) return false;
  const bits = length === undefined ? net.bytes.length * 8 : Number(length);
  return net.bytes.every((byte, at) => {
    const shift = 8 - Math.min(8, Math.max(0, bits - at * 8));
    return byte >> shift === (ip.bytes[at] ?? 0) >> shift;
  });
}

/** What a message's TTLs become on the way through `cache`, also in the zones that it does not keep (cache.go WriteMsg). */
function cachePlugin(options: CacheOptions, next: Handler): Handler {
  return (query) => {
    const outcome = next(query);
    if (outcome.status !== "message" || longestZone(options.zones, query.name) === null) return outcome;
    const { answers, additional, authority } = outcome;
    const negative = answers.length === 0 || outcome.rcode !== "NOERROR";
    let least = 3600;
    for (const { ttl } of answers) least = Math.min(least, ttl);
    for (const { ttl } of additional) least = Math.min(least, ttl);
    if (authority !== null) least = Math.min(least, authority.ttl);
    const ttl = negative
      ? Math.min(Math.max(least, options.denialMinTtl), options.denialTtl)
      : Math.min(Math.max(least, options.successMinTtl), options.successTtl);
    const isFlat = (one: { readonly ttl: number }): boolean => one.ttl === ttl;
    // As it mostly is: cache and kubernetes have the same TTL by default.
    if (answers.every(isFlat) && additional.every(isFlat) && (authority === null || isFlat(authority))) return outcome;
    const flat = (record: ResourceRecord): ResourceRecord => (record.ttl === ttl ? record : { ...record, ttl });
    return {
      ...outcome,
      answers: answers.map(flat),
      additional: additional.map(flat),
      authority: authority === null ? null : { ...authority, ttl },
    };
  };
}

function rewritePlugin({ rewrites }: ServerBlock, next: Handler): Handler {
  return (query) => {
    const outcome = rewriteQuestion(rewrites, query);
    if (outcome === "unknown") {
      return unknown("rewritten", "a `rewrite` rule of the Corefile applies that is not worked out here");
    }
    const { question, response, applied, stopped } = outcome;
    if (applied.length === 0) return next(query);
    const parsed = parseName(question.name);
    if (!parsed.ok) {
      const reason = `a \`rewrite\` rule makes an invalid name of it: ${question.name}`;
      return { status: "code", rcode: "SERVFAIL", cause: "rewritten", reason };
    }
    const name = parsed.name.text;
    const answer = next({ ...query, name, type: question.type });
    if (name === query.name && question.type === query.type) return reverted(answer, response, null);
    const rules = applied.map((rule) => `${rule.line}`).join(", ");
    // Then the message goes past what turns it back (rewrite.go ServeDNS), and no resolver takes it for the answer.
    if (!stopped && answer.status !== "unknown" && (answer.status === "code" || response.length === 0)) {
      const because = `after \`rewrite continue\` (line ${rules}) CoreDNS may send back the question for ${name}, which clients drop`;
      return unknown("rewritten", because);
    }
    const how = `asked as ${name}${question.type === query.type ? "" : ` ${question.type}`} (rewrite, line ${rules})`;
    return reverted(answer, response, { name, how });
  };
}

/** The answer with names and TTLs turned back, and with what was really asked. */
function reverted(
  answer: Outcome,
  response: readonly ResponseRule[],
  asked: { readonly name: string; readonly how: string } | null,
): Outcome {
  const told = (text: string): string => (asked === null ? text : `${asked.how}: ${text}`);
  if (answer.status === "unknown") return { ...answer, because: told(answer.because) };
  if (answer.status === "code") return { ...answer, reason: told(answer.reason) };
  const back = (record: ResourceRecord): ResourceRecord => rewriteRecord(response, record);
  return {
    ...answer,
    answers: answer.answers.map(back),
    additional: answer.additional.map(back),
    authority: authorityBack(answer.authority, response),
    reason: told(answer.reason),
    askedAs: asked?.name ?? answer.askedAs,
  };
}

function authorityBack(authority: Message["authority"], response: readonly ResponseRule[]): Message["authority"] {
  if (authority === null) return null;
  const { name, ttl } = rewriteRecord(response, {
    name: authority.name,
    type: "SOA",
    ttl: authority.ttl,
    data: null,
    pod: null,
    object: null,
  });
  const soa = [...response]
    .reverse()
    .reduce((value, rule) => (rule.kind === "value" ? rewriteSoa(value, rule.rewrite) : value), authority.soa);
  return { name, ttl, soa };
}

/**
 * Mirrors plugin/autopath with `@kubernetes`: for a client Pod the whole search path is tried here, and the first answer
 * that is not NXDOMAIN is handed out behind a CNAME. Only with `pods verified` can CoreDNS tell the Pod from its address.
 */
function autopathPlugin(options: AutopathOptions, block: ServerBlock, index: ZoneIndex, next: Handler): Handler {
  const { kubernetes } = block;
  return (query) => {
    if (longestZone(options.zones, query.name) === null) return next(query);
    if (options.source !== "@kubernetes") {
      return options.source.startsWith("@")
        ? unknown("not-modelled", `autopath takes search paths from ${options.source}`)
        : unknown("not-modelled", `autopath takes its search path from ${options.source}, which was not read`);
    }
    const zone = kubernetes === null ? null : longestZone(kubernetes.zones, query.name);
    if (zone === null || kubernetes?.pods !== "verified" || query.client === null) return next(query);
    const [pod] = index.podsByIp().get(query.client.ip) ?? [];
    if (pod === undefined) return next(query);
    const first = under(`${pod.namespace}.svc`, zone);
    if (!isUnder(query.name, first)) return next(query);
    if (query.name === first) {
      // TrimZone finds nothing to trim, and the plugin gives up (autopath.go).
      return { status: "code", rcode: "SERVFAIL", cause: "not-modelled", reason: `autopath fails on ${first} itself` };
    }
    const base = query.name.slice(0, query.name.length - first.length - 1);
    let firstOutcome: Outcome | null = null;
    for (const domain of [first, under("svc", zone), zone, ...(index.input.dnsSearch ?? [null]), "."]) {
      if (domain === null) {
        return unknown("forwarded", "autopath goes on with the search list of CoreDNS's own Pod, which was not read");
      }
      const name = under(base, domain);
      const outcome = next({ ...query, name });
      if (outcome.status === "unknown" || outcome.cause === "no-next-plugin") return outcome;
      firstOutcome ??= outcome;
      if (outcome.status === "code" || outcome.rcode === "NXDOMAIN") continue;
      return viaCname(query, outcome, name);
    }
    return firstOutcome ?? next(query);
  };
}

/** Mirrors autopath/cname.go: a CNAME to the owner of the first record that is not the name asked for, needed or not. */
function viaCname(query: Query, outcome: Message, name: string): Message {
  const searched =
    name === query.name ? {} : { reason: `asked as ${name} (autopath): ${outcome.reason}`, askedAs: name };
  const other = outcome.answers.find((record) => record.name !== query.name);
  if (other === undefined) return { ...outcome, ...searched };
  const cname: ResourceRecord = { ...other, name: query.name, type: "CNAME", data: other.name };
  return { ...outcome, ...searched, answers: [cname, ...outcome.answers] };
}

/** Mirrors plugin/minimal: positive answers lose all but their answer section. */
function minimalPlugin(next: Handler): Handler {
  return (query) => {
    const outcome = next(query);
    if (outcome.status !== "message" || outcome.rcode !== "NOERROR" || outcome.answers.length === 0) return outcome;
    return { ...outcome, additional: [], authority: null };
  };
}

/** Mirrors plugin/template as far as codes go; records that it writes are not worked out. */
function templatePlugin(templates: readonly TemplateOptions[], next: Handler): Handler {
  const zones = templates.flatMap((template) => template.zones);
  return (query) => {
    if (longestZone(zones, query.name) === null) return next(query);
    for (const { zones: own, class: ofClass, type, patterns, rcode, writes, fallthrough, line } of templates) {
      if (longestZone(own, query.name) === null || (ofClass !== "IN" && ofClass !== "ANY")) continue;
      if (type !== "ANY" && query.type !== "ANY" && type !== query.type) continue;
      const where = `template (line ${line} of the Corefile)`;
      const hit = patterns.find((pattern) => pattern === null || pattern.test(query.name));
      if (hit === null) return unknown("template", `${where} may answer this name: its pattern was not understood`);
      if (hit === undefined) {
        if (longestZone(fallthrough, query.name) !== null) continue;
        const reason = `${where} does not match and hands nothing on`;
        return { status: "code", rcode: "SERVFAIL", cause: "template", reason };
      }
      if (writes) return unknown("template", `${where} answers this name with records of its own`);
      if (rcode === "SERVFAIL") return { status: "code", rcode, cause: "template", reason: `${where} answers so` };
      if (rcode !== "NOERROR" && rcode !== "NXDOMAIN" && rcode !== "REFUSED") {
        return unknown("template", `${where} answers this name with ${rcode}`);
      }
      return message({ rcode: rcode satisfies Rcode, cause: "template", reason: `${where} answers so` });
    }
    return next(query);
  };
}

function hostsPlugin(options: HostsOptions, next: Handler): Handler {
  const where = `hosts (line ${options.line} of the Corefile)`;
  return (query) => {
    const { name, type } = query;
    const written = (data: readonly string[], of: RecordType): Message =>
      message({
        rcode: "NOERROR",
        answers: data.map((one) => ({ name, type: of, ttl: options.ttl, data: one, pod: null, object: null })),
        cause: "hosts",
        reason: `${where} holds the name`,
      });
    if (type === "PTR") {
      const address = isReverseZone(name) ? addressOfReverse(name) : null;
      const names = address === null ? [] : (options.byAddress.get(address) ?? []);
      return names.length === 0 ? next(query) : written(names, "PTR");
    }
    if (longestZone(options.zones, name) === null) return next(query);
    const addresses = options.byName.get(name);
    if (addresses === undefined) {
      if (longestZone(options.fallthrough, name) !== null) return next(query);
      const reason = `${where} does not hold the name and hands nothing on`;
      return { status: "code", rcode: "SERVFAIL", cause: "hosts", reason };
    }
    const family = type === "A" ? "IPv4" : type === "AAAA" ? "IPv6" : null;
    const fitting = family === null ? [] : addresses.filter((address) => parseIp(address)?.family === family);
    return written(fitting, type === "AAAA" ? "AAAA" : "A");
  };
}

function externalPlugin(zones: readonly string[], next: Handler): Handler {
  return (query) =>
    longestZone(zones, query.name) === null
      ? next(query)
      : unknown("not-modelled", "k8s_external answers this name from external addresses of Services");
}
