import { describeRef, refOf } from "../objects/meta.ts";
import type { IPFamily, Service } from "../objects/service.ts";
import type { ServiceEndpoints, Tuple } from "./service-endpoints.ts";
import type { ZoneEndpoint } from "./zone-input.ts";

/*
 * Why a name is answered as it is, in plain words. Each names the object that makes the records, or the first thing that
 * withholds them.
 */

const SHOWN = 3;

/** `a, b, c and 4 more`. */
function listed(items: readonly string[], count: number = items.length): string {
  const shown = items.slice(0, SHOWN).join(", ");
  return count > SHOWN ? `${shown} and ${count - SHOWN} more` : shown;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

function called(service: Service): string {
  return describeRef(refOf(service));
}

export function zoneItself(name: string, zone: string): string {
  return name === zone ? `${zone} is the cluster's zone itself` : `${name} only holds other names`;
}

export function namespaceItself(namespace: string, kind: "svc" | "pod"): string {
  return `namespace ${namespace} exists; ${namespace}.${kind} only holds other names`;
}

export function notUnderSvc(name: string, zone: string, labels: readonly string[]): string {
  const guess = labels.length === 2 ? ` (${labels.join(".")}.svc.${zone} would be a Service's name)` : "";
  return `${name} ends neither in svc.${zone} nor in pod.${zone}, as names in the cluster do${guess}`;
}

export function tooLong(name: string, service: string, namespace: string, kind: string): string {
  return `${name} has too many labels: at most two may stand before ${service}.${namespace}.${kind}`;
}

export function namespaceExcluded(namespace: string, option: "namespaces" | "namespace_labels"): string {
  return `CoreDNS leaves out namespace ${namespace}: its Corefile serves only some (${option})`;
}

export function namespaceMissing(namespace: string): string {
  return `there is no namespace ${namespace}`;
}

export function namespaceLabelsUnread(namespace: string): string {
  return `the Corefile serves namespaces by label (namespace_labels), and the labels of ${namespace} were not read`;
}

export function namespaceUnknown(namespace: string, because: string): string {
  return `it is not known whether namespace ${namespace} exists${because === "" ? "" : `: ${because}`}`;
}

export function serviceMissing(namespace: string, name: string): string {
  return `there is no Service ${name} in namespace ${namespace}`;
}

export function serviceRejected(namespace: string, name: string, why: string): string {
  return `the API server does not take Service ${namespace}/${name}: ${why}`;
}

export function serviceExcluded(service: Service): string {
  return `CoreDNS leaves out ${called(service)}: it lacks the labels that the Corefile asks for (labels)`;
}

export function belowExternalName(service: Service): string {
  return `${called(service)} is an ExternalName; nothing exists below its name`;
}

export function externalNameIsAddress(service: Service, host: string): string {
  return `${called(service)} has the address ${host} as its externalName, of which CoreDNS makes nothing`;
}

export function externalName(service: Service, host: string): string {
  return `${called(service)} is an ExternalName for ${host}`;
}

export function ignoredEmpty(service: Service): string {
  return `${called(service)} has no ready endpoint, and the Corefile says to ignore such Services (ignore empty_service)`;
}

export function clusterIp(service: Service, ips: readonly string[]): string {
  const what =
    ips.length === 0 ? "a cluster IP, which the API server will give out" : `the cluster IP ${ips.join(", ")}`;
  return `${called(service)} is not headless: its name means ${what}, whatever its endpoints`;
}

export function familyUnsure(service: Service, family: IPFamily): string {
  return `${called(service)} prefers two families: it has ${family} addresses, too, where the cluster gives Services both, which manifests do not tell`;
}

export function endpointsDisabled(service: Service): string {
  return `CoreDNS does not read endpoints (noendpoints), so that ${called(service)} has no addresses`;
}

function portNames(
  ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[],
): string {
  const names = new Set(
    ports.map(({ name, protocol, port }) => (port === -1 ? "none" : `${name === "" ? "(unnamed)" : name}/${protocol}`)),
  );
  return listed([...names]);
}

export function portMissing(
  service: Service,
  { port, protocol }: { readonly port: string; readonly protocol: string },
  ports: readonly { readonly name: string; readonly protocol: string; readonly port: number }[],
): string {
  return `${called(service)} has no port ${port} with protocol ${protocol} (its ports: ${portNames(ports) || "none"})`;
}

export function sliceMissing(service: Service, why: string | null): string {
  const head = `${called(service)} has no EndpointSlice that carries its name (label kubernetes.io/service-name)`;
  return why === null ? head : `${head}: ${why}`;
}

export function sliceExcluded(service: Service): string {
  return `CoreDNS leaves out the EndpointSlices of ${called(service)}: they lack the labels that the Corefile asks for (labels)`;
}

export function noEndpoints(service: Service, why: string | null): string {
  const head = `the EndpointSlices of ${called(service)} hold no address`;
  return why === null ? head : `${head}: ${why}`;
}

export function notReady(service: Service, { total, withheld }: ServiceEndpoints): string {
  const pods = withheld.shown.map(({ pod, why }) => `${pod} (${why})`);
  const who = total === 1 ? "the only endpoint" : `none of the ${total} endpoints`;
  return `${who} of ${called(service)} is ${total === 1 ? "not " : ""}ready: ${listed(pods, withheld.count)}`;
}

export function endpointNotReady(service: Service, endpoint: ZoneEndpoint): string {
  const who = endpoint.pod ?? endpoint.addresses?.[0] ?? "the endpoint";
  return `${who}, an endpoint of ${called(service)}, is not published: ${endpoint.withheld ?? "not ready"}`;
}

export function labelsUnknown(service: Service, endpoint: string): string {
  return `Pods of ${called(service)} will be named by their addresses or by names not chosen yet; ${endpoint} may be one of them`;
}

export function endpointNameMissing(service: Service, endpoint: string, endpoints: ServiceEndpoints): string {
  const other = endpoints.namedOtherwise(endpoint);
  if (other !== null) {
    return `the endpoint ${other.host} of ${called(service)} has the name ${other.label}, and so none by its address`;
  }
  const byPod = endpoints.tuples.find((tuple) => tuple.pod === endpoint);
  if (byPod !== undefined) {
    return (
      `Pod ${endpoint} is an endpoint of ${called(service)} without a name of its own: that takes a hostname, and ` +
      `subdomain: ${service.metadata.name}; it answers to ${byPod.label ?? "its address"}`
    );
  }
  const labels = new Set(endpoints.tuples.flatMap(({ label }) => (label === null ? [] : [label])));
  const names = labels.size === 0 ? "" : ` (its endpoints: ${listed([...labels].slice(0, SHOWN), labels.size)})`;
  return `no endpoint of ${called(service)} is named ${endpoint}${names}`;
}

export function endpoints(service: Service, matched: readonly Tuple[], all: ServiceEndpoints): string {
  const [first] = matched;
  const addresses = matched.length === 1 ? 1 : new Set(matched.map((tuple) => tuple.host ?? tuple.pod)).size;
  if (first?.host === null) {
    return `${called(service)} will have ${counted(addresses, "endpoint")} of this name; addresses come with the Pods`;
  }
  const objects = new Set(matched.map((tuple) => tuple.object));
  const one = first?.object.kind === "EndpointSlice" ? ` in EndpointSlice ${first.object.name}` : "";
  const where = objects.size > 1 ? ` in ${objects.size} EndpointSlices` : one;
  const missing = all.withheld.count === 0 ? "" : `; ${counted(all.withheld.count, "endpoint")} not ready`;
  return `${called(service)} has ${counted(addresses, "ready endpoint")} of this name${where}${missing}`;
}

export function podsDisabled(): string {
  return "CoreDNS makes no names of Pods' addresses (pods disabled, the default where the Corefile does not say otherwise)";
}

export function notAnAddress(label: string): string {
  return `${label} does not stand for an IP address`;
}

export function podAddress(host: string, namespace: string): string {
  return `CoreDNS answers any address in a namespace that exists (pods insecure): ${host} in ${namespace}`;
}

export function podVerified(host: string, pods: readonly string[]): string {
  return `${host} is the address of ${pods.length === 1 ? "Pod" : "Pods"} ${listed(pods)}`;
}

export function podMissing(host: string, namespace: string): string {
  return `no running Pod of namespace ${namespace} has the address ${host}`;
}

export function podLeaving(host: string): string {
  return `the Pod with the address ${host} is being deleted: replicas that were started since do not know it`;
}

export function otherType(type: string, reason: string): string {
  return `the name exists, but no ${type} record does: ${reason}`;
}

export function otherFamily(type: "A" | "AAAA", reason: string): string {
  const [has, lacks] = type === "A" ? ["IPv6", "IPv4"] : ["IPv4", "IPv6"];
  return `only ${has} addresses stand behind the name, no ${lacks} one: ${reason}`;
}

export function noPort(reason: string): string {
  return `SRV records need a port, and the endpoints have none: ${reason}`;
}

export function targetWithout(target: string, type: string, reason: string): string {
  return `its target ${target} has no ${type} record in the cluster, and CoreDNS then leaves out the CNAME, too: ${reason}`;
}

export function reverseOfService(address: string, service: Service): string {
  return `${address} is the cluster IP of ${called(service)}`;
}

export function reverseOfEndpoints(address: string, objects: readonly string[]): string {
  return `${address} is a ready endpoint in ${listed(objects)}`;
}

export function reverseMissing(address: string): string {
  return `no Service has the cluster IP ${address}, and none has it as a ready endpoint`;
}
