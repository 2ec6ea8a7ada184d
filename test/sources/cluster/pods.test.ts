// Pods that need not be read: what their metadata, their workload and their slices must tell for that.
import { describe, expect, test } from "vitest";
import type { Pod } from "../../../src/objects/pod.ts";
import { readCluster } from "../../../src/sources/cluster/collect.ts";
import { sliceFacts } from "../../../src/sources/cluster/pods/slice-facts.ts";
import type { StoredObject } from "../../api-server/store.ts";
import { connectTo, never, serve } from "./setup.ts";

type Fields = Record<string, unknown>;

const REQUEST = {
  resources: ["services", "endpointSlices", "pods", "workloads", "events", "namespaces"],
  clusterDns: false,
  clusterDomain: null,
  bulk: true,
} as const;
const AN_HOUR_AGO = new Date(Date.now() - 3_600_000).toISOString().replace(/\.\d+Z$/, "Z");
const JUST_NOW = new Date(Date.now() - 5_000).toISOString().replace(/\.\d+Z$/, "Z");

const CONTAINER = {
  name: "main",
  image: "db:1",
  command: ["serve"],
  ports: [{ name: "peer", containerPort: 7000, protocol: "TCP" }],
  env: [{ name: "LEVEL", value: "info" }],
  readinessProbe: { tcpSocket: { port: 7000 }, periodSeconds: 10, failureThreshold: 3 },
};
/** What the API server notes of whom makes a Pod of that container. */
const MADE: Fields = {
  "f:metadata": { "f:labels": { ".": {}, "f:app": {} } },
  "f:spec": {
    "f:containers": {
      'k:{"name":"main"}': {
        ".": {},
        "f:command": {},
        "f:env": { ".": {}, 'k:{"name":"LEVEL"}': { ".": {}, "f:name": {}, "f:value": {} } },
        "f:image": {},
        "f:name": {},
        "f:ports": { ".": {}, 'k:{"containerPort":7000,"protocol":"TCP"}': { ".": {}, "f:containerPort": {} } },
        "f:readinessProbe": { ".": {}, "f:tcpSocket": { ".": {}, "f:port": {} } },
      },
    },
    "f:dnsPolicy": {},
    "f:hostname": {},
    "f:subdomain": {},
  },
};

const writer = (fieldsV1: Fields, time: string, subresource = "") => ({
  manager: "somebody",
  operation: "Update",
  apiVersion: "v1",
  time,
  fieldsType: "FieldsV1",
  fieldsV1,
  ...(subresource === "" ? {} : { subresource }),
});

const owner = (kind: string, name: string) => [
  { apiVersion: "apps/v1", kind, name, uid: `uid-${name}`, controller: true },
];

function podOf(set: string, name: string, address: string, labels: Record<string, string>, kind = "StatefulSet") {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: "shop",
      uid: `uid-${name}`,
      labels,
      creationTimestamp: AN_HOUR_AGO,
      ownerReferences: owner(kind, set),
      managedFields: [writer(MADE, AN_HOUR_AGO), writer({ "f:status": {} }, AN_HOUR_AGO, "status")],
    } as Fields,
    spec: {
      dnsPolicy: "ClusterFirst",
      restartPolicy: "Always",
      nodeName: "node-1",
      containers: [CONTAINER],
      ...(kind === "StatefulSet" ? { hostname: name, subdomain: set } : {}),
    },
    status: {
      phase: "Running",
      podIP: address,
      podIPs: [{ ip: address }],
      conditions: [{ type: "Ready", status: "True", lastTransitionTime: AN_HOUR_AGO }],
    },
  };
}

function sliceOf(service: string, pods: readonly (readonly [name: string, address: string])[]) {
  return {
    apiVersion: "discovery.k8s.io/v1",
    kind: "EndpointSlice",
    metadata: {
      name: `${service}-x`,
      namespace: "shop",
      labels: {
        "kubernetes.io/service-name": service,
        "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
      },
      managedFields: [writer({ "f:endpoints": {} }, AN_HOUR_AGO)],
    } as Fields,
    addressType: "IPv4",
    endpoints: pods.map(([name, address]) => ({
      addresses: [address],
      conditions: { ready: true, serving: true, terminating: false } as Fields,
      targetRef: { kind: "Pod", namespace: "shop", name, uid: `uid-${name}` } as Fields,
      nodeName: "node-1",
    })),
    ports: [{ name: "peer", port: 7000, protocol: "TCP" }],
  };
}

