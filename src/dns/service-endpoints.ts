import { parseIp } from "../kubernetes/ip.ts";
import { matchesSelector } from "../kubernetes/label-selector.ts";
import { isStandIn } from "../kubernetes/workload-pods.ts";
import { once } from "../objects/kept.ts";
import type { ObjectRef } from "../objects/meta.ts";
import type { LabelSelector } from "../objects/workload.ts";
import { isAtLeast } from "./coredns-version.ts";
import { NONE_WITHHELD, type WithheldPods } from "./outcome.ts";
import type { ZoneEndpoint, ZoneSlice } from "./zone-input.ts";

/** One address on one port: what CoreDNS makes a record of (plugin/kubernetes msg.Service). */
export interface Tuple {
  /** The address as written, or the target of an FQDN slice; null where it is not known yet. */
  readonly host: string | null;
  readonly kind: "A" | "AAAA" | "CNAME";
  /** As DNS answers write it: the address made canonical. */
  readonly data: string | null;
  /** The endpoint's own label; null where it will come from an address or a Pod's name that is not known yet. */
  readonly label: string | null;
  /** What tells a label that is not known yet from others: addresses of one endpoint make different ones, names the same. */
  readonly labelToCome: string;
  /** -1: the slice has no ports, or leaves the number open. */
  readonly port: number;
  readonly portName: string;
  readonly protocol: string;
  readonly pod: string | null;
  readonly object: ObjectRef;
}

/** What CoreDNS holds of one Service's slices, in the form that questions are answered from. */
export interface ServiceEndpoints {
  /** Ready addresses x ports. */
  readonly tuples: readonly Tuple[];
  byLabel(label: string): readonly Tuple[];
  /** Labels that are not known yet: made of addresses to come, or of names that controllers will choose. */
  readonly unknownLabels: "none" | "addresses" | "any";
  /** Slices that carry the Service's name, before `labels` of the Corefile. */
  readonly slices: readonly ZoneSlice[];
  /** `labels` of the Corefile leaves out all of them. */
  readonly excluded: boolean;
  /** Endpoints in the slices, ready or not. */
  readonly total: number;
  readonly withheld: WithheldPods;
  /** The withheld endpoint that would have this label. */
  withheldAs(label: string): ZoneEndpoint | null;
  /** A ready endpoint that has this address and another label than its address would make. */
  namedOtherwise(hyphenAddress: string): Tuple | null;
}

const SHOWN_WITHHELD = 5;

export function serviceEndpoints(
  slices: readonly ZoneSlice[],
  labels: LabelSelector | null,
  endpointPodNames: boolean,
  version: string | null,
): ServiceEndpoints {
  const tuples: Tuple[] = [];
  const withheld: ZoneEndpoint[] = [];
  let total = 0;
  let unknownLabels: ServiceEndpoints["unknownLabels"] = "none";
  let excluded = slices.length > 0;
  for (const slice of slices) {
    if (labels !== null && !matchesSelector(labels, slice.labels)) continue;
    excluded = false;
    const ports = slice.ports.length === 0 ? [{ name: "", protocol: "", port: null }] : slice.ports;
    for (const endpoint of slice.endpoints) {
      total += 1;
      if (!endpoint.ready) {
        withheld.push(endpoint);
        continue;
      }
      const { pod } = endpoint;
      for (const host of endpoint.addresses ?? [null]) {
        const { kind, data } = kindOf(host, slice);
        const label = labelOf(endpoint, host, endpointPodNames, version);
        const ofAddress = endpoint.hostname === null && !endpointPodNames;
        const labelToCome = `(${endpoint.hostname ?? pod ?? ""}${ofAddress ? ` ${kind}` : ""})`;
        if (label === null && unknownLabels !== "any") {
          unknownLabels = ofAddress ? "addresses" : "any";
        }
        for (const { name, protocol, port } of ports) {
          const { object } = slice;
          tuples.push({
            host,
            kind,
            data,
            label,
            labelToCome,
            port: port ?? -1,
            portName: name,
            protocol,
            pod,
            object,
          });
        }
      }
    }
  }
  const byLabel = once(() => Map.groupBy(tuples, (tuple) => tuple.label));
  const withheldByLabel = once(() => {
    const map = new Map<string, ZoneEndpoint>();
    for (const endpoint of withheld) {
      for (const host of endpoint.addresses ?? [null]) {
        const label = labelOf(endpoint, host, endpointPodNames, version);
        if (label !== null) map.set(label, endpoint);
      }
    }
    return map;
  });
  const byAddressLabel = once(() => {
    const map = new Map<string, Tuple>();
    for (const tuple of tuples) {
      const label = tuple.host === null ? null : addressLabel(tuple.host, version);
      if (label !== null && label !== tuple.label) map.set(label, tuple);
    }
    return map;
  });
  return {
    tuples,
    byLabel: (label) => byLabel().get(label) ?? [],
    unknownLabels,
    slices,
    excluded,
    total,
    withheld:
      withheld.length === 0
        ? NONE_WITHHELD
        : {
            count: withheld.length,
            shown: withheld.slice(0, SHOWN_WITHHELD).map((endpoint) => ({
              pod: endpointName(endpoint),
              why: endpoint.withheld ?? "not ready",
            })),
          },
    withheldAs: (label) => withheldByLabel().get(label) ?? null,
    namedOtherwise: (label) => byAddressLabel().get(label) ?? null,
  };
}

/** How an endpoint is called before people: its Pod, else its hostname or address. */
function endpointName(endpoint: ZoneEndpoint): string {
  return endpoint.pod ?? endpoint.hostname ?? endpoint.addresses?.[0] ?? "an endpoint";
}

function kindOf(host: string | null, slice: ZoneSlice): Pick<Tuple, "kind" | "data"> {
  if (host === null) return { kind: slice.addressType === "IPv6" ? "AAAA" : "A", data: null };
  // The text decides, not addressType (plugin/etcd/msg HostType).
  const ip = parseIp(host);
  if (ip === null) return { kind: "CNAME", data: host };
  return { kind: ip.family === "IPv4" ? "A" : "AAAA", data: ip.text };
}

/** Mirrors plugin/kubernetes endpointHostname; null where it is not known yet. */
function labelOf(
  endpoint: ZoneEndpoint,
  host: string | null,
  endpointPodNames: boolean,
  version: string | null,
): string | null {
  const { hostname, target } = endpoint;
  if (hostname !== null && hostname !== "") return isStandIn(hostname) ? null : hostname.toLowerCase();
  // A longer name could not be a label (object/endpoint.go).
  if (endpointPodNames && target !== null && target !== "" && target.length < 64) {
    return isStandIn(target) ? null : target.toLowerCase();
  }
  return host === null ? null : addressLabel(host, version);
}

/** An address as a label: `10-0-0-1`, `fd00--1`; a trailing hyphen takes a 0 since 1.12.3. */
export function addressLabel(host: string, version: string | null): string {
  if (host.includes(".")) return host.replaceAll(".", "-").toLowerCase();
  const label = host.replaceAll(":", "-").toLowerCase();
  return label.endsWith("-") && isAtLeast(version, "1.12.3") ? `${label}0` : label;
}

/** Whether a label may be made of an address. */
export function isAddressLabel(label: string): boolean {
  return parseIp(label.replaceAll("-", ".")) !== null || parseIp(label.replaceAll("-", ":")) !== null;
}
