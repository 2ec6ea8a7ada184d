import { familiesOf } from "../kubernetes/endpoint-slices.ts";
import { parseIp } from "../kubernetes/ip.ts";
import { matchesSelector } from "../kubernetes/label-selector.ts";
import { perKey } from "../objects/kept.ts";
import { refOf } from "../objects/meta.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import { isAtLeast } from "./coredns-version.ts";
import type { KubernetesOptions } from "./corefile-kubernetes.ts";
import { isReverseZone } from "./corefile-kubernetes.ts";
import { found, type Item, kindOf, type Lookup, missing, withUnsureFamily } from "./kubernetes-found.ts";
import { type Unknown, unknown } from "./outcome.ts";
import * as reasons from "./reasons.ts";
import { isAddressLabel, type ServiceEndpoints, serviceEndpoints } from "./service-endpoints.ts";
import { clusterIpsOf, serviceKey, type ZoneIndex } from "./zone-index.ts";
import type { ListState } from "./zone-input.ts";

/** One `kubernetes` stanza over the objects that it serves. */
export interface Stanza {
  readonly options: KubernetesOptions;
  readonly index: ZoneIndex;
  readonly endpointsOf: (namespace: string, service: string) => ServiceEndpoints;
  readonly last: { name: string; zone: string; lookup: Lookup | null };
}

const MOST_KEPT = 64;

export function stanzaOf(options: KubernetesOptions, index: ZoneIndex): Stanza {
  const endpointsOf = perKey(
    (key: string) =>
      serviceEndpoints(index.slices.get(key) ?? [], options.labels, options.endpointPodNames, index.input.version),
    MOST_KEPT,
  );
  return {
    options,
    index,
    last: { name: "", zone: "", lookup: null },
    endpointsOf: (namespace, service) => endpointsOf(serviceKey(namespace, service)),
  };
}

/** A name below the zone, taken apart (plugin/kubernetes/parse.go parseRequest). */
interface Request {
  readonly namespace: string;
  readonly kind: "svc" | "pod";
  /** "" where the name ends before. */
  readonly service: string;
  readonly endpoint: string;
  readonly port: string;
  readonly protocol: string;
}

/** `a.b` below `x.y.`, as its labels; none at the apex. Labels keep their escapes, as in CoreDNS. */
function labelsBelow(name: string, zone: string): readonly string[] {
  const base = zone === "." ? name.slice(0, -1) : name.slice(0, Math.max(0, name.length - zone.length - 1));
  if (base === "") return [];
  return base.includes("\\") ? base.split(/(?<!(?:^|[^\\])(?:\\\\)*\\)\./) : base.split(".");
}

/** Puts labels in front of a zone. */
export function under(labels: string, zone: string): string {
  return zone === "." ? `${labels}.` : `${labels}.${zone}`;
}

/**
 * Mirrors plugin/kubernetes/kubernetes.go Records. `name` is in `zone`, one of the stanza's. The last result is kept: a
 * name is asked for its types one after the other, and all of them are made of the same.
 */
export function lookUp(stanza: Stanza, name: string, zone: string): Lookup {
  const { last } = stanza;
  if (last.lookup === null || last.name !== name || last.zone !== zone) {
    last.lookup = recordsOf(stanza, name, zone);
    last.name = name;
    last.zone = zone;
  }
  return last.lookup;
}

