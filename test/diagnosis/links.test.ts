import { describe, expect, test } from "vitest";
import { statefulSetServiceMissing } from "../../src/rules/stateful-set-service-missing.ts";
import {
  answer,
  CLUSTER_DNS,
  diagnoseMysql,
  MYSQL,
  mysqlPod,
  NOT_READY,
  nxdomain,
  READY,
  summaries,
} from "./fixtures.ts";

const live = (objects: string) => summaries(diagnoseMysql({ live: true, objects: objects + CLUSTER_DNS }, []));
const manifests = (objects: string) => summaries(diagnoseMysql({ objects }, []));
const service = (spec: string): string =>
  `{ apiVersion: v1, kind: Service, metadata: { name: mysql }, spec: ${spec} }\n`;

describe("service", () => {
  test.each([
    ["{ clusterIP: None, ports: [{ name: mysql, port: 3306 }] }", "clusterIP: None · port mysql 3306 -> 3306"],
    ["{ clusterIP: None, ports: [{ port: 80, targetPort: http }] }", "clusterIP: None · port 80 -> http"],
    [
      "{ clusterIP: None, ports: [{ name: dns, port: 53, protocol: UDP }, { name: b, port: 2 }, { name: c, port: 3 }] }",
      "clusterIP: None · port dns 53 -> 53/UDP, b 2 -> 2 and 1 more",
    ],
    ["{ clusterIP: None }", "clusterIP: None · no ports"],
    [
      "{ selector: { a: b }, ports: [{ port: 1 }] }",
      "no clusterIP written, so the cluster will assign one · port 1 -> 1",
    ],
    [
      "{ clusterIP: None, publishNotReadyAddresses: true }",
      "clusterIP: None · no ports · publishes not-ready addresses",
    ],
    ["{ type: ExternalName, externalName: db.example.com }", "type: ExternalName -> db.example.com"],
    [
      "{ type: NodePort, clusterIP: 10.96.0.7, ports: [{ port: 1 }] }",
      "type: NodePort, clusterIP: 10.96.0.7 · port 1 -> 1",
    ],
  ])("%s", (spec, line) => {
    expect(manifests(service(spec)).service).toBe(line);
  });

  test("where a workload names another one, it says so", () => {
    const objects = MYSQL.replace("serviceName: mysql", "serviceName: mysq1");
    const [judged] = diagnoseMysql({ objects }, [statefulSetServiceMissing]).services;
    expect(judged?.chain[0]).toMatchObject({
      link: "service",
      status: "broken",
      summary: expect.stringMatching(/^clusterIP: None .*; StatefulSet mysql names mysq1$/),
    });
  });

  test("a missing one is said to be missing", () => {
    expect(live(mysqlPod(0, READY)).service).toBe("no Service mysql in namespace default");
    const elsewhere =
      "{ apiVersion: v1, kind: Service, metadata: { name: mysql, namespace: db }, spec: { clusterIP: None } }\n";
    expect(manifests(elsewhere).service).toBe("the input holds no Service of namespace default");
  });
});

describe("selector", () => {
  test("names what it matches by who made it", () => {
    expect(manifests(MYSQL).selector).toBe("app=mysql matches 3 Pods of StatefulSet mysql");
    expect(live(MYSQL + mysqlPod(0, READY)).selector).toBe("app=mysql matches 1 Pod of StatefulSet mysql");
  });

  test("says among how many it found none", () => {
    expect(manifests(MYSQL.replace("selector: { app: mysql }", "selector: { app: mysq1 }")).selector).toBe(
      "app=mysq1 matches none of the 3 Pods in default",
    );
    expect(live(service("{ clusterIP: None, selector: { app: mysql } }")).selector).toBe(
      "app=mysql matches nothing: no Pods in default",
    );
  });

  test("says why it cannot tell", () => {
    expect(manifests(service("{ clusterIP: None, selector: { app: mysql } }")).selector).toBe(
      "app=mysql (the input holds no workload and no Pod)",
    );
  });

  test("a number that no manifest tells is not counted", () => {
    const daemonSet = MYSQL.replace("kind: StatefulSet", "kind: DaemonSet").replace(
      "  serviceName: mysql\n  replicas: 3\n",
      "",
    );
    expect(manifests(daemonSet).selector).toBe("app=mysql matches the Pods of DaemonSet mysql");
  });

  test("a Service without one says so", () => {
    expect(manifests(service("{ clusterIP: None }")).selector).toBe(
      "no selector: its EndpointSlices are made by others",
    );
    expect(live(service("{ clusterIP: None }")).selector).toBe("no selector, and no EndpointSlice by others");
  });
});

