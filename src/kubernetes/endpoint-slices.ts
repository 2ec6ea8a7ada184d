import { type EndpointPort, MANAGED_BY_LABEL, SERVICE_NAME_LABEL } from "../objects/endpoint-slice.ts";
import type { Labels } from "../objects/meta.ts";
import { type Condition, type Pod, readyCondition } from "../objects/pod.ts";
import { hasSelector, type IPFamily, isHeadless, type Service, type ServicePort } from "../objects/service.ts";
import { parseIp } from "./ip.ts";
import { familiesGiven } from "./service-defaults.ts";

/** The `managed-by` label of the slices that the EndpointSlice controller makes. */
export const ENDPOINT_SLICE_CONTROLLER = "endpointslice-controller.k8s.io";
const HEADLESS_LABEL = "service.kubernetes.io/headless";

/** Why a selected Pod is in no slice, or is there without being ready. What comes first here is what is told first. */
export type WithheldBy =
  /** Succeeded or Failed: the controller leaves it out, even with publishNotReadyAddresses. */
  | { readonly why: "finished"; readonly phase: "Succeeded" | "Failed" }
  /** No address was given to it yet. */
  | { readonly why: "no-address"; readonly phase: string }
  /** Its addresses are all of other families than the Service's. */
  | { readonly why: "other-family"; readonly families: readonly IPFamily[]; readonly addresses: readonly string[] }
  /** The Node that it is on does not exist (`""`: it is on none); the controller tries again later. */
  | { readonly why: "node-missing"; readonly node: string }
  | { readonly why: "terminating"; readonly since: string }
  /** The Ready condition is not True; null where the Pod has none yet. */
  | { readonly why: "not-ready"; readonly condition: Condition | null };

/** What becomes of one selected Pod. */
export interface PodPublication {
  readonly pod: Pod;
  /** In at least one slice. */
  readonly inSlice: boolean;
  /** Its endpoints are ready, so that DNS answers with them. */
  readonly ready: boolean;
  /** null where it is in a slice and ready on its own account; set, too, where publishNotReadyAddresses overrules it. */
  readonly withheld: WithheldBy | null;
  /** Whether its own name exists under the Service (ShouldSetHostname); "" where it does not. */
  readonly hostname: string;
  /** Ports of the Service whose targetPort names no port of the Pod. */
  readonly unresolvedPorts: readonly ServicePort[];
}

interface ExpectedEndpoint {
  readonly pod: Pod;
  /** null: the Pod does not exist yet, its address is not known. */
  readonly addresses: readonly string[] | null;
  readonly conditions: { readonly ready: boolean; readonly serving: boolean; readonly terminating: boolean };
  readonly hostname: string | null;
}

/** Endpoints of one family with the same ports; the controller cuts them into slices of 100, which DNS never sees. */
interface ExpectedSlice {
  readonly addressType: IPFamily;
  readonly ports: readonly EndpointPort[];
  readonly endpoints: readonly ExpectedEndpoint[];
}

export type ExpectedSlices =
  /** The controller leaves such a Service alone; slices that it made before stay. */
  | { readonly made: false; readonly because: "external-name" | "no-selector" }
  | {
      readonly made: true;
      readonly families: readonly IPFamily[];
      /** Of every slice: the Service's own, and the reserved ones. */
      readonly labels: Labels;
      readonly slices: readonly ExpectedSlice[];
      /** One for each Pod that was given, in that order. */
      readonly pods: readonly PodPublication[];
    };

/**
 * What the EndpointSlice controller makes of a Service and the Pods that its selector matches (all phases, of the
 * Service's namespace). `nodeExists` is null where Nodes were not read: then every Pod's Node is taken to exist. A Pod
 * without status, derived from manifests, is taken to be Running and Ready.
 *
 * Mirrors endpointslice_controller.go syncService, k8s.io/endpointslice reconciler.go reconcileByAddressType and
 * utils.go podToEndpoint, getEndpointPorts, getAddressTypesForService.
 */
export function expectedSlices(
  service: Service,
  selected: readonly Pod[],
  nodeExists: ((name: string) => boolean) | null,
): ExpectedSlices {
  if (service.spec.type === "ExternalName") return { made: false, because: "external-name" };
  if (!hasSelector(service)) return { made: false, because: "no-selector" };
  const families = familiesOf(service);
  const slices = new Map<
    string,
    { addressType: IPFamily; ports: readonly EndpointPort[]; endpoints: ExpectedEndpoint[] }
  >();
  const pods = selected.map((pod): PodPublication => {
    const { ports, unresolved } = portsFor(service, pod);
    const hostname = hostnameUnder(service, pod);
    const publication = judge(service, pod, families, nodeExists);
    for (const { family, addresses } of publication.endpoints) {
      const key = `${family} ${portsKey(ports)}`;
      let slice = slices.get(key);
      if (slice === undefined) {
        slice = { addressType: family, ports, endpoints: [] };
        slices.set(key, slice);
      }
      slice.endpoints.push({
        pod,
        addresses,
        conditions: publication.conditions,
        hostname: hostname === "" ? null : hostname,
      });
    }
    return {
      pod,
      inSlice: publication.endpoints.length > 0,
      ready: publication.endpoints.length > 0 && publication.conditions.ready,
      withheld: publication.withheld,
      hostname,
      unresolvedPorts: unresolved,
    };
  });
  return { made: true, families, labels: sliceLabels(service), slices: [...slices.values()], pods };
}

interface Judgement {
  readonly endpoints: readonly { readonly family: IPFamily; readonly addresses: readonly string[] | null }[];
  readonly conditions: ExpectedEndpoint["conditions"];
  readonly withheld: WithheldBy | null;
}

