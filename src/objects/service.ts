import type { KubernetesObject, Labels } from "./meta.ts";

export type Protocol = "TCP" | "UDP" | "SCTP";
export type IPFamily = "IPv4" | "IPv6";
export type ServiceType = "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";

export interface ServicePort {
  /** "" where the port has no name. */
  readonly name: string;
  /** "TCP" where not given, as the API server defaults it. */
  readonly protocol: Protocol;
  readonly port: number;
  /** A number, or a container port's name; `port` where not given, as the API server defaults it. */
  readonly targetPort: number | string;
  readonly nodePort: number | null;
  readonly appProtocol: string | null;
}

export interface ServiceSpec {
  /** "ClusterIP" where not given, as the API server defaults it. */
  readonly type: ServiceType;
  /** null where not given; "None" makes the Service headless. Any other text as written. */
  readonly clusterIP: string | null;
  readonly clusterIPs: readonly string[];
  /** null where not given. An empty selector behaves as none. */
  readonly selector: Labels | null;
  readonly ports: readonly ServicePort[];
  readonly publishNotReadyAddresses: boolean;
  readonly externalName: string | null;
  /** Empty where not given. */
  readonly ipFamilies: readonly IPFamily[];
  readonly ipFamilyPolicy: "SingleStack" | "PreferDualStack" | "RequireDualStack" | null;
  readonly sessionAffinity: string | null;
  readonly externalIPs: readonly string[];
  readonly loadBalancerIP: string | null;
  readonly loadBalancerClass: string | null;
  readonly loadBalancerSourceRanges: readonly string[];
  readonly externalTrafficPolicy: string | null;
  readonly internalTrafficPolicy: string | null;
  readonly trafficDistribution: string | null;
}

/** A field that Kubernetes does not know, one letter's case away from one that it does (`clusterIp`). */
export interface Lookalike {
  readonly field: string;
  readonly meant: string;
  readonly value: string;
}

export interface Service extends KubernetesObject {
  readonly kind: "Service";
  readonly spec: ServiceSpec;
  /** Fields of spec that look like known ones; only manifests can hold them. */
  readonly lookalikes: readonly Lookalike[];
  /** Whether the API server stamped the object: then clusterIP and families are what was allocated. */
  readonly live: boolean;
}

/** Headless exactly as CoreDNS decides it: the first of clusterIPs, else clusterIP, is "None" (plugin/kubernetes object/service.go). */
export function isHeadless(service: Service): boolean {
  return (service.spec.clusterIPs[0] ?? service.spec.clusterIP) === "None" && service.spec.type !== "ExternalName";
}

/** Whether a controller selects Pods for it; an empty selector counts as none (endpointslice controller syncService). */
export function hasSelector(service: Service): boolean {
  return service.spec.selector !== null && Object.keys(service.spec.selector).length > 0;
}
