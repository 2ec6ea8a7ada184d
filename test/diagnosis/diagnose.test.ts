import { describe, expect, test } from "vitest";
import { podNotRunning } from "../../src/rules/pod-not-running.ts";
import { defineRule } from "../../src/rules/rule.ts";
import { selectorMissing } from "../../src/rules/selector-missing.ts";
import {
  answersWith,
  CLUSTER_DNS,
  diagnoseMysql,
  finding,
  MYSQL,
  mysqlPod,
  NOT_READY,
  nxdomain,
  READY,
  statuses,
  unpredictable,
} from "./fixtures.ts";

const SLICE = `
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: mysql-x7k2p, labels: { kubernetes.io/service-name: mysql } }
addressType: IPv4
ports: [{ name: mysql, port: 3306, protocol: TCP }]
endpoints: [{ addresses: [10.244.0.7], conditions: { ready: true } }]
`;
const LIVE = { live: true, objects: MYSQL + mysqlPod(0, READY) + mysqlPod(1, READY) + SLICE + CLUSTER_DNS };

describe("the chain", () => {
  test("a running cluster without findings is healthy, link by link", () => {
    const diagnosis = diagnoseMysql(LIVE, []);
    expect(statuses(diagnosis)).toEqual({
      service: "ok",
      selector: "ok",
      pods: "ok",
      readiness: "ok",
      endpointslices: "ok",
      "cluster-dns": "ok",
      answer: "ok",
      client: "skipped",
    });
    expect(diagnosis.services[0]?.verdict).toBe("healthy");
  });

  test("manifests by their nature hold no readiness, no slices and no cluster DNS", () => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, []);
    expect(statuses(diagnosis)).toMatchObject({
      service: "ok",
      selector: "ok",
      pods: "ok",
      readiness: "skipped",
      endpointslices: "skipped",
      "cluster-dns": "skipped",
      answer: "ok",
    });
    expect(diagnosis.services[0]?.verdict).toBe("healthy");
  });

  test.each([
    ["error", "broken", "broken"],
    ["warning", "warning", "degraded"],
    ["info", "ok", "healthy"],
  ] as const)("a finding of severity %s makes its link %s and the verdict %s", (severity, status, verdict) => {
    const diagnosis = diagnoseMysql(LIVE, [finding("a", "readiness", "info"), finding("b", "readiness", severity)]);
    expect(statuses(diagnosis).readiness).toBe(status);
    expect(diagnosis.services[0]?.verdict).toBe(verdict);
  });

  test("what clients are answered is no link of its own behind a broken one", () => {
    const diagnosis = diagnoseMysql(LIVE, [finding("a", "selector", "error")], { predict: nxdomain });
    expect(statuses(diagnosis)).toMatchObject({ selector: "broken", answer: "skipped" });
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(["a"]);
  });

  test("a missing Service leaves nothing to look at behind it", () => {
    const diagnosis = diagnoseMysql(
      { live: true, objects: `${mysqlPod(0, READY)}${CLUSTER_DNS}` },
      [finding("a", "service", "error")],
      { predict: nxdomain },
    );
    expect(statuses(diagnosis)).toEqual({
      service: "broken",
      selector: "skipped",
      pods: "skipped",
      readiness: "skipped",
      endpointslices: "skipped",
      "cluster-dns": "ok",
      answer: "skipped",
      client: "skipped",
    });
  });
});

