import type { EndpointPort } from "../objects/endpoint-slice.ts";
import type { Labels, ObjectRef } from "../objects/meta.ts";
import type { Service } from "../objects/service.ts";
import type { Corefile } from "./corefile.ts";

/** How far a list can be trusted; the states of Collected, without the items. */
export type ListState =
  | { readonly status: "complete" }
  | { readonly status: "partial" | "unavailable"; readonly because: string };

/** Objects of one kind from every namespace that was read, with what is known of each namespace's list. */
export interface ZoneList<T> {
  readonly items: readonly T[];
  /** Of one namespace; `name` where one object is looked for, as lists may be known to lack a certain one. */
  state(namespace: string, name?: string): ListState;
  /** Of all namespaces together: an address is only known to be nobody's where this is complete. */
  readonly everywhere: ListState;
}

/** An endpoint as CoreDNS reads it from a slice, or as it will be once the Pod exists. */
export interface ZoneEndpoint {
  /** null: the address is not known before the Pod exists. */
  readonly addresses: readonly string[] | null;
  /** What CoreDNS takes for ready: the condition is true, or is not set. */
  readonly ready: boolean;
  readonly hostname: string | null;
  /** targetRef.name, of whatever kind: what `endpoint_pod_names` makes a label of. */
  readonly target: string | null;
  /** The Pod behind it; null where there is none. */
  readonly pod: string | null;
  /** Why it is not ready, in a few words; null where that is not known, or where it is ready. */
  readonly withheld: string | null;
}

/** An EndpointSlice, or what will become some. */
export interface ZoneSlice {
  readonly namespace: string;
  /** The label kubernetes.io/service-name; null without it. */
  readonly service: string | null;
  readonly labels: Labels;
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly ZoneEndpoint[];
  /** The slice; where it does not exist yet, the Service that it is made for. */
  readonly object: ObjectRef;
}

/** What `pods verified` and autopath know of a Pod. */
export interface ZonePod {
  readonly namespace: string;
  readonly name: string;
  /** status.podIPs, the first of which is status.podIP; empty where it has none yet. */
  readonly ips: readonly string[];
  readonly phase: string;
  readonly terminating: boolean;
  readonly labels: Labels;
}

export interface ZoneNamespace {
  readonly name: string;
  /** null where only the name is known. */
  readonly labels: Labels | null;
}

/** Everything that answers are predicted from. */
export interface ZoneInput {
  readonly corefile: Corefile;
  /** The port that clients reach; null: the one that dnsPortOf finds. */
  readonly port: number | null;
  /** CoreDNS's version as `1.12.1`; null where it is not known. */
  readonly version: string | null;
  readonly namespaces: { readonly items: readonly ZoneNamespace[]; readonly state: ListState };
  readonly services: ZoneList<Service>;
  readonly slices: ZoneList<ZoneSlice>;
  readonly pods: ZoneList<ZonePod>;
  /** Services of manifests that the API server would not take, by `namespace/name`: why. */
  readonly rejected: ReadonlyMap<string, string>;
  /** The addresses of each CoreDNS replica, by which it finds its own Service; null where they are not known. */
  readonly dnsServers: readonly (readonly string[])[] | null;
  /** The search list of CoreDNS's own Pod, where autopath ends up; null where it is not known. */
  readonly dnsSearch: readonly string[] | null;
  /** Why a Service has no endpoints at all, as the end of a sentence; null where nothing more is known. Asked when needed. */
  whyEmpty(service: Service): string | null;
}
