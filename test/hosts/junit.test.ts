import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { validateXML } from "xmllint-wasm";
import { junitText } from "../../src/report/ci/junit.ts";
import { run } from "../cli/run.ts";
import { hostileReport, RUN } from "../report/ci/hostile.ts";
import { CACHE, INSTALLS, pip } from "./pypi.ts";
import { bash, scratchFolder } from "./scratch.ts";

/**
 * JUnit's XML as published: junit-10.xsd of Jenkins' xunit plugin, which pytest's own tests hold it to, and which comes
 * with its sources. It is not ours to hand on, so it is fetched; test/report/ci/junit.xsd is the narrower one of our words.
 */
const PYTEST = "pytest-8.4.2";
const SHA256 = "86c0d0b93306b961d58d62a4db4879f27fe25513d4b969df351abdddb3c30e01";

const scratch = scratchFolder();
const folder = join(CACHE, PYTEST);
const file = join(folder, PYTEST, "testing/example_scripts/junit-10.xsd");
let missing: string | null = null;
let schema: string;
beforeAll(() => {
  if (!existsSync(file)) {
    mkdirSync(folder, { recursive: true });
    const requirement = `${PYTEST.replace("-", "==")} --hash=sha256:${SHA256}`;
    missing = pip(
      join(scratch.path, "venv"),
      `download --no-deps --no-binary :all: --dest '${folder}' --requirement <(echo '${requirement}')`,
      "the JUnit schema in pytest's sources",
    );
    if (missing !== null) return;
    expect(bash(`tar -xzf ${PYTEST}.tar.gz`, { cwd: folder })).toMatchObject({ status: 0 });
  }
  schema = readFileSync(file, "utf8");
}, INSTALLS);
afterAll(() => scratch.remove());

async function errorsOf(documents: readonly string[]): Promise<readonly string[]> {
  const xml = documents.map((contents, at) => ({ fileName: `junit-${at}.xml`, contents }));
  const { errors } = await validateXML({ xml, schema: { fileName: "junit-10.xsd", contents: schema } });
  return errors.map(({ rawMessage }) => rawMessage);
}

test("what lint and doctor write is JUnit as Jenkins reads it", async (context) => {
  context.skip(missing !== null, missing ?? "");
  const documents = [
    ["lint", "examples"],
    ["lint", "examples", "--fail-on", "info"],
    ["lint", "examples/mysql-healthy.yaml", "docs"],
    ["doctor", "--snapshot", "examples/pods-not-ready.snapshot.json"],
  ].map((args) => run([...args, "-o", "junit"]).stdout);
  for (const document of documents) expect(document).toMatch(/^<\?xml .*\n<testsuites /);
  expect(await errorsOf(documents)).toEqual([]);
});

test("nor can any text make it another", async (context) => {
  context.skip(missing !== null, missing ?? "");
  const reports = fc.sample(hostileReport, { numRuns: 60, seed: 10 });
  expect(await errorsOf(reports.map((one) => junitText(one, RUN)))).toEqual([]);
});

test("the schema refuses what is none", async (context) => {
  context.skip(missing !== null, missing ?? "");
  const errors = await errorsOf(['<testsuites skipped="1"/>', '<testsuites><testsuite name="x"/></testsuites>']);
  expect(errors).toContainEqual(expect.stringContaining("attribute 'skipped' is not allowed"));
  expect(errors).toContainEqual(expect.stringContaining("attribute 'tests' is required"));
});
