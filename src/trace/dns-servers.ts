import { selects } from "../kubernetes/label-selector.ts";
import { type Collected, present, type Unavailable, unavailable } from "../objects/collected.ts";
import { DNS_NAMESPACE, DNS_SERVICE, isWholeForDns, NODE_LOCAL_LABEL } from "../objects/dns-scope.ts";
import { serviceNameOf } from "../objects/endpoint-slice.ts";
import type { Labels } from "../objects/meta.ts";
import type { PodLog } from "../objects/observation.ts";
import { type Pod, readyCondition } from "../objects/pod.ts";
import type { Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { ClusterDns } from "./cluster-dns.ts";
import type { Part } from "./part.ts";
import { byName } from "./words.ts";

/** The servers of cluster DNS, as far as they were found. */
export interface DnsServers {
  /** `in openshift-dns`, and how it was found there; "" for the usual place. */
  readonly place: string;
  /** The Service that clients ask; null where there is none, which is only known where `serviceMissing`. */
  readonly service: Service | null;
  /** There is no Service, and everything of cluster DNS was read. */
  readonly serviceMissing: boolean;
  /** What answers: told from images, and from a Corefile that is there. */
  readonly software: "coredns" | "kube-dns" | "other";
  /** Its image, "" where no Pod was read. */
  readonly image: string;
  /** Those that the Service selects, or that carry the label of cluster DNS; null where they were not read. Sorted by name. */
  readonly pods: readonly Pod[] | null;
  /** Endpoints that the Service leads questions to: Pods by name, others by address. */
  readonly ready: readonly string[];
  /** NodeLocal DNSCache stands in front: clients ask it, and it asks the servers. */
  readonly nodeLocal: boolean;
  /** Why it is in order that no Pods answer; null where it is not. */
  readonly onNodes: string | null;
  /** The name servers that kubelets are told to give Pods, where nobody can have these addresses; else none. */
  readonly vacantNameServers: readonly string[];
  /** What was logged of faults; none where it was not read. */
  readonly logs: readonly PodLog[];
}

/**
 * What is known of the servers. Unavailable where neither Service nor Pods of cluster DNS were found, in the usual places
 * or at the kubelets' address: somebody else answers there (a resolver of one's own), and says so.
 */
export function dnsServers(index: SnapshotIndex, dns: ClusterDns): Part<DnsServers> {
  const services = index.in("services", dns.namespace);
  const pods = index.in("pods", dns.namespace);
  const slices = index.in("endpointSlices", dns.namespace);
  if (services.status === "unavailable") return services;
  if (pods.status === "unavailable" && slices.status === "unavailable") return pods;
  const { service } = dns;
  const whole = isWholeForDns(services, "services");
  const servers = pods.status === "unavailable" ? null : serversAmong(pods.items, dns);
  if (service === null && (servers === null || servers.length === 0)) return notFound(dns);
  if (service === null && !whole) return incomplete(services, "services");

  const value: DnsServers = {
    place: placeOf(dns),
    service,
    serviceMissing: service === null,
    ...softwareOf(servers ?? [], dns),
    pods: servers,
    ready: readyEndpoints(index, service, servers ?? []),
    nodeLocal: hasNodeLocal(index),
    onNodes: onNodes(index, servers),
    vacantNameServers: index.snapshot.clusterDns?.vacantNameServers ?? [],
    logs: present(index.snapshot.clusterDns?.logs ?? unavailable("")),
  };
  // Who is ready is told by the slices; where these were not read, by the Pods.
  const decisive = slices.status === "unavailable" ? pods : slices;
  const decisiveIsWhole = isWholeForDns(decisive, slices.status === "unavailable" ? "pods" : "endpointSlices");
  return decisiveIsWhole ? { status: "complete", value } : { status: "partial", value, because: because(decisive) };
}

/** Whether nobody answers where clients ask: no Service, or none behind it that is ready. */
export function isDown({ service, serviceMissing, ready, onNodes }: DnsServers): boolean {
  return serviceMissing || (service !== null && ready.length === 0 && onNodes === null);
}

function placeOf({ namespace, byAddress, service, addresses }: ClusterDns): string {
  if (!byAddress) return namespace === DNS_NAMESPACE ? "" : `in ${namespace}`;
  const own = service?.spec.clusterIPs.find((ip) => addresses.includes(ip));
  return `in ${namespace}, found by the address ${own} that kubelets give Pods`;
}

function because(list: Collected<unknown>): string {
  return list.status === "complete" ? "" : list.because;
}

function incomplete(list: Collected<unknown>, resource: string): Unavailable {
  return unavailable(`whether cluster DNS has a Service is not known: ${because(list) || `${resource} were not read`}`);
}

function notFound({ addresses }: ClusterDns): Unavailable {
  const [address] = addresses;
  const where =
    address === undefined
      ? "something else may answer"
      : `the kubelets give Pods ${address} as their name server, which is the address of no Service that was read`;
  return unavailable(
    `no cluster DNS was found in ${DNS_NAMESPACE}, neither a Service ${DNS_SERVICE} nor Pods labelled k8s-app=kube-dns: ${where}`,
  );
}

/** Those that the Service selects; without a selector to go by, those that carry the label. */
function serversAmong(pods: readonly Pod[], { service, pods: labelled }: ClusterDns): readonly Pod[] {
  const selected = service === null ? [] : pods.filter((pod) => selects(service, pod.metadata.labels));
  const found = selected.length > 0 ? selected : labelled;
  return [...found].sort((a, b) => byName(a.metadata.name, b.metadata.name));
}

function softwareOf(pods: readonly Pod[], { corefile }: ClusterDns): Pick<DnsServers, "software" | "image"> {
  const images = pods.flatMap(({ spec }) => spec.containers.map(({ image }) => image));
  const named = images.find((image) => /coredns/i.test(image));
  if (named !== undefined) return { software: "coredns", image: named };
  const old = images.find((image) => /k8s-dns|kube-?dns|kubedns/i.test(image));
  if (old !== undefined) return { software: "kube-dns", image: old };
  // Renamed images are common where all images are mirrored; a Corefile is not there for nothing.
  return { software: corefile !== null ? "coredns" : "other", image: images[0] ?? "" };
}

/** From the Service's slices; from the Pods' own readiness where no slice of it was read. */
function readyEndpoints(index: SnapshotIndex, service: Service | null, pods: readonly Pod[]): readonly string[] {
  if (service === null) return [];
  const slices = index.in("endpointSlices", service.metadata.namespace);
  const own = present(slices).filter((slice) => serviceNameOf(slice) === service.metadata.name);
  const unlabelled = slices.status !== "complete" && !("k8s-app" in service.metadata.labels);
  if (slices.status === "unavailable" || (own.length === 0 && unlabelled)) {
    return pods.filter(isReady).map(({ metadata }) => metadata.name);
  }
  const endpoints = own.flatMap((slice) => slice.endpoints).filter(({ conditions }) => conditions.ready !== false);
  return [...new Set(endpoints.map(({ targetRef, addresses }) => targetRef?.name ?? addresses[0] ?? ""))].sort(byName);
}

export function isReady(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === null && readyCondition(pod)?.status === "True";
}

function hasNodeLocal(index: SnapshotIndex): boolean {
  const carries = (one: Pod) => one.metadata.labels["k8s-app"] === NODE_LOCAL_LABEL;
  if (present(index.in("pods", DNS_NAMESPACE)).some(carries)) return true;
  return present(index.in("configMaps", DNS_NAMESPACE)).some(({ metadata }) => metadata.name === "node-local-dns");
}

/**
 * EKS Auto Mode runs CoreDNS on each node, outside of Pods; GKE's Cloud DNS (Autopilot's default) answers from each node's
 * metadata server. The Service stays and has nobody behind it.
 */
function onNodes(index: SnapshotIndex, servers: readonly Pod[] | null): string | null {
  const labelled = (isOurs: (labels: Labels) => boolean): boolean =>
    index.all("nodes").some(({ metadata }) => isOurs(metadata.labels));
  if (labelled((labels) => labels["eks.amazonaws.com/compute-type"] === "auto")) {
    return "EKS Auto Mode answers DNS on each node, without Pods";
  }
  // With kube-dns as its provider GKE keeps Pods of it.
  const cloud = servers?.length === 0 && labelled((labels) => Object.hasOwn(labels, "cloud.google.com/gke-nodepool"));
  return cloud ? "GKE's Cloud DNS answers on each node, without Pods" : null;
}
