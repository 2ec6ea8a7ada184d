import { type AppliedObject, applyPod, applyService, applyWorkload, mergedMeta } from "../kubernetes/apply.ts";
import { ENDPOINT_SLICE_CONTROLLER } from "../kubernetes/endpoint-slices.ts";
import { controllersAbove, renew, replaceAll, rescale } from "../kubernetes/roll-out.ts";
import { familiesGiven } from "../kubernetes/service-defaults.ts";
import { partial, present } from "../objects/collected.ts";
import { type EndpointSlice, MANAGED_BY_LABEL, serviceNameOf } from "../objects/endpoint-slice.ts";
import { describeRef, type KubernetesObject, refOf } from "../objects/meta.ts";
import { formatPath } from "../objects/origin.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type IPFamily, isHeadless, type Service } from "../objects/service.ts";
import type { Listed, Resource, Resources, Snapshot, UpdateNote } from "../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import { describeLocation } from "./manifests/by-resource.ts";

/**
 * What a cluster would be once `kubectl apply` has applied the manifests and everything has been rolled out: `base` is a
 * Snapshot of the cluster, or of its file, `manifests` one of readManifests with the cluster's default namespace.
 * Neither is changed. What is approximated stands in docs/overlay.md.
 */
export function overlayManifests(base: Snapshot, manifests: Snapshot, refused: Refused = "stays"): Snapshot {
  const index = indexSnapshot(base);
  const written = <R extends Resource>(resource: R): readonly Resources[R][] =>
    manifests.lists[resource].flatMap(({ result }) => present(result) as readonly Resources[R][]);

  const services = updates(index, "services", written("services"), applyService, refused);
  const families = clusterFamilies(index);
  const workloads = updates(index, "workloads", written("workloads"), applyWorkload, refused);
  const ownPods = written("pods").filter(({ derivedFrom }) => derivedFrom === null);
  const pods = updates(index, "pods", ownPods, applyPod, refused);
  const rolled = rollOuts(index, workloads.applied);
  const slices = updates(index, "endpointSlices", written("endpointSlices"), plainUpdate);
  const kept = slicesLeft(index, services.applied, rolled.leaving);

  const changes: { readonly [R in Resource]: Change<Resources[R]> } = {
    services: { ...services, coming: services.coming.map((service) => withFamilies(service, families)) },
    workloads: { ...workloads, leaving: [...workloads.leaving, ...oldTemplates(index, workloads.applied)] },
    pods: {
      leaving: [...pods.leaving, ...rolled.leaving],
      coming: [...pods.coming, ...rolled.coming],
    },
    endpointSlices: { leaving: [...slices.leaving, ...kept.leaving], coming: [...slices.coming, ...kept.coming] },
    endpoints: updates(index, "endpoints", written("endpoints"), plainUpdate),
    namespaces: updates(index, "namespaces", written("namespaces"), plainUpdate),
    configMaps: updates(index, "configMaps", written("configMaps"), plainUpdate),
    networkPolicies: updates(index, "networkPolicies", written("networkPolicies"), plainUpdate),
    // Nobody applies a Node or an Event.
    nodes: { leaving: [], coming: [] },
    events: { leaving: [], coming: [] },
  };
  const rejected = [...services.rejected, ...workloads.rejected, ...pods.rejected];
  const namespaces = namespacesOf(manifests);
  return {
    ...base,
    source: { kind: base.source.kind, description: `${manifests.source.description} over ${base.source.description}` },
    lists: Object.fromEntries(
      (Object.keys(changes) as Resource[]).map((resource) => [
        resource,
        layered(base, manifests, resource, changes[resource] as Change<Resources[Resource]>),
      ]),
    ) as unknown as Snapshot["lists"],
    invalid: [...base.invalid, ...manifests.invalid],
    notices: [
      ...(base.notices ?? []),
      ...(manifests.notices ?? []),
      ...missingNamespaces(index, manifests, namespaces),
      ...rejected.map(describeRejection),
    ],
    ...(manifests.ignoreComments === undefined ? {} : { ignoreComments: manifests.ignoreComments }),
    applied: { namespaces, rejected, kept: services.kept },
  };
}

/**
 * What becomes of an update that the API server refuses: the cluster's object stays; or it is made as the manifest has it, as
 * if the old one had been deleted before.
 */
export type Refused = "stays" | "is-made";

/** The families that the cluster gives Services, the primary one first, as its Services show them; null where none does. */
function clusterFamilies(index: SnapshotIndex): readonly IPFamily[] | null {
  // Without a selector a headless Service has both families everywhere.
  const shown = index
    .all("services")
    .filter((one) => one.spec.ipFamilies.length > 0 && (!isHeadless(one) || hasSelector(one)));
  const [single] = shown.filter(({ spec }) => spec.ipFamilyPolicy === "SingleStack" && spec.ipFamilies.length === 1);
  const dual = shown.find(({ spec }) => spec.ipFamilies.length === 2);
  const primary = (single ?? dual)?.spec.ipFamilies[0];
  if (primary === undefined) return null;
  return dual === undefined ? [primary] : primary === "IPv4" ? ["IPv4", "IPv6"] : ["IPv6", "IPv4"];
}