function recordsOf(stanza: Stanza, name: string, zone: string): Lookup {
  const { options } = stanza;
  if (options.multiclusterZones.some((one) => zone === one || zone.endsWith(`.${one}`))) {
    return unknown(
      "not-modelled",
      `names of the multicluster zone ${zone} come from ServiceImports, which are not read`,
    );
  }
  const labels = labelsBelow(name, zone);
  const [last] = labels.slice(-1);
  if (last === undefined || (labels.length === 1 && (last === "svc" || last === "pod"))) {
    return found("zone-name", reasons.zoneItself(name, zone), []);
  }
  if (last !== "svc" && last !== "pod") return missing("name-shape", reasons.notUnderSvc(name, zone, labels));
  const [namespace, service = "", ...left] = labels.slice(0, -1).reverse();
  if (namespace === undefined) return found("zone-name", reasons.zoneItself(name, zone), []);
  if (left.length > 2) {
    if (options.zonal && left[0] === "_zone" && last === "svc" && (left[1] === "pin" || left[1] === "prefer")) {
      return unknown(
        "not-modelled",
        "zone-scoped names (the `zonal` option) depend on the endpoints' zones, which are not read",
      );
    }
    return missing("name-shape", reasons.tooLong(name, service, namespace, last));
  }
  const request: Request = {
    namespace,
    kind: last,
    service,
    endpoint: left.length === 1 ? (left[0] ?? "") : "",
    port: left.length === 2 ? withoutUnderscore(left[1] ?? "") : "",
    protocol: left.length === 2 ? withoutUnderscore(left[0] ?? "") : "",
  };
  if (isReverseZone(name)) return missing("name-shape", reasons.notUnderSvc(name, zone, labels));
  return last === "pod" ? findPods(stanza, request, zone) : findServices(stanza, request, zone);
}

function withoutUnderscore(label: string): string {
  return label.startsWith("_") ? label.slice(1) : label;
}

/** Whether the stanza serves a namespace (namespace.go); "maybe" where it is not known whether the namespace exists. */
function exposed(stanza: Stanza, namespace: string): Lookup | "yes" | "maybe" {
  const { options, index } = stanza;
  if (options.namespaces.length > 0 && !options.namespaces.includes(namespace)) {
    return missing("namespace-excluded", reasons.namespaceExcluded(namespace, "namespaces"));
  }
  const known = index.namespaces.get(namespace);
  if (known !== undefined) {
    if (options.namespaceLabels === null) return "yes";
    if (known.labels === null) return unknown("not-collected", reasons.namespaceLabelsUnread(namespace));
    return matchesSelector(options.namespaceLabels, known.labels)
      ? "yes"
      : missing("namespace-excluded", reasons.namespaceExcluded(namespace, "namespace_labels"));
  }
  const { state } = index.input.namespaces;
  if (state.status === "complete") return missing("namespace-missing", reasons.namespaceMissing(namespace));
  if (options.namespaceLabels !== null) return unknown("not-collected", reasons.namespaceLabelsUnread(namespace));
  return index.impliedNamespaces().has(namespace) ? "yes" : "maybe";
}

function namespaceUnknown({ input }: Stanza["index"], namespace: string): Unknown {
  const { state } = input.namespaces;
  const because = state.status === "complete" ? "" : state.because;
  return unknown("not-collected", reasons.namespaceUnknown(namespace, because));
}

function notRead(what: string, namespace: string, state: ListState): Unknown {
  const because = state.status === "complete" ? "" : `: ${state.because}`;
  const unread =
    state.status === "partial"
      ? `not all ${what} of namespace ${namespace} are known`
      : `${what} of namespace ${namespace} were not read`;
  return unknown("not-collected", `${unread}${because}`);
}

/** Mirrors kubernetes.go findServices. */
function findServices(stanza: Stanza, request: Request, zone: string): Lookup {
  const { options, index } = stanza;
  const { namespace, service: name } = request;
  const exposure = exposed(stanza, namespace);
  if (typeof exposure === "object") return exposure;
  if (name === "") {
    return exposure === "yes"
      ? found("zone-name", reasons.namespaceItself(namespace, "svc"), [])
      : namespaceUnknown(index, namespace);
  }
  const key = serviceKey(namespace, name);
  const service = index.services.get(key);
  if (service === undefined) {
    const rejected = index.input.rejected.get(key);
    if (rejected !== undefined) return missing("service-rejected", reasons.serviceRejected(namespace, name, rejected));
    const state = index.input.services.state(namespace, name);
    return state.status === "complete"
      ? missing("service-missing", reasons.serviceMissing(namespace, name))
      : notRead("Services", namespace, state);
  }
  if (options.labels !== null && !matchesSelector(options.labels, service.metadata.labels)) {
    return missing("service-excluded", reasons.serviceExcluded(service));
  }
  const headless = isHeadless(service);
  if (service.spec.type === "ExternalName") return findExternalName(stanza, service, request, zone);
  const slices = index.input.slices.state(namespace, name);
  if (options.ignoreEmptyService && !headless) {
    if (slices.status !== "complete" && !options.noEndpoints) return notRead("EndpointSlices", namespace, slices);
    if (options.noEndpoints || stanza.endpointsOf(namespace, name).tuples.length === 0) {
      return missing("no-endpoints", reasons.ignoredEmpty(service));
    }
  }
  if (!headless && request.endpoint === "") return findClusterIp(service, request, zone);
  if (options.noEndpoints) return missing("endpoints-disabled", reasons.endpointsDisabled(service));
  if (slices.status === "unavailable") return notRead("EndpointSlices", namespace, slices);
  const result = findEndpoints(stanza, service, request, zone);
  if (slices.status === "complete") return result;
  // What was read holds; what was not may hold more.
  return result.status === "found"
    ? { ...result, incomplete: slices.because }
    : notRead("EndpointSlices", namespace, slices);
}

