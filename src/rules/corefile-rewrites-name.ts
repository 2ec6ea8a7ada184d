import type { ServerBlock } from "../dns/corefile.ts";
import { isUnder } from "../dns/name.ts";
import { rewriteQuestion } from "../dns/rewrite.ts";
import type { DnsCorefile } from "../trace/dns-corefile.ts";
import { listed } from "../trace/words.ts";
import { corefileLine } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding, type Severity } from "./rule.ts";

/**
 * Plugins that stand before `kubernetes` (plugin.cfg: rewrite, template, hosts), and server blocks with a longer zone
 * (core/dnsserver/server.go), take a name away from it.
 */
export const corefileRewritesName = defineRule({
  id: "corefile-rewrites-name",
  link: "cluster-dns",
  severity: "warning",
  summary: "rewrite, template, hosts or a more specific server block catches the Service's name",
  needs: { corefile: "present" },
  liveOnly: true,
  applies: ({ service }) => service !== null,
  check({ namespace, name, corefile }) {
    const { domain, clusterZones } = corefile;
    const full = `${name}.${namespace}.svc.${domain}`;
    const block = corefile.blockOf(full);
    if (block === null || !clusterZones.includes(domain)) return [];
    const elsewhere = otherBlock(corefile, block, full);
    if (elsewhere !== null) return [elsewhere];
    return [...rewrites(corefile, block, full), ...hosts(corefile, block, full), ...templates(corefile, block, full)];
  },
});

function found(
  corefile: DnsCorefile,
  line: number,
  told: {
    readonly message: string;
    readonly evidence?: readonly string[];
    readonly severity?: Severity;
    /** Another way out. */
    readonly instead?: string;
  },
): RuleFinding {
  const { configMap } = corefile;
  return {
    object: configMap,
    field: ["data", "Corefile"],
    message: told.message,
    evidence: [corefileLine(corefile, line), ...(told.evidence ?? [])],
    remedy: [
      note(`where that is not meant, take it out of the Corefile (line ${line}):`),
      kubectl(configMap.metadata.namespace, "edit", "configmap", configMap.metadata.name),
      ...(told.instead === undefined ? [] : [note(told.instead)]),
    ].join("\n"),
    ...(told.severity === undefined ? {} : { severity: told.severity }),
  };
}

/** A block for a part of the cluster's zone, without the plugin that knows Services. */
function otherBlock(corefile: DnsCorefile, block: ServerBlock, full: string): RuleFinding | null {
  if (block.kubernetes?.zones.some((zone) => isUnder(full, zone))) return null;
  const zones = block.zones.filter((zone) => isUnder(full, zone));
  return found(corefile, block.line, {
    severity: "error",
    message: `A server block of its own takes ${zones.join(", ")} out of the cluster's zone, and has no kubernetes plugin for it: ${full.slice(0, -1)} is answered by other plugins (${listed(block.plugins, 5)}), not from the Service.`,
  });
}

function rewrites(corefile: DnsCorefile, block: ServerBlock, full: string): readonly RuleFinding[] {
  const outcome = rewriteQuestion(block.rewrites, { name: full, type: "A" });
  if (outcome === "unknown") {
    const unknown = block.rewrites.find((rule) => rule.apply({ name: full, type: "A" }) === "unknown");
    if (unknown === undefined) return [];
    const message = `A rewrite rule may change questions for ${full.slice(0, -1)} in a way that is not worked out here.`;
    return [found(corefile, unknown.line, { message, severity: "info" })];
  }
  const { question, applied } = outcome;
  const [first] = applied;
  if (first === undefined || (question.name === full && question.type === "A")) return [];
  const asked = question.type === "A" ? question.name.slice(0, -1) : `${question.name.slice(0, -1)} ${question.type}`;
  return [
    found(corefile, first.line, {
      message: `A rewrite rule turns questions for ${full.slice(0, -1)} into ${asked} before the Service is looked up: clients get the answer of that name.`,
      evidence: answerOf(corefile, full),
    }),
  ];
}

function hosts(corefile: DnsCorefile, block: ServerBlock, full: string): readonly RuleFinding[] {
  const addresses = block.hosts?.byName.get(full);
  if (block.hosts === null || addresses === undefined) return [];
  return [
    found(corefile, block.hosts.line, {
      message: `The hosts plugin holds ${full.slice(0, -1)} with ${listed(addresses)}, and answers before the Service is looked up.`,
    }),
  ];
}

function templates(corefile: DnsCorefile, block: ServerBlock, full: string): readonly RuleFinding[] {
  for (const { zones, class: ofClass, type, patterns, rcode, writes, line } of block.templates) {
    if (!zones.some((zone) => isUnder(full, zone)) || (ofClass !== "IN" && ofClass !== "ANY")) continue;
    if (type !== "ANY" && type !== "A" && type !== "AAAA" && type !== "SRV") continue;
    if (!patterns.some((pattern) => pattern?.test(full))) continue;
    const types = type === "ANY" ? "all questions" : `${type} questions`;
    const message = `A template answers ${types} for ${full.slice(0, -1)} before the Service is looked up.`;
    const half = type === "A" || type === "AAAA" ? type : null;
    if (half === null || writes || rcode === "NOERROR") return [found(corefile, line, { message })];
    // src/network/lookup_name.c name_from_dns looks at the code of either answer first; seen of musl 1.2.3.
    const other = half === "A" ? "AAAA" : "A";
    return [
      found(corefile, line, {
        message: `${message.slice(0, -1)}, with ${rcode}: clients with musl (Alpine), which ask for A and AAAA together, then take the name for one that does not resolve, whatever its ${other} records; glibc and Go go by those.`,
        instead: "or, to leave one type out for every client, answer that there are no such records: rcode NOERROR",
      }),
    ];
  }
  return [];
}

/** What clients get in the end, where it can be told. */
function answerOf(corefile: DnsCorefile, full: string): readonly string[] {
  const prediction = corefile.predict(full, "A");
  return prediction.known ? [`the answer: ${prediction.rcode}, ${prediction.reason}`] : [];
}