/** A new Service with the families that the API server gives it there. */
function withFamilies(service: Service, cluster: readonly IPFamily[] | null): Service {
  if (service.live || cluster === null || service.spec.ipFamilies.length > 0) return service;
  return { ...service, spec: { ...service.spec, ipFamilies: familiesGiven(service, cluster) ?? [] } };
}

/** The namespaces that manifests hold something of, sorted. */
export function namespacesOf({ lists }: Snapshot): readonly string[] {
  const found = new Set<string>();
  for (const list of Object.values(lists) as readonly (readonly Listed<KubernetesObject>[])[]) {
    for (const { result } of list) for (const { metadata } of present(result)) found.add(metadata.namespace);
  }
  found.delete("");
  return [...found].sort();
}

/** What leaves a list and what comes to it; an object that is updated does both. */
interface Change<T> {
  readonly leaving: readonly T[];
  readonly coming: readonly T[];
}

/** An object of the manifests with the one that it is applied over, null where it is new, and what comes of both. */
interface AppliedOver<T> {
  readonly before: T | null;
  readonly after: T;
  readonly rollsOut: boolean;
}

interface Updates<T> extends Change<T> {
  readonly applied: readonly AppliedOver<T>[];
  readonly rejected: readonly UpdateNote[];
  readonly kept: readonly UpdateNote[];
}

function updates<R extends Resource>(
  index: SnapshotIndex,
  resource: R,
  written: readonly Resources[R][],
  apply: (before: Resources[R], after: Resources[R]) => AppliedObject<Resources[R]> & { readonly rollsOut?: boolean },
  refused: Refused = "stays",
): Updates<Resources[R]> {
  const leaving: Resources[R][] = [];
  const coming: Resources[R][] = [];
  const applied: AppliedOver<Resources[R]>[] = [];
  const rejected: UpdateNote[] = [];
  const kept: UpdateNote[] = [];
  for (const after of written) {
    const before = index.named(resource, after.metadata.name).find((one) => isSameObject(one, after));
    if (before === undefined) {
      coming.push(after);
      applied.push({ before: null, after, rollsOut: true });
      continue;
    }
    const outcome = apply(before, after);
    if (outcome.rejected !== null) {
      if (refused === "stays") {
        rejected.push(outcome.rejected);
      } else {
        leaving.push(before);
        coming.push(after);
        applied.push({ before, after, rollsOut: true });
      }
      continue;
    }
    if (outcome.kept !== undefined) kept.push(outcome.kept);
    leaving.push(before);
    coming.push(outcome.object);
    applied.push({ before, after: outcome.object, rollsOut: outcome.rollsOut ?? false });
  }
  return { leaving, coming, applied, rejected, kept };
}

/** Of objects of one name. */
function isSameObject(a: KubernetesObject, b: KubernetesObject): boolean {
  return a.kind === b.kind && a.metadata.namespace === b.metadata.namespace;
}

function plainUpdate<T extends KubernetesObject>(before: T, after: T): AppliedObject<T> {
  return { object: { ...after, metadata: mergedMeta(before, after) }, rejected: null };
}

/** The Pods that leave and come with all workloads of the manifests. */
function rollOuts(index: SnapshotIndex, applied: readonly AppliedOver<Workload>[]): Change<Pod> {
  const podsOf = podsByController(index, new Set(applied.map(({ after }) => after.metadata.namespace)));
  const each = applied.map(({ before, after, rollsOut }) => {
    const { namespace, name } = after.metadata;
    const pods = podsOf.get(`${namespace}/${after.kind}/${name}`) ?? [];
    if (before === null) return replaceAll(after, pods);
    return rollsOut ? renew(before, after, pods) : rescale(before, after, pods);
  });
  return { leaving: each.flatMap(({ leaving }) => leaving), coming: each.flatMap(({ coming }) => coming) };
}

/** Pods by every controller above them, `namespace/Kind/name`. */
function podsByController(index: SnapshotIndex, namespaces: ReadonlySet<string>): ReadonlyMap<string, readonly Pod[]> {
  const found = new Map<string, Pod[]>();
  for (const namespace of namespaces) {
    for (const pod of present(index.in("pods", namespace))) {
      for (const controller of controllersAbove(pod, (kind, name) => workloadNamed(index, namespace, kind, name))) {
        const key = `${namespace}/${controller}`;
        const known = found.get(key);
        if (known === undefined) found.set(key, [pod]);
        else known.push(pod);
      }
    }
  }
  return found;
}

/** null where the input holds no such workload. */
export function workloadNamed(index: SnapshotIndex, namespace: string, kind: string, name: string): Workload | null {
  const named = index.named("workloads", name);
  return named.find((one) => one.kind === kind && one.metadata.namespace === namespace) ?? null;
}

