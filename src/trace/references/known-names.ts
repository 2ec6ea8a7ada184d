import type { Prediction } from "../../dns/records.ts";
import { present } from "../../objects/collected.ts";
import { perKey } from "../../objects/kept.ts";
import type { FieldPath, Origin } from "../../objects/origin.ts";
import type { Service } from "../../objects/service.ts";
import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import type { Workload } from "../../objects/workload.ts";
import type { ClusterZone } from "../zone.ts";
import { type Spellings, spellings } from "./misspelling.ts";

/** The names that there are, as far as they were read: what references are held against. */
export interface KnownNames {
  readonly live: boolean;
  /** Of objects that leave it out: in manifests it may be any. */
  readonly defaultNamespace: string;
  readonly domain: ClusterZone["domain"];
  service(namespace: string, name: string): Service | null;
  statefulSet(namespace: string, name: string): Workload | null;
  /** A Job that gives each of its Pods a hostname of its own (`completionMode: Indexed`). */
  indexedJob(namespace: string, name: string): Workload | null;
  /** StatefulSets whose serviceName it is. */
  governed(namespace: string, service: string): readonly Workload[];
  /** Whether `replicas` tells how many Pods there are: not where it is left to an autoscaler, or to its default. */
  hasFixedReplicas(set: Workload): boolean;
  /** Whether all Services and workloads of the namespace were read, so that what is not there does not exist. */
  isWhole(namespace: string): boolean;
  /** Whether something was read that lies in it, or the namespace itself. */
  isNamespace(name: string): boolean;
  /** Whether no such namespace exists, for certain. */
  lacksNamespace(name: string): boolean;
  serviceSpellings(namespace: string): Spellings;
  /** Whether cluster DNS answers NXDOMAIN for this name (absolute) for certain. */
  isMissing(name: string): boolean;
}

export interface KnownNamesSources {
  readonly index: SnapshotIndex;
  readonly zone: () => ClusterZone;
  readonly predict: (name: string) => Prediction;
  readonly service: KnownNames["service"];
  readonly statefulSet: KnownNames["statefulSet"];
  readonly governed: KnownNames["governed"];
}

export function knownNames({ index, zone, predict, service, statefulSet, governed }: KnownNamesSources): KnownNames {
  const live = index.snapshot.source.kind !== "manifests";
  const inhabited = new Set(
    [...index.all("services"), ...index.all("workloads"), ...index.all("pods")].map((one) => one.metadata.namespace),
  );
  for (const { metadata } of index.all("namespaces")) inhabited.add(metadata.name);
  return {
    live,
    defaultNamespace: index.snapshot.defaultNamespace,
    get domain() {
      return zone().domain;
    },
    service,
    statefulSet,
    indexedJob: (namespace, name) =>
      index
        .named("workloads", name)
        .find((one) => one.kind === "Job" && one.indexed && one.metadata.namespace === namespace) ?? null,
    governed,
    isWhole(namespace) {
      const [list, workloads] = [index.in("services", namespace), index.in("workloads", namespace)];
      if (list.status !== "complete" || workloads.status !== "complete") return false;
      // In manifests an absence counts within the input, which speaks only of the namespaces that it has Services in.
      return live || list.items.length > 0;
    },
    hasFixedReplicas(set) {
      const { namespace, name } = set.metadata;
      const { autoscaled = [] } = index.snapshot;
      if (autoscaled.some((one) => one.kind === set.kind && one.namespace === namespace && one.name === name))
        return false;
      return set.origin === null || set.replicas !== 1 || isGiven(set.origin, ["spec", "replicas"]);
    },
    isNamespace: (name) => inhabited.has(name),
    lacksNamespace(name) {
      const list = index.snapshot.lists.namespaces.find(({ namespace }) => namespace === null);
      return live && list?.result.status === "complete" && !inhabited.has(name);
    },
    serviceSpellings: perKey((namespace) =>
      spellings(present(index.in("services", namespace)).map((one) => one.metadata.name)),
    ),
    isMissing(name) {
      const prediction = predict(name);
      return prediction.known && prediction.rcode === "NXDOMAIN";
    },
  };
}

/** What is not written has the place of what would hold it. */
function isGiven(origin: Origin, path: FieldPath): boolean {
  const [field, holder] = [origin.locate(path), origin.locate(path.slice(0, -1))];
  return field.line !== holder.line || field.column !== holder.column;
}
