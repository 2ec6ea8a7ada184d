import { PLUGINS } from "./coredns-names.ts";
import { isAtLeast } from "./coredns-version.ts";
import { type CacheOptions, readCache } from "./corefile-cache.ts";
import { type KubernetesOptions, readKubernetes } from "./corefile-kubernetes.ts";
import {
  type AclRule,
  type AutopathOptions,
  type ForwardOptions,
  type HostsOptions,
  judgeName,
  type PluginReading,
  readAcl,
  readAutopath,
  readForward,
  readHosts,
  readTemplate,
  type TemplateOptions,
} from "./corefile-plugins.ts";
import {
  type CorefileError,
  type CorefileSurroundings,
  type Directive,
  parseCorefileSyntax,
  type RawServerBlock,
} from "./corefile-syntax.ts";
import { type RewriteRule, readRewrite } from "./rewrite.ts";
import { longestZone, splitKey, zonesOf } from "./zones.ts";

/** One server block, with the plugins that decide answers read out. */
export interface ServerBlock {
  readonly line: number;
  /** What it serves: zone, transport (`dns`, `tls`, `https` ...) and port. */
  readonly keys: readonly { readonly zone: string; readonly transport: string; readonly port: number }[];
  readonly zones: readonly string[];
  readonly kubernetes: KubernetesOptions | null;
  readonly cache: CacheOptions | null;
  readonly rewrites: readonly RewriteRule[];
  readonly templates: readonly TemplateOptions[];
  readonly hosts: HostsOptions | null;
  readonly acl: readonly AclRule[];
  readonly autopath: AutopathOptions | null;
  readonly forwards: readonly ForwardOptions[];
  /** The zones of `k8s_external`. */
  readonly externalZones: readonly string[];
  /** Every plugin of the block, in the order written. */
  readonly plugins: readonly string[];
  readonly directives: readonly Directive[];
}

/** A Corefile, read. */
export interface Corefile {
  readonly blocks: readonly ServerBlock[];
  /** CoreDNS would not load it: replicas keep running what they loaded before, a new one does not start. */
  readonly errors: readonly CorefileError[];
  /** It would not load it either, unless it is a build that knows names which CoreDNS itself does not. */
  readonly suspects: readonly CorefileError[];
  /** Imports and variables that could not be followed, as written. */
  readonly unresolved: readonly string[];
}

/** Nothing is known of what lies outside the Corefile. */
const NO_SURROUNDINGS: CorefileSurroundings = { env: null, files: () => null };

/**
 * Reads a Corefile. Never throws: what cannot be read is in `errors`, and what can be, in `blocks`. `version` is that of the
 * CoreDNS which loads it, as `1.12.1`; null where it is not known.
 */
export function parseCorefile(
  text: string,
  surroundings: CorefileSurroundings = NO_SURROUNDINGS,
  version: string | null = null,
): Corefile {
  const syntax = parseCorefileSyntax(text, surroundings);
  const errors: CorefileError[] = [...syntax.errors];
  const suspects: CorefileError[] = [];
  const faults = {
    version,
    error: (line: number, message: string) => void errors.push({ line, message }),
    suspect: (line: number, message: string) => void suspects.push({ line, message }),
  };
  const blocks = syntax.blocks.map((raw) => readBlock(raw, surroundings, faults));
  const byLine = (a: CorefileError, b: CorefileError): number => a.line - b.line;
  return { blocks, errors: errors.sort(byLine), suspects: suspects.sort(byLine), unresolved: syntax.unresolved };
}

const DEFAULT_PORTS: Readonly<Record<string, number>> = {
  dns: 53,
  tls: 853,
  quic: 853,
  grpc: 443,
  https: 443,
  https3: 443,
};

/** Besides those below: plugins that refuse to stand twice in a server block (plugin.ErrOnce), in each version. */
const ONCE = ["dnssec", "errors", "grpc", "loop", "nsid", "pprof", "prometheus", "ready", "tsig", "view"];

