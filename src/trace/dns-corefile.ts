import { blockFor, type Corefile, parseCorefile, type ServerBlock } from "../dns/corefile.ts";
import type { CacheOptions } from "../dns/corefile-cache.ts";
import { isUnder } from "../dns/name.ts";
import type { Prediction, RecordType } from "../dns/records.ts";
import { predict } from "../dns/zone.ts";
import { KUBELET_KEY, kubeletDomain } from "../kubernetes/kubelet-config.ts";
import { type Collected, present, type Unavailable, unavailable } from "../objects/collected.ts";
import { DNS_NAMESPACE, NODE_LOCAL_LABEL, wereAskedFor } from "../objects/dns-scope.ts";
import type { ConfigMap } from "../objects/others.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { DnsServers } from "./dns-servers.ts";
import type { Part } from "./part.ts";
import { listed } from "./words.ts";
import type { ClusterZone } from "./zone.ts";

/** The Corefile of the cluster's CoreDNS, and what it makes of names. */
export interface DnsCorefile {
  readonly configMap: ConfigMap;
  readonly read: Corefile;
  /** The line of the Corefile, trimmed; "" where there is none. Lines of imported files are not told apart. */
  lineText(line: number): string;
  /** Absolute, with its dot: the domain that Services are asked under. */
  readonly domain: string;
  /** The forward zones that its `kubernetes` plugins serve, absolute. */
  readonly clusterZones: readonly string[];
  /** The server block that a name falls to, null for none. */
  blockOf(name: string): ServerBlock | null;
  predict(name: string, type: RecordType): Prediction;
  /** How long CoreDNS itself goes on with answers of the domain. */
  readonly cache: CacheWindow;
  /** The line of that `cache`; null for none. */
  readonly cacheLine: number | null;
  /** The same of NodeLocal DNSCache in front of it; all 0 where there is none, or its Corefile was not read. */
  readonly nodeCache: CacheWindow;
  /** What kubelets write into the search lists of Pods, absolute; null where it was not read (only kubeadm keeps it). */
  readonly kubeletDomain: string | null;
  readonly kubeletConfig: ConfigMap | null;
}

/** Unavailable where it was not read, and where another server than CoreDNS answers: then nothing is known of its settings. */
export function dnsCorefile(
  index: SnapshotIndex,
  zone: () => ClusterZone,
  servers: Part<DnsServers>,
): Part<DnsCorefile> {
  const { namespace } = zone().dns;
  const maps = index.in("configMaps", namespace);
  // NodeLocal DNSCache and kubeadm keep theirs in the usual place.
  const usual = present(index.in("configMaps", DNS_NAMESPACE));
  if (servers.status !== "unavailable" && servers.value.software !== "coredns") {
    const { software, image } = servers.value;
    if (software === "kube-dns" || image !== "") return otherServer(image);
  }
  if (maps.status === "unavailable") return maps;
  const cluster = zone();
  const { configMap: ref, corefile } = cluster.dns;
  const configMap = maps.items.find(({ metadata }) => metadata.name === ref?.name);
  if (corefile === null || configMap === undefined) {
    const missing = missingMaps(maps, servers);
    if (missing.length > 0) {
      const they = missing.length === 1 ? "it is not there" : "none of them is there";
      return unavailable(
        `the Pods of cluster DNS mount ConfigMap ${listed(missing)} in ${namespace}, and ${they}: replicas that run go on with what they have loaded, and one that starts anew waits for it`,
      );
    }
    const why = maps.status === "partial" ? `: ${maps.because}` : "";
    return unavailable(`no ConfigMap with a Corefile was found in ${namespace}${why}`);
  }
  const lines = (cluster.dns.corefileText ?? "").split("\n");
  const domain = `${cluster.domain.name}.`;
  const block = blockFor(cluster.zone.blocks, domain);
  const ttl = block?.kubernetes?.ttl ?? 0;
  const kubeletConfig = usual.find(({ metadata }) => metadata.name === "kubelet-config") ?? null;
  return {
    status: "complete",
    value: {
      configMap,
      read: corefile,
      lineText: (line) => lines[line - 1]?.trim() ?? "",
      domain,
      clusterZones: corefile.blocks.flatMap(({ kubernetes }) => forwardZones(kubernetes)),
      blockOf: (name) => blockFor(cluster.zone.blocks, name),
      predict: (name, type) => predict(cluster.zone, name, type),
      cache: cacheWindow(block?.cache ?? null, domain, ttl),
      cacheLine: block?.cache?.line ?? null,
      nodeCache: nodeLocalWindow(usual, domain, ttl),
      kubeletDomain: kubeletDomain(kubeletConfig?.data[KUBELET_KEY] ?? ""),
      kubeletConfig,
    },
  };
}

