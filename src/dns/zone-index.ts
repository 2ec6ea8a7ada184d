import { parseIp } from "../kubernetes/ip.ts";
import type { Service } from "../objects/service.ts";
import type { ZoneEndpoint, ZoneInput, ZoneNamespace, ZonePod, ZoneSlice } from "./zone-input.ts";

/** Objects by what CoreDNS looks them up by; built once, in time linear in their number. */
export interface ZoneIndex {
  readonly input: ZoneInput;
  readonly services: ReadonlyMap<string, Service>;
  readonly slices: ReadonlyMap<string, readonly ZoneSlice[]>;
  readonly servicesByClusterIp: ReadonlyMap<string, readonly Service[]>;
  /** Ready endpoints by address, as written in the slice. */
  readonly endpointsByAddress: ReadonlyMap<
    string,
    readonly { readonly slice: ZoneSlice; readonly endpoint: ZoneEndpoint }[]
  >;
  /** Pods that `pods verified` answers for: not finished, by status.podIP. */
  readonly podsByIp: ReadonlyMap<string, readonly ZonePod[]>;
  readonly namespaces: ReadonlyMap<string, ZoneNamespace>;
  /** Namespaces that must exist, because something is in them or every cluster has them. */
  readonly impliedNamespaces: ReadonlySet<string>;
  /** A ready endpoint whose address is not known yet: any address may turn out to be its own. */
  readonly hasUnknownAddresses: boolean;
}

/** Namespaces that the API server makes itself. */
const SYSTEM_NAMESPACES = ["default", "kube-system", "kube-public", "kube-node-lease"];

/** The key of what belongs to a Service: object/service.go ServiceKey. */
export function serviceKey(namespace: string, name: string): string {
  return `${namespace}/${name}`;
}

export function indexZone(input: ZoneInput): ZoneIndex {
  const services = new Map<string, Service>();
  const slices = new Map<string, ZoneSlice[]>();
  const servicesByClusterIp = new Map<string, Service[]>();
  const endpointsByAddress = new Map<string, { slice: ZoneSlice; endpoint: ZoneEndpoint }[]>();
  const podsByIp = new Map<string, ZonePod[]>();
  const namespaces = new Map(input.namespaces.items.map((one) => [one.name, one]));
  const impliedNamespaces = new Set(SYSTEM_NAMESPACES);
  let hasUnknownAddresses = false;

  for (const service of input.services.items) {
    const { namespace, name } = service.metadata;
    impliedNamespaces.add(namespace);
    if (input.rejected.has(serviceKey(namespace, name))) continue;
    services.set(serviceKey(namespace, name), service);
    for (const ip of clusterIpsOf(service)) push(servicesByClusterIp, ip, service);
  }
  for (const slice of input.slices.items) {
    impliedNamespaces.add(slice.namespace);
    if (slice.service !== null) push(slices, serviceKey(slice.namespace, slice.service), slice);
    for (const endpoint of slice.endpoints) {
      if (!endpoint.ready) continue;
      if (endpoint.addresses === null) hasUnknownAddresses = true;
      for (const address of new Set(endpoint.addresses)) push(endpointsByAddress, address, { slice, endpoint });
    }
  }
  for (const pod of input.pods.items) {
    impliedNamespaces.add(pod.namespace);
    if (pod.ip === null || pod.phase === "Succeeded" || pod.phase === "Failed" || pod.phase === "Unknown") continue;
    push(podsByIp, pod.ip, pod);
  }
  return {
    input,
    services,
    slices,
    servicesByClusterIp,
    endpointsByAddress,
    podsByIp,
    namespaces,
    impliedNamespaces,
    hasUnknownAddresses,
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
