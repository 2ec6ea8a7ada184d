// What is read as protobuf, held to what the same API server says in JSON, for every kind.
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { refKey, refOf } from "../../src/objects/meta.ts";
import type { Resource } from "../../src/objects/snapshot.ts";
import { type ClusterConnection, connectCluster } from "../../src/sources/cluster/connection.ts";
import { readResource } from "../../src/sources/cluster/list.ts";
import { CLUSTER_SCOPED, ENDPOINTS } from "../../src/sources/cluster/resources.ts";
import { type KubeObject, reference, type TestCluster } from "./cluster.ts";
import { waitFor } from "./run.ts";
import { hold, withSample } from "./sample.ts";
import { cluster } from "./test-cluster.ts";

const never = new AbortController().signal;

const labels = { app: "every-field", "app.kubernetes.io/part-of": "protobuf", empty: "" };
const probe = {
  httpGet: { path: "/ready", port: "web" },
  initialDelaySeconds: 1,
  periodSeconds: 7,
  failureThreshold: 9,
};
const container = {
  name: "main",
  image: "registry.invalid/web:1",
  command: ["run", ""],
  args: ["--peers=web-0.web", "ünïcode"],
  ports: [{ name: "web", containerPort: 8080, protocol: "UDP" }, { containerPort: 9090 }],
  env: [
    { name: "EMPTY" },
    { name: "VALUE", value: "x".repeat(200) },
    { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    { name: "FROM", valueFrom: { configMapKeyRef: { name: "settings", key: "k", optional: true } } },
    { name: "SECRET", valueFrom: { secretKeyRef: { name: "s", key: "k", optional: true } } },
  ],
  envFrom: [{ prefix: "P_", configMapRef: { name: "settings", optional: true } }],
  readinessProbe: probe,
  livenessProbe: { exec: { command: ["true"] } },
  startupProbe: { tcpSocket: { port: 8080 } },
};
const podSpec = {
  hostname: "every",
  subdomain: "field",
  setHostnameAsFQDN: true,
  dnsPolicy: "None",
  dnsConfig: {
    nameservers: ["10.9.9.9"],
    searches: ["a.b"],
    options: [{ name: "ndots", value: "2" }, { name: "edns0" }],
  },
  hostAliases: [{ ip: "192.0.2.9", hostnames: ["a.b", "c"] }],
  // No kubelet shall run it: what is read must hold still.
  nodeSelector: { "kheadless.dev/nowhere": "true" },
  containers: [container],
  initContainers: [{ name: "sidecar", image: "x", restartPolicy: "Always", livenessProbe: { grpc: { port: 5 } } }],
  readinessGates: [{ conditionType: "kheadless.dev/gate" }],
  volumes: [
    { name: "settings", configMap: { name: "settings", optional: true } },
    { name: "scratch", emptyDir: {} },
  ],
};
const template = { metadata: { labels, annotations: { note: "a" } }, spec: podSpec };
const jobTemplate = { metadata: { labels }, spec: { ...podSpec, restartPolicy: "Never" } };
const selector = { matchLabels: { app: "every-field" }, matchExpressions: [{ key: "empty", operator: "Exists" }] };
const peers = [
  { podSelector: { matchLabels: { a: "b" } }, namespaceSelector: {} },
  { ipBlock: { cidr: "10.0.0.0/8", except: ["10.1.0.0/16"] } },
];

function object(apiVersion: string, kind: string, rest: object): KubeObject {
  const metadata = {
    name: `every-${kind.toLowerCase()}`,
    labels,
    annotations: { "kheadless.dev/ignore": "port-unnamed" },
    // It stays while it is being deleted.
    ...(kind === "Pod" ? { finalizers: ["kheadless.dev/test"] } : {}),
  };
  return { apiVersion, kind, metadata, ...rest };
}

/** One of every kind, with all that is read of it; two where some fields exclude each other. */
const OBJECTS: readonly KubeObject[] = [
  object("v1", "Service", {
    spec: {
      clusterIP: "None",
      selector: { nobody: "carries-it" },
      publishNotReadyAddresses: true,
      ports: [
        { name: "web", port: 80, targetPort: "web", appProtocol: "h2c" },
        { name: "dns", port: 53, targetPort: 5353, protocol: "UDP" },
      ],
      externalIPs: ["192.0.2.1"],
    },
  }),
  {
    ...object("v1", "Service", { spec: { type: "ExternalName", externalName: "example.org" } }),
    metadata: { name: "other" },
  },
  object("discovery.k8s.io/v1", "EndpointSlice", {
    addressType: "IPv4",
    ports: [{ name: "", port: 80 }, { name: "all" }],
    endpoints: [
      { addresses: ["192.0.2.7"], conditions: { ready: false, serving: true }, hostname: "h", nodeName: "n" },
      { addresses: ["192.0.2.8"], targetRef: { kind: "Pod", name: "p", namespace: "x" }, conditions: {} },
    ],
  }),
  object("v1", "Endpoints", {
    subsets: [
      {
        addresses: [{ ip: "192.0.2.1", hostname: "a", nodeName: "n", targetRef: { kind: "Pod", name: "p" } }],
        notReadyAddresses: [{ ip: "192.0.2.2" }],
        ports: [{ name: "web", port: 80, protocol: "TCP" }],
      },
    ],
  }),
  object("v1", "Pod", { spec: podSpec }),
  object("apps/v1", "StatefulSet", {
    spec: {
      selector,
      template,
      replicas: 0,
      serviceName: "field",
      podManagementPolicy: "Parallel",
      ordinals: { start: 3 },
      updateStrategy: { type: "RollingUpdate", rollingUpdate: { partition: 2 } },
      volumeClaimTemplates: [
        {
          metadata: { name: "data" },
          spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } },
        },
      ],
    },
  }),
  object("apps/v1", "Deployment", {
    spec: { selector, template, replicas: 0, strategy: { rollingUpdate: { maxUnavailable: "40%" } } },
  }),
  object("apps/v1", "ReplicaSet", { spec: { selector, template, replicas: 0 } }),
  object("apps/v1", "DaemonSet", {
    spec: { selector, template, updateStrategy: { rollingUpdate: { maxUnavailable: 2 } } },
  }),
  object("v1", "ReplicationController", { spec: { selector: { app: "every-field" }, template, replicas: 0 } }),
  object("batch/v1", "Job", {
    spec: { template: jobTemplate, suspend: true, parallelism: 2, completions: 3, completionMode: "Indexed" },
  }),
  object("batch/v1", "CronJob", {
    spec: { schedule: "0 0 1 1 *", suspend: true, jobTemplate: { spec: { template: jobTemplate, parallelism: 4 } } },
  }),
  object("v1", "ConfigMap", { data: { Corefile: ".:53 {}\n", empty: "", ["__proto__"]: "x" } }),
  object("v1", "Event", {
    involvedObject: { apiVersion: "v1", kind: "Pod", name: "every-pod" },
    reason: "Tried",
    message: "a\nb",
    type: "Warning",
    count: 3,
    firstTimestamp: "2026-01-01T00:00:00Z",
    lastTimestamp: "2026-01-02T00:00:00Z",
    eventTime: "2026-01-02T00:00:00.123456Z",
    series: { count: 5, lastObservedTime: "2026-01-02T00:00:01.000001Z" },
    action: "Trying",
    reportingComponent: "kheadless.dev/test",
    reportingInstance: "test",
  }),
  object("networking.k8s.io/v1", "NetworkPolicy", {
    spec: {
      podSelector: selector,
      policyTypes: ["Ingress", "Egress"],
      ingress: [{ from: peers, ports: [{ port: "web" }, { protocol: "UDP", port: 53, endPort: 60 }] }],
      egress: [{ to: peers }],
    },
  }),
];

