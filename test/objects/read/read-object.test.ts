import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type FieldPath, formatPath } from "../../../src/objects/origin.ts";
import { type ReadResult, readObject } from "../../../src/objects/read/read-object.ts";
import type { Resources } from "../../../src/objects/snapshot.ts";
import { deepFreeze } from "../../deep-freeze.ts";
import { arbitraryObject } from "../arbitrary.ts";

const MANIFEST = { origin: null, defaultNamespace: "shop", live: false };
const LIVE = { ...MANIFEST, live: true };

function read(value: unknown, live = false): Resources[keyof Resources] {
  const result = readObject(value, live ? LIVE : MANIFEST);
  if (result.status !== "read") throw new Error(`${result.status}: ${JSON.stringify(result)}`);
  return result.object;
}

/** `path: message` of each fault. */
function faults(value: unknown, live = false): readonly string[] {
  const result = readObject(value, live ? LIVE : MANIFEST);
  return result.status === "invalid" ? result.faults.map(({ path, message }) => `${formatPath(path)}: ${message}`) : [];
}

const service = (spec: unknown, metadata: unknown = { name: "mysql" }) => ({
  apiVersion: "v1",
  kind: "Service",
  metadata,
  spec,
});
const workload = (kind: string, spec: object, apiVersion = "apps/v1") => ({
  apiVersion,
  kind,
  metadata: { name: "mysql" },
  spec: { template: {}, ...spec },
});
const pod = (spec: unknown, status?: unknown) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "mysql-0" },
  spec,
  ...(status === undefined ? {} : { status }),
});

