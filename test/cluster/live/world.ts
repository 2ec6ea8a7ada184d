// One scenario's own namespace, with what it takes to make a state real and to wait for it.
import type { Api, KubeObject, ObjectReference } from "../api.ts";
import { reference, type TestCluster } from "../cluster.ts";

const API_VERSIONS: Readonly<Record<string, string>> = {
  Service: "v1",
  Pod: "v1",
  Endpoints: "v1",
  ConfigMap: "v1",
  ResourceQuota: "v1",
  Node: "v1",
  EndpointSlice: "discovery.k8s.io/v1",
  StatefulSet: "apps/v1",
  Deployment: "apps/v1",
  DaemonSet: "apps/v1",
  Job: "batch/v1",
};
const CLUSTER_WIDE = ["Node"];

export interface World {
  readonly api: Api;
  readonly kubeconfig: string;
  readonly namespace: string;
  create(...objects: readonly KubeObject[]): Promise<void>;
  ref(kind: string, name: string): ObjectReference;
  /** Waits until a Pod is there and as wanted. */
  pod(name: string, accept: (pod: KubeObject) => boolean): Promise<KubeObject>;
  /** Waits until the namespace's Pods are as wanted. */
  pods(accept: (pods: KubeObject[]) => boolean): Promise<KubeObject[]>;
  /** Waits until so many Pods run and are Ready, and none else is there. */
  ready(count: number): Promise<void>;
  /** Waits until every workload of the kind has Pods of its newest template only. */
  rolledOut(kind: "StatefulSet" | "Deployment"): Promise<void>;
  /** Waits until the slices of the Service are as wanted. */
  slices(accept: (slices: KubeObject[]) => boolean, service?: string): Promise<KubeObject[]>;
  /** Waits until the slices of the Service hold so many ready addresses of one family. */
  published(count: number, service?: string): Promise<void>;
  /** Waits until the API server has refused a controller a Pod. */
  refused(): Promise<void>;
  patch(kind: string, name: string, patch: object): Promise<void>;
}

const SECONDS = { seconds: 90 };

export function worldIn({ api, kubeconfig }: Pick<TestCluster, "api" | "kubeconfig">, namespace: string): World {
  const ref = (kind: string, name: string): ObjectReference =>
    reference(API_VERSIONS[kind] ?? "v1", kind, name, CLUSTER_WIDE.includes(kind) ? undefined : namespace);
  const pods: World["pods"] = (accept) => api.waitForAll({ apiVersion: "v1", kind: "Pod", namespace }, accept, SECONDS);
  const slices: World["slices"] = (accept, service = "db") => {
    const labelSelector = `kubernetes.io/service-name=${service}`;
    return api.waitForAll(
      { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace, labelSelector },
      accept,
      SECONDS,
    );
  };
  return {
    api,
    kubeconfig,
    namespace,
    ref,
    pods,
    slices,
    async create(...objects) {
      for (const object of objects) {
        await api.create({ ...object, metadata: { namespace, ...object.metadata } });
      }
    },
    async pod(name, accept) {
      const found = await api.wait(ref("Pod", name), (pod) => pod !== undefined && accept(pod), SECONDS);
      return found as KubeObject;
    },
    async ready(count) {
      await pods((found) => found.length === count && found.every(isReady));
    },
    async rolledOut(kind) {
      await api.waitForAll({ apiVersion: "apps/v1", kind, namespace }, (found) => found.every(isRolledOut), SECONDS);
    },
    async published(count, service) {
      const isReady = ({ conditions }: KubeObject): boolean => conditions?.ready !== false;
      await slices(
        (found) =>
          found
            .filter(({ addressType }) => addressType === "IPv4")
            .flatMap((slice) => slice.endpoints ?? [])
            .filter(isReady).length === count,
        service,
      );
    },
    async refused() {
      await api.waitForAll({ apiVersion: "v1", kind: "Event", namespace }, (events) =>
        events.some(({ reason }) => reason === "FailedCreate"),
      );
    },
    async patch(kind, name, patch) {
      await api.patch(ref(kind, name), patch);
    },
  };
}

/** As `kubectl rollout status` sees it, for a StatefulSet and a Deployment alike. */
function isRolledOut({ metadata, spec, status }: KubeObject): boolean {
  const { observedGeneration, replicas = 0, updatedReplicas = 0, readyReplicas = 0 } = status ?? {};
  return (
    observedGeneration === metadata.generation &&
    status?.currentRevision === status?.updateRevision &&
    [replicas, updatedReplicas, readyReplicas].every((one) => one === (spec.replicas ?? 1))
  );
}

export function isReady({ status }: KubeObject): boolean {
  return hasCondition(status, "Ready", "True");
}

function hasCondition(status: KubeObject["status"], type: string, value: string): boolean {
  return (status?.conditions ?? []).some(
    (one: { type: string; status: string }) => one.type === type && one.status === value,
  );
}

export function isRunning({ status }: KubeObject): boolean {
  return status?.phase === "Running" && (status.containerStatuses ?? []).every((one: KubeObject) => one.state?.running);
}

/** Why a container of the Pod waits: `CrashLoopBackOff`, `ImagePullBackOff` ... */
export function waitsFor(reason: string): (pod: KubeObject) => boolean {
  return ({ status }) =>
    [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])].some(
      (one: KubeObject) => one.state?.waiting?.reason === reason,
    );
}

/** Whether a time (RFC 3339) lies more than so many seconds back, by this machine's clock. */
export function isPast(time: string | undefined, seconds: number): boolean {
  return time !== undefined && Date.now() - Date.parse(time) > seconds * 1000;
}

/** Waits until so many Pods are Ready and the Service publishes them. */
export const upAndPublished =
  (count: number, service = "db") =>
  async (world: World): Promise<void> => {
    await world.ready(count);
    await world.published(count, service);
  };