function world() {
  const template = (labels: Record<string, string>) => ({
    metadata: { labels },
    spec: { dnsPolicy: "ClusterFirst", restartPolicy: "Always", containers: [CONTAINER] } as Fields,
  });
  const set = {
    apiVersion: "apps/v1",
    kind: "StatefulSet",
    metadata: { name: "db", namespace: "shop", uid: "uid-db", generation: 2 } as Fields,
    spec: {
      replicas: 2,
      serviceName: "db",
      selector: { matchLabels: { app: "db" } },
      template: template({ app: "db" }),
    },
    status: { observedGeneration: 2, replicas: 2, readyReplicas: 2, updateRevision: "db-7" } as Fields,
  };
  const replicaSet = {
    apiVersion: "apps/v1",
    kind: "ReplicaSet",
    metadata: {
      name: "web-5",
      namespace: "shop",
      uid: "uid-web-5",
      ownerReferences: owner("Deployment", "web"),
    } as Fields,
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: "web", "pod-template-hash": "5" } },
      template: template({ app: "web", "pod-template-hash": "5" }),
    },
    status: { replicas: 1, readyReplicas: 1 },
  };
  const service = (name: string) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name, namespace: "shop", uid: `uid-service-${name}` },
    spec: {
      type: "ClusterIP",
      clusterIP: "None",
      clusterIPs: ["None"],
      ipFamilies: ["IPv4"] as string[],
      selector: { app: name },
      ports: [{ name: "peer", port: 7000, protocol: "TCP", targetPort: 7000 }],
    },
  });
  const revision = { "controller-revision-hash": "db-7" };
  return {
    namespace: { apiVersion: "v1", kind: "Namespace", metadata: { name: "shop" } },
    service: service("db"),
    web: service("web"),
    set,
    replicaSet,
    first: podOf("db", "db-0", "10.0.0.1", { app: "db", ...revision }),
    second: podOf("db", "db-1", "10.0.0.2", { app: "db", ...revision }),
    third: podOf("web-5", "web-5-abcde", "10.0.0.3", { app: "web", "pod-template-hash": "5" }, "ReplicaSet"),
    slice: sliceOf("db", [
      ["db-0", "10.0.0.1"],
      ["db-1", "10.0.0.2"],
    ]),
    webSlice: sliceOf("web", [["web-5-abcde", "10.0.0.3"]]),
  };
}
type World = ReturnType<typeof world>;

const LESS = { now: new Date(), requestWorth: 40 };

/** Pods as they were read with as little as that takes, as they are, and which lists were asked for beside the metadata. */
async function readBoth(objects: readonly object[], scope: "all" | readonly string[] = "all") {
  const server = await serve({ objects: objects as StoredObject[], protobuf: true });
  const read = async (lessPods?: typeof LESS) => {
    const { lists } = await readCluster(await connectTo(server), { ...REQUEST, namespaces: scope, lessPods }, never);
    return lists.pods.flatMap(({ result }) => (result.status === "complete" ? result.items : []));
  };
  const less = await read(LESS);
  const asked = server.requests
    .filter(({ path, headers }) => path.endsWith("/pods") && !headers.accept?.includes("as=PartialObjectMetadataList"))
    .map(({ path, query }) => `${path}?${query}`);
  const full = await read();
  const byName = (pods: readonly Pod[]) => [...pods].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
  return { less: byName(less), full: byName(full), asked };
}

/** As much of it as is judged where the Pod is calm: the rest of its status says that it runs. */
const judged = ({ status, ...pod }: Pod) => ({
  ...pod,
  status: { phase: status?.phase, podIPs: status?.podIPs, conditions: status?.conditions },
});

test.each([["all"] as const, [["shop"]] as const])(
  "calm Pods are not read, and are as if they were: of %s",
  async (scope) => {
    const { less, full, asked } = await readBoth(Object.values(world()), scope);
    expect(less).toHaveLength(3);
    expect(less.map(judged)).toEqual(full.map(judged));
    expect(asked).toEqual([]);
  },
);

function endpointOf({ endpoints: [first] }: World["slice"]) {
  if (first === undefined) throw new Error("the slice is empty");
  return first;
}

