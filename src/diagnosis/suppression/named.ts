import type { KubernetesObject, ObjectRef } from "../../objects/meta.ts";
import type { Resource } from "../../objects/snapshot.ts";
import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import { WORKLOAD_KINDS } from "../../objects/workload.ts";

const RESOURCE_OF: { readonly [kind: string]: Resource } = {
  Service: "services",
  EndpointSlice: "endpointSlices",
  Endpoints: "endpoints",
  Pod: "pods",
  Node: "nodes",
  Namespace: "namespaces",
  ConfigMap: "configMaps",
  NetworkPolicy: "networkPolicies",
  ...Object.fromEntries(WORKLOAD_KINDS.map((kind) => [kind, "workloads"])),
};

/** The lists of all kinds that a finding can be about. */
export const SEARCHED_RESOURCES: readonly Resource[] = [...new Set(Object.values(RESOURCE_OF))];

/** The object of that kind, namespace and name; null where it was not read. */
export function objectNamed(
  { kind, name }: Pick<ObjectRef, "kind" | "name">,
  namespace: string,
  index: SnapshotIndex,
): KubernetesObject | null {
  const resource = RESOURCE_OF[kind];
  if (resource === undefined) return null;
  const named: readonly KubernetesObject[] = index.named(resource, name);
  return named.find((one) => one.kind === kind && one.metadata.namespace === namespace) ?? null;
}