/** The ConfigMaps that the servers mount, where surely not one of them exists; some may be optional. */
function missingMaps(maps: Collected<ConfigMap>, servers: Part<DnsServers>): readonly string[] {
  const pods = servers.status === "unavailable" ? [] : (servers.value.pods ?? []);
  const mounted = [...new Set(pods.flatMap(({ spec }) => spec.configMapVolumes.map(({ configMap }) => configMap)))];
  if (present(maps).some(({ metadata }) => mounted.includes(metadata.name))) return [];
  return maps.status === "complete" || (maps.status === "partial" && wereAskedFor(maps.because, mounted))
    ? mounted
    : [];
}

function otherServer(image: string): Unavailable {
  return unavailable(
    `cluster DNS is ${image}, which has no Corefile: how it is configured is not checked, and its answers are predicted as CoreDNS's`,
  );
}

function forwardZones(kubernetes: ServerBlock["kubernetes"]): readonly string[] {
  return (kubernetes?.zones ?? []).filter((zone) => !/(^|\.)(in-addr|ip6)\.arpa\.$/.test(zone));
}

/** NodeLocal DNSCache keeps a Corefile of its own; the block with the longest zone serves a name. */
function nodeLocalWindow(maps: readonly ConfigMap[], domain: string, ttl: number): CacheWindow {
  const text = maps.find(({ metadata }) => metadata.name === NODE_LOCAL_LABEL)?.data.Corefile;
  if (text === undefined) return NO_WINDOW;
  const around = parseCorefile(text).blocks.filter(({ zones }) => zones.some((zone) => isUnder(domain, zone)));
  const [nearest] = around.sort((a, b) => longest(b, domain) - longest(a, domain));
  return cacheWindow(nearest?.cache ?? null, domain, ttl);
}

function longest({ zones }: ServerBlock, name: string): number {
  return Math.max(...zones.filter((zone) => isUnder(name, zone)).map((zone) => zone.length));
}

const NO_WINDOW: CacheWindow = { positive: 0, negative: 0, stale: 0 };

/** How long a cache may hand out answers of a zone; seconds, 0 where it keeps none. */
interface CacheWindow {
  readonly positive: number;
  readonly negative: number;
  /** Seconds for which an expired answer is still served while no other can be had; 0 for not at all. */
  readonly stale: number;
}

/** plugin/cache: the TTL of an answer, held between the least and the most that are configured; none of disabled zones. */
function cacheWindow(cache: CacheOptions | null, zone: string, ttl: number): CacheWindow {
  if (cache === null || !cache.zones.some((one) => isUnder(zone, one))) return NO_WINDOW;
  const kept = (disabled: readonly string[], least: number, most: number, given: number): number =>
    disabled.some((one) => isUnder(zone, one)) ? 0 : Math.min(Math.max(given, least), most);
  const positive = kept(cache.disableSuccess, cache.successMinTtl, cache.successTtl, ttl);
  const negative = kept(cache.disableDenial, cache.denialMinTtl, cache.denialTtl, Math.min(ttl, 300));
  return { positive, negative, stale: positive + negative === 0 ? 0 : (cache.serveStale ?? 0) };
}
