import { predict } from "../dns/zone.ts";
import { indexByLabels, type LabelIndex } from "../kubernetes/label-selector.ts";
import { notHeld, present, type Unavailable } from "../objects/collected.ts";
import { type EndpointSlice, type Endpoints, serviceNameOf } from "../objects/endpoint-slice.ts";
import { once, perKey } from "../objects/kept.ts";
import { controllerOf, type KubernetesObject, type Labels, type ObjectRef, refKey } from "../objects/meta.ts";
import type { Event } from "../objects/others.ts";
import type { Pod } from "../objects/pod.ts";
import type { Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import { type DnsAccess, dnsAccess } from "./dns-access.ts";
import { type DnsCorefile, dnsCorefile } from "./dns-corefile.ts";
import { type DnsServers, dnsServers } from "./dns-servers.ts";
import { makerOf } from "./makers.ts";
import { type Strays, straysOf } from "./manual-slices.ts";
import type { Part } from "./part.ts";
import { knownNames } from "./references/known-names.ts";
import { type References, referencesOf } from "./references/references.ts";
import { unreadTexts } from "./references/unread.ts";
import { type ClusterZone, zoneOf } from "./zone.ts";
import { podsOf } from "./zone-slices.ts";

/**
 * The questions that traces ask again and again, each answered from an index that is built once per namespace: the
 * cost of all traces together grows with the number of objects, not with Services x Pods.
 */
export interface NamespaceLookups {
  readonly index: SnapshotIndex;
  serviceNamed(namespace: string, name: string): Service | null;
  podsMatchingElsewhere(namespace: string, selector: Labels): readonly Pod[];
  podsWithSubdomain(namespace: string, subdomain: string): readonly Pod[];
  /** Pods by their topmost controller (makerOf). */
  podsMadeBy(maker: ObjectRef): readonly Pod[];
  podsByLabel(namespace: string): LabelIndex<Pod>;
  /** Workloads by the labels of their Pod templates. */
  workloadsByLabel(namespace: string): LabelIndex<Workload>;
  /** Workloads by the labels of their own metadata, which no selector of a Service looks at. */
  workloadsByOwnLabel(namespace: string): LabelIndex<Workload>;
  workloadsNamed(namespace: string, name: string): readonly Workload[];
  workloadNamed(namespace: string, kind: string, name: string): Workload | null;
  /** StatefulSets whose serviceName it is. */
  governedBy(namespace: string, serviceName: string): readonly Workload[];
  slicesOf(namespace: string, serviceName: string): readonly EndpointSlice[];
  /** By the uid of the object that controls them. */
  slicesOwnedBy(namespace: string, uid: string): readonly EndpointSlice[];
  /** Slices of any namespace whose label is this name. */
  slicesOfName(serviceName: string): readonly EndpointSlice[];
  endpointsNamed(namespace: string, name: string): Endpoints | null;
  /** Hand-written slices and Endpoints that belong to no Service. */
  strays(namespace: string): Strays;
  /** Hosts that workloads and Pods name. */
  references(): References;
  /** Why some of what the namespace's containers are given was not read; null where all was. */
  unreadTexts(namespace: string): Unavailable | null;
  eventsOf(object: KubernetesObject): readonly Event[];
  /** What cluster DNS answers from, how it is set up and what it may do: the same for every name, built when first asked for. */
  zone(): ClusterZone;
  dnsServers(): Part<DnsServers>;
  dnsCorefile(): Part<DnsCorefile>;
  dnsAccess(): Part<DnsAccess>;
}

export function namespaceLookups(index: SnapshotIndex): NamespaceLookups {
  const servicesByName = perNamespace(
    (namespace) =>
      // Where an input holds it twice, the first counts.
      new Map(
        present(index.in("services", namespace))
          .toReversed()
          .map((one) => [one.metadata.name, one]),
      ),
  );
  const serviceNamed = (namespace: string, name: string): Service | null => servicesByName(namespace).get(name) ?? null;
  const podsIn = podsOf(index);
  const workloadsByLabel = perNamespace(
    (namespace): LabelIndex<Workload> =>
      indexByLabels(present(index.in("workloads", namespace)), (workload) => workload.template.labels),
  );
  const workloadsByOwnLabel = perNamespace(
    (namespace): LabelIndex<Workload> =>
      indexByLabels(present(index.in("workloads", namespace)), (workload) => workload.metadata.labels),
  );
  const workloadsByName = perNamespace((namespace) =>
    Map.groupBy(present(index.in("workloads", namespace)), (workload) => workload.metadata.name),
  );
  const workloadNamed = (namespace: string, kind: string, name: string): Workload | null =>
    workloadsByName(namespace)
      .get(name)
      ?.find((workload) => workload.kind === kind) ?? null;
  const podsByMaker = perNamespace((namespace) =>
    Map.groupBy(present(index.in("pods", namespace)), (pod) => {
      const maker = makerOf(pod, (kind, name) => workloadNamed(namespace, kind, name));
      return maker === null ? "" : refKey(maker.ref);
    }),
  );
  const podsBySubdomain = perNamespace((namespace) =>
    Map.groupBy(present(index.in("pods", namespace)), (pod) => pod.spec.subdomain),
  );
  const statefulSetsByService = perNamespace((namespace) =>
    Map.groupBy(
      present(index.in("workloads", namespace)).filter((workload) => workload.kind === "StatefulSet"),
      (workload) => workload.serviceName,
    ),
  );
  const governedBy = (namespace: string, serviceName: string): readonly Workload[] =>
    serviceName === "" ? [] : (statefulSetsByService(namespace).get(serviceName) ?? []);
  const slicesByService = perNamespace((namespace) =>
    Map.groupBy(present(index.in("endpointSlices", namespace)), serviceNameOf),
  );
  const slicesByOwner = perNamespace((namespace) =>
    Map.groupBy(present(index.in("endpointSlices", namespace)), (slice) => controllerOf(slice)?.uid ?? ""),
  );
  const slicesByName = once(() => Map.groupBy(index.all("endpointSlices"), serviceNameOf));
  const endpointsByName = perNamespace(
    (namespace) => new Map(present(index.in("endpoints", namespace)).map((one) => [one.metadata.name, one])),
  );
  const eventsByObject = perNamespace((namespace) =>
    Map.groupBy(present(index.in("events", namespace)), (event) => eventTarget(event.involvedObject)),
  );
  const podsEverywhere = once((): LabelIndex<Pod> => indexByLabels(index.all("pods"), (pod) => pod.metadata.labels));
  const zone = once(() => zoneOf(index, { pods: podsIn }));
  const live = index.snapshot.source.kind !== "manifests";
  const ofCluster = <T>(build: () => Part<T>): (() => Part<T>) =>
    once(() => (live ? build() : notHeld("manifests hold no running cluster's DNS")));
  const servers = ofCluster(() => dnsServers(index, zone().dns));
  const references = once(() => {
    const names = knownNames({
      index,
      zone,
      predict: (name) => predict(zone().zone, name, "A"),
      service: serviceNamed,
      statefulSet: (namespace, name) => workloadNamed(namespace, "StatefulSet", name),
      governed: governedBy,
    });
    return referencesOf(index, names, workloadNamed);
  });
  return {
    index,
    serviceNamed,
    zone,
    dnsServers: servers,
    dnsCorefile: ofCluster(() => dnsCorefile(index, zone, servers())),
    dnsAccess: ofCluster(() => dnsAccess(index, servers())),
    podsByLabel: (namespace) => podsIn(namespace).byLabel,
    workloadsByLabel,
    workloadsByOwnLabel,
    workloadsNamed: (namespace, name) => workloadsByName(namespace).get(name) ?? [],
    workloadNamed,
    podsMadeBy: (maker) => podsByMaker(maker.namespace).get(refKey(maker)) ?? [],
    podsMatchingElsewhere: (namespace, selector) =>
      podsEverywhere()
        .matching(selector)
        .filter((pod) => pod.metadata.namespace !== namespace),
    podsWithSubdomain: (namespace, subdomain) =>
      subdomain === "" ? [] : (podsBySubdomain(namespace).get(subdomain) ?? []),
    governedBy,
    slicesOf: (namespace, serviceName) => slicesByService(namespace).get(serviceName) ?? [],
    slicesOwnedBy: (namespace, uid) => (uid === "" ? [] : (slicesByOwner(namespace).get(uid) ?? [])),
    slicesOfName: (serviceName) => slicesByName().get(serviceName) ?? [],
    endpointsNamed: (namespace, name) => endpointsByName(namespace).get(name) ?? null,
    strays: perNamespace((namespace) =>
      straysOf(
        present(index.in("services", namespace)),
        present(index.in("endpointSlices", namespace)),
        present(index.in("endpoints", namespace)),
      ),
    ),
    references,
    unreadTexts: perNamespace((namespace) => unreadTexts(index, references(), namespace)),
    eventsOf: ({ kind, metadata }) =>
      eventsByObject(metadata.namespace).get(eventTarget({ kind, name: metadata.name })) ?? [],
  };
}

/** Events name their object by kind and name; the apiVersion that they carry varies with the writer. */
function eventTarget({ kind, name }: { readonly kind: string; readonly name: string }): string {
  return `${kind}/${name}`;
}

function perNamespace<T>(make: (namespace: string) => T): (namespace: string) => T {
  return perKey(make);
}
