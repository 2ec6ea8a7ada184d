import type { DnsCorefile } from "../trace/dns-corefile.ts";
import { listed } from "../trace/words.ts";
import { corefileLine } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The kubelet writes its own clusterDomain into the search lists of Pods; CoreDNS knows Services only under the zones of
 * its kubernetes plugin. Where the two differ, short names are asked under a domain that nobody serves.
 */
export const clusterDomainMismatch = defineRule({
  id: "cluster-domain-mismatch",
  link: "cluster-dns",
  severity: "error",
  summary: "names are asked under another domain than the one that cluster DNS serves",
  needs: { corefile: "present", probed: "optional" },
  liveOnly: true,
  check({ namespace, name, corefile, probed }) {
    const { clusterZones, domain, kubeletDomain, kubeletConfig } = corefile;
    if (clusterZones.length === 0) return [];
    if (!clusterZones.includes(domain)) return [askedElsewhere(corefile, `${name}.${namespace}.svc.${domain}`)];
    const served = clusterZones.map((zone) => zone.slice(0, -1));
    const told = (searched: string, seen: string, at: Pick<RuleFinding, "object" | "field">): RuleFinding => ({
      ...at,
      message: `The kubelets put ${searched} into the search lists of Pods, and CoreDNS serves ${listed(served)}: no short name of a Service resolves.`,
      evidence: [seen, ...zoneLines(corefile)],
      remedy: [
        note(`let CoreDNS serve ${searched} as well: add it to the line of its kubernetes plugin`),
        kubectl(corefile.configMap.metadata.namespace, "edit", "configmap", corefile.configMap.metadata.name),
      ].join("\n"),
    });
    if (kubeletDomain !== null && kubeletConfig !== null) {
      if (clusterZones.includes(kubeletDomain)) return [];
      const searched = kubeletDomain.slice(0, -1);
      const seen = `clusterDomain: ${searched} in ConfigMap ${kubeletConfig.metadata.name}`;
      return [told(searched, seen, { object: kubeletConfig, field: ["data", "kubelet"] })];
    }
    const vantages = probed.status === "unavailable" ? [] : probed.value.vantages;
    for (const { pod, client, resolvConf } of vantages) {
      const searched = searchedDomain(resolvConf?.search ?? []);
      // A client's own Pod may search what it likes; the one that was made for the probe has what the kubelet gives all.
      if (client === `pod/${pod.name}` || searched === null || clusterZones.includes(`${searched}.`)) continue;
      const seen = `seen from Pod ${pod.name}: search ${resolvConf?.search.join(" ")}`;
      return [told(searched, seen, { object: corefile.configMap, field: ["data", "Corefile"] })];
    }
    return [];
  },
});

/** The domain of a search list that a kubelet wrote: `ns.svc.D svc.D D`; null where it is another's. */
function searchedDomain(search: readonly string[]): string | null {
  const domains = search.map((one) => one.toLowerCase().replace(/\.$/, ""));
  return domains.find((domain) => domain !== "" && domains.includes(`svc.${domain}`)) ?? null;
}

function askedElsewhere(corefile: DnsCorefile, full: string): RuleFinding {
  const served = corefile.clusterZones.map((zone) => zone.slice(0, -1));
  const domain = corefile.domain.slice(0, -1);
  return {
    object: corefile.configMap,
    field: ["data", "Corefile"],
    message: `${full.slice(0, -1)} lies under ${domain}, and the cluster's domain is ${listed(served)}: CoreDNS does not look the Service up for it.`,
    evidence: zoneLines(corefile),
    remedy: note(
      `ask under ${served[0]}, or leave --cluster-domain (clusterDomain in .kheadless.yaml) out: it is read from the Corefile`,
    ),
  };
}

function zoneLines(corefile: DnsCorefile): readonly string[] {
  return corefile.read.blocks.flatMap(({ kubernetes }) =>
    kubernetes === null ? [] : [corefileLine(corefile, kubernetes.line)],
  );
}
