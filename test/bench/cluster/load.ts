// A large cluster's objects, made real: headless Services with StatefulSets whose Pods the real controllers make, on nodes
// that do not exist. Only what the kubelet would do, the Pods' status, is written by us.
import { setTimeout } from "node:timers/promises";
import type { Api, KubeObject } from "../../cluster/api.ts";
import { reference } from "../../cluster/api.ts";

/** Of all Services one in so many has a selector that matches nothing. */
export const BROKEN_ONE_IN = 50;
export const REPLICAS = 15;
const PER_NAMESPACE = 20;
const LABEL = "kheadless.test/bench";
export const NODES = Array.from({ length: 20 }, (_, at) => `kheadless-bench-${at}`);

const namespaceOf = (service: number) => `bench-${Math.floor(service / PER_NAMESPACE)}`;

/** Makes so many Services with their Pods, beside what is there already, and waits until the slices hold every Pod. */
export async function load(api: Api, services: number, say: (text: string) => void): Promise<void> {
  const names = Array.from({ length: services }, (_, at) => at);
  for (const namespace of new Set(names.map(namespaceOf))) {
    await ensure(api, { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace, labels: { [LABEL]: "" } } });
    await api.wait(reference("v1", "ServiceAccount", "default", namespace), (account) => account !== undefined);
  }
  await eight(names, async (at) => {
    await ensure(api, headlessService(at));
    await ensure(api, statefulSet(at));
  });
  const wanted = services * REPLICAS;
  // Never a list of all Pods: of 30,000 it is 250 MB of JSON.
  const pending = { apiVersion: "v1", kind: "Pod", labelSelector: LABEL, fieldSelector: "status.phase!=Running" };
  const sets = { apiVersion: "apps/v1", kind: "StatefulSet", labelSelector: LABEL };
  for (let done = 0; done < wanted; ) {
    const bare = await api.list(pending);
    await eight(bare, (pod) => api.patchStatus(pod, { status: running(pod) }).then(() => {}));
    // Where the controllers are behind, there is nothing to do but to wait for them.
    if (bare.length === 0) await setTimeout(1000);
    done = (await api.list(sets)).reduce((sum, { status }) => sum + (status?.readyReplicas ?? 0), 0);
    say(`${done} of ${wanted} Pods run`);
  }
  await api.waitForAll(
    { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", labelSelector: LABEL },
    (slices) => slices.flatMap((slice) => slice.endpoints ?? []).length >= wanted - broken(services) * REPLICAS,
    { seconds: 1200 },
  );
}

export async function unload(api: Api): Promise<void> {
  const namespaces = await api.list({ apiVersion: "v1", kind: "Namespace", labelSelector: LABEL });
  await eight(namespaces, (namespace) => api.delete(namespace));
  // Nobody confirms the end of a Pod on a node that does not exist.
  await eight(namespaces, async ({ metadata }) => {
    const pods = { apiVersion: "v1", kind: "Pod", namespace: metadata.name };
    for (let left = await api.list(pods); left.length > 0; left = await api.list(pods)) {
      for (const pod of left) await api.delete(pod, { now: true });
    }
  });
}

const broken = (services: number) => Math.ceil(services / BROKEN_ONE_IN);

async function ensure(api: Api, object: KubeObject): Promise<void> {
  if ((await api.find(object)) === undefined) await api.create(object);
}

/** Works through items, eight at a time. */
async function eight<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: 8 }, worker));
}

function headlessService(at: number): KubeObject {
  const app = at % BROKEN_ONE_IN === 0 ? `app-${at}-typo` : `app-${at}`;
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `app-${at}`, namespace: namespaceOf(at), labels: { [LABEL]: "", app: `app-${at}` } },
    spec: {
      clusterIP: "None",
      selector: { app },
      ports: [
        { name: "http", port: 8080, targetPort: "http" },
        { name: "metrics", port: 9090 },
      ],
    },
  };
}

function statefulSet(at: number): KubeObject {
  const labels = { [LABEL]: "", app: `app-${at}`, "app.kubernetes.io/part-of": `team-${at % 30}` };
  const probe = { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10, failureThreshold: 3 };
  const env = (name: string, value: string) => ({ name, value });
  const main = {
    name: "main",
    image: `registry.example.com/team-${at % 30}/app:1.${at % 7}.2`,
    args: ["--listen=:8080", `--peers=app-${at}-0.app-${at},app-${at}-1.app-${at}`, "--log-format=json"],
    ports: [
      { name: "http", containerPort: 8080 },
      { name: "metrics", containerPort: 9090 },
    ],
    env: [
      { name: "POD_NAME", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "POD_IP", valueFrom: { fieldRef: { fieldPath: "status.podIP" } } },
      { name: "PASSWORD", valueFrom: { secretKeyRef: { name: "credentials", key: "password" } } },
      ...Array.from({ length: 12 }, (_, index) => env(`SETTING_${index}`, `value-${index}-of-${at % 30}`)),
    ],
    resources: { requests: { cpu: "100m", memory: "128Mi" }, limits: { memory: "256Mi" } },
    readinessProbe: probe,
    livenessProbe: probe,
    securityContext: { runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: { drop: ["ALL"] } },
    volumeMounts: [{ name: "config", mountPath: "/etc/app" }],
  };
  const sidecar = {
    name: "proxy",
    image: "registry.example.com/proxy:3.1",
    ports: [{ name: "admin", containerPort: 15000 }],
  };
  const spec = {
    nodeName: NODES[at % NODES.length],
    terminationGracePeriodSeconds: 0,
    tolerations: [{ operator: "Exists" }],
    containers: [main, sidecar],
    volumes: [{ name: "config", configMap: { name: "config", optional: true } }],
  };
  return {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: `app-${at}`, namespace: namespaceOf(at), labels },
    spec: {
      replicas: REPLICAS,
      serviceName: `app-${at}`,
      podManagementPolicy: "Parallel",
      selector: { matchLabels: { app: `app-${at}` } },
      template: { metadata: { labels, annotations: { "example.com/checksum": "0123456789abcdef" } }, spec },
    },
  };
}

function running({ metadata, spec }: KubeObject): object {
  const [, service = "0", ordinal = "0"] = /-(\d+)-(\d+)$/.exec(metadata.name) ?? [];
  const number = Number(service) * REPLICAS + Number(ordinal);
  const ip = `10.${100 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  const host = `192.0.2.${NODES.indexOf(spec.nodeName) + 1}`;
  // As on real nodes, no two Pods became ready in the same second.
  const at = new Date(Date.UTC(2026, 0, 1) + number * 7_000).toISOString();
  const condition = (type: string) => ({ type, status: "True", lastProbeTime: null, lastTransitionTime: at });
  return {
    phase: "Running",
    hostIP: host,
    hostIPs: [{ ip: host }],
    podIP: ip,
    podIPs: [{ ip }],
    startTime: at,
    conditions: ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map(condition),
    containerStatuses: spec.containers.map(({ name, image }: { name: string; image: string }) => ({
      name,
      image,
      imageID: `${image}@sha256:${"0123456789abcdef".repeat(4)}`,
      containerID: `containerd://${metadata.uid?.replaceAll("-", "").repeat(2)}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: at } },
    })),
  };
}