function findExternalName({ index }: Stanza, service: Service, request: Request, zone: string): Lookup {
  // What lies below is the same alias: an endpoint's name before 1.10.1, a port's before 1.11.0.
  const since = request.endpoint !== "" ? "1.10.1" : request.port !== "" || request.protocol !== "" ? "1.11.0" : null;
  if (since !== null && isAtLeast(index.input.version, since)) {
    return missing("name-shape", reasons.belowExternalName(service));
  }
  const host = service.spec.externalName ?? "";
  if (parseIp(host) !== null) return missing("target-is-address", reasons.externalNameIsAddress(service, host));
  const item: Item = {
    host,
    kind: "CNAME",
    data: host,
    port: 0,
    target: under(`${service.metadata.name}.${service.metadata.namespace}.svc`, zone),
    pod: null,
    object: refOf(service),
  };
  return found("external-name", reasons.externalName(service, host), [item]);
}

function findClusterIp(service: Service, request: Request, zone: string): Lookup {
  const { name, namespace } = service.metadata;
  const target = under(`${name}.${namespace}.svc`, zone);
  const ips = clusterIpsOf(service);
  const hosts: Pick<Item, "host" | "kind" | "data">[] = ips.map((host) => {
    const ip = parseIp(host);
    return { host, kind: ip?.family === "IPv6" ? "AAAA" : "A", data: ip?.text ?? host };
  });
  // The others are given out by the API server when the Service is made.
  const kinds = service.live && ips.length > 0 ? [] : familiesOf(service).map((family) => kindOf(family));
  for (const kind of kinds) {
    if (!hosts.some((host) => host.kind === kind)) hosts.push({ host: null, kind, data: null });
  }
  const ports = service.spec.ports.length === 0 ? [{ name: "", protocol: "", port: -1 }] : service.spec.ports;
  const items: Item[] = [];
  for (const port of ports) {
    if (!matchesPort(request, port.name, port.protocol)) continue;
    for (const host of hosts) items.push({ ...host, port: port.port, target, pod: null, object: refOf(service) });
  }
  if (items.length === 0) return missing("port-missing", reasons.portMissing(service, request, service.spec.ports));
  return withUnsureFamily(service, found("cluster-ip", reasons.clusterIp(service, ips), items));
}

/** Whether a port is meant; what the name leaves out matches everything (matchPortAndProtocol). */
function matchesPort({ port, protocol }: Request, name: string, ofProtocol: string): boolean {
  return (port === "" || port === name.toLowerCase()) && (protocol === "" || protocol === ofProtocol.toLowerCase());
}

