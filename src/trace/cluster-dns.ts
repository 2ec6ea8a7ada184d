import { type Corefile, parseCorefile } from "../dns/corefile.ts";
import { KUBELET_KEY, kubeletDnsAddresses } from "../kubernetes/kubelet-config.ts";
import { selects } from "../kubernetes/label-selector.ts";
import { present } from "../objects/collected.ts";
import { DNS_NAMESPACE, DNS_PLACES, isOfDnsPlace } from "../objects/dns-scope.ts";
import { serviceNameOf } from "../objects/endpoint-slice.ts";
import { type ObjectRef, refOf } from "../objects/meta.ts";
import type { ConfigMap } from "../objects/others.ts";
import type { Pod } from "../objects/pod.ts";
import type { Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";

const COREFILE_KEY = "Corefile";
const KUBELET_CONFIG = "kubelet-config";

/** What was found of the cluster's DNS; every field is null or empty where it was not collected, or is not there. */
export interface ClusterDns {
  /** Where it is; the usual one where none was found. */
  readonly namespace: string;
  /** The address that the kubelets give Pods as their name server led to it, and not its name. */
  readonly byAddress: boolean;
  /** What kubelets write into Pods as name servers; empty where it was not read (only kubeadm keeps it). */
  readonly addresses: readonly string[];
  /** The Service that clients ask. */
  readonly service: Service | null;
  /** The Pods that answer. */
  readonly pods: readonly Pod[];
  /** The addresses of each replica that the Service sends questions to; null where its slices were not read. */
  readonly replicas: readonly (readonly string[])[] | null;
  readonly configMap: ObjectRef | null;
  readonly corefileText: string | null;
  readonly corefile: Corefile | null;
  /** `1.12.1`, from the tag of the image. */
  readonly version: string | null;
  /** The port that the replicas listen on for plain DNS, where the Service tells. */
  readonly port: number | null;
}

/**
 * Finds cluster DNS among what was collected: in the usual places by the Service's name and the Pods' label, elsewhere by the
 * address that kubelets give Pods; and its settings by what its Pods mount.
 */
export function findClusterDns(index: SnapshotIndex): ClusterDns {
  const kubelet = present(index.in("configMaps", DNS_NAMESPACE)).find(
    ({ metadata }) => metadata.name === KUBELET_CONFIG,
  );
  const addresses = kubeletDnsAddresses(kubelet?.data[KUBELET_KEY] ?? "");
  const found = inPlaces(index) ?? atAddress(index, addresses);
  const { namespace, service, pods, byAddress } = found ?? NOWHERE;
  const configMaps = present(index.in("configMaps", namespace));
  const configMap = corefileMap(configMaps, pods);
  const text = configMap?.data[COREFILE_KEY] ?? null;
  const surroundings = { env: null, files: filesIn(configMaps, pods, configMap) };
  const version = versionOf(pods);
  const dnsPort = service?.spec.ports.find((port) => port.port === 53) ?? null;
  return {
    namespace,
    byAddress,
    addresses,
    service,
    pods,
    replicas: service === null ? null : replicasOf(index, service),
    configMap: configMap === null ? null : refOf(configMap),
    corefileText: text,
    corefile: text === null ? null : parseCorefile(text, surroundings, version),
    version,
    port: typeof dnsPort?.targetPort === "number" ? dnsPort.targetPort : null,
  };
}

type Found = Pick<ClusterDns, "namespace" | "service" | "pods" | "byAddress">;
const NOWHERE: Found = { namespace: DNS_NAMESPACE, service: null, pods: [], byAddress: false };

function inPlaces(index: SnapshotIndex): Found | null {
  for (const place of DNS_PLACES) {
    const { namespace } = place;
    const services = present(index.in("services", namespace));
    const service =
      services.find(({ metadata }) => metadata.name === place.service) ??
      services.find((one) => isOfDnsPlace(one, place)) ??
      null;
    const pods = present(index.in("pods", namespace)).filter((pod) => isOfDnsPlace(pod, place));
    if (service !== null || pods.length > 0) return { namespace, service, pods, byAddress: false };
  }
  return null;
}

function atAddress(index: SnapshotIndex, addresses: readonly string[]): Found | null {
  if (addresses.length === 0) return null;
  const service = index.all("services").find(({ spec }) => spec.clusterIPs.some((ip) => addresses.includes(ip)));
  if (service === undefined) return null;
  const { namespace } = service.metadata;
  const pods = present(index.in("pods", namespace)).filter(({ metadata }) => selects(service, metadata.labels));
  return { namespace, service, pods, byAddress: true };
}

/** The ConfigMap with the Corefile: that which the Pods mount, else the one called coredns; NodeLocal's is another's. */
function corefileMap(configMaps: readonly ConfigMap[], pods: readonly Pod[]): ConfigMap | null {
  const holding = configMaps.filter((map) => Object.hasOwn(map.data, COREFILE_KEY));
  const mounted = new Set(pods.flatMap((pod) => pod.spec.configMapVolumes.map((volume) => volume.configMap)));
  return (
    holding.find((map) => mounted.has(map.metadata.name)) ??
    holding.find((map) => map.metadata.name === "coredns") ??
    (holding.length === 1 && !holding[0]?.metadata.name.startsWith("node-local") ? (holding[0] ?? null) : null)
  );
}

/**
 * The files that the Pods see: the keys of the ConfigMaps that they mount, known by their names alone, for where a
 * volume is mounted is not read. `coredns-custom` is what AKS and k3s import from.
 */
function filesIn(
  configMaps: readonly ConfigMap[],
  pods: readonly Pod[],
  own: ConfigMap | null,
): (pattern: string) => readonly string[] | null {
  const mounted = new Set(pods.flatMap((pod) => pod.spec.configMapVolumes.map((volume) => volume.configMap)));
  const sources = configMaps.filter(
    (map) => map === own || mounted.has(map.metadata.name) || map.metadata.name === "coredns-custom",
  );
  return (pattern) => {
    const base = pattern.slice(pattern.lastIndexOf("/") + 1);
    const parts = base.split("*").map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"));
    const matches = new RegExp(`^${parts.join("[^/]*")}$`);
    const found = sources.flatMap((map) =>
      Object.entries(map.data)
        .filter(([name]) => name !== COREFILE_KEY && matches.test(name))
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, content]) => content),
    );
    if (found.length > 0) return found;
    // A pattern that matches no file of a ConfigMap that was read imports nothing.
    const custom = sources.some((map) => map !== own);
    return base.includes("*") && custom ? [] : null;
  };
}

function replicasOf(index: SnapshotIndex, service: Service): readonly (readonly string[])[] | null {
  const slices = index.in("endpointSlices", service.metadata.namespace);
  if (slices.status === "unavailable") return null;
  const byReplica = new Map<string, string[]>();
  for (const slice of slices.items) {
    if (serviceNameOf(slice) !== service.metadata.name) continue;
    for (const { conditions, targetRef, addresses } of slice.endpoints) {
      if (conditions.ready === false) continue;
      const key = targetRef?.name ?? addresses.join(" ");
      byReplica.set(key, [...(byReplica.get(key) ?? []), ...addresses]);
    }
  }
  return [...byReplica.values()];
}

function versionOf(pods: readonly Pod[]): string | null {
  for (const pod of pods) {
    for (const { image } of pod.spec.containers) {
      const version = /coredns[^:]*:v?([0-9]+\.[0-9]+\.[0-9]+)/.exec(image)?.[1];
      if (version !== undefined) return version;
    }
  }
  return null;
}
