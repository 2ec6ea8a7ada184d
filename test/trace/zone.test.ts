import { describe, expect, test } from "vitest";
import { predict } from "../../src/dns/zone.ts";
import { complete, unavailable } from "../../src/objects/collected.ts";
import { indexSnapshot, type SnapshotIndex } from "../../src/objects/snapshot-index.ts";
import { type ZoneOptions, zoneOf } from "../../src/trace/zone.ts";
import { told } from "../dns/answers.ts";
import { live, manifests } from "./world.ts";

const ask = (index: SnapshotIndex, name: string, type: "A" | "AAAA" | "SRV" | "PTR" = "A", options: ZoneOptions = {}) =>
  told(predict(zoneOf(index, options).zone, name, type));
const why = (index: SnapshotIndex, name: string) => {
  const prediction = predict(zoneOf(index).zone, name, "A");
  return prediction.known ? prediction.reason : prediction.because;
};

const STATEFUL = `
kind: Service
apiVersion: v1
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, selector: {app: db}, ports: [{name: sql, port: 3306}]}
---
kind: StatefulSet
apiVersion: apps/v1
metadata: {name: db, namespace: shop}
spec:
  serviceName: db
  replicas: 2
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: c, image: i}]}
`;
const DB = "db.shop.svc.cluster.local.";

