import { type Corefile, clusterDomainOf, defaultCorefileText, parseCorefile } from "../dns/corefile.ts";
import { buildZone, type Zone } from "../dns/zone.ts";
import { serviceKey } from "../dns/zone-index.ts";
import type { ListState, ZoneInput, ZoneList, ZonePod } from "../dns/zone-input.ts";
import { expectedSlices } from "../kubernetes/endpoint-slices.ts";
import { admitService } from "../kubernetes/service-defaults.ts";
import { describeWithheld } from "../kubernetes/withheld.ts";
import { serviceNameOf } from "../objects/endpoint-slice.ts";
import { once } from "../objects/kept.ts";
import { describeRef } from "../objects/meta.ts";
import { formatPath } from "../objects/origin.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { Resource } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { type ClusterDns, findClusterDns } from "./cluster-dns.ts";
import { awaitedLabel } from "./run-time-labels.ts";
import { type PodsOf, podsOf, refusalOf, slicesFor } from "./zone-slices.ts";

/** A zone with what it was put together from. */
export interface ClusterZone {
  readonly zone: Zone;
  readonly domain: {
    /** Without the last dot. */
    readonly name: string;
    readonly source: "given" | "corefile" | "assumed";
  };
  readonly corefile: {
    readonly read: Corefile;
    readonly text: string;
    readonly source: "given" | "collected" | "assumed";
  };
  readonly dns: ClusterDns;
  /** What was taken for granted because it could not be known; whole sentences for people. */
  readonly assumptions: readonly string[];
  /** Those of them that make an answer doubtful which is predicted all the same. */
  readonly doubts: readonly string[];
}

export interface ZoneOptions {
  /** A Corefile to use in place of the cluster's. */
  readonly corefile?: string | undefined;
  /** The Pods by namespace, where somebody else needs them, too. */
  readonly pods?: PodsOf;
}

/**
 * The zone of what was collected: live slices where there are some, else those that the controllers would make of the
 * Pods. Without a Corefile kubeadm's defaults stand in, and without a cluster domain cluster.local; `assumptions` says so.
 */
export function zoneOf(index: SnapshotIndex, options: ZoneOptions = {}): ClusterZone {
  const { snapshot } = index;
  const dns = findClusterDns(index);
  const given = options.corefile === undefined ? null : parseCorefile(options.corefile, undefined, dns.version);
  const known = given ?? dns.corefile;
  const fromCorefile = known === null ? null : clusterDomainOf(known);
  const domain: ClusterZone["domain"] =
    snapshot.clusterDomain !== null
      ? { name: snapshot.clusterDomain.toLowerCase().replace(/\.$/, ""), source: "given" }
      : fromCorefile !== null
        ? { name: fromCorefile, source: "corefile" }
        : { name: "cluster.local", source: "assumed" };
  const text = options.corefile ?? dns.corefileText ?? defaultCorefileText(domain.name);
  const corefile: ClusterZone["corefile"] = {
    read: known ?? parseCorefile(text),
    text,
    source: given !== null ? "given" : known !== null ? "collected" : "assumed",
  };
  const pods = options.pods ?? podsOf(index);
  const zone = buildZone(inputOf(index, pods, corefile.read, dns));
  const { errors, suspects } = corefile.read;
  const doubts = (errors.length > 0 ? errors : suspects).map(
    ({ line, message }) =>
      `CoreDNS ${errors.length > 0 ? "would" : "may"} not load this Corefile (line ${line}: ${message}); replicas keep what they loaded before.`,
  );
  return { zone, domain, corefile, dns, assumptions: assumptionsOf(domain, corefile, zone, doubts), doubts };
}

function assumptionsOf(
  domain: ClusterZone["domain"],
  { read, source }: ClusterZone["corefile"],
  zone: Zone,
  doubts: readonly string[],
): readonly string[] {
  const told: string[] = [];
  if (domain.source === "assumed") told.push("The cluster domain is taken to be cluster.local.");
  if (source === "assumed")
    told.push("The Corefile is not known: kubeadm's defaults are taken (pods insecure, ttl 30).");
  for (const one of read.unresolved) told.push(`The Corefile refers to ${one}, which was not read.`);
  told.push(...doubts);
  for (const block of new Set(zone.blocks.values())) {
    const file = block.hosts?.unreadFile ?? null;
    if (file !== null) told.push(`The hosts file ${file} was not read: it is taken not to hold the names asked for.`);
  }
  return told;
}

