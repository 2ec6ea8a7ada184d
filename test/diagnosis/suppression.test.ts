import { describe, expect, test } from "vitest";
import type { Ignore } from "../../src/diagnosis/suppression.ts";
import { defineRule } from "../../src/rules/rule.ts";
import { CLUSTER_DNS, diagnoseMysql, finding, MYSQL, mysqlPod, READY } from "./fixtures.ts";

const annotated = (rules: string, reason?: string): string =>
  MYSQL.replace(
    "metadata: { name: mysql }",
    `metadata: { name: mysql, annotations: { kheadless.dev/ignore: "${rules}"${
      reason === undefined ? "" : `, kheadless.dev/ignore-reason: "${reason}"`
    } } }`,
  );

const ignore = (given: Partial<Ignore>): Ignore => ({
  rule: "a",
  object: null,
  reason: null,
  from: "--ignore",
  location: null,
  ...given,
});

describe("an annotation", () => {
  test("silences its rules on its object, with its reason", () => {
    const diagnosis = diagnoseMysql({ objects: annotated("a, b", "moves next week") }, [
      finding("a", "service", "error"),
      finding("b", "service", "warning"),
      finding("c", "service", "warning"),
    ]);
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(["c"]);
    expect(diagnosis.suppressed).toMatchObject([
      { finding: { rule: "a" }, reason: "moves next week", by: "annotation on Service default/mysql" },
      { finding: { rule: "b" }, reason: "moves next week" },
    ]);
  });

  test("of a Service covers what is found on its path", () => {
    const onPods = defineRule({
      id: "a",
      link: "pods",
      severity: "error",
      summary: "of a test",
      needs: { pods: "present" },
      check: ({ pods }) => pods.selected.map((object) => ({ object, message: "x", evidence: [], remedy: "" })),
    });
    expect(diagnoseMysql({ objects: annotated("a") }, [onPods]).findings).toEqual([]);
    expect(diagnoseMysql({ objects: MYSQL }, [onPods]).findings).toHaveLength(3);
  });

  test("of a workload's template covers its Pods, and is not called unused on each of them", () => {
    const template = MYSQL.replace(
      "metadata: { labels: { app: mysql } }",
      'metadata: { labels: { app: mysql }, annotations: { kheadless.dev/ignore: "a" } }',
    );
    const onPods = defineRule({
      id: "a",
      link: "pods",
      severity: "error",
      summary: "of a test",
      needs: { pods: "present" },
      check: ({ pods }) => pods.selected.map((object) => ({ object, message: "x", evidence: [], remedy: "" })),
    });
    const copied = mysqlPod(0, READY).replace(
      "labels: { app: mysql }",
      'labels: { app: mysql }\n  annotations: { kheadless.dev/ignore: "a" }',
    );
    for (const given of [{ objects: template }, { live: true, objects: template + copied + CLUSTER_DNS }]) {
      const diagnosis = diagnoseMysql(given, [onPods]);
      expect(diagnosis.findings).toEqual([]);
      expect(diagnosis.suppressed).not.toEqual([]);
    }
  });

  test("that silences nothing is told, with the nearest rule where there is none of that name", () => {
    const diagnosis = diagnoseMysql({ objects: annotated("service-not-fuond, service-not-found") }, []);
    expect(diagnosis.findings).toMatchObject([
      {
        rule: "unused-suppression",
        severity: "info",
        field: 'metadata.annotations["kheadless.dev/ignore"]',
        location: { file: "case.yaml", line: 4 },
        message: "Service default/mysql ignores service-not-found, and nothing was found there that it would silence.",
      },
      { message: expect.stringContaining("did you mean service-not-found?") },
    ]);
  });

  test("is not called unused where its rule could not be run, or where only some Services were asked about", () => {
    const live = finding("service-not-found", "pods", "error", { liveOnly: true });
    expect(diagnoseMysql({ objects: annotated("service-not-found") }, [live]).findings).toEqual([]);
    expect(diagnoseMysql({ objects: annotated("service-not-found") }, [], { everything: false }).findings).toEqual([]);
  });
});

describe("an ignore for the whole run", () => {
  const rules = [finding("a", "service", "error")];

  test.each([
    [null, true],
    ["Service/mysql", true],
    ["service/mysql", true],
    ["Service/default/mysql", true],
    ["Service/*/my*", true],
    ["Service/shop/mysql", false],
    ["Service/mysq.", false],
    ["StatefulSet/mysql", false],
  ])("for object %j silences: %s", (object, silences) => {
    const diagnosis = diagnoseMysql({ objects: MYSQL }, rules, { ignores: [ignore({ object })] });
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(silences ? [] : ["a", "unused-suppression"]);
  });

  test("that silences nothing is told where it stands", () => {
    const location = { file: ".kheadless.yaml", line: 3, column: 5 };
    const diagnosis = diagnoseMysql({ objects: MYSQL }, rules, {
      ignores: [ignore({ rule: "b", from: ".kheadless.yaml", location })],
    });
    expect(diagnosis.findings[1]).toMatchObject({ rule: "unused-suppression", object: null, location });
  });
});
