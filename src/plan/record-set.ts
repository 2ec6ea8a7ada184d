import { reverseName } from "../dns/name.ts";
import type { RecordType, ResourceRecord } from "../dns/records.ts";
import { addressLabel } from "../dns/service-endpoints.ts";
import { predict, type Zone } from "../dns/zone.ts";
import { clusterIpsOf, serviceKey } from "../dns/zone-index.ts";
import type { ZoneEndpoint, ZoneSlice } from "../dns/zone-input.ts";
import { isStandIn } from "../kubernetes/workload-pods.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import type { ClusterZone } from "../trace/zone.ts";

/** The types that a Service's names have; what else CoreDNS answers at them is the same for every name. */
const PLANNED_TYPES = ["A", "AAAA", "CNAME", "SRV", "PTR"] as const satisfies readonly RecordType[];
export type PlannedType = (typeof PLANNED_TYPES)[number];

/** One record. An SRV record whose target is not known yet has its port here, and where the name tells which it is only. */
export interface PlannedRecord extends Pick<ResourceRecord, "data" | "pod" | "object"> {
  readonly port: number | null;
}

/** All records of one type at one name. */
export interface RRset {
  /** Absolute, lower case. */
  readonly name: string;
  readonly type: PlannedType;
  /** Seconds. */
  readonly ttl: number;
  /** The Service that the name belongs to, `namespace/name`. */
  readonly service: string;
  readonly records: readonly PlannedRecord[];
}

/** Everything that Services publish, by `name type`. */
export type RecordSet = ReadonlyMap<string, RRset>;

/**
 * The records of every Service: its own name, `_port._proto`, the names of its endpoints and the reverse names of known
 * addresses, each as CoreDNS would answer it. Names made of a Pod's address (`10-244-0-5.web`) are left out: they change
 * with every restart, and no client knows them. So are the addresses that CoreDNS gives for `_port._proto`, and the SRV
 * records of single endpoints: they repeat what stands elsewhere.
 * Time is linear in the number of records.
 */
export function recordsOf({ zone, domain }: ClusterZone): RecordSet {
  const found = new Map<string, RRset>();
  const add = (service: string, name: string, type: PlannedType, ports: PortsOfPods = NO_PORTS): void => {
    const key = rrsetKey(name, type);
    if (found.has(key)) return;
    const prediction = predict(zone, name, type);
    if (!prediction.known) return;
    const answers = prediction.answers.filter((record) => record.type === type);
    const [first] = answers;
    if (first === undefined) return;
    const records = answers.map(({ data, pod, object }) => ({ data, pod, object, port: portOf(data, pod, ports) }));
    found.set(key, { name: prediction.name, type, ttl: first.ttl, service, records });
  };
  const podNames = endpointPodNames(zone);
  // In a fixed order, as a reverse name that several Services share is listed under the first.
  for (const [key, service] of [...zone.index.services].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const { namespace, name } = service.metadata;
    const own = `${name}.${namespace}.svc.${domain.name}.`.toLowerCase();
    const slices = zone.index.slices.get(serviceKey(namespace, name)) ?? [];
    if (service.spec.type === "ExternalName") {
      // With the addresses behind it, as far as they are the cluster's own.
      for (const type of ["CNAME", "A", "AAAA"] as const) add(key, own, type);
      continue;
    }
    for (const type of ["A", "AAAA", "SRV"] as const) add(key, own, type);
    for (const [label, ports] of portLabels(service, slices)) add(key, `${label}.${own}`, "SRV", ports);
    const { labels, addresses } = endpointsOf(service, slices, podNames, zone.input.version);
    for (const label of labels) for (const type of ["A", "AAAA"] as const) add(key, `${label}.${own}`, type);
    for (const address of [...clusterIpsOf(service), ...addresses]) {
      const reverse = reverseName(address);
      if (reverse !== null) add(key, reverse, "PTR");
    }
  }
  return found;
}

/** The key of an RRset; names are absolute and in lower case. */
function rrsetKey(name: string, type: PlannedType): string {
  return `${name} ${type}`;
}

/** Whether the name has records of any type. */
export function hasName(records: RecordSet, name: string): boolean {
  return PLANNED_TYPES.some((type) => records.has(rrsetKey(name, type)));
}

function endpointPodNames(zone: Zone): boolean {
  return [...zone.blocks.values()].some((block) => block.kubernetes?.endpointPodNames === true);
}

/** The number of one port on each Pod. */
type PortsOfPods = ReadonlyMap<string, number>;
const NO_PORTS: PortsOfPods = new Map();

function portOf(data: ResourceRecord["data"], pod: string | null, ports: PortsOfPods): number | null {
  if (data !== null && typeof data === "object" && "port" in data) return data.port;
  return pod === null ? null : (ports.get(pod) ?? null);
}

/** `_mysql._tcp` for every port with a name that the endpoints, or for a cluster IP the Service, have. */
function portLabels(service: Service, slices: readonly ZoneSlice[]): ReadonlyMap<string, PortsOfPods> {
  const found = new Map<string, Map<string, number>>();
  const portsAt = (name: string, protocol: string): Map<string, number> => {
    const label = `_${name}._${protocol}`.toLowerCase();
    const ports = found.get(label) ?? new Map<string, number>();
    found.set(label, ports);
    return ports;
  };
  if (!isHeadless(service)) {
    for (const { name, protocol } of service.spec.ports) if (name !== "") portsAt(name, protocol);
    return found;
  }
  for (const { ports, endpoints } of slices) {
    for (const { name, protocol, port } of ports) {
      if (name === "") continue;
      const known = portsAt(name, protocol);
      for (const { pod } of endpoints) if (pod !== null && port !== null) known.set(pod, port);
    }
  }
  return found;
}

interface EndpointNames {
  readonly labels: ReadonlySet<string>;
  readonly addresses: ReadonlySet<string>;
}

/** The names below the Service, and the addresses whose reverse names lead to them. */
function endpointsOf(
  service: Service,
  slices: readonly ZoneSlice[],
  podNames: boolean,
  version: string | null,
): EndpointNames {
  const headless = isHeadless(service);
  const labels = new Set<string>();
  const addresses = new Set<string>();
  for (const { endpoints } of slices) {
    for (const endpoint of endpoints) {
      if (!endpoint.ready) continue;
      const name = givenName(endpoint, podNames);
      if (name !== null && !isStandIn(name)) labels.add(name.toLowerCase());
      // An address that Pods get anew each time is nothing that anybody could know.
      if (name === null && (!headless || endpoint.pod !== null)) continue;
      for (const address of endpoint.addresses ?? []) {
        addresses.add(address);
        if (name === null) labels.add(addressLabel(address, version));
      }
    }
  }
  return { labels, addresses };
}

/** The name that an endpoint has other than by its address (plugin/kubernetes endpointHostname); null where it has none. */
function givenName({ hostname, target }: ZoneEndpoint, podNames: boolean): string | null {
  if (hostname !== null && hostname !== "") return hostname;
  return podNames && target !== null && target !== "" && target.length < 64 ? target : null;
}