function inputOf(index: SnapshotIndex, pods: PodsOf, corefile: Corefile, dns: ClusterDns): ZoneInput {
  const manifests = index.snapshot.source.kind === "manifests";
  const stateOf = manifests
    ? manifestState(index)
    : (resource: Resource, namespace: string) => liveState(index, resource, namespace);
  const stateIn = (resources: readonly Resource[], namespace: string, name?: string): ListState => {
    let found: ListState = COMPLETE;
    for (const resource of resources) {
      const state = stateOf(resource, namespace, name);
      if (state.status === "unavailable") return state;
      if (found.status === "complete") found = state;
    }
    return found;
  };
  const list = <T>(items: readonly T[], resources: readonly Resource[]): ZoneList<T> => ({
    items,
    state: (namespace, name) => stateIn(resources, namespace, name),
    everywhere: worst(resources.map((resource) => everywhere(index, resource, manifests))),
  });
  const services = index.all("services");
  const slices = slicesFor(index, pods);
  const refused = once(() => refusedSlices(index));
  const derived = new Map(
    services.flatMap((one) => (!one.live && hasSelector(one) ? [[keyOf(one), one] as const] : [])),
  );
  return {
    corefile,
    port: dns.port,
    version: dns.version,
    namespaces: {
      items: index.all("namespaces").map(({ metadata }) => ({ name: metadata.name, labels: metadata.labels })),
      state: everywhere(index, "namespaces", manifests),
    },
    services: list(services, ["services"]),
    // Only where endpoints are derived does it matter whether all Pods are known.
    slices: {
      ...list(slices, derived.size === 0 ? ["endpointSlices"] : ["endpointSlices", "pods"]),
      state(namespace, name) {
        const service = name === undefined ? undefined : derived.get(serviceKey(namespace, name));
        const needed: readonly Resource[] = service === undefined ? ["endpointSlices"] : ["endpointSlices", "pods"];
        return awaitedIn(pods, service) ?? stateIn(needed, namespace);
      },
    },
    pods: zonePods(list(index.all("pods"), ["pods"])),
    rejected: rejectedOf(services),
    dnsServers: dns.replicas,
    dnsSearch: null,
    whyEmpty: (service) => refused().get(keyOf(service)) ?? whyEmpty(index, pods, service),
  };
}

function keyOf({ metadata }: Service): string {
  return serviceKey(metadata.namespace, metadata.name);
}

const COMPLETE: ListState = { status: "complete" };

/** Which Pods a Service selects by the part that each plays for now, manifests cannot tell; null where it does not. */
function awaitedIn(pods: PodsOf, service: Service | undefined): ListState | null {
  const selector = service?.spec.selector ?? null;
  if (service === undefined || selector === null) return null;
  const { namespace, name } = service.metadata;
  const { byLabel } = pods(namespace);
  if (byLabel.matching(selector).length > 0) return null;
  const label = awaitedLabel(selector, byLabel);
  return label === null
    ? null
    : { status: "partial", because: `Service ${name} selects ${label}, which its Pods are given while they run` };
}

function liveState(index: SnapshotIndex, resource: Resource, namespace: string): ListState {
  const found = index.in(resource, namespace);
  return found.status === "complete" ? COMPLETE : { status: found.status, because: found.because };
}

/** In manifests an absence counts within the input, and the input speaks of the namespaces that it has something in. */
function manifestState(index: SnapshotIndex): (resource: Resource, namespace: string, name?: string) => ListState {
  const namespaces = new Set(
    [...index.all("services"), ...index.all("workloads"), ...index.all("pods")].map((one) => one.metadata.namespace),
  );
  return (resource, namespace, name) => {
    if (!namespaces.has(namespace)) {
      return { status: "unavailable", because: `the input holds nothing of namespace ${namespace}` };
    }
    if (resource === "services" && namespace === "default" && name === "kubernetes") {
      return { status: "unavailable", because: "every cluster has it, and manifests do not" };
    }
    return liveState(index, resource, namespace);
  };
}

