import { typosBetween } from "../objects/near-names.ts";
import { isAtLeast } from "./coredns-version.ts";

/** The names that CoreDNS knows in one place: with the version that brought one, and the one that took it away again. */
export type NameTable = Readonly<Record<string, { readonly since: string; readonly until?: string }>>;

function from(since: string, names: string): NameTable {
  return Object.fromEntries(names.split(" ").map((name) => [name, { since }]));
}

function between(since: string, until: string, names: string): NameTable {
  return Object.fromEntries(names.split(" ").map((name) => [name, { since, until }]));
}

/** The directives of a server block: plugin.cfg of each release from 1.2.0 to 1.15.0, and what went shortly before. */
export const PLUGINS: NameTable = {
  ...from("1.2.0", "auto autopath bind cache chaos debug dnssec dnstap erratic errors etcd file forward health hosts"),
  ...from(
    "1.2.0",
    "kubernetes loadbalance log metadata nsid on pprof prometheus reload rewrite root route53 secondary",
  ),
  ...from("1.2.0", "template tls trace whoami"),
  ...between("1.0.0", "1.1.1", "startup shutdown"),
  ...between("1.0.0", "1.2.0", "reverse"),
  ...between("1.0.0", "1.5.0", "proxy"),
  ...between("1.0.0", "1.7.0", "federation"),
  ...from("1.2.1", "loop"),
  ...from("1.3.0", "k8s_external"),
  ...from("1.5.0", "cancel grpc ready"),
  ...from("1.5.1", "any"),
  ...from("1.6.2", "azure"),
  ...from("1.6.3", "clouddns sign"),
  ...from("1.6.4", "acl"),
  ...from("1.6.5", "transfer"),
  ...from("1.6.6", "bufsize"),
  ...from("1.7.0", "dns64"),
  ...from("1.8.1", "local"),
  ...from("1.8.4", "minimal"),
  ...from("1.8.5", "geoip header"),
  ...from("1.9.4", "tsig"),
  ...from("1.10.0", "view"),
  ...from("1.10.1", "timeouts"),
  ...from("1.12.0", "multisocket"),
  ...from("1.12.2", "quic"),
  ...from("1.13.0", "nomad"),
  ...from("1.14.0", "grpc_server https https3"),
  ...from("1.14.3", "proxyproto"),
  ...from("1.14.7", "shed"),
  ...from("1.15.0", "dynupdate siit"),
};

/** The options of `kubernetes` (plugin/kubernetes/setup.go of each release). */
export const KUBERNETES_OPTIONS: NameTable = {
  ...from("1.2.0", "endpoint endpoint_pod_names fallthrough ignore labels namespaces noendpoints pods tls ttl"),
  ...between("1.0.0", "1.7.0", "resyncperiod upstream"),
  ...between("1.0.0", "1.8.0", "transfer"),
  ...from("1.2.3", "kubeconfig"),
  ...from("1.5.0", "namespace_labels"),
  ...from("1.12.2", "multicluster"),
  ...from("1.12.3", "startup_timeout"),
  ...from("1.14.0", "apiserver_burst apiserver_max_inflight apiserver_qps"),
  ...from("1.14.7", "zonal"),
};

/** The options of `cache`, and of `template` (the same). */
export const CACHE_OPTIONS: NameTable = {
  ...from("1.2.0", "success denial prefetch"),
  ...from("1.6.6", "serve_stale"),
  ...from("1.9.4", "disable servfail"),
  ...from("1.10.1", "keepttl"),
  ...from("1.14.7", "prefer_positive serve_stale_policy"),
};
export const TEMPLATE_OPTIONS: NameTable = {
  ...from("1.2.0", "match answer additional authority rcode fallthrough upstream"),
  ...from("1.10.1", "ederror"),
};

/** Plugins of other builds whose names are close to one of CoreDNS's own (coredns.io/explugins). */
const OF_OTHER_BUILDS = ["kubernetai", "rebind"];

/** How a name stands with a version of CoreDNS. */
type Standing =
  /** It is known; or nothing speaks against it: builds of one's own know further names. */
  | { readonly is: "taken" }
  /** `surely`: the version that runs is known to be a later one. */
  | { readonly is: "removed"; readonly with: string; readonly surely: boolean }
  /** Later versions know it: this one only in a build that has it from elsewhere. */
  | { readonly is: "to-come"; readonly with: string }
  /** A typo away from one that is known. */
  | { readonly is: "misspelled"; readonly meant: string };

/** `version` is that which runs, as `1.12.1`; null where it is not known. */
export function standingOf(table: NameTable, name: string, version: string | null): Standing {
  const own = Object.hasOwn(table, name) ? table[name] : undefined;
  if (own === undefined) {
    const meant = OF_OTHER_BUILDS.includes(name) ? undefined : nearest(name, table, version);
    return meant === undefined ? { is: "taken" } : { is: "misspelled", meant };
  }
  if (own.until !== undefined && isAtLeast(version, own.until)) {
    return { is: "removed", with: own.until, surely: version !== null };
  }
  // What came when before 1.2.0 does not stand in the tables.
  const isToCome = isAtLeast(version, "1.2.0") && !isAtLeast(version, own.since);
  return isToCome ? { is: "to-come", with: own.since } : { is: "taken" };
}

/** Names of other builds are many: only what surely is a slip counts, a letter or two neighbours swapped, two in long names. */
function nearest(name: string, table: NameTable, version: string | null): string | undefined {
  if (name.length < 4) return undefined;
  return Object.keys(table)
    .filter((known) => known.length > 2 && standingOf(table, known, version).is === "taken")
    .map((known) => ({ known, away: typosBetween(name, known) }))
    .filter(({ away }) => away <= (name.length >= 8 ? 2 : 1))
    .sort((a, b) => a.away - b.away || (a.known < b.known ? -1 : 1))[0]?.known;
}