/** What leaves a question open of db-0; db-1 and the Pod of web stay as they are. */
const OPEN: Readonly<Record<string, (world: World) => void>> = {
  "its endpoint is not ready": ({ slice }) => {
    endpointOf(slice).conditions = { ready: false, serving: false, terminating: false };
  },
  "it is published though it does not serve": ({ slice }) => {
    endpointOf(slice).conditions = { ready: true, serving: false, terminating: false };
  },
  "it is ending": ({ slice }) => {
    endpointOf(slice).conditions = { ready: true, serving: true, terminating: true };
  },
  "it is being deleted": ({ first }) => {
    first.metadata.deletionTimestamp = JUST_NOW;
  },
  "its status changed just now": ({ first, slice }) => {
    first.metadata.managedFields = [writer(MADE, AN_HOUR_AGO), writer({ "f:status": {} }, JUST_NOW, "status")];
    slice.metadata.managedFields = [writer({ "f:endpoints": {} }, JUST_NOW)];
  },
  "its status has no time": ({ first }) => {
    first.metadata.managedFields = [writer(MADE, AN_HOUR_AGO)];
  },
  "another Pod of its name stands in the slice": ({ slice }) => {
    endpointOf(slice).targetRef.uid = "uid-of-former";
  },
  "it is in no slice": ({ slice }) => {
    slice.endpoints.shift();
  },
  "nobody controls it": ({ first }) => {
    first.metadata.ownerReferences = [];
  },
  "its owner is none that was read": ({ first }) => {
    first.metadata.ownerReferences = owner("StrimziPodSet", "kafka");
  },
  "it is of an older template": ({ first }) => {
    first.metadata.labels = { app: "db", "controller-revision-hash": "db-6" };
  },
  "a label of the template is another's": ({ first }) => {
    first.metadata.labels = { app: "other", "controller-revision-hash": "db-7" };
  },
  "somebody added a container on the way": ({ first }) => {
    const spec = structuredClone(MADE) as { "f:spec": Fields };
    spec["f:spec"]["f:containers"] = {
      ...(spec["f:spec"]["f:containers"] as Fields),
      'k:{"name":"proxy"}': { ".": {}, "f:name": {} },
    };
    first.metadata.managedFields = [writer(spec, AN_HOUR_AGO), writer({ "f:status": {} }, AN_HOUR_AGO, "status")];
  },
  "somebody gave it a dnsConfig on the way": ({ first }) => {
    const spec = { ...MADE, "f:spec": { ...(MADE["f:spec"] as Fields), "f:dnsConfig": { ".": {}, "f:options": {} } } };
    first.metadata.managedFields = [writer(spec, AN_HOUR_AGO), writer({ "f:status": {} }, AN_HOUR_AGO, "status")];
  },
  "a second one had a hand in its spec": ({ first }) => {
    const image = { "f:spec": { "f:containers": { 'k:{"name":"main"}': { "f:image": {} } } } };
    (first.metadata.managedFields as unknown[]).push(writer(image, AN_HOUR_AGO));
  },
};

describe("a Pod of which a question is open is read, and nothing else", () => {
  test.each(Object.keys(OPEN))("%s", async (what) => {
    const broken = world();
    OPEN[what]?.(broken);
    const { less, full, asked } = await readBoth(Object.values(broken));
    expect(less.map(judged)).toEqual(full.map(judged));
    expect(less.find(({ metadata }) => metadata.name === "db-0")).toEqual(full[0]);
    expect(asked.length).toBeGreaterThan(0);
  });

  test.each<[string, (world: World) => void]>([
    [
      "the slice is older than the Pod's last change",
      ({ slice }) => {
        slice.metadata.managedFields = [writer({ "f:endpoints": {} }, "2026-01-01T00:00:00Z")];
      },
    ],
    [
      "somebody else wrote into the slice, too",
      ({ slice }) => {
        (slice.metadata.managedFields as unknown[]).push(writer({ "f:endpoints": {} }, AN_HOUR_AGO));
      },
    ],
    [
      "the slice is nobody's",
      ({ slice }) => {
        slice.metadata.labels = { "kubernetes.io/service-name": "db" };
      },
    ],
    [
      "the controller has not seen the StatefulSet's newest spec",
      ({ set }) => {
        set.metadata.generation = 3;
      },
    ],
    [
      "the namespace has Services of another family",
      ({ web }) => {
        web.spec.ipFamilies = ["IPv6"];
      },
    ],
    [
      "the Pods are on their node's network",
      ({ set }) => {
        set.spec.template.spec.hostNetwork = true;
      },
    ],
  ])("all of a set: %s", async (_, change) => {
    const broken = world();
    change(broken);
    const { less, full, asked } = await readBoth(Object.values(broken));
    expect(less.slice(0, 2)).toEqual(full.slice(0, 2));
    expect(asked.length).toBeGreaterThan(0);
  });

  test("its namespace may hold servers of cluster DNS", async () => {
    const broken = world();
    broken.web.spec.ports = [{ name: "dns", port: 53, protocol: "UDP", targetPort: 53 }];
    const { less, full } = await readBoth(Object.values(broken));
    expect(less).toEqual(full);
  });

  test("a ReplicaSet that no Deployment keeps", async () => {
    const broken = world();
    broken.replicaSet.metadata.ownerReferences = [];
    const { less, full } = await readBoth(Object.values(broken));
    expect(less[2]).toEqual(full[2]);
  });
});