describe("manifests", () => {
  test("Pods to come have names, and addresses that are not known yet", () => {
    const index = manifests(STATEFUL);
    expect(ask(index, DB)).toEqual(["NOERROR", `${DB} 30 A (db-0)`, `${DB} 30 A (db-1)`]);
    expect(ask(index, `db-1.${DB}`)).toEqual(["NOERROR", `db-1.${DB} 30 A (db-1)`]);
    expect(ask(index, `db-2.${DB}`)).toEqual(["NXDOMAIN", "soa 30"]);
    expect(ask(index, DB, "AAAA")).toEqual(["NOERROR", "soa 30"]);
    expect(ask(index, `_sql._tcp.${DB}`, "SRV")).toEqual([
      "NOERROR",
      `_sql._tcp.${DB} 30 SRV 0 50 3306 db-0.${DB}`,
      `_sql._tcp.${DB} 30 SRV 0 50 3306 db-1.${DB}`,
      `+ db-0.${DB} 30 A (db-0)`,
      `+ db-1.${DB} 30 A (db-1)`,
    ]);
    expect(why(index, DB)).toBe("Service shop/db will have 2 endpoints of this name; addresses come with the Pods");
    expect(predict(zoneOf(index).zone, DB, "A")).toMatchObject({
      answers: [{ object: { kind: "Service", namespace: "shop", name: "db" } }, {}],
    });
  });

  const families = (policy: string) =>
    manifests(STATEFUL.replace("clusterIP: None", `clusterIP: None, ipFamilyPolicy: ${policy}`));

  test("whether a Service that prefers two families has the second one is not known", () => {
    const index = families("PreferDualStack");
    expect(ask(index, DB)).toEqual(["NOERROR", `${DB} 30 A (db-0)`, `${DB} 30 A (db-1)`]);
    expect(ask(index, DB, "AAAA")).toEqual(["unknown: not-collected"]);
    expect(ask(index, `db-0.${DB}`, "AAAA")).toEqual(["unknown: not-collected"]);
    expect(ask(index, `db-2.${DB}`, "AAAA")).toEqual(["NXDOMAIN", "soa 30"]);
    const known = (name: string, type: "A" | "SRV") => predict(zoneOf(index).zone, name, type);
    expect(known(DB, "A")).toMatchObject({ incomplete: null });
    expect(known(DB, "SRV")).toMatchObject({ incomplete: expect.stringContaining("prefers two families") });
  });

  test("a Service that requires two families is given what it does not name", () => {
    expect(ask(families("RequireDualStack, ipFamilies: [IPv6]"), DB)).toEqual([
      "NOERROR",
      `${DB} 30 A (db-0)`,
      `${DB} 30 A (db-1)`,
    ]);
    const vip = "kind: Service\napiVersion: v1\nmetadata: {name: db, namespace: shop}\nspec:";
    const index = manifests(`${vip} {clusterIP: 10.0.0.1, ipFamilyPolicy: RequireDualStack, ports: [{port: 80}]}`);
    expect(ask(index, DB)).toEqual(["NOERROR", `${DB} 30 A 10.0.0.1`]);
    expect(ask(index, DB, "AAAA")).toMatchObject(["NOERROR", expect.stringContaining("AAAA")]);
  });

  test("names that are made of addresses differ by family", () => {
    const index = manifests(
      STATEFUL.replace("clusterIP: None", "clusterIP: None, ipFamilyPolicy: RequireDualStack").replace(
        "serviceName: db",
        "serviceName: other",
      ),
    );
    const answers = predict(zoneOf(index).zone, DB, "SRV");
    // Two Pods, each with an address of both families, and none with a name.
    expect(answers).toMatchObject({ answers: [{ data: null }, { data: null }, { data: null }, { data: null }] });
    const named = predict(zoneOf(families("RequireDualStack")).zone, DB, "SRV");
    expect(named.known && named.answers.length).toBe(2);
  });

  test("Pods of a Deployment have no names of their own, and what they will be called is not known", () => {
    const index = manifests(STATEFUL.replace("StatefulSet", "Deployment"));
    expect(ask(index, DB)).toEqual(["NOERROR", `${DB} 30 A (db-<1>)`, `${DB} 30 A (db-<2>)`]);
    expect(ask(index, `db-0.${DB}`)).toEqual(["NXDOMAIN", "soa 30"]);
    expect(ask(index, `10-0-0-1.${DB}`)).toEqual(["unknown: not-collected"]);
    expect(ask(index, `db-\\<1\\>.${DB}`)).toEqual(["NXDOMAIN", "soa 30"]);
    expect(ask(index, `_sql._tcp.${DB}`, "SRV")).toEqual([
      "NOERROR",
      `_sql._tcp.${DB} 30 SRV (db-<1>)`,
      `_sql._tcp.${DB} 30 SRV (db-<2>)`,
    ]);
  });

  test("a selector that matches nothing", () => {
    const index = manifests(STATEFUL.replace("selector: {app: db}", "selector: {app: bd}"));
    expect(ask(index, DB)).toEqual(["NXDOMAIN", "soa 30"]);
    expect(why(index, DB)).toContain("its selector app=bd matches no Pod of the namespace");
  });

  test("a cluster IP is given out later", () => {
    const index = manifests(STATEFUL.replace("clusterIP: None, ", ""));
    expect(ask(index, DB)).toEqual(["NOERROR", `${DB} 30 A (to come)`]);
    expect(ask(index, DB, "SRV")).toEqual(["NOERROR", `${DB} 30 SRV 0 100 3306 ${DB}`, `+ ${DB} 30 A (to come)`]);
  });

  test("what the API server rejects has no name", () => {
    const index = manifests(STATEFUL.replace("clusterIP: None", "type: NodePort, clusterIP: None"));
    expect(ask(index, DB)).toEqual(["NXDOMAIN", "soa 30"]);
    expect(why(index, DB)).toContain("the API server does not take Service shop/db: spec.clusterIP");
  });

  test("slices and Endpoints of one's own count, without any Pod", () => {
    const index = manifests(`
{kind: Service, apiVersion: v1, metadata: {name: db, namespace: shop}, spec: {clusterIP: None}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: m, namespace: shop, labels: {kubernetes.io/service-name: db}}, addressType: IPv4, endpoints: [{addresses: [10.1.1.1]}]}
---
{kind: Endpoints, apiVersion: v1, metadata: {name: db, namespace: shop}, subsets: [{addresses: [{ip: 10.1.1.2, hostname: two}], notReadyAddresses: [{ip: 10.1.1.3}]}]}
`);
    expect(ask(index, DB)).toEqual(["NOERROR", `${DB} 30 A 10.1.1.1`, `${DB} 30 A 10.1.1.2`]);
    expect(ask(index, `two.${DB}`)).toEqual(["NOERROR", `two.${DB} 30 A 10.1.1.2`]);
  });

  test("what lies outside the input is not known", () => {
    const index = manifests(STATEFUL.replaceAll("namespace: shop", "namespace: default"));
    expect(ask(index, "db.default.svc.cluster.local.")[0]).toBe("NOERROR");
    expect(ask(index, "other.default.svc.cluster.local.")).toEqual(["NXDOMAIN", "soa 30"]);
    expect(ask(index, "kubernetes.default.svc.cluster.local.")).toEqual(["unknown: not-collected"]);
    expect(ask(index, "kube-dns.kube-system.svc.cluster.local.")).toEqual(["unknown: not-collected"]);
    expect(ask(index, "x.elsewhere.svc.cluster.local.")).toEqual(["unknown: not-collected"]);
    expect(ask(index, "1.0.0.10.in-addr.arpa.", "PTR")).toEqual(["unknown: not-collected"]);
  });

  test("an address that nobody has is none's whether or not all Pods were read: endpoints are", () => {
    const live = manifests("{kind: Namespace, apiVersion: v1, metadata: {name: shop}}");
    const whole = [{ namespace: null, result: complete([]) }];
    const { snapshot } = live;
    const read = indexSnapshot({
      ...snapshot,
      source: { kind: "cluster", description: "a cluster" },
      lists: {
        ...snapshot.lists,
        services: whole,
        endpointSlices: whole,
        pods: [{ namespace: "shop", result: complete([]) }],
      },
    });
    expect(ask(read, "1.0.0.10.in-addr.arpa.", "PTR")[0]).not.toBe("unknown: not-collected");
  });

  test("a Service without any workload in the input: its Pods are not known", () => {
    const index = manifests(
      "{kind: Service, apiVersion: v1, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, selector: {a: b}}}",
    );
    expect(ask(index, DB)).toEqual(["unknown: not-collected"]);
  });
});

