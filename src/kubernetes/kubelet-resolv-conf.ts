import type { Pod } from "../objects/pod.ts";

/** What the kubelet knows of the cluster's DNS (`clusterDomain`, `clusterDNS` of its configuration). */
export interface KubeletDns {
  /** Without the last dot. */
  readonly clusterDomain: string;
  /** null where they are not known. */
  readonly nameservers: readonly string[] | null;
}

/** A domain of the search list, in its place. */
type SearchEntry =
  | { readonly domain: string; readonly from: "cluster" | "dnsConfig" | "seen" }
  /** The Node's own domains stand here, as many as it has; they were not read. */
  | { readonly domain: null; readonly from: "node" };

/** The resolv.conf of a client. */
export interface ResolvConf {
  /** Where its questions go: to the cluster's DNS, to the Node's resolvers, or to those of dnsConfig alone. */
  readonly asks: "cluster" | "node" | "own";
  /** At most three; null where they are the Node's, or the cluster's are not known. */
  readonly nameservers: readonly string[] | null;
  readonly search: readonly SearchEntry[];
  /** Names with fewer dots go through the search list first. null where the Node's resolv.conf decides. */
  readonly ndots: number | null;
  /** Domains that the kubelet leaves out, because there are too many or one is too long (event DNSConfigForming). */
  readonly dropped: readonly string[];
}

const MAX_NAMESERVERS = 3;
const MAX_SEARCH_PATHS = 32;
const MAX_SEARCH_CHARACTERS = 2048;
const MAX_SEARCH_PATH = 253;
/** Of the kubelet for ClusterFirst, and of resolvers where resolv.conf says nothing. */
const CLUSTER_NDOTS = 5;
const DEFAULT_NDOTS = 1;
/** Resolvers take no more (RES_MAXNDOTS). */
const MAX_NDOTS = 15;

/**
 * The resolv.conf that the kubelet writes for a Pod. Mirrors pkg/kubelet/network/dns/dns.go GetPodDNS: with hostNetwork,
 * ClusterFirst means the Node's own; dnsConfig is added behind, its options win.
 */
export function podResolvConf(pod: Pick<Pod, "metadata" | "spec">, kubelet: KubeletDns): ResolvConf {
  const { dnsPolicy, hostNetwork, dnsConfig } = pod.spec;
  const asks =
    dnsPolicy === "None"
      ? "own"
      : dnsPolicy === "ClusterFirstWithHostNet" || (dnsPolicy === "ClusterFirst" && !hostNetwork)
        ? "cluster"
        : "node";
  const base = asks === "cluster" ? clusterSearch(pod.metadata.namespace, kubelet) : asks === "node" ? [NODE] : [];
  const own = (dnsConfig?.searches ?? []).map((domain): SearchEntry => ({ domain, from: "dnsConfig" }));
  const nameservers = asks === "cluster" ? kubelet.nameservers : asks === "node" ? null : [];
  const added = dnsConfig?.nameservers ?? [];
  const written = dnsConfig?.options.findLast((option) => option.name === "ndots");
  return {
    asks,
    nameservers: nameservers === null ? null : [...new Set([...nameservers, ...added])].slice(0, MAX_NAMESERVERS),
    ...withinLimits(withoutRepeats([...base, ...own])),
    ndots:
      written !== undefined
        ? ndotsOf(written.value ?? "")
        : asks === "cluster"
          ? CLUSTER_NDOTS
          : asks === "own"
            ? DEFAULT_NDOTS
            : null,
  };
}

/**
 * What glibc makes of the value of `ndots` (resolv/res_init.c: atoi, kept in four bits). An option without a value is none
 * that it knows, though it has taken the place of the kubelet's own (mergeDNSOptions).
 */
function ndotsOf(value: string): number {
  if (value === "") return DEFAULT_NDOTS;
  const number = Number(/^\s*([+-]?[0-9]+)/.exec(value)?.[1] ?? 0);
  return Math.min(number, MAX_NDOTS) & MAX_NDOTS;
}

/** The resolv.conf of a Pod of a namespace of which nothing else is known: dnsPolicy ClusterFirst. */
export function namespaceResolvConf(namespace: string, kubelet: KubeletDns): ResolvConf {
  return {
    asks: "cluster",
    nameservers: kubelet.nameservers,
    ...withinLimits(withoutRepeats(clusterSearch(namespace, kubelet))),
    ndots: CLUSTER_NDOTS,
  };
}

/**
 * A resolv.conf as it was read in a Pod: nothing of it is left to be guessed. `asks` is still what the Pod's spec says, for a
 * name server's address does not tell who answers there.
 */
export function seenResolvConf(
  { asks }: Pick<ResolvConf, "asks">,
  seen: {
    readonly nameservers: readonly string[];
    readonly search: readonly string[];
    readonly options: readonly string[];
  },
): ResolvConf {
  const ndots = seen.options.findLast((option) => option.startsWith("ndots:"))?.slice("ndots:".length);
  return {
    asks,
    nameservers: seen.nameservers.slice(0, MAX_NAMESERVERS),
    search: seen.search.map((domain) => ({ domain, from: "seen" })),
    // Here nothing behind the colon is 0, too.
    ndots: ndots === undefined ? DEFAULT_NDOTS : ndotsOf(ndots || "0"),
    dropped: [],
  };
}

const NODE: SearchEntry = { domain: null, from: "node" };

function clusterSearch(namespace: string, { clusterDomain }: KubeletDns): readonly SearchEntry[] {
  const domains = [`${namespace}.svc.${clusterDomain}`, `svc.${clusterDomain}`, clusterDomain];
  return [...domains.map((domain): SearchEntry => ({ domain, from: "cluster" })), NODE];
}

function withoutRepeats(entries: readonly SearchEntry[]): readonly SearchEntry[] {
  const seen = new Set<string>();
  return entries.filter(({ domain }) => domain === null || (!seen.has(domain) && seen.add(domain)));
}

/** Mirrors formDNSSearchFitsLimits, as far as it can be told without the Node's domains. */
function withinLimits(entries: readonly SearchEntry[]): Pick<ResolvConf, "search" | "dropped"> {
  const search: SearchEntry[] = [];
  const dropped: string[] = [];
  let paths = 0;
  let characters = 0;
  let full = false;
  for (const entry of entries) {
    if (entry.domain === null) {
      search.push(entry);
      continue;
    }
    paths += 1;
    const length = entry.domain.length;
    const tooLong = length > MAX_SEARCH_PATH;
    const wider = characters + length + (characters === 0 ? 0 : 1);
    // What stands behind a domain that no longer fits is cut off with it.
    full ||= paths > MAX_SEARCH_PATHS || (!tooLong && wider > MAX_SEARCH_CHARACTERS);
    if (full || tooLong) {
      dropped.push(entry.domain);
      continue;
    }
    characters = wider;
    search.push(entry);
  }
  return { search, dropped };
}
