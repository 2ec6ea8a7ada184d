import { derivePods } from "../../kubernetes/workload-pods.ts";
import { type Collected, complete, notHeld, partial } from "../../objects/collected.ts";
import { describeRef } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import { resourceNamed } from "../../objects/read/kinds.ts";
import { isHeadless } from "../../objects/service.ts";
import type { IgnoreComment, Listed, Resource, Resources, Snapshot } from "../../objects/snapshot.ts";
import type { Workload } from "../../objects/workload.ts";
import { byResource, describeLocation, type Held } from "./by-resource.ts";
import { oncePerChart } from "./charts.ts";
import { mayMakePods } from "./custom-resources.ts";
import { type InvalidEntry, type ManifestObjects, type ManifestText, noObjects, readManifestText } from "./objects.ts";
import { kustomizationNotices } from "./passed-over.ts";

/** Bounds on derived Pods: of one workload, and of all together. */
const PODS_OF_A_WORKLOAD = 10_000;
const PODS_OF_ALL = 200_000;
/** What a document of unknown kind is most likely to have been. */
const PATH: ReadonlySet<Resource> = new Set(["services", "workloads", "pods", "endpointSlices", "endpoints"]);

export interface SnapshotOptions {
  /** The namespace of objects that leave it out. */
  readonly defaultNamespace: string;
  readonly clusterDomain: string | null;
  /** For people: `manifests/ (3 files)`. */
  readonly description: string;
}

/** The Snapshot of manifests that are already text: what helm or kustomize printed. */
export function snapshotOfManifests(texts: readonly ManifestText[], options: SnapshotOptions): Snapshot {
  const read = noObjects();
  for (const text of texts) readManifestText(text, { ...options, live: false }, read);
  return snapshotOfObjects(read, options);
}

/**
 * The Snapshot that manifests make, with the Pods that their workloads would make. An absence counts within the input:
 * a list is complete where the input holds something of the kind that would be looked for, unless part of the input
 * could not be read or may hold more than it shows.
 */
export function snapshotOfObjects(read: ManifestObjects, options: SnapshotOptions): Snapshot {
  const { held, notices: replaced } = byResource(read.objects);
  const notices = [
    ...replaced,
    ...kustomizationNotices(read.passedOver, read.objects.length === 0),
    ...unreadOperators(held, read.passedOver),
  ];
  const ignoreComments = oncePerPlace(read.ignoreComments);
  const autoscaled = read.passedOver.flatMap(({ scales }) => scales ?? []);
  return {
    source: { kind: "manifests", description: options.description },
    takenAt: null,
    clusterDomain: options.clusterDomain,
    defaultNamespace: options.defaultNamespace,
    lists: listsOf(held, doubtsOf(read)),
    invalid: oncePerChart(read.invalid).map(({ ref, location, field, message }) => ({ ref, location, field, message })),
    ...(notices.length === 0 ? {} : { notices }),
    ...(autoscaled.length === 0 ? {} : { autoscaled }),
    ...(ignoreComments.length === 0 ? {} : { ignoreComments }),
  };
}

/**
 * Where nothing of the input has a headless name of its own, custom resources must not read as if there were none: of a
 * Kafka or a Cassandra an operator makes all of them. Elsewhere the lists' doubt says it.
 */
function unreadOperators(
  { services, workloads, pods }: Held,
  passedOver: ManifestObjects["passedOver"],
): readonly string[] {
  const named =
    services.some(isHeadless) ||
    workloads.some(({ serviceName }) => (serviceName ?? "") !== "") ||
    pods.some(({ spec }) => spec.subdomain !== "");
  const [first, ...others] = named ? [] : passedOver.filter(({ ref }) => mayMakePods(ref));
  if (first === undefined) return [];
  const { ref, origin } = first;
  const what = `${describeRef(ref)} (${ref.apiVersion}, ${describeLocation(origin.start)})`;
  return [
    others.length === 0
      ? `${what} is not read: an operator may make Pods and Services of it`
      : `${what} and ${others.length} other custom ${others.length === 1 ? "resource" : "resources"} are not read: an operator may make Pods and Services of them`,
  ];
}

/** Several kustomizations may have the same file. */
function oncePerPlace(comments: readonly IgnoreComment[]): readonly IgnoreComment[] {
  return [...new Map(comments.map((comment) => [JSON.stringify(comment.location), comment])).values()];
}