describe("a Service", () => {
  test("has the API server's defaults where a field is not given", () => {
    expect(read(service({ ports: [{ port: 80 }] }))).toMatchObject({
      metadata: { name: "mysql", namespace: "shop", labels: {}, uid: "" },
      live: false,
      lookalikes: [],
      spec: {
        type: "ClusterIP",
        clusterIP: null,
        selector: null,
        ports: [{ name: "", protocol: "TCP", port: 80, targetPort: 80, nodePort: null }],
        publishNotReadyAddresses: false,
        ipFamilyPolicy: null,
      },
    });
  });

  test("keeps clusterIP as it is written", () => {
    for (const clusterIP of ["None", "none", "", "null", "10.0.0.1"]) {
      expect(read(service({ clusterIP }))).toMatchObject({ spec: { clusterIP } });
    }
  });

  test("takes null for not given, as the API server decodes it", () => {
    expect(read(service({ clusterIP: null, ports: null, selector: null, type: null }))).toEqual(read(service({})));
    expect(read(service(null))).toEqual(read(service({})));
  });

  test("takes an empty type and protocol for not given, and no empty ipFamilyPolicy", () => {
    const ports = [{ port: 80, protocol: "" }];
    expect(read(service({ type: "", ports }))).toEqual(read(service({ ports: [{ port: 80 }] })));
    expect(faults(service({ ipFamilyPolicy: "" }))).toEqual([
      'spec.ipFamilyPolicy: expected SingleStack, PreferDualStack or RequireDualStack, found the text ""',
    ]);
  });

  test("takes a targetPort of 0 or nothing for the port", () => {
    const ports = [
      { port: 80, targetPort: 0 },
      { port: 81, targetPort: "" },
      { port: 82, targetPort: "http" },
    ];
    expect(read(service({ ports }))).toMatchObject({
      spec: { ports: [{ targetPort: 80 }, { targetPort: 81 }, { targetPort: "http" }] },
    });
  });

  test.each([
    ["clusterIp", "clusterIP", "None"],
    ["ClusterIP", "clusterIP", "None"],
    ["cluster_ip", "clusterIP", "None"],
    ["publishNotreadyAddresses", "publishNotReadyAddresses", true],
    ["Selector", "selector", { app: "x" }],
  ])("shows %s, which looks like %s", (field, meant, value) => {
    expect(read(service({ [field]: value }))).toMatchObject({
      lookalikes: [{ field, meant, value: typeof value === "string" ? value : JSON.stringify(value) }],
    });
    expect(read(service({ [field]: value }), true)).toMatchObject({ lookalikes: [] });
  });

  test("has no lookalikes among fields that Kubernetes knows, or that look like none", () => {
    expect(
      read(service({ clusterIP: "None", healthCheckNodePort: 1, topologyKeys: [], description: "x" })),
    ).toMatchObject({
      lookalikes: [],
    });
  });

  test.each([
    [service({ ports: "80" }), 'spec.ports: expected a list, found the text "80"'],
    [service({ ports: { port: 80 } }), "spec.ports: expected a list, found a map"],
    [service({ ports: [80] }), "spec.ports[0]: expected a map, found the number 80"],
    [service({ ports: [null] }), "spec.ports[0]: expected a map, found nothing"],
    [
      service({ ports: [{ port: "80" }] }),
      'spec.ports[0].port: expected a whole number, found the text "80": leave out the quotes',
    ],
    [
      service({ ports: [{ port: 2 ** 31 }] }),
      "spec.ports[0].port: expected a whole number from -2147483648 to 2147483647, found the number 2147483648",
    ],
    [service({ ports: [{ port: 80.5 }] }), "spec.ports[0].port: expected a whole number, found the number 80.5"],
    [service({ ports: [{ name: "http" }] }), "spec.ports[0].port: expected a port number, found nothing"],
    [
      service({ ports: [{ port: 80, targetPort: true }] }),
      "spec.ports[0].targetPort: expected a whole number or text, found true",
    ],
    [
      service({ ports: [{ port: 80, protocol: "tcp" }] }),
      'spec.ports[0].protocol: expected TCP, UDP or SCTP, found the text "tcp"',
    ],
    [service({ selector: ["a"] }), "spec.selector: expected a map, found a list"],
    [
      service({ selector: { app: true } }),
      "spec.selector.app: expected text, found true: quote it (yes, on and y mean true)",
    ],
    [
      service({ selector: { "app.io/v": 1 } }),
      'spec.selector["app.io/v"]: expected text, found the number 1: quote it',
    ],
    [service({ clusterIP: false }), "spec.clusterIP: expected text, found false: quote it (no, off and n mean false)"],
    [service({ clusterIPs: "None" }), 'spec.clusterIPs: expected a list, found the text "None"'],
    [
      service({ type: "Headless" }),
      'spec.type: expected ClusterIP, NodePort, LoadBalancer or ExternalName, found the text "Headless"',
    ],
    [service({ ipFamilies: ["IPv5"] }), 'spec.ipFamilies[0]: expected IPv4 or IPv6, found the text "IPv5"'],
    [
      service({ publishNotReadyAddresses: "true" }),
      'spec.publishNotReadyAddresses: expected true or false, found the text "true": leave out the quotes',
    ],
    [service([]), "spec: expected a map, found a list"],
    [service({}, null), "metadata: expected a map with the object's name, found nothing"],
    [service({}, []), "metadata: expected a map, found a list"],
    [service({}, {}), "metadata.name: expected the object's name, found nothing"],
    [service({}, { name: "" }), 'metadata.name: expected the object\'s name, found the text ""'],
    [service({}, { name: 5 }), "metadata.name: expected text, found the number 5: quote it"],
    [
      service({}, { name: "{{ .Release.Name }}" }),
      "metadata.name: expected a name, found a template that is not rendered yet",
    ],
    [
      service({}, { name: "a", labels: { on: true } }),
      "metadata.labels.on: expected text, found true: quote it (yes, on and y mean true)",
    ],
  ])("%j is invalid", (value, fault) => {
    expect(faults(value)).toEqual([fault]);
  });

  test("of a newer API is read without the words that we do not know", () => {
    const ports = [{ port: 80, protocol: "QUIC" }];
    const value = service({ type: "Headless", ipFamilies: ["IPv4", "IPv5"], ipFamilyPolicy: "Any", ports });
    expect(read(value, true)).toMatchObject({
      live: true,
      spec: { type: "ClusterIP", ipFamilies: ["IPv4"], ipFamilyPolicy: null, ports: [{ protocol: "TCP" }] },
    });
  });
});

