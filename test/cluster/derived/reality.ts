// Makes manifests real: the API server takes the objects, the real controllers make Pods and slices, and in the place of
// a kubelet the test says that each Pod runs and is ready.
import { setTimeout as sleep } from "node:timers/promises";
import type { Api, KubeObject } from "../cluster.ts";
import { settle } from "../oracle/world.ts";

/** Runs `work` when the objects are there, and all that the controllers make of them is at rest. */
export async function withReality<T>(
  api: Api,
  objects: readonly KubeObject[],
  { namespace, block }: { readonly namespace: string; readonly block: number },
  work: () => Promise<T>,
): Promise<T> {
  const owned = objects.map((one) => ({ ...one, metadata: { ...one.metadata, namespace } }));
  await Promise.all(owned.map((one) => api.create(one)));
  const stop = new AbortController();
  const running = keepRunning(api, namespace, block, stop.signal);
  try {
    await Promise.race([running, atRest(api, owned, namespace)]);
    return await work();
  } finally {
    stop.abort();
    await running;
  }
}

async function keepRunning(api: Api, namespace: string, block: number, signal: AbortSignal): Promise<void> {
  let next = 1;
  while (!signal.aborted) {
    const pods = await api.list({ apiVersion: "v1", kind: "Pod", namespace });
    const waiting = pods.filter(({ spec, status }) => spec.nodeName !== undefined && status?.podIP === undefined);
    await Promise.all(
      waiting.map((pod) => {
        const at = next++;
        const podIPs = [{ ip: `198.18.${block}.${at}` }, { ip: `2001:db8:${block}::${at.toString(16)}` }];
        const lastTransitionTime = new Date().toISOString();
        const conditions = ["Ready", "ContainersReady", "Initialized"].map((type) => ({
          type,
          status: "True",
          lastTransitionTime,
        }));
        const status = { phase: "Running", conditions, podIP: podIPs[0]?.ip, podIPs, startTime: lastTransitionTime };
        return api.patchStatus(pod, { status }, "strategic-merge");
      }),
    );
    await sleep(200);
  }
}

/** Whether the controller of a workload has made all that it will. */
const isDone: Readonly<Record<string, (workload: KubeObject) => boolean>> = {
  StatefulSet: ({ spec, status }) => (status?.readyReplicas ?? 0) === spec.replicas,
  Deployment: ({ spec, status }) => (status?.readyReplicas ?? 0) === spec.replicas,
  ReplicaSet: ({ spec, status }) => (status?.readyReplicas ?? 0) === spec.replicas,
  ReplicationController: ({ spec, status }) => (status?.readyReplicas ?? 0) === spec.replicas,
  DaemonSet: ({ status }) => status?.numberReady > 0 && status.numberReady === status.desiredNumberScheduled,
  Job: ({ spec, status }) =>
    spec.suspend === true || (status?.ready ?? 0) === Math.min(spec.parallelism, spec.completions ?? Infinity),
  Pod: ({ status }) => status?.phase === "Running",
};

async function atRest(api: Api, objects: readonly KubeObject[], namespace: string): Promise<void> {
  for (const object of objects) {
    const done = isDone[object.kind];
    if (done === undefined) continue;
    await api.wait(object, (found) => {
      if (found === undefined) return false;
      const seen = found.status?.observedGeneration ?? found.metadata.generation;
      return (found.kind === "Job" || found.kind === "Pod" || seen === found.metadata.generation) && done(found);
    });
  }
  await settle(api, [namespace]);
}