describe("as little as that takes is asked for", () => {
  /** Of each set as many calm Pods as fill a list. */
  function large(sets: number, replicas: number) {
    const base = world();
    const objects: object[] = [base.namespace];
    for (let at = 0; at < sets; at++) {
      const name = `set-${at}`;
      const labels = { app: name, "controller-revision-hash": "db-7" };
      const pods = Array.from(
        { length: replicas },
        (_, ordinal) => [`${name}-${ordinal}`, `10.${at}.1.${ordinal}`] as const,
      );
      objects.push(
        {
          ...base.service,
          metadata: { ...base.service.metadata, name },
          spec: { ...base.service.spec, selector: { app: name } },
        },
        {
          ...base.set,
          metadata: { ...base.set.metadata, name, uid: `uid-${name}` },
          spec: {
            ...base.set.spec,
            serviceName: name,
            selector: { matchLabels: { app: name } },
            template: { ...base.set.spec.template, metadata: { labels: { app: name } } },
          },
        },
        ...pods.map(([pod, address]) => podOf(name, pod, address, labels)),
        sliceOf(name, pods),
      );
    }
    return objects as (StoredObject & { endpoints?: unknown[] })[];
  }
  const leaveOut = (objects: readonly StoredObject[], ...services: readonly string[]) =>
    objects.filter(
      ({ kind, metadata }) => kind !== "EndpointSlice" || !services.includes(metadata.name.replace(/-x$/, "")),
    );

  test("the Pods of one set among many, by its selector", async () => {
    const { less, full, asked } = await readBoth(leaveOut(large(20, 10), "set-3"));
    expect(asked.map(decodeURIComponent)).toEqual(["/api/v1/namespaces/shop/pods?labelSelector=app=set-3"]);
    expect(less.map(judged)).toEqual(full.map(judged));
  });

  test("of many Pods, all, where the first ones are mostly in question", async () => {
    const objects = large(60, 10);
    const { less, full, asked } = await readBoth(
      leaveOut(objects, ...Array.from({ length: 30 }, (_, at) => `set-${at}`)),
    );
    expect(asked).toEqual(["/api/v1/pods?"]);
    expect(less).toEqual(full);
    const { asked: askedOfFew } = await readBoth(leaveOut(objects, "set-3"));
    expect(askedOfFew).toHaveLength(1);
  });

  test("all, where many sets are in question", async () => {
    const { less, full, asked } = await readBoth(leaveOut(large(6, 10), "set-1", "set-2", "set-3", "set-4"));
    expect(asked).toEqual(["/api/v1/pods?"]);
    expect(less).toEqual(full);
  });
});

test("a server that sends no metadata alone is asked for all", async () => {
  const server = await serve({ objects: Object.values(world()) as StoredObject[] });
  const { lists } = await readCluster(
    await connectTo(server),
    { ...REQUEST, namespaces: "all", lessPods: LESS },
    never,
  );
  expect(lists.pods).toMatchObject([{ namespace: null, result: { status: "complete" } }]);
  const [pods] = lists.pods;
  expect(pods?.result.status === "complete" && pods.result.items).toHaveLength(3);
});

test("Pods that may not be listed are not read, in the server's words", async () => {
  const server = await serve({
    objects: Object.values(world()) as StoredObject[],
    protobuf: true,
    forbidden: ["list pods"],
  });
  const { lists } = await readCluster(
    await connectTo(server),
    { ...REQUEST, namespaces: "all", lessPods: LESS },
    never,
  );
  expect(lists.pods).toMatchObject([
    { result: { status: "unavailable", because: expect.stringContaining("no permission to list pods") } },
  ]);
});

const MANAGED = { "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" };
const OF_DB = { "kubernetes.io/service-name": "db" };

test.each([
  ["as the controller made it", { ...MANAGED, ...OF_DB }, true],
  ["without the Service's name", MANAGED, false],
  ["of another Service's name than its owner's", { ...MANAGED, "kubernetes.io/service-name": "web" }, false],
  ["without its manager", OF_DB, false],
])("a slice %s", (_, labels, healthy) => {
  const facts = sliceFacts();
  facts.take({
    metadata: { labels, ownerReferences: [{ kind: "Service", name: "db", controller: true }] },
    addressType: "IPv4",
    endpoints: [
      {
        addresses: ["10.0.0.1"],
        conditions: { ready: true, serving: true, terminating: false },
        targetRef: { kind: "Pod", uid: "uid-of-db-0" },
      },
    ],
  });
  expect(facts.of("uid-of-db-0")?.healthy).toBe(healthy);
});