describe("pods and readiness", () => {
  test("count by phase, and name the Pods that are not ready", () => {
    const pods = MYSQL + mysqlPod(0, READY) + mysqlPod(1, NOT_READY) + mysqlPod(2, "{ phase: Pending }");
    expect(live(pods)).toMatchObject({ pods: "2 of 3 Running, 1 Pending", readiness: "1 of 2 Ready, not mysql-1" });
  });

  test("what does not run is told in kubectl's words", () => {
    const crashing = `{ phase: Running, podIP: 10.244.0.9, containerStatuses: [{ name: mysql, ready: false, restartCount: 4,
      image: mysql, imageID: "", state: { waiting: { reason: CrashLoopBackOff } },
      lastState: { terminated: { exitCode: 1, reason: Error } } }] }`;
    expect(live(MYSQL + mysqlPod(0, READY) + mysqlPod(1, crashing))).toMatchObject({
      pods: "1 of 2 Running, 1 CrashLoopBackOff",
      readiness: "1 of 1 Ready",
    });
  });

  test("Pods that nobody selects are told by who asks for the Service", () => {
    const typo = MYSQL.replace("selector: { app: mysql }", "selector: { app: mysq1 }");
    expect(live(typo + mysqlPod(0, READY))).toMatchObject({
      pods: "none selected; 1 Pod of StatefulSet mysql, 1 Ready",
      readiness: "no Pod is running",
    });
    expect(manifests(typo).pods).toBe("none selected; 3 Pods of StatefulSet mysql");
  });

  test("manifests make Pods that do not run yet", () => {
    expect(manifests(MYSQL).pods).toBe("3 Pods, from manifests: not running yet");
  });
});

describe("answer", () => {
  const name = "mysql.default.svc.cluster.local";

  test("the Service's addresses, and the Pods' names as one", () => {
    const pods = MYSQL + [0, 1, 2].map((ordinal) => mysqlPod(ordinal, READY)).join("");
    expect(live(pods).answer).toBe("10.244.0.7; mysql-{0..2}.mysql too");
  });

  test("what has no address", () => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, [], { predict: nxdomain });
    expect(summaries(diagnosis).answer).toBe(`NXDOMAIN for ${name} and mysql-{0..2}.mysql`);
  });

  test("a Pod's name that is missing while others are there", () => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, [], {
      predict: (asked, type) =>
        asked.startsWith("mysql-1.")
          ? nxdomain(asked, type)
          : answer(asked, type, {
              answers: type === "A" ? [{ name: asked, type, ttl: 30, data: null, pod: "mysql-0", object: null }] : [],
            }),
    });
    expect(summaries(diagnosis).answer).toBe(
      "the addresses of 1 Pod; mysql-0.mysql and mysql-2.mysql too; NXDOMAIN for mysql-1.mysql",
    );
  });

  test("an alias", () => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, [], {
      predict: (asked, type) =>
        answer(asked, type, {
          answers: [{ name: asked, type: "CNAME", ttl: 30, data: "db.example.com.", pod: null, object: null }],
        }),
    });
    expect(summaries(diagnosis).answer).toMatch(/^CNAME db\.example\.com\./);
  });
});

describe("cluster-dns", () => {
  test("counts its ready Pods", () => {
    expect(live(MYSQL)["cluster-dns"]).toBe("CoreDNS: 1 of 1 Pod Ready");
  });
});

test("a client that asks for a name which does not exist is no client that nobody named", () => {
  const client = `---
{ apiVersion: v1, kind: Pod, metadata: { name: shop }, spec: { containers: [{ name: c, image: i, env: [{ name: DB, value: "mysql-0.mysq.default.svc.cluster.local" }] }] } }
`;
  expect(manifests(MYSQL + client).client).toBe("asked for by Pod shop, by a name that does not exist");
  expect(manifests(MYSQL).client).toMatch(/^no client was named/);
});

test("Pods of which none runs are no healthy link, whichever link is to blame", () => {
  const waiting = mysqlPod(0, READY).replace("phase: Running", "phase: Pending");
  const [judged] = diagnoseMysql({ live: true, objects: MYSQL + waiting + CLUSTER_DNS }, []).services;
  expect(judged?.chain.find(({ link }) => link === "pods")).toMatchObject({
    status: "skipped",
    summary: expect.stringMatching(/^0 of 1 Running/),
  });
});