const CLUSTER = `
{kind: Namespace, apiVersion: v1, metadata: {name: shop}}
---
{kind: Service, apiVersion: v1, metadata: {name: db, namespace: shop}, spec: {clusterIP: None, clusterIPs: [None], ipFamilies: [IPv4], selector: {app: db}, ports: [{port: 1}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: db-0, namespace: shop, labels: {app: db}}, spec: {containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.0.0.1, conditions: [{type: Ready, status: "False", reason: ContainersNotReady}]}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: db-a, namespace: shop, labels: {kubernetes.io/service-name: db}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.1], conditions: {ready: false}, targetRef: {kind: Pod, namespace: shop, name: db-0}}]}
`;
const DNS = `
---
{kind: Service, apiVersion: v1, metadata: {name: kube-dns, namespace: kube-system}, spec: {type: ClusterIP, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], ports: [{name: dns, port: 53, protocol: UDP, targetPort: 5353}]}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: d, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}, addressType: IPv4, endpoints: [{addresses: [10.0.9.1], conditions: {ready: true}, targetRef: {kind: Pod, namespace: kube-system, name: coredns-a}}]}
---
{kind: Pod, apiVersion: v1, metadata: {name: coredns-a, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: coredns, image: "registry.k8s.io/coredns/coredns:v1.12.1"}], volumes: [{name: config, configMap: {name: my-dns}}]}, status: {phase: Running, podIP: 10.0.9.1}}
---
kind: ConfigMap
apiVersion: v1
metadata: {name: my-dns, namespace: kube-system}
data:
  Corefile: |
    .:5353 {
      import extra/*.override
      kubernetes my.domain in-addr.arpa {
        ttl 7
      }
    }
  more.override: "log ."
---
{kind: ConfigMap, apiVersion: v1, metadata: {name: node-local-dns, namespace: kube-system}, data: {Corefile: "wrong.domain { kubernetes }"}}
`;

describe("a cluster", () => {
  test("its slices decide, and its Pods tell why", () => {
    const index = live(CLUSTER);
    expect(ask(index, DB)).toEqual(["NXDOMAIN", "soa 30"]);
    expect(why(index, DB)).toContain("db-0 (not ready: ContainersNotReady)");
  });

  test("slices that could not be read leave the answer open, whatever the Pods", () => {
    const forbidden = [{ namespace: null, result: unavailable("forbidden") }];
    const index = live(CLUSTER, { endpointSlices: forbidden });
    expect(ask(index, DB)).toEqual(["unknown: not-collected"]);
    expect(why(index, DB)).toContain("forbidden");
  });

  test("a namespace that was not read leaves it open; one that was read says no", () => {
    const index = live(CLUSTER);
    const { lists } = index.snapshot;
    const services = [{ namespace: "shop", result: (lists.services[0] as (typeof lists.services)[0]).result }];
    const partly = live(CLUSTER, { services, namespaces: [{ namespace: null, result: unavailable("forbidden") }] });
    expect(ask(partly, "none.shop.svc.cluster.local.")).toEqual(["NXDOMAIN", "soa 30"]);
    expect(ask(partly, "db.elsewhere.svc.cluster.local.")).toEqual(["unknown: not-collected"]);
  });

  test("the Corefile is that of the ConfigMap which the Pods mount, and tells the domain", () => {
    const found = zoneOf(live(CLUSTER + DNS));
    expect(found).toMatchObject({
      domain: { name: "my.domain", source: "corefile" },
      corefile: { source: "collected" },
      dns: { version: "1.12.1", port: 5353, configMap: { name: "my-dns" }, replicas: [["10.0.9.1"]] },
      assumptions: [],
    });
    expect(told(predict(found.zone, "none.shop.svc.my.domain.", "A"))).toEqual(["NXDOMAIN", "soa 7"]);
    expect(told(predict(found.zone, "ns.dns.my.domain.", "A"))).toEqual([
      "NOERROR",
      "ns.dns.my.domain. 7 A 10.96.0.10",
    ]);
  });

  test("without one kubeadm's defaults are taken, and it is said", () => {
    const { domain, corefile, assumptions } = zoneOf(live(CLUSTER));
    expect(domain).toEqual({ name: "cluster.local", source: "assumed" });
    expect(corefile.source).toBe("assumed");
    expect(assumptions).toEqual([expect.stringContaining("cluster.local"), expect.stringContaining("kubeadm")]);
  });

  test("a Corefile that is given wins, and its faults are said", () => {
    const corefile = ".:53 {\n kubernetes given.domain {\n ttl 4000\n }\n}";
    const found = zoneOf(live(CLUSTER + DNS), { corefile });
    expect(found).toMatchObject({ domain: { name: "given.domain" }, corefile: { source: "given" } });
    expect(found.assumptions[0]).toContain("line 3");
  });
});
