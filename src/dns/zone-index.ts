import { parseIp } from "../kubernetes/ip.ts";
import { once } from "../objects/kept.ts";
import type { Service } from "../objects/service.ts";
import { isAtLeast } from "./coredns-version.ts";
import type { ZoneEndpoint, ZoneInput, ZoneNamespace, ZonePod, ZoneSlice } from "./zone-input.ts";

/**
 * Objects by what CoreDNS looks them up by; each built once, in time linear in their number. What few questions need is a
 * function: it is built when first asked for.
 */
export interface ZoneIndex {
  readonly input: ZoneInput;
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, readonly ZoneSlice[]>;
  servicesByClusterIp(): ReadonlyMap<string, readonly Service[]>;
  /** Ready endpoints by address, as written in the slice. */
  endpointsByAddress(): ReadonlyMap<string, readonly { readonly slice: ZoneSlice; readonly endpoint: ZoneEndpoint }[]>;
  /** Pods that `pods verified` answers for: not finished, by the addresses that this version goes by. */
  podsByIp(): ReadonlyMap<string, readonly ZonePod[]>;
  readonly namespaces: ReadonlyMap<string, ZoneNamespace>;
  /** Namespaces that must exist, because something is in them or every cluster has them. */
  impliedNamespaces(): ReadonlySet<string>;
  /** A ready endpoint whose address is not known yet: any address may turn out to be its own. */
  hasUnknownAddresses(): boolean;
}

/** Namespaces that the API server makes itself. */
const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** The key of what belongs to a Service: object/service.go ServiceKey. */
export function serviceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function indexZone(input: ZoneInput): ZoneIndex {
  const services = new Map<string, Service>();
  for (const service of input.services.items) {
    const key = serviceKey(service.metadata.namespace, service.metadata.name);
    if (!input.rejected.has(key)) services.set(key, service);
  }
  const slices = new Map<string, ZoneSlice[]>();
  for (const slice of input.slices.items) {
    if (slice.service !== null) push(slices, serviceKey(slice.namespace, slice.service), slice);
  }
  return {
    input,
    services,
    slices,
    servicesByClusterIp: once(() => {
      const byIp = new Map<string, Service[]>();
      for (const service of input.services.items) {
        if (input.rejected.has(serviceKey(service.metadata.namespace, service.metadata.name))) continue;
        for (const ip of clusterIpsOf(service)) push(byIp, ip, service);
      }
      return byIp;
    }),
    endpointsByAddress: once(() => {
      const byAddress = new Map<string, { slice: ZoneSlice; endpoint: ZoneEndpoint }[]>();
      for (const slice of input.slices.items) {
        for (const endpoint of slice.endpoints) {
          if (!endpoint.ready) continue;
          for (const address of new Set(endpoint.addresses)) push(byAddress, address, { slice, endpoint });
        }
      }
      return byAddress;
    }),
    podsByIp: once(() => {
      const byIp = new Map<string, ZonePod[]>();
      // Before 1.15.0, CoreDNS keeps no more than status.podIP of a Pod (plugin/kubernetes/object/pod.go).
      const kept = isAtLeast(input.version, "1.15.0") ? undefined : 1;
      for (const pod of input.pods.items) {
        if (pod.phase === "Succeeded" || pod.phase === "Failed" || pod.phase === "Unknown") continue;
        for (const ip of pod.ips.slice(0, kept)) push(byIp, ip, pod);
      }
      return byIp;
    }),
    namespaces: new Map(input.namespaces.items.map((one) => [one.name, one])),
    impliedNamespaces: once(() => {
      const implied = new Set(SYSTEM_NAMESPACES);
      for (const service of input.services.items) implied.add(service.metadata.namespace);
      for (const slice of input.slices.items) implied.add(slice.namespace);
      for (const pod of input.pods.items) implied.add(pod.namespace);
      return implied;
    }),
    hasUnknownAddresses: once(() =>
      input.slices.items.some(({ endpoints }) => endpoints.some(({ ready, addresses }) => ready && addresses === null)),
    ),
  };
}

/** The cluster IPs that are known: none of a headless Service, nor of a manifest that leaves them to the API server. */
export function clusterIpsOf(service: Service): readonly string[] {
  const { clusterIPs, clusterIP, type } = service.spec;
  if (type === "ExternalName") return [];
  const listed = clusterIPs.length > 0 ? clusterIPs : [clusterIP ?? ""];
  return listed.filter((text) => parseIp(text) !== null);
}

function push<T>(map: Map<string, T[]>, key: string, value: T): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
