import { describe, expect, test } from "vitest";
import type { Baseline, BaselineEntry } from "../../src/diagnosis/suppression/baseline.ts";
import { baselineEntries } from "../../src/diagnosis/suppression/baseline.ts";
import type { Ignore } from "../../src/diagnosis/suppression/ignore.ts";
import { listingText } from "../../src/rules/listing.ts";
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
      {
        finding: { rule: "a" },
        kind: "annotation",
        reason: "moves next week",
        by: "annotation on Service default/mysql",
      },
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

describe("a comment", () => {
  const onField = defineRule({
    id: "port-unnamed",
    link: "service",
    severity: "warning",
    summary: "of a test",
    needs: { services: "present" },
    check: ({ service }) =>
      service === null
        ? []
        : [{ object: service, field: ["spec", "ports", 0, "port"], message: "x", evidence: [], remedy: "" }],
  });
  const onPods = defineRule({
    id: "pod-not-ready",
    link: "pods",
    severity: "error",
    summary: "of a test",
    needs: { pods: "present" },
    check: ({ pods }) => pods.selected.map((object) => ({ object, message: "x", evidence: [], remedy: "" })),
  });

  test("silences its rules on its lines, with its reason", () => {
    const objects = MYSQL.replace("  ports:", "  # kheadless-ignore: port-unnamed  not asked for\n  ports:");
    const diagnosis = diagnoseMysql({ objects }, [onField, onPods]);
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(["pod-not-ready", "pod-not-ready", "pod-not-ready"]);
    expect(diagnosis.suppressed).toMatchObject([
      { finding: { rule: "port-unnamed" }, kind: "comment", reason: "not asked for", by: "comment at case.yaml:8" },
    ]);
  });

  test("above a Service covers what is found on its path", () => {
    const objects = `# kheadless-ignore: pod-not-ready${MYSQL}`;
    const diagnosis = diagnoseMysql({ objects }, [onField, onPods]);
    expect(diagnosis.findings.map(({ rule }) => rule)).toEqual(["port-unnamed"]);
    expect(diagnosis.suppressed).toHaveLength(3);
  });

  test.each([
    ["pod-not-ready", "A comment ignores pod-not-ready, and nothing was found there that it would silence."],
    ["port-unamed", "A comment ignores port-unamed, and there is no such rule; did you mean port-unnamed?"],
    ["", "A comment asks kheadless to ignore, and names no rule: nothing is silenced."],
  ])("for %j that silences nothing is told where it stands", (rule, message) => {
    const objects = MYSQL.replace("clusterIP: None", `clusterIP: None # kheadless-ignore: ${rule}`);
    expect(diagnoseMysql({ objects }, [onField]).findings).toMatchObject([
      { rule: "port-unnamed" },
      { rule: "unused-suppression", location: { file: "case.yaml", line: 6 }, message },
    ]);
  });
});

describe("an ignore for several rules of which some silence nothing", () => {
  const rule = (id: string) =>
    defineRule({
      id,
      link: "service",
      severity: "warning",
      summary: "of a test",
      needs: { services: "present" },
      check: ({ service }) =>
        service === null || id !== "port-unnamed"
          ? []
          : [{ object: service, field: ["spec", "ports", 0, "port"], message: "x", evidence: [], remedy: "" }],
    });
  const rules = [rule("port-unnamed"), rule("replicas-zero"), rule("pod-not-ready")];
  const remedies = (objects: string) =>
    diagnoseMysql({ objects }, rules).findings.map(({ rule: id, remedy }) => `${id}: ${remedy}`);

  test.each([
    ["port-unnamed, replicas-zero, pod-not-ready", "port-unnamed"],
    ["replicas-zero, pod-not-ready", ""],
  ])("%s: the remedies leave what is of use (%s)", (ignored, left) => {
    const comment = MYSQL.replace("  ports:", `  # kheadless-ignore: ${ignored}\n  ports:`);
    const commented = left === "" ? "# remove the comment" : `# kheadless-ignore: ${left}`;
    expect(remedies(comment).filter((text) => text.startsWith("unused"))).toEqual([
      `unused-suppression: ${commented}`,
      `unused-suppression: ${commented}`,
    ]);
    const annotation = MYSQL.replace("metadata: {", `metadata: { annotations: { kheadless.dev/ignore: "${ignored}" },`);
    expect(annotation).not.toBe(MYSQL);
    const annotated = left === "" ? "# remove the annotation kheadless.dev/ignore" : `kheadless.dev/ignore: "${left}"`;
    expect(remedies(annotation).filter((text) => text.startsWith("unused"))).toEqual([
      `unused-suppression: ${annotated}`,
      `unused-suppression: ${annotated}`,
    ]);
  });

  test("a comment that missed the line of a finding is told which one it is", () => {
    const objects = MYSQL.replace("clusterIP: None", "clusterIP: None # kheadless-ignore: port-unnamed");
    const [found, unused] = diagnoseMysql({ objects }, rules).findings;
    expect(found).toMatchObject({ rule: "port-unnamed" });
    const line = found?.location?.line;
    expect(unused).toMatchObject({
      message: `A comment ignores port-unnamed, and nothing was found there that it would silence. Line ${line} has such a finding.`,
      remedy: `# behind line ${line}, or on a line of its own before it:\n# kheadless-ignore: port-unnamed`,
    });
    const far = MYSQL.replace("clusterIP: None", `clusterIP: None # kheadless-ignore: port-unnamed${"\n".repeat(20)}`);
    expect(remedies(far)).toContain("unused-suppression: # remove the comment");
  });
});