describe("a workload", () => {
  test.each([
    ["StatefulSet", "apps/v1beta1"],
    ["Deployment", "extensions/v1beta1"],
    ["Deployment", "apps/v1beta2"],
    ["DaemonSet", "extensions/v1beta1"],
    ["ReplicaSet", "apps/v1"],
    ["Job", "batch/v1"],
    ["ReplicationController", "v1"],
  ])("%s of %s is read as its kind, its version kept", (kind, apiVersion) => {
    expect(read(workload(kind, {}, apiVersion))).toMatchObject({ kind, apiVersion, status: null });
  });

  test("of a StatefulSet has defaults", () => {
    expect(read(workload("StatefulSet", {}))).toMatchObject({
      replicas: 1,
      serviceName: "",
      ordinalsStart: 0,
      podManagementPolicy: "OrderedReady",
      selector: null,
    });
  });

  test.each([
    ["Deployment", {}, { type: "RollingUpdate", maxUnavailable: "25%", partition: 0 }],
    ["Deployment", { strategy: { type: "Recreate" } }, { type: "Recreate", maxUnavailable: "25%", partition: 0 }],
    ["StatefulSet", {}, { type: "RollingUpdate", maxUnavailable: 1, partition: 0 }],
    [
      "StatefulSet",
      { updateStrategy: { type: "OnDelete", rollingUpdate: { maxUnavailable: "50%", partition: 2 } } },
      { type: "OnDelete", maxUnavailable: "50%", partition: 2 },
    ],
    ["DaemonSet", {}, { type: "RollingUpdate", maxUnavailable: 1, partition: 0 }],
    ["ReplicaSet", { strategy: { type: "Recreate" } }, null],
  ])("%s rolls out %j as %j", (kind, spec, rollout) => {
    expect(read(workload(kind, spec))).toMatchObject({ rollout });
  });

  test("of a StatefulSet has volume claims, with the API's defaults", () => {
    const claims = [
      {
        metadata: { name: "data" },
        spec: { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: 1.5 } } },
      },
    ];
    const expected = {
      name: "data",
      accessModes: ["ReadWriteOnce"],
      storageClassName: null,
      volumeMode: "Filesystem",
      storage: "1.5",
    };
    expect(read(workload("StatefulSet", { volumeClaimTemplates: claims }))).toMatchObject({
      volumeClaimTemplates: [expected],
    });
    expect(read(workload("Deployment", { volumeClaimTemplates: claims }))).toMatchObject({ volumeClaimTemplates: [] });
  });

  test("has the fields of its own kind only", () => {
    const spec = { serviceName: "x", podManagementPolicy: "Parallel", ordinals: { start: 3 } };
    expect(read(workload("StatefulSet", spec))).toMatchObject({ serviceName: "x", ordinalsStart: 3 });
    expect(read(workload("Deployment", spec))).toMatchObject({
      serviceName: null,
      podManagementPolicy: null,
      ordinalsStart: 0,
    });
  });

  test.each([
    [{}, 1],
    [{ parallelism: 3 }, 3],
    [{ parallelism: 3, completions: 2 }, 2],
    [{ completions: 5 }, 1],
    [{ parallelism: 0 }, 0],
  ])("of a Job %j wants %i Pods", (spec, replicas) => {
    expect(read(workload("Job", spec, "batch/v1"))).toMatchObject({ replicas });
  });

  test("of a DaemonSet or CronJob does not tell its number", () => {
    expect(read(workload("DaemonSet", { replicas: 3 }))).toMatchObject({ replicas: null });
    const jobTemplate = { spec: { completionMode: "Indexed", template: { metadata: { labels: { app: "x" } } } } };
    const cronJob = { ...workload("CronJob", { suspend: true, jobTemplate }, "batch/v1beta1") };
    expect(read(cronJob)).toMatchObject({
      replicas: null,
      suspended: true,
      indexed: true,
      template: { labels: { app: "x" } },
    });
  });

  test("of a ReplicationController selects its template's labels where it has no selector", () => {
    const template = { metadata: { labels: { app: "x" } } };
    expect(read(workload("ReplicationController", { template }, "v1"))).toMatchObject({
      selector: { matchLabels: { app: "x" }, matchExpressions: [] },
    });
    expect(read(workload("ReplicationController", { template, selector: { app: "y" } }, "v1"))).toMatchObject({
      selector: { matchLabels: { app: "y" } },
    });
  });

  test("has a status only from a cluster", () => {
    const value = { ...workload("StatefulSet", { replicas: 3 }), status: { replicas: 2, readyReplicas: 1 } };
    expect(read(value)).toMatchObject({ status: null });
    expect(read(value, true)).toMatchObject({ status: { replicas: 2, readyReplicas: 1 } });
    expect(read(workload("Deployment", {}), true)).toMatchObject({ status: { replicas: 0, readyReplicas: 0 } });
  });

  test.each([
    [
      { ...workload("StatefulSet", {}), spec: { replicas: 3 } },
      /^spec\.template: expected a Pod template, found nothing/,
    ],
    [workload("Deployment", { replicas: "3" }), /^spec\.replicas: expected a whole number/],
    [
      workload("StatefulSet", { podManagementPolicy: "parallel" }),
      /^spec\.podManagementPolicy: expected OrderedReady or Parallel/,
    ],
    [
      workload("Deployment", { selector: { matchExpressions: [{ key: "a" }] } }),
      /matchExpressions\[0\]\.operator: expected an operator/,
    ],
    [
      workload("Deployment", { template: { metadata: { labels: [] } } }),
      /^spec\.template\.metadata\.labels: expected a map, found a list$/,
    ],
    [
      workload("CronJob", { jobTemplate: {} }, "batch/v1"),
      /^spec\.jobTemplate\.spec\.template: expected a Pod template/,
    ],
  ])("%j is invalid", (value, fault) => {
    expect(faults(value)).toEqual([expect.stringMatching(fault)]);
  });
});