describe("what could not be read", () => {
  test("a forbidden list makes its links unknown, and the verdict with them", () => {
    const diagnosis = diagnoseMysql({ ...LIVE, unavailable: { pods: "no permission to list pods" } }, []);
    expect(statuses(diagnosis)).toMatchObject({ selector: "unknown", pods: "unknown", readiness: "unknown" });
    expect(diagnosis.services[0]?.verdict).toBe("unknown");
  });

  test("a finding weighs more than what could not be read", () => {
    const diagnosis = diagnoseMysql({ ...LIVE, unavailable: { pods: "no permission to list pods" } }, [
      finding("a", "service", "error"),
    ]);
    expect(statuses(diagnosis)).toMatchObject({ service: "broken", pods: "unknown" });
    expect(diagnosis.services[0]?.verdict).toBe("broken");
  });

  test("a rule that lacks its list makes its link unknown and is listed with the reason", () => {
    const rule = defineRule({
      id: "a",
      link: "endpointslices",
      severity: "error",
      summary: "of a test",
      needs: { events: "complete" },
      check: () => [],
    });
    const diagnosis = diagnoseMysql({ ...LIVE, partial: { events: "the list was cut" } }, [rule]);
    expect(statuses(diagnosis).endpointslices).toBe("unknown");
    expect(diagnosis.unchecked).toEqual([
      { rule: "a", link: "endpointslices", reason: "the list was cut", byNature: false, services: ["default/mysql"] },
    ]);
  });

  test("a rule on live state is unchecked by nature in manifests, and makes nothing unknown", () => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, [finding("a", "readiness", "error", { liveOnly: true })]);
    expect(diagnosis.unchecked).toMatchObject([{ rule: "a", byNature: true }]);
    expect(statuses(diagnosis).readiness).toBe("skipped");
    expect(diagnosis.services[0]?.verdict).toBe("healthy");
  });

  test("a rule that crashes is reported, and the others run on", () => {
    const crashing = defineRule({
      id: "a",
      link: "service",
      severity: "error",
      summary: "of a test",
      needs: {},
      check: () => {
        throw new Error("boom");
      },
    });
    const diagnosis = diagnoseMysql(LIVE, [crashing, finding("b", "service", "warning")]);
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(["b"]);
    expect(diagnosis.unchecked).toMatchObject([{ rule: "a", reason: "the rule crashed: boom", byNature: false }]);
    expect(diagnosis.crashes.map(({ error }) => error.message)).toEqual(["boom"]);
  });
});

