import type { Resource } from "../snapshot.ts";

interface Kind {
  readonly resource: Resource;
  readonly namespaced: boolean;
  /** API groups that have, or had, the kind; "" is the core group. */
  readonly groups: readonly string[];
}

const workload = (...groups: string[]): Kind => ({ resource: "workloads", namespaced: true, groups });

/** The kinds that we read. Versions of a group do not matter: the fields that we read are the same in all of them. */
const KINDS: Readonly<Record<string, Kind>> = {
  Service: { resource: "services", namespaced: true, groups: [""] },
  EndpointSlice: { resource: "endpointSlices", namespaced: true, groups: ["discovery.k8s.io"] },
  Endpoints: { resource: "endpoints", namespaced: true, groups: [""] },
  Pod: { resource: "pods", namespaced: true, groups: [""] },
  StatefulSet: workload("apps"),
  Deployment: workload("apps", "extensions"),
  ReplicaSet: workload("apps", "extensions"),
  DaemonSet: workload("apps", "extensions"),
  Job: workload("batch"),
  CronJob: workload("batch"),
  ReplicationController: workload(""),
  Event: { resource: "events", namespaced: true, groups: ["", "events.k8s.io"] },
  Namespace: { resource: "namespaces", namespaced: false, groups: [""] },
  Node: { resource: "nodes", namespaced: false, groups: [""] },
  ConfigMap: { resource: "configMaps", namespaced: true, groups: [""] },
  NetworkPolicy: { resource: "networkPolicies", namespaced: true, groups: ["networking.k8s.io", "extensions"] },
};

/** Null for a kind that we do not read, such as another group's kind of the same name (Knative's Service). */
export function readableKind(apiVersion: string, kind: string): Kind | null {
  if (!Object.hasOwn(KINDS, kind)) return null;
  const found = KINDS[kind];
  return found?.groups.includes(groupOf(apiVersion)) ? found : null;
}

/** The list that objects of the kind belong to, whatever its group; null for a kind that we do not read. */
export function resourceNamed(kind: string): Resource | null {
  return Object.hasOwn(KINDS, kind) ? (KINDS[kind]?.resource ?? null) : null;
}

/** `apps` of `apps/v1`, "" of `v1`. */
export function groupOf(apiVersion: string): string {
  const slash = apiVersion.indexOf("/");
  return slash < 0 ? "" : apiVersion.slice(0, slash);
}