describe("a Pod", () => {
  test("has no status in a manifest, as the API server drops it", () => {
    expect(read(pod({}, { phase: "Running", podIP: "10.0.0.1" }))).toMatchObject({ status: null, derivedFrom: null });
  });

  test("has podIP first, each address once", () => {
    const status = { podIP: "10.0.0.1", podIPs: [{ ip: "10.0.0.1" }, { ip: "fd00::1" }] };
    expect(read(pod({}, status), true)).toMatchObject({ status: { podIPs: ["10.0.0.1", "fd00::1"] } });
    expect(read(pod({}, { podIP: "" }), true)).toMatchObject({ status: { podIPs: [], phase: "Pending" } });
  });

  test("of a phase that we do not know is in phase Unknown", () => {
    expect(read(pod({}, { phase: "Sleeping" }), true)).toMatchObject({ status: { phase: "Unknown" } });
  });

  test("says in few words how its probes ask", () => {
    const how = (probe: object) => {
      const object = read(pod({ containers: [{ name: "a", readinessProbe: probe }] }));
      return object.kind === "Pod" ? object.spec.containers[0]?.readinessProbe : null;
    };
    expect(how({ httpGet: { port: "http", path: "/healthz" } })).toEqual({
      how: "GET :http/healthz",
      command: null,
      port: "http",
      initialDelaySeconds: 0,
      periodSeconds: 10,
      failureThreshold: 3,
    });
    expect(how({ exec: { command: ["mysqladmin", "ping"] } })?.how).toBe("exec mysqladmin ping");
    expect(how({ tcpSocket: { port: 3306 } })?.how).toBe("tcp :3306");
    expect(how({ grpc: { port: 9090 } })?.how).toBe("grpc :9090");
  });

  test("knows the value of a variable only where it is written", () => {
    const env = [
      { name: "A", value: "x" },
      { name: "B" },
      { name: "C", valueFrom: { secretKeyRef: { name: "s", key: "k" } } },
      { name: "D", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
    ];
    expect(read(pod({ containers: [{ name: "a", env }] }))).toMatchObject({
      spec: {
        containers: [
          {
            env: [
              { name: "A", value: "x" },
              { name: "B", value: "" },
              { name: "C", value: null },
              { name: "D", value: null, fieldPath: "metadata.name" },
            ],
          },
        ],
      },
    });
  });
});

describe("other kinds", () => {
  test("an EndpointSlice keeps conditions that are not set apart from false ones", () => {
    const endpoints = [{ addresses: ["10.0.0.1"], conditions: { ready: false } }, { addresses: ["10.0.0.2"] }];
    const slice = {
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name: "a" },
      addressType: "IPv4",
    };
    expect(read({ ...slice, endpoints, ports: [{ name: null, port: null }] })).toMatchObject({
      endpoints: [
        { conditions: { ready: false, serving: null, terminating: null } },
        { conditions: { ready: null, serving: null, terminating: null } },
      ],
      ports: [{ name: "", protocol: "TCP", port: null }],
    });
    expect(faults({ ...slice, addressType: undefined })).toEqual([
      "addressType: expected IPv4, IPv6 or FQDN, found nothing",
    ]);
  });

  test("Events of both APIs are read alike", () => {
    const meta = { metadata: { name: "e" }, type: "Warning", reason: "Failed" };
    const target = { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "mysql-0" };
    const wanted = { type: "Warning", reason: "Failed", message: "no", count: 4, involvedObject: target };
    expect(
      read({
        apiVersion: "v1",
        kind: "Event",
        ...meta,
        involvedObject: target,
        message: "no",
        count: 4,
        lastTimestamp: "t",
      }),
    ).toMatchObject({ ...wanted, lastSeen: "t" });
    expect(
      read({
        apiVersion: "events.k8s.io/v1",
        kind: "Event",
        ...meta,
        regarding: target,
        note: "no",
        series: { count: 4, lastObservedTime: "u" },
      }),
    ).toMatchObject({ ...wanted, lastSeen: "u" });
  });

  test("a NetworkPolicy has the API server's policyTypes, and null for any peer or port", () => {
    const policy = (spec: object) => ({
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "p" },
      spec,
    });
    expect(read(policy({}))).toMatchObject({ policyTypes: ["Ingress"], ingress: [], egress: [] });
    expect(read(policy({ egress: [{}, { to: [], ports: [{ port: 53 }] }] }))).toMatchObject({
      policyTypes: ["Ingress", "Egress"],
      egress: [
        { peers: null, ports: null },
        { peers: null, ports: [{ protocol: "TCP", port: 53, endPort: null }] },
      ],
    });
  });

  test("cluster-scoped kinds have no namespace", () => {
    expect(read({ apiVersion: "v1", kind: "Node", metadata: { name: "n", namespace: "x" } })).toMatchObject({
      metadata: { namespace: "" },
    });
  });

  test("an object that lets its name be generated has a stand-in that no object can have", () => {
    const job = { ...workload("Job", {}, "batch/v1"), metadata: { generateName: "migrate-" } };
    expect(read(job)).toMatchObject({ metadata: { name: "migrate-<random>" } });
  });
});

