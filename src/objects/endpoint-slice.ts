import type { KubernetesObject, Labels, ObjectRef } from "./meta.ts";
import type { Protocol } from "./service.ts";

/** The label by which a slice belongs to a Service. */
export const SERVICE_NAME_LABEL = "kubernetes.io/service-name";
/** The label that tells who maintains a slice. */
export const MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by";

export interface EndpointConditions {
  /** null where not set: consumers read that as true. */
  readonly ready: boolean | null;
  readonly serving: boolean | null;
  readonly terminating: boolean | null;
}

export interface Endpoint {
  readonly addresses: readonly string[];
  readonly conditions: EndpointConditions;
  /** null where not set. */
  readonly hostname: string | null;
  readonly targetRef: Pick<ObjectRef, "kind" | "namespace" | "name"> | null;
  readonly nodeName: string | null;
}

export interface EndpointPort {
  /** "" where the port has no name. */
  readonly name: string;
  readonly protocol: Protocol;
  /** null: all ports; DNS has no SRV for it. */
  readonly port: number | null;
}

export interface EndpointSlice extends KubernetesObject {
  readonly kind: "EndpointSlice";
  readonly addressType: "IPv4" | "IPv6" | "FQDN";
  readonly endpoints: readonly Endpoint[];
  readonly ports: readonly EndpointPort[];
}

export interface EndpointsAddress {
  readonly ip: string;
  readonly hostname: string | null;
  readonly nodeName: string | null;
  readonly targetRef: Pick<ObjectRef, "kind" | "namespace" | "name"> | null;
}

/** The deprecated Endpoints API (v1). */
export interface Endpoints extends KubernetesObject {
  readonly kind: "Endpoints";
  readonly subsets: readonly {
    readonly addresses: readonly EndpointsAddress[];
    readonly notReadyAddresses: readonly EndpointsAddress[];
    readonly ports: readonly EndpointPort[];
  }[];
}

/** The Service that the slice's label names, null without the label. */
export function serviceNameOf(slice: { readonly metadata: { readonly labels: Labels } }): string | null {
  return slice.metadata.labels[SERVICE_NAME_LABEL] ?? null;
}
