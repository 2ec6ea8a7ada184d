import { parseSelectorText } from "../kubernetes/selector-text.ts";
import type { LabelSelector } from "../objects/workload.ts";
import { KUBERNETES_OPTIONS } from "./coredns-names.ts";
import { type Fallthrough, fallthroughOf, intOf, judgeName, type PluginReading } from "./corefile-plugins.ts";
import type { Directive } from "./corefile-syntax.ts";
import { originsOf, zonesOf } from "./zones.ts";

/** `kubernetes`, with the plugin's own defaults (plugin/kubernetes/setup.go). */
export interface KubernetesOptions {
  readonly line: number;
  readonly zones: readonly string[];
  /** The first zone that is no reverse zone: PTR records point into it. null where there is none. */
  readonly primaryZone: string | null;
  readonly pods: "disabled" | "insecure" | "verified";
  readonly endpointPodNames: boolean;
  readonly ttl: number;
  readonly noEndpoints: boolean;
  /** Empty: all. */
  readonly namespaces: readonly string[];
  readonly namespaceLabels: LabelSelector | null;
  /** Filters Services, EndpointSlices and Pods. */
  readonly labels: LabelSelector | null;
  readonly ignoreEmptyService: boolean;
  readonly fallthrough: Fallthrough;
  readonly multiclusterZones: readonly string[];
  readonly zonal: boolean;
}

export function readKubernetes(directive: Directive, reading: PluginReading): KubernetesOptions {
  const { line } = directive;
  const zones = originsOf(directive.words, reading.blockZones);
  let pods: KubernetesOptions["pods"] = "disabled";
  let ttl = 5;
  let namespaces: readonly string[] = [];
  let namespaceLabels: LabelSelector | null = null;
  let labels: LabelSelector | null = null;
  let fallthrough: Fallthrough = [];
  let multiclusterZones: readonly string[] = [];
  const flags = new Set<string>();
  for (const { words, line: at } of directive.block) {
    const [property = "", ...args] = words;
    judgeName(reading, KUBERNETES_OPTIONS, "option of kubernetes", property, at);
    const alone = property === "endpoint_pod_names" || property === "noendpoints";
    if (alone && args.length > 0) reading.error(at, `${property} takes no value: ${args.join(" ")}`);
    switch (property) {
      case "pods":
        if (args.length === 1 && (args[0] === "disabled" || args[0] === "insecure" || args[0] === "verified")) {
          pods = args[0];
        } else {
          reading.error(at, `pods must be disabled, insecure or verified, not ${args.join(" ") || "empty"}`);
        }
        break;
      case "ttl": {
        const value = intOf(args[0]);
        if (value === null || value < 0 || value > 3600) reading.error(at, "ttl must be a number from 0 to 3600");
        else ttl = value;
        break;
      }
      case "namespaces":
        if (args.length === 0) reading.error(at, "namespaces must name some");
        namespaces = [...namespaces, ...args];
        break;
      case "namespace_labels":
      case "labels": {
        // Of the comparisons of a selector as text, a LabelSelector has no != (metav1.ParseToLabelSelector).
        const text = args.join(" ");
        const selector = text === "" || text.includes("!=") ? null : parseSelectorText(text);
        if (selector === null) reading.error(at, `${property} is no label selector: ${text || "empty"}`);
        else if (property === "labels") labels = selector;
        else namespaceLabels = selector;
        break;
      }
      case "ignore":
        if (args[0] === "empty_service") flags.add("empty_service");
        else if (args.length > 0) reading.error(at, `ignore does not know ${args[0]}`);
        break;
      case "fallthrough":
        fallthrough = fallthroughOf(args);
        break;
      case "multicluster":
        multiclusterZones = args.flatMap(zonesOf);
        break;
      case "endpoint_pod_names":
      case "noendpoints":
      case "zonal":
        flags.add(property);
        break;
      default:
        // How it reaches the API server, and what later versions may add, does not change answers.
        break;
    }
  }
  const primaryZone = zones.find((zone) => !isReverseZone(zone)) ?? null;
  if (primaryZone === null) reading.error(line, "kubernetes needs a zone that is no reverse zone");
  if (namespaces.length > 0 && namespaceLabels !== null) {
    reading.error(line, "namespaces and namespace_labels cannot be used together");
  }
  return {
    line,
    zones,
    primaryZone,
    pods,
    endpointPodNames: flags.has("endpoint_pod_names"),
    ttl,
    noEndpoints: flags.has("noendpoints"),
    namespaces,
    namespaceLabels,
    labels,
    ignoreEmptyService: flags.has("empty_service"),
    fallthrough,
    multiclusterZones,
    zonal: flags.has("zonal"),
  };
}

/** Mirrors plugin/pkg/dnsutil IsReverse: below `in-addr.arpa.` or `ip6.arpa.`, which are not reverse zones themselves. */
export function isReverseZone(zone: string): boolean {
  return zone.endsWith(".in-addr.arpa.") || zone.endsWith(".ip6.arpa.");
}