describe("what is not read", () => {
  test.each([
    [{ apiVersion: "v1", kind: "Secret", metadata: { name: "s" } }, "Secret", "s"],
    [{ apiVersion: "serving.knative.dev/v1", kind: "Service", metadata: { name: "k" } }, "Service", "k"],
    [{ apiVersion: "v1", kind: "constructor", metadata: { name: "k" } }, "constructor", "k"],
    [{ apiVersion: "example.org/v1", kind: "Thing", metadata: [] }, "Thing", ""],
    [{ apiVersion: "example.org/v1", kind: "Thing", metadata: { name: 5 } }, "Thing", ""],
  ])("%j is passed over", (value, kind, name) => {
    expect(readObject(value, MANIFEST)).toMatchObject({ status: "passed-over", ref: { kind, name } });
  });

  test.each([
    ["text", 'expected an object, found the text "text"'],
    [[], "expected an object, found a list"],
    [null, "expected an object, found nothing"],
    [{ kind: "Service", metadata: {} }, "apiVersion: expected the object's apiVersion, found nothing"],
    [{ apiVersion: "v1", metadata: {} }, "kind: expected the object's kind, found nothing"],
    [{ apiVersion: 1, kind: "Service" }, "apiVersion: expected the object's apiVersion, found the number 1"],
  ])("%j is no object", (value, message) => {
    expect(faults(value).map((fault) => fault.replace(/^: /, ""))).toEqual([message]);
  });

  test("a list of a million wrong items becomes few faults", () => {
    const ports = Array.from({ length: 100_000 }, () => 80);
    expect(faults(service({ ports })).length).toBeLessThanOrEqual(20);
  });
});