describe("a name without an address", () => {
  test("is broken at the answer where no rule says why", () => {
    const diagnosis = diagnoseMysql(LIVE, [], { predict: nxdomain });
    expect(statuses(diagnosis).answer).toBe("broken");
    expect(diagnosis.services[0]?.verdict).toBe("broken");
    expect(diagnosis.findings).toMatchObject([
      {
        rule: "answer-negative",
        severity: "error",
        message: "Cluster DNS answers NXDOMAIN for mysql.default.svc.cluster.local: no endpoint is ready.",
        evidence: ["what is behind it is not known: no other rule says why"],
      },
    ]);
  });

  test("is not broken where Pods are meant to be there at times only", () => {
    const objects = `
apiVersion: v1
kind: Service
metadata: { name: mysql }
spec: { clusterIP: None, selector: { app: backup }, ports: [{ port: 3306 }] }
---
apiVersion: batch/v1
kind: CronJob
metadata: { name: backup }
spec:
  schedule: 0 3 * * *
  jobTemplate: { spec: { template: { metadata: { labels: { app: backup } }, spec: { containers: [{ name: c, image: i }] } } } }
${CLUSTER_DNS}`;
    const diagnosis = diagnoseMysql({ live: true, objects }, [podNotRunning], { predict: nxdomain });
    expect(diagnosis.findings.map(({ rule, severity }) => [rule, severity])).toEqual([["pod-not-running", "warning"]]);
    expect(diagnosis.services[0]?.verdict).toBe("degraded");
  });

  test("of an alias, the Service that it leads to is told why", () => {
    const objects = `
apiVersion: v1
kind: Service
metadata: { name: mysql }
spec: { type: ExternalName, externalName: mysql-0.db.shop.svc.cluster.local }
${CLUSTER_DNS}`;
    const [alias] = diagnoseMysql({ live: true, objects }, [], { predict: nxdomain }).findings;
    expect(alias).toMatchObject({ rule: "answer-negative", remedy: "kheadless doctor db.shop" });
    expect(alias?.evidence).toEqual(["what is behind it is told of the Service that it is an alias of: db.shop"]);
  });

  const NAME_HOLDER = `
apiVersion: v1
kind: Service
metadata: { name: mysql-config }
spec: { clusterIP: None }
${CLUSTER_DNS}`;

  test("is as it should be where the Service only holds a name (Patroni, cass-operator)", () => {
    const diagnosis = diagnoseMysql({ live: true, objects: NAME_HOLDER }, [selectorMissing], {
      predict: nxdomain,
      subjects: [{ namespace: "default", name: "mysql-config", asked: false }],
    });
    expect(diagnosis.findings).toEqual([]);
    expect(statuses(diagnosis).answer).toBe("skipped");
    expect(diagnosis.services[0]?.verdict).toBe("healthy");
  });

  test("is told of such a Service where somebody asks for it", () => {
    const diagnosis = diagnoseMysql({ live: true, objects: NAME_HOLDER }, [selectorMissing], {
      predict: nxdomain,
      subjects: [{ namespace: "default", name: "mysql-config", asked: true }],
    });
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(["selector-missing"]);
    expect(diagnosis.services[0]?.verdict).toBe("broken");
  });

  test("is never healthy in manifests, either, but no error", () => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, [], { predict: nxdomain });
    expect(diagnosis.findings).toEqual([]);
    expect(diagnosis.services[0]?.verdict).toBe("unknown");
  });

  test("is unknown where the prediction is", () => {
    const diagnosis = diagnoseMysql(LIVE, [], { predict: unpredictable });
    expect(statuses(diagnosis).answer).toBe("unknown");
    expect(diagnosis.findings).toEqual([]);
  });

  test("is not told again where the cause is known and ignored; healthy it is not", () => {
    const diagnosis = diagnoseMysql(LIVE, [finding("a", "selector", "error")], {
      predict: nxdomain,
      ignores: [{ rule: "a", object: null, reason: "known", from: "--ignore", location: null }],
    });
    expect(diagnosis.findings).toEqual([]);
    expect(statuses(diagnosis).selector).toBe("warning");
    expect(diagnosis.services[0]?.verdict).toBe("degraded");
  });
});

describe("the configuration", () => {
  test("a rule that is off does not run, and another severity counts", () => {
    const rules = [finding("a", "service", "error"), finding("b", "service", "error")];
    const diagnosis = diagnoseMysql(LIVE, rules, { severityOf: (rule) => (rule === "a" ? "off" : "warning") });
    expect(diagnosis.findings.map(({ rule, severity }) => [rule, severity])).toEqual([["b", "warning"]]);
    expect(diagnosis.services[0]?.verdict).toBe("degraded");
  });

  test("the engine's own findings obey it, too", () => {
    const off = diagnoseMysql(LIVE, [], { predict: nxdomain, severityOf: () => "off" });
    expect(off.findings).toEqual([]);
    expect(off.services[0]?.verdict).toBe("unknown");
  });
});

test("the order of the input's objects changes nothing", () => {
  const documents = (LIVE.objects + mysqlPod(2, NOT_READY)).split("\n---\n");
  const rules = [finding("a", "pods", "warning"), finding("b", "service", "error"), finding("c", "pods", "warning")];
  const forth = diagnoseMysql({ live: true, objects: documents.join("\n---\n") }, rules);
  const back = diagnoseMysql({ live: true, objects: documents.toReversed().join("\n---\n") }, rules.toReversed());
  expect(back).toEqual(forth);
});

test("a prediction for the wrong family alone is an answer", () => {
  const onlyAaaa = (name: string, type: string) =>
    type === "AAAA"
      ? {
          ...answersWith("unused")(name, "AAAA"),
          answers: [{ name, type: "AAAA", ttl: 30, data: "fd00::7", pod: null, object: null }],
        }
      : nxdomain(name, "A");
  const diagnosis = diagnoseMysql(LIVE, [], { predict: onlyAaaa as typeof nxdomain });
  expect(statuses(diagnosis).answer).toBe("ok");
});