function everywhere(index: SnapshotIndex, resource: Resource, manifests: boolean): ListState {
  if (manifests) return { status: "unavailable", because: "manifests do not hold all that a cluster does" };
  const all = index.snapshot.lists[resource].find(({ namespace }) => namespace === null);
  if (all === undefined) return { status: "unavailable", because: `${resource} were read of some namespaces only` };
  const { result } = all;
  return result.status === "complete" ? { status: "complete" } : { status: result.status, because: result.because };
}

function worst(states: readonly ListState[]): ListState {
  return (
    states.find((state) => state.status === "unavailable") ??
    states.find((state) => state.status === "partial") ?? { status: "complete" }
  );
}

function zonePods(list: ZoneList<Pod>): ZoneList<ZonePod> {
  const items = once(() => list.items.map(zonePod));
  const toCome = once(
    () => new Set(list.items.flatMap(({ status, metadata }) => (status === null ? [metadata.namespace] : []))),
  );
  return {
    // Few questions are about Pods' own names, and of no Service there are as many.
    get items() {
      return items();
    },
    state: (namespace, name) =>
      toCome().has(namespace)
        ? { status: "partial", because: "the addresses of Pods that do not exist yet are not known" }
        : list.state(namespace, name),
    everywhere: list.everywhere,
  };
}

function zonePod({ metadata, status }: Pod): ZonePod {
  return {
    namespace: metadata.namespace,
    name: metadata.name,
    ips: status?.podIPs ?? [],
    phase: status?.phase ?? "Pending",
    terminating: metadata.deletionTimestamp !== null,
    labels: metadata.labels,
  };
}

function rejectedOf(services: readonly Service[]): ReadonlyMap<string, string> {
  const rejected = new Map<string, string>();
  for (const service of services) {
    if (service.live) continue;
    const [first] = admitService(service, null).rejected;
    if (first === undefined) continue;
    rejected.set(keyOf(service), `${formatPath(first.field)} ${first.message}`);
  }
  return rejected;
}

/** By Service, why a slice that manifests hold for it is never made. */
function refusedSlices(index: SnapshotIndex): ReadonlyMap<string, string> {
  const refused = new Map<string, string>();
  for (const slice of index.all("endpointSlices")) {
    const refusal = refusalOf(slice);
    if (refusal === null) continue;
    const { namespace, name } = slice.metadata;
    const because = `the API server rejects EndpointSlice ${name} (${formatPath(refusal.field)} ${refusal.message})`;
    refused.set(serviceKey(namespace, serviceNameOf(slice) ?? ""), because);
  }
  return refused;
}

const SHOWN_PODS = 3;

/** Why a Service has no endpoints at all, from its selector and Pods; null where they were not read. */
function whyEmpty(index: SnapshotIndex, pods: PodsOf, service: Service): string | null {
  const { selector } = service.spec;
  const { namespace } = service.metadata;
  if (selector === null || !hasSelector(service)) return "it has no selector, so that nothing makes endpoints for it";
  if (index.in("pods", namespace).status !== "complete") return null;
  const selected = pods(namespace).byLabel.matching(selector);
  const labels = Object.entries(selector).map(([key, value]) => `${key}=${value}`);
  if (selected.length === 0) return `its selector ${labels.join(",")} matches no Pod of the namespace`;
  const expected = expectedSlices(service, selected, null);
  if (!expected.made) return null;
  const withheld = expected.pods.filter(({ inSlice }) => !inSlice);
  if (withheld.length < selected.length) return "the EndpointSlice controller has not caught up with its Pods";
  const told = withheld
    .slice(0, SHOWN_PODS)
    .map(({ pod, withheld: by }) =>
      by === null
        ? describeRef({ ...pod.metadata, apiVersion: "v1", kind: "Pod" })
        : `${pod.metadata.name} (${describeWithheld(by)})`,
    );
  const more = withheld.length > SHOWN_PODS ? ` and ${withheld.length - SHOWN_PODS} more` : "";
  return `of the Pods that it selects none can be published: ${told.join(", ")}${more}`;
}
