import type { ZoneEndpoint, ZoneSlice } from "../dns/zone-input.ts";
import type { AdmissionNote } from "../kubernetes/admission-note.ts";
import { admitSlice } from "../kubernetes/endpoint-slice-admission.ts";
import { mirrorEndpoints } from "../kubernetes/endpoint-slice-mirroring.ts";
import { ENDPOINT_SLICE_CONTROLLER, expectedSlices } from "../kubernetes/endpoint-slices.ts";
import { indexByLabels, type LabelIndex } from "../kubernetes/label-selector.ts";
import { describeWithheld, withheldByItself } from "../kubernetes/withheld.ts";
import { present } from "../objects/collected.ts";
import { type EndpointSlice, type Endpoints, MANAGED_BY_LABEL, serviceNameOf } from "../objects/endpoint-slice.ts";
import { once, perKey } from "../objects/kept.ts";
import { isWritten, refOf } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";

/** Pods of one namespace, by label and by name. */
export type PodsOf = (namespace: string) => {
  readonly byLabel: LabelIndex<Pod>;
  byName(): ReadonlyMap<string, Pod>;
};

export function podsOf(index: SnapshotIndex): PodsOf {
  return perKey((namespace) => {
    const pods = present(index.in("pods", namespace));
    return {
      byLabel: indexByLabels(pods, (pod) => pod.metadata.labels),
      byName: once(() => new Map(pods.map((pod) => [pod.metadata.name, pod]))),
    };
  });
}

/**
 * The slices that DNS answers from. Those that were collected count as they are: what exists decides, not what should.
 * What does not exist yet is derived: the endpoints of a Service that is only in manifests, and of Pods to come.
 */
export function slicesFor(index: SnapshotIndex, pods: PodsOf): readonly ZoneSlice[] {
  const services = new Map(index.all("services").map((service) => [keyOf(service), service]));
  const nodeExists = nodesOf(index);
  const slices: ZoneSlice[] = [];
  for (const slice of index.all("endpointSlices")) {
    const service = services.get(`${slice.metadata.namespace}/${serviceNameOf(slice) ?? ""}`);
    const replaced =
      service !== undefined &&
      !service.live &&
      hasSelector(service) &&
      slice.metadata.labels[MANAGED_BY_LABEL] === ENDPOINT_SLICE_CONTROLLER;
    if (!replaced && refusalOf(slice) === null) slices.push(collectedSlice(slice, pods));
  }
  for (const service of services.values()) slices.push(...derivedSlices(service, pods, nodeExists));
  for (const endpoints of index.all("endpoints")) {
    const service = services.get(keyOf(endpoints)) ?? null;
    if (service?.live !== true) slices.push(...mirroredSlices(endpoints, service));
  }
  return slices;
}

/** The first thing that the API server rejects in a slice that stands in a manifest; null where it takes it. */
export function refusalOf(slice: EndpointSlice): AdmissionNote | null {
  return isWritten(slice) ? (admitSlice(slice).rejected[0] ?? null) : null;
}

function keyOf({ metadata }: Service | Endpoints): string {
  return `${metadata.namespace}/${metadata.name}`;
}

function nodesOf(index: SnapshotIndex): ((name: string) => boolean) | null {
  const nodes = index.in("nodes", "");
  if (nodes.status !== "complete") return null;
  const names = new Set(nodes.items.map((node) => node.metadata.name));
  return (name) => names.has(name);
}

function collectedSlice(slice: EndpointSlice, pods: PodsOf): ZoneSlice {
  const { metadata, addressType, ports } = slice;
  return {
    namespace: metadata.namespace,
    service: serviceNameOf(slice),
    labels: metadata.labels,
    addressType,
    ports,
    object: refOf(slice),
    endpoints: slice.endpoints.map(({ addresses, conditions, hostname, targetRef }): ZoneEndpoint => {
      const ready = conditions.ready !== false;
      const pod = targetRef?.kind === "Pod" ? targetRef.name : null;
      return {
        addresses,
        ready,
        hostname,
        target: targetRef?.name ?? null,
        pod,
        withheld: ready ? null : why(conditions.terminating === true, pod, pods(metadata.namespace).byName),
      };
    }),
  };
}

function why(terminating: boolean, name: string | null, pods: () => ReadonlyMap<string, Pod>): string | null {
  if (terminating) return "terminating";
  const pod = name === null ? undefined : pods().get(name);
  const withheld = pod === undefined ? null : withheldByItself(pod);
  return withheld === null ? null : describeWithheld(withheld);
}

/** What the controller will make: of every Pod where the Service is not there yet, else of Pods that are not. */
function derivedSlices(
  service: Service,
  pods: PodsOf,
  nodeExists: ((name: string) => boolean) | null,
): readonly ZoneSlice[] {
  const { selector } = service.spec;
  if (selector === null || !hasSelector(service)) return [];
  const matching = pods(service.metadata.namespace).byLabel.matching(selector);
  const selected = service.live ? matching.filter((pod) => pod.status === null) : matching;
  if (selected.length === 0) return [];
  const expected = expectedSlices(service, selected, nodeExists);
  if (!expected.made) return [];
  const withheld = new Map(expected.pods.map((publication) => [publication.pod, publication.withheld]));
  return expected.slices.map(({ addressType, ports, endpoints }) => ({
    namespace: service.metadata.namespace,
    service: service.metadata.name,
    labels: expected.labels,
    addressType,
    ports,
    object: refOf(service),
    endpoints: endpoints.map(({ pod, addresses, conditions, hostname }): ZoneEndpoint => {
      const because = withheld.get(pod) ?? null;
      const { name } = pod.metadata;
      return {
        addresses,
        ready: conditions.ready,
        hostname,
        target: name,
        pod: name,
        withheld: conditions.ready || because === null ? null : describeWithheld(because),
      };
    }),
  }));
}

function mirroredSlices(endpoints: Endpoints, service: Service | null): readonly ZoneSlice[] {
  const mirroring = mirrorEndpoints(endpoints, service);
  if (!mirroring.mirrored) return [];
  const { namespace, name, labels } = endpoints.metadata;
  return mirroring.slices.map(({ addressType, ports, endpoints: list }) => ({
    namespace,
    service: name,
    labels,
    addressType,
    ports,
    object: refOf(endpoints),
    endpoints: list.map(({ address, ready, hostname, targetRef }) => ({
      addresses: [address],
      ready,
      hostname,
      target: targetRef?.name ?? null,
      pod: targetRef?.kind === "Pod" ? targetRef.name : null,
      withheld: ready ? null : "listed in notReadyAddresses",
    })),
  }));
}