function judge(
  service: Service,
  pod: Pod,
  families: readonly IPFamily[],
  nodeExists: ((name: string) => boolean) | null,
): Judgement {
  const anyway = service.spec.publishNotReadyAddresses;
  const { status } = pod;
  if (status === null) {
    return {
      endpoints: families.map((family) => ({ family, addresses: null })),
      conditions: { ready: true, serving: true, terminating: false },
      withheld: null,
    };
  }
  const condition = readyCondition(pod);
  const serving = condition?.status === "True";
  const terminating = pod.metadata.deletionTimestamp !== null;
  const conditions = { ready: anyway || (serving && !terminating), serving, terminating };
  const none = (withheld: WithheldBy): Judgement => ({ endpoints: [], conditions, withheld });

  if (status.phase === "Succeeded" || status.phase === "Failed") return none({ why: "finished", phase: status.phase });
  if (status.podIPs.length === 0) return none({ why: "no-address", phase: status.phase });
  const node = pod.spec.nodeName;
  if (!anyway && nodeExists !== null && (node === "" || !nodeExists(node))) return none({ why: "node-missing", node });
  const endpoints = families.flatMap((family) => {
    const addresses = addressesOf(pod, family);
    return addresses.length === 0 ? [] : [{ family, addresses }];
  });
  if (endpoints.length === 0) return none({ why: "other-family", families, addresses: status.podIPs });
  const { deletionTimestamp } = pod.metadata;
  if (deletionTimestamp !== null) {
    return { endpoints, conditions, withheld: { why: "terminating", since: deletionTimestamp } };
  }
  return { endpoints, conditions, withheld: serving ? null : { why: "not-ready", condition } };
}

/** A Pod's addresses of one family, written canonically (utils.go getEndpointAddresses). */
function addressesOf(pod: Pod, family: IPFamily): readonly string[] {
  return (pod.status?.podIPs ?? []).flatMap((text) => {
    const ip = parseIp(text);
    return ip !== null && ip.family === family ? [ip.text] : [];
  });
}

/**
 * The name that a Pod has under a Service: its hostname, where its subdomain is that Service (controller_utils.go
 * ShouldSetHostname); "" where it has none.
 */
export function hostnameUnder(service: Service, pod: Pod): string {
  const inService =
    pod.spec.subdomain === service.metadata.name && pod.metadata.namespace === service.metadata.namespace;
  return inService ? pod.spec.hostname : "";
}

/**
 * The families that the controller makes slices of: the Service's, as the API server filled them in; of a manifest
 * without them what the API server would fill in, on a cluster whose first family is IPv4.
 */
export function familiesOf(service: Service): readonly IPFamily[] {
  const { ipFamilies, clusterIPs, clusterIP } = service.spec;
  if (!service.live) return familiesGiven(service, ["IPv4"]) ?? ["IPv4"];
  if (ipFamilies.length > 0) return ipFamilies;
  const primary = parseIp(clusterIPs[0] ?? clusterIP ?? "");
  if (primary !== null) return [primary.family];
  // Every headless Service that the API server stored has families; the controller takes both where one has none.
  return isHeadless(service) ? ["IPv4", "IPv6"] : ["IPv4"];
}

/** The family that PreferDualStack adds to those of a manifest on a cluster that has both; null where it adds none. */
export function possibleFamilyOf(service: Service): IPFamily | null {
  if (service.live || service.spec.ipFamilyPolicy !== "PreferDualStack") return null;
  const families = familiesOf(service);
  return familiesGiven(service, ["IPv4", "IPv6"])?.find((family) => !families.includes(family)) ?? null;
}

function portsFor(
  service: Service,
  pod: Pod,
): { readonly ports: readonly EndpointPort[]; readonly unresolved: readonly ServicePort[] } {
  const ports: EndpointPort[] = [];
  const unresolved: ServicePort[] = [];
  for (const servicePort of service.spec.ports) {
    const port = findPort(pod, servicePort);
    if (port === null) unresolved.push(servicePort);
    else ports.push({ name: servicePort.name, protocol: servicePort.protocol, port });
  }
  return { ports, unresolved };
}

/**
 * The number that a Service's targetPort means on a Pod (utils.go FindPort): a name must match a container's port in
 * name and protocol, and init containers count only where they keep running. null where nothing matches.
 */
export function findPort(pod: Pick<Pod, "spec">, { targetPort, protocol }: ServicePort): number | null {
  if (typeof targetPort === "number") return targetPort;
  const sidecars = pod.spec.initContainers.filter((container) => container.restartPolicy === "Always");
  for (const container of [...pod.spec.containers, ...sidecars]) {
    const found = container.ports.find((port) => port.name === targetPort && port.protocol === protocol);
    if (found !== undefined) return found.containerPort;
  }
  return null;
}

function portsKey(ports: readonly EndpointPort[]): string {
  return ports
    .map(({ name, protocol, port }) => `${name}/${protocol}/${port}`)
    .sort()
    .join(" ");
}

/** Mirrors utils.go setEndpointSliceLabels: the slices carry the Service's labels, which CoreDNS's `labels` filters by. */
function sliceLabels(service: Service): Labels {
  const {
    [SERVICE_NAME_LABEL]: _name,
    [MANAGED_BY_LABEL]: _by,
    [HEADLESS_LABEL]: _headless,
    ...own
  } = service.metadata.labels;
  return {
    ...own,
    ...(isHeadless(service) ? { [HEADLESS_LABEL]: "" } : {}),
    [SERVICE_NAME_LABEL]: service.metadata.name,
    [MANAGED_BY_LABEL]: ENDPOINT_SLICE_CONTROLLER,
  };
}