function findEndpoints(stanza: Stanza, service: Service, request: Request, zone: string): Lookup {
  const { name, namespace } = service.metadata;
  const endpoints = stanza.endpointsOf(namespace, name);
  const { withheld } = endpoints;
  const { endpoint } = request;
  const candidates = endpoint === "" ? endpoints.tuples : endpoints.byLabel(endpoint);
  if (candidates.length === 0) {
    if (endpoints.slices.length === 0) {
      return missing("slice-missing", reasons.sliceMissing(service, stanza.index.input.whyEmpty(service)));
    }
    if (endpoints.excluded) return missing("slice-excluded", reasons.sliceExcluded(service));
    if (endpoints.total === 0) {
      return missing("no-endpoints", reasons.noEndpoints(service, stanza.index.input.whyEmpty(service)));
    }
    const notReady = endpoint === "" ? null : endpoints.withheldAs(endpoint);
    if (notReady !== null) return missing("endpoint-not-ready", reasons.endpointNotReady(service, notReady), withheld);
    if (endpoints.tuples.length === 0) return missing("not-ready", reasons.notReady(service, endpoints), withheld);
    const { unknownLabels } = endpoints;
    if (unknownLabels === "any" || (unknownLabels === "addresses" && isAddressLabel(endpoint))) {
      return unknown("not-collected", reasons.labelsUnknown(service, endpoint));
    }
    return missing("endpoint-name-missing", reasons.endpointNameMissing(service, endpoint, endpoints), withheld);
  }
  const all = request.port === "" && request.protocol === "";
  const matched = all ? candidates : candidates.filter((tuple) => matchesPort(request, tuple.portName, tuple.protocol));
  if (matched.length === 0) {
    const ports = candidates.map(({ portName, protocol, port }) => ({ name: portName, protocol, port }));
    return missing("port-missing", reasons.portMissing(service, request, ports), withheld);
  }
  const suffix = under(`${name}.${namespace}.svc`, zone);
  const items = matched.map(
    ({ host, kind, data, port, pod, object, label, labelToCome }): Item => ({
      host,
      kind,
      data,
      port,
      pod,
      object,
      target: label === null ? null : `${label}.${suffix}`,
      labelToCome,
    }),
  );
  const result = found("endpoints", reasons.endpoints(service, matched, endpoints), items, withheld);
  return withUnsureFamily(service, result);
}

/** Mirrors kubernetes.go findPods: names like `10-0-0-1.ns.pod`, whatever stands to the left. */
function findPods(stanza: Stanza, request: Request, zone: string): Lookup {
  const { options, index } = stanza;
  const { namespace, service: podName } = request;
  const exposure = exposed(stanza, namespace);
  if (typeof exposure === "object") return exposure;
  if (options.pods === "disabled") return missing("pods-disabled", reasons.podsDisabled());
  if (podName === "") {
    return exposure === "yes"
      ? found("zone-name", reasons.namespaceItself(namespace, "pod"), [])
      : namespaceUnknown(index, namespace);
  }
  const four = /^[^-]*(-[^-]*){3}$/.test(podName) && !podName.includes("--");
  const host = podName.replaceAll("-", four ? "." : ":");
  const target = under(`${podName}.${namespace}.pod`, zone);
  const item = (pod: string | null): Item => {
    const ip = parseIp(host);
    const kind = ip === null ? "CNAME" : ip.family === "IPv4" ? "A" : "AAAA";
    const object =
      pod === null
        ? { apiVersion: "v1", kind: "Namespace", namespace: "", name: namespace }
        : { apiVersion: "v1", kind: "Pod", namespace, name: pod };
    return { host, kind, data: ip?.text ?? host, port: 0, target, pod, object };
  };
  if (options.pods === "insecure") {
    if (parseIp(host) === null) return missing("name-shape", reasons.notAnAddress(podName));
    if (exposure !== "yes") return namespaceUnknown(index, namespace);
    return found("pod-address", reasons.podAddress(host, namespace), [item(null)]);
  }
  const pods = (index.podsByIp().get(host) ?? []).filter(
    (pod) => pod.namespace === namespace && (options.labels === null || matchesSelector(options.labels, pod.labels)),
  );
  // A replica skips changes of Pods that are being deleted (object/informer.go): it answers for them only where it saw
  // them before, so that one that was started since does not (seen on 1.13.2).
  const staying = pods.filter((pod) => !pod.terminating);
  if (staying.length > 0) {
    return found(
      "pod-address",
      reasons.podVerified(
        host,
        staying.map((pod) => pod.name),
      ),
      staying.map((pod) => item(pod.name)),
    );
  }
  if (pods.length > 0) return unknown("not-modelled", reasons.podLeaving(host));
  const state = index.input.pods.state(namespace);
  if (state.status !== "complete") return notRead("Pods", namespace, state);
  return missing("pod-missing", reasons.podMissing(host, namespace));
}
