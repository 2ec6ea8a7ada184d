import { refOf } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import { type NamespaceLookups, namespaceLookups } from "../trace/lookups.ts";
import { ownerOf } from "../trace/owners.ts";
import type { ClusterZone } from "../trace/zone.ts";
import { objectKey, workloadKey } from "./keys.ts";
import type { RecordSet } from "./record-set.ts";
import { recordsOf } from "./record-set.ts";

/** One side of a comparison: the objects before the change, or after it, with what they publish. */
export interface Side {
  readonly index: SnapshotIndex;
  readonly zone: ClusterZone;
  readonly records: RecordSet;
  /** By `namespace/name`; also those that the API server would reject. */
  readonly services: ReadonlyMap<string, Service>;
  /** By workloadKey. */
  readonly workloads: ReadonlyMap<string, Workload>;
  /** Pods by `namespace/name`. */
  readonly pods: ReadonlyMap<string, Pod>;
  /** The workload that one changes to change a Pod, as workloadKey; null for a Pod that nobody controls. */
  ownerKey(pod: Pod): string | null;
  /** The Pods that a Service's selector matches. */
  selected(service: Service): readonly Pod[];
  /** StatefulSets whose serviceName it is. */
  governedBy(namespace: string, service: string): readonly Workload[];
  readonly lookups: NamespaceLookups;
}

/** What is compared. */
export interface Sides {
  readonly before: Side;
  readonly after: Side;
}

/** Puts a side together; what is looked up of a namespace is worked out when first asked for. */
export function sideOf(index: SnapshotIndex, zone: ClusterZone): Side {
  const lookups = namespaceLookups(index);
  return {
    index,
    zone,
    records: recordsOf(zone),
    services: new Map(index.all("services").map((service) => [objectKey(service), service])),
    workloads: new Map(index.all("workloads").map((workload) => [workloadKey(refOf(workload)), workload])),
    pods: new Map(index.all("pods").map((pod) => [objectKey(pod), pod])),
    ownerKey: (pod) => {
      const owner = ownerOf(pod, (kind, name) => lookups.workloadNamed(pod.metadata.namespace, kind, name));
      return owner === null ? null : workloadKey(owner.ref);
    },
    selected: (service) =>
      service.spec.selector === null || !hasSelector(service)
        ? []
        : lookups.podsByLabel(service.metadata.namespace).matching(service.spec.selector),
    governedBy: (namespace, service) => lookups.governedBy(namespace, service),
    lookups,
  };
}
