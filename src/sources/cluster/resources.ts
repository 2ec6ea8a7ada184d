import type { Resource } from "../../objects/snapshot.ts";

/** A list of the API. Versions are tried in turn: clusters of former years serve only the later ones in the row. */
export interface Endpoint {
  readonly kind: string;
  readonly plural: string;
  readonly versions: readonly [string, ...string[]];
}

/** Where each resource of a Snapshot is read from. */
export const ENDPOINTS: Readonly<Record<Resource, readonly Endpoint[]>> = {
  services: [{ kind: "Service", plural: "services", versions: ["v1"] }],
  endpointSlices: [
    { kind: "EndpointSlice", plural: "endpointslices", versions: ["discovery.k8s.io/v1", "discovery.k8s.io/v1beta1"] },
  ],
  endpoints: [{ kind: "Endpoints", plural: "endpoints", versions: ["v1"] }],
  pods: [{ kind: "Pod", plural: "pods", versions: ["v1"] }],
  workloads: [
    { kind: "StatefulSet", plural: "statefulsets", versions: ["apps/v1"] },
    { kind: "Deployment", plural: "deployments", versions: ["apps/v1"] },
    { kind: "ReplicaSet", plural: "replicasets", versions: ["apps/v1"] },
    { kind: "DaemonSet", plural: "daemonsets", versions: ["apps/v1"] },
    { kind: "Job", plural: "jobs", versions: ["batch/v1"] },
    { kind: "CronJob", plural: "cronjobs", versions: ["batch/v1", "batch/v1beta1"] },
    { kind: "ReplicationController", plural: "replicationcontrollers", versions: ["v1"] },
  ],
  events: [{ kind: "Event", plural: "events", versions: ["v1"] }],
  namespaces: [{ kind: "Namespace", plural: "namespaces", versions: ["v1"] }],
  nodes: [{ kind: "Node", plural: "nodes", versions: ["v1"] }],
  configMaps: [{ kind: "ConfigMap", plural: "configmaps", versions: ["v1"] }],
  networkPolicies: [{ kind: "NetworkPolicy", plural: "networkpolicies", versions: ["networking.k8s.io/v1"] }],
};

/** Resources whose objects lie in no namespace. */
export const CLUSTER_SCOPED: ReadonlySet<Resource> = new Set<Resource>(["namespaces", "nodes"]);

/** `/apis/apps/v1/namespaces/shop/statefulsets`; `namespace` is null for all of them and for cluster-scoped kinds. */
export function pathOf(version: string, namespace: string | null, plural: string, name: string | null = null): string {
  const group = version.includes("/") ? `/apis/${version}` : `/api/${version}`;
  const steps = [...(namespace === null ? [] : ["namespaces", namespace]), plural, ...(name === null ? [] : [name])];
  return [group, ...steps.map(encodeURIComponent)].join("/");
}

/** `pods`, `statefulsets.apps`: as `kubectl auth can-i` names it. */
export function permissionName({ plural, versions }: Endpoint): string {
  const [first] = versions;
  return first.includes("/") ? `${plural}.${first.slice(0, first.indexOf("/"))}` : plural;
}