function readBlock(
  raw: RawServerBlock,
  surroundings: CorefileSurroundings,
  faults: Pick<PluginReading, "version" | "error" | "suspect">,
): ServerBlock {
  const keys = raw.keys.flatMap((key) => {
    const { transport, port } = splitKey(key);
    const zones = zonesOf(key);
    if (zones.length === 0) faults.error(raw.line, `${key} is no zone`);
    return zones.map((zone) => ({ zone, transport, port: port ?? DEFAULT_PORTS[transport] ?? 53 }));
  });
  const zones = keys.map((key) => key.zone);
  const reading: PluginReading = { blockZones: zones, surroundings, ...faults };
  for (const { name, line } of raw.directives) judgeName(reading, PLUGINS, "plugin", name, line);
  const named = (name: string): readonly Directive[] => raw.directives.filter((directive) => directive.name === name);
  const once = <T>(name: string, read: (directive: Directive, reading: PluginReading) => T): T | null => {
    const [first, second] = named(name);
    if (second !== undefined) reading.error(second.line, `${name} may stand only once in a server block`);
    return first === undefined ? null : read(first, reading);
  };
  for (const name of ONCE) once(name, () => null);
  if (!isAtLeast(faults.version, "1.9.4")) once("forward", () => null);
  return {
    line: raw.line,
    keys,
    zones,
    kubernetes: once("kubernetes", readKubernetes),
    cache: once("cache", readCache),
    rewrites: named("rewrite").map((directive) => readRewrite(directive, reading)),
    templates: named("template").map((directive) => readTemplate(directive, reading)),
    hosts: once("hosts", readHosts),
    acl: named("acl").map((directive) => readAcl(directive, reading)),
    autopath: once("autopath", readAutopath),
    forwards: named("forward").map(readForward),
    externalZones: named("k8s_external").flatMap((directive) =>
      directive.words.length === 0 ? zones : directive.words.flatMap(zonesOf),
    ),
    plugins: [...new Set(raw.directives.map((directive) => directive.name))],
    directives: raw.directives,
  };
}

/** The blocks that answer plain DNS on a port; with several of one zone the first wins (`view` aside). */
export function blocksOn(corefile: Corefile, port: number): ReadonlyMap<string, ServerBlock> {
  const byZone = new Map<string, ServerBlock>();
  for (const block of corefile.blocks) {
    for (const key of block.keys) {
      if (key.transport === "dns" && key.port === port && !byZone.has(key.zone)) byZone.set(key.zone, block);
    }
  }
  return byZone;
}

/** The port of plain DNS: 53, unless only another one is served (OpenShift's 5353). */
export function dnsPortOf(corefile: Corefile): number {
  const ports = corefile.blocks.flatMap((block) =>
    block.keys.filter((key) => key.transport === "dns").map((key) => key.port),
  );
  return ports.includes(53) || ports.length === 0 ? 53 : Math.min(...ports);
}

/** The block that serves a name: that with the longest zone around it (core/dnsserver/server.go ServeDNS). */
export function blockFor(blocks: ReadonlyMap<string, ServerBlock>, name: string): ServerBlock | null {
  const zone = longestZone(blocks.keys(), name);
  return zone === null ? null : (blocks.get(zone) ?? null);
}

/** The cluster domain that a Corefile tells: the first forward zone of its first `kubernetes`; without the last dot. */
export function clusterDomainOf(corefile: Corefile): string | null {
  for (const { kubernetes } of corefile.blocks) {
    const zone = kubernetes?.zones.find((one) => one !== "." && !/(^|\.)(in-addr|ip6)\.arpa\.$/.test(one));
    if (zone !== undefined) return zone.slice(0, -1);
  }
  return null;
}

/**
 * What kubeadm 1.34 installs, as far as it decides answers, for when the real Corefile is not known (kubeadm keeps it in
 * cmd/kubeadm/app/phases/addons/dns/manifests.go).
 */
export function defaultCorefileText(clusterDomain: string): string {
  return [
    ".:53 {",
    `  kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {`,
    "    pods insecure",
    "    ttl 30",
    "    fallthrough in-addr.arpa ip6.arpa",
    "  }",
    "  cache 30 {",
    `    disable success ${clusterDomain}`,
    `    disable denial ${clusterDomain}`,
    "  }",
    "  forward . /etc/resolv.conf",
    "  loadbalance",
    "}",
  ].join("\n");
}
