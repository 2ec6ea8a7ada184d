import { ENDPOINT_SLICE_CONTROLLER } from "../kubernetes/endpoint-slices.ts";
import { matchesSelector } from "../kubernetes/label-selector.ts";
import { controllersAbove } from "../kubernetes/roll-out.ts";
import { type EndpointSlice, MANAGED_BY_LABEL, serviceNameOf } from "../objects/endpoint-slice.ts";
import { controllerOf, type KubernetesObject } from "../objects/meta.ts";
import type { Listed, Resource, Resources, Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot } from "../objects/snapshot-index.ts";
import type { LabelSelector } from "../objects/workload.ts";
import { namespacesOf, workloadNamed } from "./overlay.ts";

/** By this annotation kubectl knows what it applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * A cluster with manifests applied, without what `kubectl apply --prune` deletes: objects that were applied before, in the
 * namespaces of the manifests and with the labels asked for (null: `--all`), and that the manifests no longer hold. Their
 * Pods and slices go with them. Objects of an apply set are not told from others. Of what we read kubectl prunes only the kinds
 * below (k8s.io/kubectl pkg/util/prune defaultNamespacedPruneResources): no slices, no policies.
 */
export function pruned(applied: Snapshot, manifests: Snapshot, labels: LabelSelector | null): Snapshot {
  const index = indexSnapshot(applied);
  const namespaces = new Set(namespacesOf(manifests));
  const written = indexSnapshot(manifests);
  const isPruned = (resource: Resource, object: KubernetesObject): boolean => {
    const { metadata, kind } = object;
    return (
      namespaces.has(metadata.namespace) &&
      metadata.annotations[LAST_APPLIED] !== undefined &&
      controllerOf(object) === null &&
      (labels === null || matchesSelector(labels, metadata.labels)) &&
      !written
        .named(resource, metadata.name)
        .some((one) => one.kind === kind && one.metadata.namespace === metadata.namespace)
    );
  };
  const services = new Set(
    index
      .all("services")
      .filter((one) => isPruned("services", one))
      .map(keyOf),
  );
  const workloads = new Set(
    index
      .all("workloads")
      .filter((one) => isPruned("workloads", one))
      .map((one) => `${one.metadata.namespace}/${one.kind}/${one.metadata.name}`),
  );
  const goesAlong = (object: KubernetesObject): boolean => {
    const { namespace } = object.metadata;
    const named = (kind: string, name: string) => workloadNamed(index, namespace, kind, name);
    return controllersAbove(object, named).some((above) => workloads.has(`${namespace}/${above}`));
  };
  const pods = new Set(
    index
      .all("pods")
      .filter((pod) => isPruned("pods", pod) || goesAlong(pod))
      .map(keyOf),
  );
  const isLeft: { readonly [R in Resource]?: (object: Resources[R]) => boolean } = {
    services: (service) => !services.has(keyOf(service)),
    workloads: (one) => !workloads.has(`${one.metadata.namespace}/${one.kind}/${one.metadata.name}`) && !goesAlong(one),
    pods: (pod) => !pods.has(keyOf(pod)),
    endpoints: (one) => !services.has(keyOf(one)) && !isPruned("endpoints", one),
    endpointSlices: (slice) =>
      !isManaged(slice) || !services.has(`${slice.metadata.namespace}/${serviceNameOf(slice)}`),
    configMaps: (one) => !isPruned("configMaps", one),
  };
  const lists = Object.fromEntries(
    (Object.keys(applied.lists) as Resource[]).map((resource) => {
      const keep = (isLeft[resource] ?? (() => true)) as (object: KubernetesObject) => boolean;
      const left = (applied.lists[resource] as readonly Listed<KubernetesObject>[]).map(({ namespace, result }) => ({
        namespace,
        result: result.status === "unavailable" ? result : { ...result, items: result.items.filter(keep) },
      }));
      return [resource, left];
    }),
  ) as unknown as Snapshot["lists"];
  return { ...applied, lists: { ...lists, endpointSlices: withoutPods(lists.endpointSlices, pods) } };
}

function isManaged({ metadata }: EndpointSlice): boolean {
  return metadata.labels[MANAGED_BY_LABEL] === ENDPOINT_SLICE_CONTROLLER;
}

function withoutPods(
  lists: Snapshot["lists"]["endpointSlices"],
  pods: ReadonlySet<string>,
): Snapshot["lists"]["endpointSlices"] {
  if (pods.size === 0) return lists;
  const leave = (slice: EndpointSlice): EndpointSlice => ({
    ...slice,
    endpoints: slice.endpoints.filter(
      ({ targetRef }) => targetRef?.kind !== "Pod" || !pods.has(`${slice.metadata.namespace}/${targetRef.name}`),
    ),
  });
  return lists.map(({ namespace, result }) => ({
    namespace,
    result: result.status === "unavailable" ? result : { ...result, items: result.items.map(leave) },
  }));
}

function keyOf({ metadata }: KubernetesObject): string {
  return `${metadata.namespace}/${metadata.name}`;
}