describe("a baseline", () => {
  const rules = [finding("a", "service", "error"), finding("b", "service", "warning")];
  const entry = (given: Partial<BaselineEntry>): BaselineEntry => ({
    rule: "a",
    input: null,
    object: "Service/default/mysql",
    field: null,
    file: null,
    count: 1,
    ...given,
  });
  const baseline = (...entries: BaselineEntry[]): Baseline => ({ file: "known.json", entries });
  const run = (given: Baseline, more: Partial<Parameters<typeof diagnoseMysql>[2]> = {}) =>
    diagnoseMysql({ objects: MYSQL }, rules, { baseline: given, ...more });

  test("silences what it lists, wherever it stands now, and nothing else", () => {
    const { findings, suppressed } = run(baseline(entry({})));
    expect(findings.map(({ rule }) => rule)).toEqual(["b"]);
    expect(suppressed).toMatchObject([{ finding: { rule: "a" }, kind: "baseline", by: "known.json", reason: null }]);
  });

  test("made of the findings silences all of them", () => {
    const { findings } = diagnoseMysql({ objects: MYSQL }, rules);
    expect(baselineEntries(findings)).toEqual([entry({}), entry({ rule: "b" })]);
    expect(run(baseline(...baselineEntries(findings))).findings).toEqual([]);
  });

  test("does not cover one more of the same", () => {
    const twice = defineRule({
      id: "a",
      link: "service",
      severity: "error",
      summary: "of a test",
      needs: { services: "present" },
      check: ({ service }) =>
        service === null ? [] : ["x", "y"].map((message) => ({ object: service, message, evidence: [], remedy: "" })),
    });
    const diagnosis = diagnoseMysql({ objects: MYSQL }, [twice], { baseline: baseline(entry({})) });
    expect(diagnosis.findings.map(({ message }) => message)).toEqual(["y"]);
    expect(baselineEntries(diagnoseMysql({ objects: MYSQL }, [twice]).findings)).toEqual([entry({ count: 2 })]);
  });

  test("counts what is told once for several Services as one, and silences it on the path of each", () => {
    const written = (name: string) =>
      defineRule({
        id: "a",
        link: "client",
        severity: "info",
        summary: "of a test",
        needs: { services: "present" },
        check: (context) => [
          {
            object: { apiVersion: "v1", kind: "ConfigMap", namespace: "default", name },
            ...listingText({
              before: "written out: ",
              entries: [{ item: context.name, place: context.name, shown: `a line with ${context.name}` }],
              after: ".",
            }),
            remedy: "",
          },
        ],
      });
    const services = ["x", "y"].map((name) => ({ namespace: "default", name, asked: true }));
    const rules = [written("one"), written("two")];
    const { findings } = diagnoseMysql({ objects: MYSQL }, rules, { subjects: services });
    const known = ["one", "two"].map((name) => entry({ object: `ConfigMap/default/${name}` }));
    expect(findings).toMatchObject(
      ["one", "two"].map((name) => ({
        object: { name },
        message: "written out: x and y.",
        evidence: ["a line with x", "a line with y"],
        services: ["default/x", "default/y"],
      })),
    );
    expect(baselineEntries(findings)).toEqual(known);
    const again = diagnoseMysql({ objects: MYSQL }, rules, { subjects: services, baseline: baseline(...known) });
    expect(again.findings).toEqual([]);
    expect(again.suppressed.map(({ finding: { message } }) => message)).toEqual([
      "written out: x and y.",
      "written out: x and y.",
    ]);
  });

  test("tells what is found no more, where the object was read", () => {
    const gone = [entry({ rule: "c" }), entry({ rule: "c", object: "Service/other/mysql" })];
    expect(run(baseline(...gone, entry({}), entry({ rule: "b" }))).findings).toMatchObject([
      {
        rule: "unused-suppression",
        message: "known.json lists c on Service/default/mysql, which is found no more.",
        location: { file: "known.json", line: 1 },
      },
    ]);
    expect(run(baseline(...gone), { everything: false }).findings.map(({ rule }) => rule)).toEqual(["a", "b"]);
  });

  test("takes no entry for what is silenced for a reason", () => {
    const ignores = [ignore({ rule: "a" })];
    expect(run(baseline(entry({})), { ignores }).suppressed).toMatchObject([{ kind: "option" }]);
  });
});