/** ReplicaSets of Deployments, and Jobs of CronJobs, that are made from a new template: they keep no Pods. */
function oldTemplates(index: SnapshotIndex, applied: readonly AppliedOver<Workload>[]): readonly Workload[] {
  const rolling = new Set(
    applied.flatMap(({ before, after, rollsOut }) =>
      before !== null && rollsOut ? [`${after.metadata.namespace}/${after.kind}/${after.metadata.name}`] : [],
    ),
  );
  if (rolling.size === 0) return [];
  return index
    .all("workloads")
    .filter((workload) =>
      controllersAbove(workload, () => null).some((above) => rolling.has(`${workload.metadata.namespace}/${above}`)),
    );
}

/**
 * The slices that controllers keep: those of a Service that changed are made anew, which the zone derives (Service.live),
 * and others lose the endpoints of Pods that leave.
 */
function slicesLeft(
  index: SnapshotIndex,
  services: readonly AppliedOver<Service>[],
  leavingPods: readonly Pod[],
): Change<EndpointSlice> {
  const remade = new Set(
    services.flatMap(({ after }) => (!after.live && hasSelector(after) ? [keyOf(after.metadata)] : [])),
  );
  const goneFrom = Map.groupBy(leavingPods, ({ metadata }) => metadata.namespace);
  const leaving: EndpointSlice[] = [];
  const coming: EndpointSlice[] = [];
  for (const slice of index.all("endpointSlices")) {
    const { namespace, labels } = slice.metadata;
    if (labels[MANAGED_BY_LABEL] !== ENDPOINT_SLICE_CONTROLLER) continue;
    if (remade.has(`${namespace}/${serviceNameOf(slice)}`)) {
      leaving.push(slice);
      continue;
    }
    const gone = new Set(goneFrom.get(namespace)?.map(({ metadata }) => metadata.name));
    const endpoints = slice.endpoints.filter(({ targetRef }) => !gone.has(targetRef?.name ?? ""));
    if (endpoints.length === slice.endpoints.length) continue;
    leaving.push(slice);
    coming.push({ ...slice, endpoints });
  }
  return { leaving, coming };
}

function keyOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}

/**
 * The lists of one resource after a change. What the cluster did not give stays unknown: only what the manifests bring is
 * there then, and the list is partial.
 */
function layered<T extends KubernetesObject>(
  base: Snapshot,
  manifests: Snapshot,
  resource: Resource,
  { leaving, coming }: Change<T>,
): readonly Listed<T>[] {
  const gone = new Set(leaving);
  const doubt = doubtOf(manifests, resource);
  const touched = new Set(namespacesOf(manifests));
  const lists = base.lists[resource] as readonly Listed<KubernetesObject>[] as readonly Listed<T>[];
  const own = (namespace: string | null): readonly T[] =>
    coming.filter(({ metadata }) => namespace === null || metadata.namespace === namespace);
  const covered = new Set(lists.map(({ namespace }) => namespace));
  const open = new Set(coming.map(({ metadata }) => metadata.namespace));
  return [
    ...lists.map(({ namespace, result }): Listed<T> => {
      const added = own(namespace);
      if (result.status === "unavailable") {
        return { namespace, result: added.length === 0 ? result : partial(added, result.because) };
      }
      const items = [...result.items.filter((item) => !gone.has(item)), ...added];
      const doubted = doubt !== null && result.status === "complete" && (namespace === null || touched.has(namespace));
      return { namespace, result: doubted ? partial(items, doubt) : { ...result, items } };
    }),
    ...[...open]
      .filter((namespace) => !covered.has(namespace) && !covered.has(null))
      .map((namespace): Listed<T> => {
        const because = `of the ${resource} of namespace ${namespace} only those of the manifests were read`;
        return { namespace, result: partial(own(namespace), because) };
      }),
  ];
}

/** Of these every cluster has some that no manifest holds. */
const OF_CLUSTER: ReadonlySet<Resource> = new Set<Resource>(["namespaces", "nodes", "events"]);

/** Why the manifests may bring more than was read of them; null where they are whole. */
function doubtOf({ lists }: Snapshot, resource: Resource): string | null {
  if (OF_CLUSTER.has(resource)) return null;
  for (const { result } of lists[resource] as readonly Listed<KubernetesObject>[]) {
    if (result.status === "partial") return result.because;
  }
  return null;
}

/** Namespaces that neither the cluster has nor the manifests make: kubectl would apply nothing there. */
function missingNamespaces(
  index: SnapshotIndex,
  manifests: Snapshot,
  namespaces: readonly string[],
): readonly string[] {
  const known = index.in("namespaces", "");
  if (known.status !== "complete") return [];
  const made = manifests.lists.namespaces.flatMap(({ result }) => present(result));
  const names = new Set([...known.items, ...made].map(({ metadata }) => metadata.name));
  return namespaces
    .filter((namespace) => !names.has(namespace))
    .map((namespace) => `the cluster has no namespace ${namespace}: kubectl apply fails until it is made`);
}

function describeRejection({ object, field, message }: UpdateNote): string {
  const { origin } = object;
  const place = origin === null ? "" : ` (${describeLocation(origin.locate(field))})`;
  return `the API server rejects ${describeRef(refOf(object))}${place}: ${formatPath(field)} ${message}; what the cluster has stays`;
}
