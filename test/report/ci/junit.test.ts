import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { junitText } from "../../../src/report/ci/junit.ts";
import { BROKEN, finding, HEALTHY, report } from "../documents.ts";
import { hostileReport, RUN } from "./hostile.ts";

const schema = readFileSync(new URL("./junit.xsd", import.meta.url), "utf8");

/** What a real XML reader has against the documents. */
async function errorsOf(documents: readonly string[]): Promise<readonly string[]> {
  const xml = documents.map((contents, at) => ({ fileName: `junit-${at}.xml`, contents }));
  const { errors } = await validateXML({ xml, schema: { fileName: "junit.xsd", contents: schema } });
  return errors.map(({ rawMessage }) => rawMessage);
}

test("a suite for each Service, a test for each link: broken ones fail, those that could not be judged are skipped", async () => {
  const text = junitText(report({ services: [HEALTHY, BROKEN] }), RUN);
  expect(await errorsOf([text])).toEqual([]);
  expect(text.split("\n").filter((line) => line.includes("<testsuite"))).toEqual([
    '<testsuites name="kheadless lint" tests="16" failures="1" errors="0" time="0">',
    '  <testsuite name="Service shop/cart" tests="8" failures="0" errors="0" skipped="1" time="0">',
    '  <testsuite name="Service shop/mysql" tests="8" failures="1" errors="0" skipped="6" time="0">',
  ]);
  expect(text).toContain('<testcase name="Service shop/mysql: service" classname="shop/mysql" time="0"/>');
  expect(text).toMatch(
    /<testcase name="Service shop\/mysql: selector" [^>]*>\n {6}<failure type="selector-matches-no-pods" message="The selector asks for app=mysq1; [^"]*">manifests\/mysql.yaml:7 {2}error {2}selector-matches-no-pods\n/,
  );
  expect(text).toContain('<skipped message="could not be checked: no permission to list pods in kube-system"/>');
});

test("what --fail-on lets pass is told, and fails nothing", async () => {
  const findings = [finding({ severity: "warning" })];
  const text = junitText(report({ findings }), RUN);
  expect(text).toContain('failures="0"');
  expect(text).toMatch(/<system-out>manifests\/mysql.yaml:7 {2}warning {2}selector-matches-no-pods\n/);
  const strict = junitText(report({ findings }), { ...RUN, fails: () => true });
  expect(strict).toContain('failures="1"');
  expect(await errorsOf([text, strict])).toEqual([]);
});

test("what belongs to no Service stands in a suite of its own", async () => {
  const invalid = finding({ rule: "invalid-object", link: null, object: null, services: [] });
  const text = junitText(report({ services: [], findings: [invalid] }), RUN);
  expect(text).toContain(
    '<testcase name="invalid-object: manifests/mysql.yaml:7" classname="invalid-object" time="0">',
  );
  expect(text).toContain('tests="1" failures="1"');
  expect(await errorsOf([text, junitText(report({ services: [], findings: [] }), RUN)])).toEqual([]);
});

test("no text can break the XML or its structure, and every finding is told", async () => {
  const reports = fc.sample(hostileReport, { numRuns: 60, seed: 6 });
  expect(await errorsOf(reports.map((one) => junitText(one, RUN)))).toEqual([]);
  for (const one of reports) {
    const told = junitText(one, RUN).split("selector-matches-no-pods.md").length - 1;
    expect(told).toBeGreaterThanOrEqual(one.findings.length);
  }
});

test("the schema refuses what is none", async () => {
  expect(await errorsOf(['<testsuites name="x" tests="1"/>', "<testsuites>]]></testsuites>"])).not.toEqual([]);
});
