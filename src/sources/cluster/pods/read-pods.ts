import { complete, present } from "../../../objects/collected.ts";
import { DNS_PLACES } from "../../../objects/dns-scope.ts";
import { once } from "../../../objects/kept.ts";
import { controllerOf } from "../../../objects/meta.ts";
import type { Pod } from "../../../objects/pod.ts";
import { hasSelector, type Service } from "../../../objects/service.ts";
import type { Listed, Resources } from "../../../objects/snapshot.ts";
import type { Workload } from "../../../objects/workload.ts";
import type { Api } from "../http.ts";
import { collected, readResource } from "../list.ts";
import type { Decoded } from "../protobuf/decode.ts";
import { type PodMetadata, type PodMetadataList, readPodMetadata } from "./pod-metadata.ts";
import { queriesFor } from "./pod-queries.ts";
import { type SliceFacts, sliceFacts } from "./slice-facts.ts";
import { type Known, standIns } from "./stand-in.ts";

/** The lists of a resource, which are under way. */
export type ListsOf = <R extends "services" | "workloads" | "endpointSlices">(
  resource: R,
) => Promise<readonly Listed<Resources[R]>[]>;

/** How Pods are read with as little as leaves no question open. */
export interface LessPods {
  /** What time it is. */
  readonly now: Date;
  /** How many Pods a request less is worth: as many as are read in the time that one takes. */
  readonly requestWorth: number;
}

export interface PodReader {
  /** To be shown every EndpointSlice and every workload as it was decoded. */
  onDecoded(item: Decoded): void;
  /**
   * The Pods of a namespace, or of all (null). Those whose metadata, workload and slices tell all that is judged are put
   * together from these (stand-in.ts); the others are read.
   */
  read(namespace: string | null): Promise<Listed<Pod>>;
}

/** Reads any number of namespaces. `listsOf` is asked once the first request of a Pod has ended: all lists are asked for then. */
export function podReader(api: Api, { now, requestWorth }: LessPods, listsOf: ListsOf, signal: AbortSignal): PodReader {
  const slices = sliceFacts();
  /** uids of workloads whose controller has seen their newest spec. */
  const followed = new Set<string>();
  const surroundings = once(async () => {
    const [services, workloads] = await Promise.all([
      listsOf("services"),
      listsOf("workloads"),
      listsOf("endpointSlices"),
    ]);
    const owners = new Map(presentOf(workloads).map((workload) => [workload.metadata.uid, workload]));
    return { owners, standIn: standIns({ ...knownOf(slices, owners, followed, presentOf(services)), now }) };
  });
  return {
    onDecoded(item) {
      if (item.kind === "EndpointSlice") slices.take(item);
      else if (isFollowed(item)) followed.add(String((item.metadata as Decoded).uid));
    },
    async read(namespace) {
      const sample = await readPodMetadata(api, namespace, SAMPLE, signal);
      const { owners, standIn } = await surroundings();
      const whole = async () => ({
        namespace,
        result: collected(await readResource(api, "pods", { namespace, bulk: true }, signal)),
      });
      if (sample === null || !isWorthWhile(sample, standIn)) return whole();
      const list = sample.whole ? sample : await readPodMetadata(api, namespace, null, signal);
      if (list?.whole !== true) return whole();

      const pods = new Map<string, Pod>();
      const open: PodMetadata[] = [];
      for (const one of list.pods) {
        const pod = standIn(one);
        if (pod === null) open.push(one);
        else pods.set(one.metadata.uid, pod);
      }
      const queries = queriesFor(namespace, list.pods, open, owners, requestWorth);
      if (queries === "whole") return whole();
      const readings = await Promise.all(
        queries.map((query) => readResource(api, "pods", { ...query, bulk: true }, signal)),
      );
      // One of them lacks something: then the whole list says what and why.
      if (readings.some(({ lacks }) => lacks.length > 0)) return whole();
      for (const { items } of readings) for (const pod of items) pods.set(pod.metadata.uid, pod);
      return { namespace, result: complete([...pods.values()]) };
    },
  };
}

/** Pods that are looked at before all: of a small cluster they are all. */
const SAMPLE = 500;

/** Where a mesh adds a container to every Pod, or operators make most of them, their metadata would be read for nothing. */
function isWorthWhile({ pods, whole }: PodMetadataList, standIn: (pod: PodMetadata) => Pod | null): boolean {
  return whole || pods.filter((pod) => standIn(pod) !== null).length * 2 > pods.length;
}

/** A StatefulSet's status tells for which generation of its spec it is meant. */
function isFollowed({ kind, metadata, status }: Decoded): boolean {
  return (
    kind === "StatefulSet" &&
    (status as Decoded | undefined)?.observedGeneration === (metadata as Decoded | undefined)?.generation
  );
}

function presentOf<T>(lists: readonly Listed<T>[]): readonly T[] {
  return lists.flatMap(({ result }) => present(result));
}

function knownOf(
  slices: SliceFacts,
  owners: ReadonlyMap<string, Workload>,
  followed: ReadonlySet<string>,
  services: readonly Service[],
): Omit<Known, "now"> {
  const families = new Map<string, Set<string>>();
  const ofDns = new Set(DNS_PLACES.map(({ namespace }) => namespace));
  for (const service of services) {
    const { metadata, spec } = service;
    if (spec.ports.some(({ port }) => port === DNS_PORT)) ofDns.add(metadata.namespace);
    // What Pods it selects is nobody's to say.
    if (!hasSelector(service)) continue;
    const known = families.get(metadata.namespace) ?? new Set();
    families.set(metadata.namespace, known);
    for (const family of spec.ipFamilies ?? []) known.add(family);
  }
  return {
    told: slices.of,
    maker(uid) {
      const workload = owners.get(uid);
      if (workload?.kind === "StatefulSet") return followed.has(uid) ? workload : null;
      // A Deployment never changes a ReplicaSet's template; people may change that of one without a Deployment.
      return workload?.kind === "ReplicaSet" && controllerOf(workload) !== null ? workload : null;
    },
    isDns: (namespace) => ofDns.has(namespace),
    isOnly: (family, namespace) => families.get(namespace)?.size === 1 && families.get(namespace)?.has(family) === true,
  };
}

const DNS_PORT = 53;