/** Objects with every field, and the sample's running Pods. */
async function withEverything(given: TestCluster, work: (namespace: string) => Promise<void>): Promise<void> {
  await withSample(given, async (namespace) => {
    for (const { metadata, involvedObject, ...rest } of OBJECTS) {
      // An Event lies where its object does.
      const of = involvedObject === undefined ? {} : { involvedObject: { ...involvedObject, namespace } };
      await given.api.create({ ...(rest as KubeObject), ...of, metadata: { namespace, ...metadata } });
    }
    const going = reference("v1", "Pod", "every-pod", namespace);
    await given.api.delete(going);
    await given.api.wait(going, (pod) => pod?.metadata.deletionTimestamp !== undefined);
    await work(namespace);
  });
}

describe.skipIf(cluster === null)("what is read as protobuf", () => {
  let connection: ClusterConnection;
  let everything: Awaited<ReturnType<typeof hold<string>>>;

  beforeAll(async () => {
    const surroundings = { env: {}, cwd: "/", interactive: false, userAgent: "kheadless/test" };
    connection = await connectCluster({ kubeconfig: (cluster as TestCluster).kubeconfig }, surroundings);
    everything = await hold((work) => withEverything(cluster as TestCluster, work));
  });
  afterAll(async () => {
    await everything?.release();
    connection?.close();
  });

  it.each(Object.keys(ENDPOINTS) as Resource[])("is what is read as JSON: %s", async (resource) => {
    const read = async (bulk: boolean) => {
      const { items, lacks } = await readResource(connection.api, resource, { namespace: null, bulk }, never);
      expect(lacks).toEqual([]);
      return new Map(items.map((item) => [refKey(refOf(item)), item]));
    };
    // Where something changes between the two, they are read again.
    await waitFor(`the same ${resource} twice`, 30, async () => {
      const [protobuf, json] = [await read(true), await read(false)];
      expect(protobuf).toEqual(json);
      expect(protobuf.size).toBeGreaterThan(0);
      return true;
    });
    const own = [...(await read(true)).values()].some(({ metadata }) => metadata.namespace === everything.value);
    expect(own).toBe(!CLUSTER_SCOPED.has(resource));
  });

  it("is in fact protobuf", async () => {
    const asked = await connection.api.stream("/api/v1/pods", {}, () => ({ push() {}, end: () => "read" }), never);
    expect(asked).toEqual({ status: 200, body: "read", message: "" });
  });
});
