import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { parseBaseline } from "../../src/cli/baseline-file.ts";
import { ROOT, run } from "./run.ts";

const schema = JSON.parse(readFileSync(new URL("../../schema/baseline.schema.json", import.meta.url), "utf8"));
const isBaseline = new Ajv2020({ allErrors: true }).compile(schema);

const TYPO = join(ROOT, "examples/mysql-selector-typo.yaml");
const HEALTHY = join(ROOT, "examples/mysql-healthy.yaml");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-baseline-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const lint = (...args: readonly string[]) => run(["lint", ...args], { cwd: folder });
const read = () => JSON.parse(readFileSync(join(folder, ".kheadless-baseline.json"), "utf8"));

test("what is found is written down, then silent; what is fixed is told, and drops out", () => {
  expect(lint(TYPO, "--write-baseline")).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/nothing found\s\([^)]*\);\s1\signored\n$/),
    stderr: ".kheadless-baseline.json now lists 1 finding\n",
  });
  expect(isBaseline(read()) ? [] : isBaseline.errors).toEqual([]);
  expect(read().findings).toEqual([
    { rule: "selector-matches-no-pods", object: "Service/shop/mysql", field: "spec.selector.app" },
  ]);
  // Further down in the file, and still the same.
  const moved = `# one\n# two\n# three\n${readFileSync(TYPO, "utf8")}`;
  writeFileSync(join(folder, "moved.yaml"), moved);
  expect(lint("moved.yaml", "--baseline", ".kheadless-baseline.json")).toMatchObject({ status: 0, stderr: "" });

  const fixed = lint(HEALTHY, "--baseline", ".kheadless-baseline.json");
  expect(fixed.status).toBe(0);
  expect(fixed.stdout).toMatch(/^\.kheadless-baseline\.json:1:1 {2}info {2}unused-suppression\n/);
  expect(fixed.stdout.replaceAll(/\s+/g, " ")).toContain(
    "lists selector-matches-no-pods on Service/shop/mysql spec.selector.app, which is found no more.",
  );
  expect(lint(HEALTHY, "--write-baseline").stderr).toBe(
    ".kheadless-baseline.json now lists 0 findings; 1 that is found no more dropped out\n",
  );
  expect(read().findings).toEqual([]);
  expect(lint(TYPO, "--baseline", ".kheadless-baseline.json").status).toBe(1);
});

test("environments that are judged apart have entries of their own", () => {
  for (const env of ["dev", "prod"]) {
    mkdirSync(join(folder, env));
    writeFileSync(join(folder, env, "a.yaml"), readFileSync(env === "dev" ? TYPO : HEALTHY, "utf8"));
  }
  lint("--each", "dev", "prod", "--write-baseline=each.json");
  expect(JSON.parse(readFileSync(join(folder, "each.json"), "utf8")).findings).toMatchObject([{ input: "dev" }]);
  expect(lint("--each", "dev", "prod", "--baseline", "each.json").status).toBe(0);
  writeFileSync(join(folder, "prod", "a.yaml"), readFileSync(TYPO, "utf8"));
  const ended = lint("--each", "dev", "prod", "--baseline", "each.json", "-o", "json");
  expect(JSON.parse(ended.stdout).findings).toMatchObject([{ input: "prod", rule: "selector-matches-no-pods" }]);
});

test("of a part no baseline is written: the rest would drop out", () => {
  expect(run(["doctor", "mysql", "-f", TYPO, "--write-baseline=part.json"], { cwd: folder })).toMatchObject({
    status: 2,
    stdout: "",
    stderr: "error: --write-baseline writes down all that is found: name no Services, and leave -l out\n",
  });
});

test("JSON shows what it silenced", () => {
  lint(TYPO, "--write-baseline", "known.json");
  expect(JSON.parse(lint(TYPO, "--baseline", "known.json", "-o", "json").stdout).suppressed).toMatchObject([
    { rule: "selector-matches-no-pods", kind: "baseline", by: "known.json", location: { line: 12 } },
  ]);
});

test.each([
  [
    "a baseline of another version",
    '{"apiVersion": "kheadless/v2", "kind": "Baseline"}',
    "is a baseline of version kheadless/v2; this kheadless reads kheadless/v1",
  ],
  ["a report", '{"apiVersion": "kheadless/v1", "kind": "Report"}', 'is no baseline: it has no "kind": "Baseline"'],
  ["no JSON", "rules:\n", "is no baseline: it is not JSON"],
  [
    "an entry without a rule",
    '{"apiVersion": "kheadless/v1", "kind": "Baseline", "findings": [{}]}',
    "is no baseline: findings[0] names no rule",
  ],
])("%s is one clear line, and 2", (_, text, message) => {
  writeFileSync(join(folder, "bad.json"), text);
  const ended = lint(TYPO, "--baseline", "bad.json");
  expect(ended).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(`error: bad.json ${message}`) });
  expect(ended.stderr.split("\n")).toHaveLength(2);
});

test("a missing file is told with the way to make it", () => {
  expect(lint(TYPO, "--baseline", "missing.json")).toMatchObject({
    status: 2,
    stderr: "error: cannot read missing.json: there is no such file (--write-baseline missing.json makes it)\n",
  });
});

test("a manifest behind --write-baseline stays as it is", () => {
  const before = readFileSync(join(folder, "moved.yaml"), "utf8");
  expect(lint(TYPO, "--write-baseline", "moved.yaml")).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("moved.yaml is no baseline and stays as it is"),
  });
  expect(readFileSync(join(folder, "moved.yaml"), "utf8")).toBe(before);
  expect(lint(TYPO, "--write-baseline", ".").stderr).toContain("cannot write .: it is a folder");
});

test("whatever stands in the file is read, or refused in one line", () => {
  const entry = fc.record(
    { rule: fc.jsonValue(), object: fc.jsonValue(), field: fc.jsonValue(), count: fc.jsonValue() },
    { requiredKeys: [] },
  );
  const baseline = fc.record({
    apiVersion: fc.constantFrom("kheadless/v1", "kheadless/v1", 1),
    kind: fc.constant("Baseline"),
    findings: fc.oneof(fc.array(fc.oneof(entry, fc.record({ rule: fc.string() }))), fc.jsonValue()),
  });
  fc.assert(
    fc.property(fc.oneof(baseline, fc.jsonValue()), (value) => {
      const text = JSON.stringify(value);
      try {
        parseBaseline(text, "b.json");
      } catch (error) {
        expect(error).toMatchObject({ name: "UsageError", message: expect.stringMatching(/^b\.json is .+$/) });
        return;
      }
      expect(isBaseline(JSON.parse(text))).toBe(true);
    }),
  );
});
