import { describe, expect, test } from "vitest";
import { predict } from "../../src/dns/zone.ts";
import type { Resource, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { overlayManifests } from "../../src/sources/overlay.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { snapshotOf } from "../rules/table.ts";

const CONTAINERS = "containers: [{ name: mysql, image: mysql, ports: [{ name: db, containerPort: 3306 }] }]";

const statefulSet = (spec = "serviceName: mysql", replicas = "replicas: 2,", labels = "{ app: mysql }") => `
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: mysql, namespace: default }
spec: { ${replicas} ${spec}, selector: { matchLabels: { app: mysql } }, template: { metadata: { labels: ${labels} }, spec: { ${CONTAINERS} } } }`;

const pod = (name: string, ip: string, owner: string, more = "") => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: default, labels: { app: mysql }, ownerReferences: [${owner}] }
spec: { hostname: ${name}, subdomain: mysql, ${CONTAINERS} }
status: { phase: Running, podIP: ${ip}, podIPs: [{ ip: ${ip} }], conditions: [{ type: Ready, status: "True" }] ${more} }`;

const OWNER = "{ apiVersion: apps/v1, kind: StatefulSet, name: mysql, uid: u, controller: true }";
const service = (spec: string, meta = "") => `
apiVersion: v1
kind: Service
metadata: { name: mysql, namespace: default ${meta} }
spec: { ${spec} }`;
const HEADLESS = service(
  "clusterIP: None, clusterIPs: [None], type: ClusterIP, ipFamilies: [IPv4], ipFamilyPolicy: SingleStack, selector: { app: mysql }, ports: [{ name: db, port: 3306, targetPort: 3306, protocol: TCP }]",
  ", uid: s, labels: { by: hand }",
);
const SLICE = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: mysql-x, namespace: default, labels: { kubernetes.io/service-name: mysql, endpointslice.kubernetes.io/managed-by: endpointslice-controller.k8s.io } }
addressType: IPv4
ports: [{ name: db, port: 3306, protocol: TCP }]
endpoints:
  - { addresses: [10.0.0.1], hostname: mysql-0, conditions: { ready: true }, targetRef: { kind: Pod, name: mysql-0, namespace: default } }
  - { addresses: [10.0.0.2], hostname: mysql-1, conditions: { ready: true }, targetRef: { kind: Pod, name: mysql-1, namespace: default } }`;
const CLUSTER = [
  statefulSet(),
  pod("mysql-0", "10.0.0.1", OWNER),
  pod("mysql-1", "10.0.0.2", OWNER),
  HEADLESS,
  SLICE,
  "apiVersion: v1\nkind: Namespace\nmetadata: { name: default }",
];

const over = (manifests: readonly string[], objects: readonly string[] = CLUSTER, more = {}): Snapshot =>
  snapshotOf({ name: "", live: true, objects, manifests, ...more });

/** Names in one list, with the address of Pods that have one. */
function names(snapshot: Snapshot, resource: Resource): readonly string[] {
  return indexSnapshot(snapshot)
    .all(resource)
    .map((one) => {
      const ip = one.kind === "Pod" ? one.status?.podIPs[0] : undefined;
      return ip === undefined ? one.metadata.name : `${one.metadata.name} ${ip}`;
    })
    .sort();
}

/** The A records of a name, with Pods for addresses that are not known yet. */
function answers(snapshot: Snapshot, name: string): unknown {
  const found = predict(zoneOf(indexSnapshot(snapshot)).zone, `${name}.default.svc.cluster.local.`, "A");
  if (!found.known) return found.because;
  return found.answers.length === 0 ? found.rcode : found.answers.map(({ data, pod: of }) => data ?? of).sort();
}

function only(snapshot: Snapshot, resource: "services") {
  const [found] = indexSnapshot(snapshot).all(resource);
  if (found === undefined) throw new Error(`no ${resource}`);
  return found;
}

