// Nodes without a machine, for Pods without a kubelet: tests set `spec.nodeName` to one of them and patch the Pod's
// status themselves, and the real controllers take it from there.
import { type Api, type KubeObject, reference } from "./api.ts";

const label = "kheadless.test/fake-node";
const leaseSeconds = 40;

const now = () => new Date().toISOString();
const microTime = () => now().replace("Z", "000Z");

const leaseOf = (name: string) => reference("coordination.k8s.io/v1", "Lease", name, "kube-node-lease");

function nodeObject(name: string, labels: Record<string, string>): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { [label]: "", "kubernetes.io/hostname": name, "kubernetes.io/os": "linux", ...labels } },
    // Keeps away what the scheduler places; Pods that name the node get there anyway.
    spec: { taints: [{ key: label, effect: "NoSchedule" }] },
  };
}

function nodeStatus(): object {
  const quantity = { cpu: "64", memory: "256Gi", pods: "10000" };
  const condition = { type: "Ready", status: "True", reason: "Fake", message: "kept ready by a test" };
  return {
    capacity: quantity,
    allocatable: quantity,
    conditions: [{ ...condition, lastHeartbeatTime: now(), lastTransitionTime: now() }],
  };
}

/** Creates the nodes, keeps their Leases fresh while `work` runs, and removes them. */
export async function withFakeNodes<T>(
  api: Api,
  names: readonly string[],
  work: () => Promise<T>,
  labels: Record<string, string> = {},
): Promise<T> {
  const lease = (name: string) => ({
    holderIdentity: name,
    leaseDurationSeconds: leaseSeconds,
    renewTime: microTime(),
  });
  const remove = async (name: string) => {
    await api.delete(reference("v1", "Node", name));
    await api.delete(leaseOf(name));
  };
  let renewal: NodeJS.Timeout | undefined;
  try {
    for (const name of names) {
      // A run that was killed may have left one of this name.
      await remove(name);
      await api.create(nodeObject(name, labels));
      await api.patchStatus(reference("v1", "Node", name), { status: nodeStatus() });
      await api.create({ ...leaseOf(name), metadata: { name, namespace: "kube-node-lease" }, spec: lease(name) });
    }
    // One missed renewal does no harm: a Lease lasts four of them.
    const renew = (name: string) => api.patch(leaseOf(name), { spec: { renewTime: microTime() } }).catch(() => {});
    renewal = setInterval(() => Promise.all(names.map(renew)), (leaseSeconds / 4) * 1000);
    renewal.unref();
    return await work();
  } finally {
    clearInterval(renewal);
    await Promise.all(names.map(remove));
  }
}
