import { matchesSelector } from "../kubernetes/label-selector.ts";
import type { Service } from "../objects/service.ts";
import type { LabelSelector } from "../objects/workload.ts";
import type { DnsCorefile } from "../trace/dns-corefile.ts";
import type { Part } from "../trace/part.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { corefileLine, editCorefile } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

const FIELD = ["data", "Corefile"];

/**
 * Options of CoreDNS's kubernetes plugin that leave Services out: their names are NXDOMAIN whatever stands behind them
 * (plugin/kubernetes setup.go, namespace.go, controller.go).
 */
export const corefileExcludesService = defineRule({
  id: "corefile-excludes-service",
  link: "cluster-dns",
  severity: "error",
  summary: "the Corefile keeps the Service out of DNS",
  needs: { corefile: "present", clusterDns: "optional", namespaces: "optional" },
  liveOnly: true,
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName",
  check({ service, namespace, name, headless, corefile, clusterDns, namespaces }) {
    if (service === null) return [];
    const { configMap, domain, clusterZones } = corefile;
    const full = `${name}.${namespace}.svc.${domain}`;
    const bare = full.slice(0, -1);
    const pods = clusterDns.status === "unavailable" ? null : clusterDns.value.pods;
    if (clusterZones.length === 0) return [withoutPlugin(corefile, bare)];
    const kubernetes = corefile.blockOf(full)?.kubernetes ?? null;
    if (kubernetes === null || !clusterZones.includes(domain)) return [];
    const found = (
      option: string,
      message: string,
      extra: readonly string[],
      remedy: readonly string[],
    ): RuleFinding => {
      const line = optionLine(corefile, kubernetes.line, option);
      return {
        object: configMap,
        field: FIELD,
        message,
        evidence: [...(line === null ? [] : [corefileLine(corefile, line)]), ...extra],
        remedy: remedy.join("\n"),
      };
    };
    const edit = (option: string, change: (line: string) => readonly string[]): readonly string[] => {
      const at = optionLine(corefile, kubernetes.line, option);
      if (at === null) return [kubectl(configMap.metadata.namespace, "edit", "configmap", configMap.metadata.name)];
      return editCorefile(corefile, pods, (line, number) => (number === at ? change(line) : null));
    };

    if (kubernetes.namespaces.length > 0 && !kubernetes.namespaces.includes(namespace)) {
      return [
        found(
          "namespaces",
          `CoreDNS serves only some namespaces, and ${namespace} is not one of them: every Service there is NXDOMAIN.`,
          [],
          edit("namespaces", (line) => [`${line.trimEnd()} ${namespace}`]),
        ),
      ];
    }
    const own = labelsOf(namespaces, namespace);
    if (kubernetes.namespaceLabels !== null && own !== null && !matchesSelector(kubernetes.namespaceLabels, own)) {
      return [
        found(
          "namespace_labels",
          `CoreDNS serves only namespaces with certain labels, and ${namespace} lacks them: every Service there is NXDOMAIN.`,
          [`namespace ${namespace} has ${labelText(own)}`],
          labelCommand("", "namespace", namespace, kubernetes.namespaceLabels) ?? edit("namespace_labels", () => []),
        ),
      ];
    }
    if (kubernetes.labels !== null && !matchesSelector(kubernetes.labels, service.metadata.labels)) {
      return [
        found(
          "labels",
          `CoreDNS serves only Services with certain labels, and ${name} lacks them: ${bare} is NXDOMAIN. EndpointSlices need them, too; those that the controller makes get them from the Service.`,
          [`Service ${name} has ${labelText(service.metadata.labels)}`],
          labelCommand(namespace, "service", name, kubernetes.labels) ?? edit("labels", () => []),
        ),
      ];
    }
    if (kubernetes.noEndpoints && headless) {
      return [
        found(
          "noendpoints",
          `CoreDNS does not read endpoints (noendpoints), so every headless Service is NXDOMAIN, and only cluster IPs are answered.`,
          [],
          edit("noendpoints", () => []),
        ),
      ];
    }
    return [];
  },
});

function withoutPlugin({ read, configMap, domain }: DnsCorefile, bare: string): RuleFinding {
  const zone = domain.slice(0, -1);
  return {
    object: configMap,
    field: FIELD,
    message: `The Corefile has no kubernetes plugin, so CoreDNS knows no Service, and ${bare} is left to other servers.`,
    evidence: read.blocks.map(({ keys, plugins }) => `${keys.map((key) => key.zone).join(" ")}: ${plugins.join(", ")}`),
    remedy: [
      note("add to the server block of the root zone:"),
      note(`kubernetes ${zone} in-addr.arpa ip6.arpa { pods insecure; fallthrough in-addr.arpa ip6.arpa; ttl 30 }`),
      kubectl(configMap.metadata.namespace, "edit", "configmap", configMap.metadata.name),
    ].join("\n"),
  };
}

/** The line of an option within the block of the plugin that stands at `from`; null where it is in another file. */
function optionLine({ read, lineText }: DnsCorefile, from: number, option: string): number | null {
  for (const { directives } of read.blocks) {
    for (const { name, line, block } of directives) {
      if (name !== "kubernetes" || line !== from) continue;
      const found = block.find(({ words }) => words[0] === option);
      if (found !== undefined && lineText(found.line).split(/\s+/)[0] === option) return found.line;
    }
  }
  return null;
}

function labelsOf(namespaces: Part<Parts["namespaces"]>, namespace: Subject["namespace"]) {
  if (namespaces.status === "unavailable") return null;
  return namespaces.value.all.find(({ metadata }) => metadata.name === namespace)?.metadata.labels ?? null;
}

function labelText(labels: Service["metadata"]["labels"]): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return pairs.length === 0 ? "no labels" : pairs.join(", ");
}

/** null where the selector asks for more than labels of certain values. */
function labelCommand(
  namespace: string,
  kind: string,
  name: string,
  selector: LabelSelector,
): readonly string[] | null {
  const pairs = Object.entries(selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const wanted = selector.matchExpressions.flatMap(({ key, operator, values }) =>
    operator === "In" && values[0] !== undefined ? [`${key}=${values[0]}`] : operator === "Exists" ? [`${key}=`] : [],
  );
  if (pairs.length + wanted.length !== Object.keys(selector.matchLabels).length + selector.matchExpressions.length)
    return null;
  return [kubectl(namespace, "label", kind, name, "--overwrite", ...pairs, ...wanted)];
}