describe("workloads", () => {
  test("that are the same keep their Pods and addresses", () => {
    const after = over([statefulSet()]);
    expect(names(after, "pods")).toEqual(["mysql-0 10.0.0.1", "mysql-1 10.0.0.2"]);
    expect(answers(after, "mysql")).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("with another template have all Pods made anew", () => {
    const after = over([statefulSet().replace("image: mysql", "image: mysql:9")]);
    expect(names(after, "pods")).toEqual(["mysql-0", "mysql-1"]);
    expect(answers(after, "mysql")).toEqual(["mysql-0", "mysql-1"]);
    expect(answers(after, "mysql-0.mysql")).toEqual(["mysql-0"]);
  });

  test("that lose the label which a Service of the cluster selects lose their names", () => {
    const after = over([statefulSet("serviceName: mysql", "replicas: 2,", "{ app: mysql2 }")]);
    expect(answers(after, "mysql")).toBe("NXDOMAIN");
  });

  test("make and end the Pods of their ordinals when they are scaled", () => {
    expect(names(over([statefulSet("serviceName: mysql", "replicas: 3,")]), "pods")).toEqual([
      "mysql-0 10.0.0.1",
      "mysql-1 10.0.0.2",
      "mysql-2",
    ]);
    const less = over([statefulSet("serviceName: mysql", "replicas: 1,")]);
    expect(answers(less, "mysql")).toEqual(["10.0.0.1"]);
    expect(answers(less, "mysql-1.mysql")).toBe("NXDOMAIN");
    expect(names(over([statefulSet("serviceName: mysql, ordinals: { start: 1 }")]), "pods")).toEqual([
      "mysql-1 10.0.0.2",
      "mysql-2",
    ]);
  });

  test("that leave replicas out keep those of the cluster", () => {
    const after = over([statefulSet("serviceName: mysql", "")]);
    expect(names(after, "pods")).toEqual(["mysql-0 10.0.0.1", "mysql-1 10.0.0.2"]);
    expect(indexSnapshot(after).all("workloads")[0]?.replicas).toBe(2);
  });

  test("whose update is rejected stay, and so do their Pods; a notice says why", () => {
    const after = over([statefulSet("serviceName: db")]);
    expect(indexSnapshot(after).all("workloads")[0]?.serviceName).toBe("mysql");
    expect(names(after, "pods")).toEqual(["mysql-0 10.0.0.1", "mysql-1 10.0.0.2"]);
    expect(after.notices).toEqual([
      "the API server rejects StatefulSet default/mysql (case.yaml:5): spec.serviceName cannot be changed once it is set; what the cluster has stays",
    ]);
    expect(after.applied?.rejected.map(({ field }) => field)).toEqual([["spec", "serviceName"]]);
  });

  test("keep the Pods that their strategy leaves alone", () => {
    const changed = (strategy: string) =>
      over([statefulSet(`serviceName: mysql, updateStrategy: ${strategy}`).replace("image: mysql", "image: mysql:9")]);
    expect(names(changed("{ type: OnDelete }"), "pods")).toEqual(["mysql-0 10.0.0.1", "mysql-1 10.0.0.2"]);
    expect(names(changed("{ type: RollingUpdate, rollingUpdate: { partition: 1 } }"), "pods")).toEqual([
      "mysql-0 10.0.0.1",
      "mysql-1",
    ]);
  });

  const DEPLOYMENT = `
apiVersion: apps/v1
kind: Deployment
metadata: { name: web, namespace: default }
spec: { replicas: 2, selector: { matchLabels: { app: mysql } }, template: { metadata: { labels: { app: mysql } }, spec: { ${CONTAINERS} } } }`;
  const REPLICA_SET = `
apiVersion: apps/v1
kind: ReplicaSet
metadata: { name: web-5d, namespace: default, ownerReferences: [{ apiVersion: apps/v1, kind: Deployment, name: web, uid: d, controller: true }] }
spec: { replicas: 2, selector: { matchLabels: { app: mysql } }, template: { metadata: { labels: { app: mysql } }, spec: { ${CONTAINERS} } } }`;
  const BY_SET = "{ apiVersion: apps/v1, kind: ReplicaSet, name: web-5d, uid: r, controller: true }";
  const NOT_READY = 'conditions: [{ type: Ready, status: "False" }] }';
  const WEB = [
    DEPLOYMENT,
    REPLICA_SET,
    pod("web-5d-a", "10.0.0.1", BY_SET).replace(/conditions.*$/, NOT_READY),
    pod("web-5d-b", "10.0.0.2", BY_SET),
    pod("other", "10.0.0.9", ""),
  ];

  test("own Pods by way of ReplicaSets, which go with the old template", () => {
    const after = over([DEPLOYMENT.replace("image: mysql", "image: mysql:9")], WEB);
    expect(names(after, "pods")).toEqual(["other 10.0.0.9", "web-<1>", "web-<2>"]);
    expect(names(after, "workloads")).toEqual(["web"]);
  });

  test("that shrink end the Pods first that are not Ready", () => {
    const after = over([DEPLOYMENT.replace("replicas: 2", "replicas: 1")], WEB);
    expect(names(after, "pods")).toEqual(["other 10.0.0.9", "web-5d-b 10.0.0.2"]);
  });

  test("are told by the hash of Pods where ReplicaSets could not be read", () => {
    const hashed = pod("web-5d-a", "10.0.0.1", BY_SET).replace("app: mysql }", "app: mysql, pod-template-hash: 5d }");
    const after = over([DEPLOYMENT], [hashed], { unavailable: { workloads: "forbidden" } });
    expect(names(after, "pods")).toEqual(["web-<1>", "web-<2>"]);
    expect(after.lists.workloads[0]?.result).toMatchObject({ status: "partial", because: "forbidden" });
  });
});

describe("Services", () => {
  test("keep what the API server gave out where the manifest leaves it out", () => {
    const kept = only(over([service("selector: { app: mysql }, ports: [{ name: db, port: 3306 }]")]), "services");
    expect(kept.spec).toMatchObject({ clusterIP: "None", clusterIPs: ["None"], ipFamilies: ["IPv4"] });
    expect(kept.metadata).toMatchObject({ uid: "s", labels: { by: "hand" } });
    expect(kept.origin?.file).toBe("case.yaml");
  });

  test("that are the same keep their slices; others have them made anew, also over Pods that run", () => {
    const same = over([service("clusterIP: None, selector: { app: mysql }, ports: [{ name: db, port: 3306 }]")]);
    expect(only(same, "services").live).toBe(true);
    expect(names(same, "endpointSlices")).toEqual(["mysql-x"]);
    const port = over([service("clusterIP: None, selector: { app: mysql }, ports: [{ name: mysql, port: 3306 }]")]);
    expect(only(port, "services").live).toBe(false);
    expect(names(port, "endpointSlices")).toEqual([]);
    expect(answers(port, "mysql")).toEqual(["10.0.0.1", "10.0.0.2"]);
    expect(answers(port, "_db._tcp.mysql")).toBe("NXDOMAIN");
    expect(answers(port, "_mysql._tcp.mysql")).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("whose selector goes keep the slices that nobody keeps up any more", () => {
    const after = over([service("clusterIP: None, ports: [{ name: db, port: 3306 }]")]);
    expect(answers(after, "mysql")).toEqual(["10.0.0.1", "10.0.0.2"]);
  });

  test("with a cluster IP cannot become headless, and the other way round", () => {
    const vip = HEADLESS.replace(
      "clusterIP: None, clusterIPs: [None]",
      "clusterIP: 10.96.0.7, clusterIPs: [10.96.0.7]",
    );
    const objects = CLUSTER.map((one) => (one === HEADLESS ? vip : one));
    const after = over([service("clusterIP: None, selector: { app: mysql }, ports: [{ port: 3306 }]")], objects);
    expect(only(after, "services").spec.clusterIP).toBe("10.96.0.7");
    expect(answers(after, "mysql")).toEqual(["10.96.0.7"]);
    expect(after.applied?.rejected).toMatchObject([{ field: ["spec", "clusterIP"] }]);
  });

  test("of new names have the families that the cluster's Services show", () => {
    const six = HEADLESS.replace("ipFamilies: [IPv4]", "ipFamilies: [IPv6]");
    const fresh = service("clusterIP: None, selector: { app: mysql }").replace("name: mysql", "name: db");
    const objects = CLUSTER.map((one) => (one === HEADLESS ? six : one));
    const families = (snapshot: Snapshot) =>
      indexSnapshot(snapshot)
        .named("services", "db")
        .map(({ spec }) => spec.ipFamilies);
    expect(families(over([fresh], objects))).toEqual([["IPv6"]]);
    expect(families(over([fresh]))).toEqual([["IPv4"]]);
    const dual = fresh.replace("clusterIP: None,", "clusterIP: None, ipFamilyPolicy: PreferDualStack,");
    const both = service("clusterIP: 10.96.0.9, clusterIPs: [10.96.0.9, 'fd00::9'], ipFamilies: [IPv4, IPv6]").replace(
      "name: mysql",
      "name: both",
    );
    expect(families(over([dual], [...CLUSTER, both]))).toEqual([["IPv4", "IPv6"]]);
  });

  test("of new names answer from Pods that run", () => {
    const after = over([
      service("clusterIP: None, selector: { app: mysql }, ports: [{ port: 3306 }]").replace("name: mysql", "name: db"),
    ]);
    expect(answers(after, "db")).toEqual(["10.0.0.1", "10.0.0.2"]);
  });
});

describe("lists", () => {
  test("stay complete, and partial where the cluster did not give them", () => {
    expect(over([statefulSet()]).lists.pods[0]?.result.status).toBe("complete");
    const blind = over([HEADLESS], CLUSTER, { unavailable: { services: "forbidden", pods: "forbidden" } });
    expect(blind.lists.services[0]?.result).toMatchObject({ status: "partial", because: "forbidden" });
    expect(blind.lists.pods[0]?.result).toMatchObject({ status: "unavailable", because: "forbidden" });
  });

  test("are open where the manifests are", () => {
    const operator = "apiVersion: example.com/v1\nkind: Database\nmetadata: { name: x, namespace: default }";
    expect(over([statefulSet(), operator]).lists.pods[0]?.result).toMatchObject({
      status: "partial",
      because: expect.stringContaining("Database"),
    });
  });

  test("hold what the manifests bring of namespaces that were not read", () => {
    const base = snapshotOf({ name: "", live: true, objects: CLUSTER });
    const services = base.lists.services.map(({ result }) => ({ namespace: "default", result }));
    const manifests = snapshotOf({ name: "", objects: HEADLESS.replace("namespace: default", "namespace: shop") });
    const after = overlayManifests({ ...base, lists: { ...base.lists, services } }, manifests);
    expect(after.lists.services.map(({ namespace, result }) => [namespace, result.status])).toEqual([
      ["default", "complete"],
      ["shop", "partial"],
    ]);
    expect(after.lists.services[1]?.result).toMatchObject({
      because: "of the services of namespace shop only those of the manifests were read",
    });
  });

  test("a namespace that nobody makes is told", () => {
    expect(over([HEADLESS.replace("namespace: default", "namespace: shop")]).notices).toEqual([
      "the cluster has no namespace shop: kubectl apply fails until it is made",
    ]);
    const made = "apiVersion: v1\nkind: Namespace\nmetadata: { name: shop }";
    expect(over([made, HEADLESS.replace("namespace: default", "namespace: shop")]).notices).toEqual([]);
  });
});

test("nothing of what it is made from is changed, and a manifest without effect changes no answer", () => {
  const before = snapshotOf({ name: "", live: true, objects: CLUSTER });
  const text = JSON.stringify(before);
  const after = over([statefulSet(), HEADLESS]);
  expect(JSON.stringify(before)).toBe(text);
  for (const name of ["mysql", "mysql-0.mysql", "_db._tcp.mysql", "mysql-2.mysql"]) {
    expect(answers(after, name)).toEqual(answers(before, name));
  }
});
