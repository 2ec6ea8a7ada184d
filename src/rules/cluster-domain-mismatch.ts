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
  needs: { corefile: "present" },
  liveOnly: true,
  check({ namespace, name, corefile }) {
    const { clusterZones, domain, kubeletDomain, kubeletConfig } = corefile;
    if (clusterZones.length === 0) return [];
    if (!clusterZones.includes(domain)) return [askedElsewhere(corefile, `${name}.${namespace}.svc.${domain}`)];
    if (kubeletDomain === null || kubeletConfig === null || clusterZones.includes(kubeletDomain)) return [];
    const served = clusterZones.map((zone) => zone.slice(0, -1));
    const searched = kubeletDomain.slice(0, -1);
    return [
      {
        object: kubeletConfig,
        field: ["data", "kubelet"],
        message: `The kubelets put ${searched} into the search lists of Pods, and CoreDNS serves ${listed(served)}: no short name of a Service resolves.`,
        evidence: [`clusterDomain: ${searched} in ConfigMap ${kubeletConfig.metadata.name}`, ...zoneLines(corefile)],
        remedy: [
          note(`let CoreDNS serve ${searched} as well: add it to the line of its kubernetes plugin`),
          kubectl(corefile.configMap.metadata.namespace, "edit", "configmap", corefile.configMap.metadata.name),
        ].join("\n"),
      },
    ];
  },
});

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
