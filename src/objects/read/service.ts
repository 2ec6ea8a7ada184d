import type { IPFamily, Lookalike, Protocol, ServicePort, ServiceSpec } from "../service.ts";
import {
  each,
  type Field,
  fault,
  flag,
  integer,
  integerOrText,
  map,
  oneOf,
  oneOfOr,
  optionalLabels,
  text,
  textOr,
  texts,
} from "./fields.ts";

const SPEC_FIELDS = [
  "allocateLoadBalancerNodePorts",
  "clusterIP",
  "clusterIPs",
  "externalIPs",
  "externalName",
  "externalTrafficPolicy",
  "healthCheckNodePort",
  "internalTrafficPolicy",
  "ipFamilies",
  "ipFamilyPolicy",
  "loadBalancerClass",
  "loadBalancerIP",
  "loadBalancerSourceRanges",
  "ports",
  "publishNotReadyAddresses",
  "selector",
  "sessionAffinity",
  "sessionAffinityConfig",
  "trafficDistribution",
  "type",
] as const;
const KNOWN_FIELDS: ReadonlySet<string> = new Set(SPEC_FIELDS);
const BY_LOWER_CASE: ReadonlyMap<string, string> = new Map(SPEC_FIELDS.map((field) => [field.toLowerCase(), field]));

export const PROTOCOLS = ["TCP", "UDP", "SCTP"] as const satisfies readonly Protocol[];
const FAMILIES: readonly string[] = ["IPv4", "IPv6"] satisfies readonly IPFamily[];

export function readServiceSpec(root: Field): ServiceSpec {
  const spec = map(root, "spec");
  return {
    type: oneOfOr(spec, "type", ["ClusterIP", "NodePort", "LoadBalancer", "ExternalName"], "ClusterIP"),
    clusterIP: text(spec, "clusterIP"),
    clusterIPs: texts(spec, "clusterIPs"),
    selector: optionalLabels(spec, "selector"),
    ports: each(spec, "ports", readPort),
    publishNotReadyAddresses: flag(spec, "publishNotReadyAddresses") ?? false,
    externalName: text(spec, "externalName"),
    ipFamilies: readFamilies(spec),
    ipFamilyPolicy: oneOf(spec, "ipFamilyPolicy", ["SingleStack", "PreferDualStack", "RequireDualStack"]),
    sessionAffinity: text(spec, "sessionAffinity"),
    externalIPs: texts(spec, "externalIPs"),
    loadBalancerIP: text(spec, "loadBalancerIP"),
    loadBalancerClass: text(spec, "loadBalancerClass"),
    loadBalancerSourceRanges: texts(spec, "loadBalancerSourceRanges"),
    externalTrafficPolicy: text(spec, "externalTrafficPolicy"),
    internalTrafficPolicy: text(spec, "internalTrafficPolicy"),
    trafficDistribution: text(spec, "trafficDistribution"),
  };
}

/** Mirrors pkg/apis/core/v1/defaults.go SetDefaults_Service: a targetPort of 0 or "" is the port as well. */
function readPort(port: Field): ServicePort {
  const number = integer(port, "port");
  if (number === null && (port.entries.port ?? null) === null) {
    fault(port, ["port"], "expected a port number, found nothing");
  }
  return {
    name: textOr(port, "name", ""),
    protocol: oneOfOr(port, "protocol", PROTOCOLS, "TCP"),
    port: number ?? 0,
    targetPort: integerOrText(port, "targetPort") || (number ?? 0),
    nodePort: integer(port, "nodePort"),
    appProtocol: text(port, "appProtocol"),
  };
}

function readFamilies(spec: Field): readonly IPFamily[] {
  return texts(spec, "ipFamilies").filter((family, index): family is IPFamily => {
    if (FAMILIES.includes(family)) return true;
    if (!spec.reading.live) {
      fault(spec, ["ipFamilies", index], `expected IPv4 or IPv6, found the text ${JSON.stringify(family)}`);
    }
    return false;
  });
}

/** Fields of spec that differ from a known one only in upper and lower case, or in `-` and `_`: Kubernetes drops them. */
export function readLookalikes(root: Field): readonly Lookalike[] {
  const { entries } = map(root, "spec");
  const found: Lookalike[] = [];
  for (const field in entries) {
    if (KNOWN_FIELDS.has(field)) continue;
    const meant = BY_LOWER_CASE.get(field.replace(/[-_]/g, "").toLowerCase());
    const value = entries[field];
    if (meant !== undefined) {
      found.push({ field, meant, value: typeof value === "string" ? value : JSON.stringify(value ?? null) });
    }
  }
  return found;
}