function listsOf(held: Held, doubts: Doubts): Snapshot["lists"] {
  const { pods, cut } = derivedPods(held.workloads);
  const allPods = [...held.pods, ...pods];
  const anyPods = held.workloads.length > 0 || allPods.length > 0;
  const anyServices = held.services.length > 0;

  const list = <R extends Resource>(
    resource: R,
    items: readonly Resources[R][],
    { looked, absence, doubt }: { looked: boolean; absence: string; doubt?: string | null | undefined },
  ): readonly Listed<Resources[R]>[] => {
    const unread = doubts.unread.get(resource) ?? (looked || PATH.has(resource) ? doubts.unread.get(null) : null);
    const because = unread ?? (looked ? doubt : null) ?? null;
    const result: Collected<Resources[R]> =
      because !== null ? partial(items, because) : looked ? complete(items) : notHeld(absence);
    return [{ namespace: null, result }];
  };
  const none = (kind: string): string => `the input holds no ${kind}`;
  const ofCluster = "manifests hold none of a cluster's own";
  return {
    services: list("services", held.services, {
      looked: anyServices,
      absence: none("Service"),
      doubt: doubts.operator,
    }),
    workloads: list("workloads", held.workloads, {
      looked: anyPods,
      absence: none("workload and no Pod"),
      doubt: doubts.operator,
    }),
    pods: list("pods", allPods, {
      looked: anyPods,
      absence: none("workload and no Pod"),
      doubt: cut ?? doubts.operator,
    }),
    endpointSlices: list("endpointSlices", held.endpointSlices, {
      looked: anyServices || held.endpointSlices.length > 0,
      absence: none("Service and no EndpointSlice"),
    }),
    endpoints: list("endpoints", held.endpoints, {
      looked: anyServices || held.endpoints.length > 0,
      absence: none("Service and no Endpoints"),
    }),
    configMaps: list("configMaps", held.configMaps, {
      looked: held.configMaps.length > 0,
      absence: none("ConfigMap"),
    }),
    networkPolicies: list("networkPolicies", held.networkPolicies, {
      looked: held.networkPolicies.length > 0,
      absence: none("NetworkPolicy"),
    }),
    namespaces: list("namespaces", held.namespaces, {
      looked: held.namespaces.length > 0,
      absence: none("Namespace"),
      doubt: ofCluster,
    }),
    events: list("events", held.events, { looked: held.events.length > 0, absence: none("Event"), doubt: ofCluster }),
    nodes: list("nodes", held.nodes, { looked: held.nodes.length > 0, absence: none("Node"), doubt: ofCluster }),
  };
}

interface Doubts {
  /** Why a list may lack objects that stand in the input; under null, why any list may. */
  readonly unread: ReadonlyMap<Resource | null, string>;
  /** Why there may be Pods, workloads and Services beyond those of the input. */
  readonly operator: string | null;
}

function doubtsOf({ invalid, passedOver }: ManifestObjects): Doubts {
  const unread = new Map<Resource | null, string>();
  for (const entry of invalid) {
    for (const resource of resourcesOf(entry)) {
      if (!unread.has(resource)) unread.set(resource, `${describeLocation(entry.location)} could not be read`);
    }
  }
  const custom = passedOver.find(({ ref }) => mayMakePods(ref));
  if (custom === undefined) return { unread, operator: null };
  const { ref, origin } = custom;
  return {
    unread,
    operator: `${describeRef(ref)} (${ref.apiVersion}, ${describeLocation(origin.start)}) may make Pods and Services`,
  };
}

/** The lists that an object which could not be read would have been in. */
function resourcesOf({ kind }: InvalidEntry): readonly (Resource | null)[] {
  if (kind === null) return [null];
  const resource = resourceNamed(kind);
  return resource === null ? [] : resource === "workloads" ? ["workloads", "pods"] : [resource];
}

interface Derived {
  readonly pods: readonly Pod[];
  /** Why some were left out; null where none was. */
  readonly cut: string | null;
}

function derivedPods(workloads: readonly Workload[]): Derived {
  const pods: Pod[] = [];
  let cut: string | null = null;
  for (const workload of workloads) {
    const limit = Math.min(PODS_OF_A_WORKLOAD, PODS_OF_ALL - pods.length);
    const derived = derivePods(workload, limit);
    for (const pod of derived.pods) pods.push(pod);
    if (derived.cut) cut ??= `only the first ${limit} Pods of ${workload.kind} ${workload.metadata.name} were derived`;
  }
  return { pods, cut };
}