describe("any input", () => {
  test("valid objects are read, from manifests and from a cluster, and not changed by it", () => {
    fc.assert(
      fc.property(arbitraryObject, fc.boolean(), (value, live) => {
        expect(readObject(deepFreeze(value), live ? LIVE : MANIFEST)).toMatchObject({ status: "read" });
      }),
    );
  });

  test("whatever stands there gives a result and never an exception", () => {
    const anything = fc.oneof(
      fc.anything(),
      fc.record({
        apiVersion: fc.constantFrom("v1", "apps/v1", "batch/v1", "discovery.k8s.io/v1", "networking.k8s.io/v1"),
        kind: fc.constantFrom("Service", "Pod", "StatefulSet", "CronJob", "EndpointSlice", "NetworkPolicy", "Event"),
        metadata: fc.oneof(fc.jsonValue(), fc.constant({ name: "a" })),
        spec: fc.jsonValue(),
      }),
    );
    fc.assert(
      fc.property(anything, fc.boolean(), (value, live) => {
        expect(["read", "passed-over", "invalid"]).toContain(readObject(value, live ? LIVE : MANIFEST).status);
      }),
    );
  });

  test("a wrong value is a fault at its own place, or not read at all", () => {
    const wrong = fc.constantFrom<unknown>(true, 7, 1.5, "x", [], ["x"], [[]], { x: {} }, [{ x: 1 }]);
    fc.assert(
      fc.property(arbitraryObject, wrong, fc.nat(), (value, replacement, choice) => {
        const paths = pathsIn(value).filter((path) => path.length > 0);
        const path = paths[choice % paths.length] ?? [];
        const broken = withValueAt(value, path, replacement);
        const result: ReadResult = readObject(broken, MANIFEST);
        if (result.status !== "invalid") return;
        for (const fault of result.faults) {
          // A map that stands in another's place may lack what it needs, so the fault may lie below it.
          expect(formatPath(fault.path).startsWith(formatPath(path))).toBe(true);
        }
      }),
      { numRuns: 500 },
    );
  });
});

function pathsIn(value: unknown, path: FieldPath = []): FieldPath[] {
  if (typeof value !== "object" || value === null) return [path];
  const steps = Array.isArray(value) ? value.map((item, index) => [index, item] as const) : Object.entries(value);
  return [path, ...steps.flatMap(([step, part]) => pathsIn(part, [...path, step]))];
}

function withValueAt(value: unknown, [step, ...rest]: FieldPath, replacement: unknown): unknown {
  if (step === undefined) return replacement;
  const copy = structuredClone(value) as Record<string | number, unknown>;
  copy[step] = withValueAt(copy[step], rest, replacement);
  return copy;
}
