import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { Ajv } from "ajv";
import addFormats from "ajv-formats";
import fc from "fast-check";
import { expect, test } from "vitest";
import { CATALOGUE } from "../../../src/diagnosis/catalogue.ts";
import { sarifText } from "../../../src/report/ci/sarif.ts";
import type { FindingDocument, SuppressedDocument } from "../../../src/report/document.ts";
import { FINDING, finding, report } from "../documents.ts";
import { hostileReport, RUN } from "./hostile.ts";

/** The schema of SARIF 2.1.0 as published; it is written in draft 4, which differs for us in two words only. */
const published = JSON.parse(
  readFileSync(
    createRequire(import.meta.url).resolve("@microsoft/jest-sarif/lib/schemas/sarif-2.1.0-rtm.5.json"),
    "utf8",
  ),
);
const { $schema: _draft, id: _id, ...schema } = published;
const ajv = new Ajv({ allErrors: true, strict: false, unicodeRegExp: false });
addFormats.default(ajv);
const isSarif = ajv.compile(schema);

async function sarifOf(...given: Parameters<typeof sarifText>) {
  const log = JSON.parse(await sarifText(...given));
  expect(isSarif(log) ? [] : isSarif.errors).toEqual([]);
  return log.runs[0];
}

const PAGE = (await RUN.pageOf("selector-matches-no-pods")) ?? "";

const silenced = (given: Partial<SuppressedDocument>): SuppressedDocument => ({
  ...FINDING,
  kind: "annotation",
  by: "annotation on Service shop/mysql",
  reason: "moves next week",
  ...given,
});

test("a result with its rule, help, place, object and fingerprint", async () => {
  const run = await sarifOf(report({}), RUN);
  expect(run.tool.driver).toMatchObject({ name: "kheadless", version: "1.2.3" });
  expect(run.tool.driver.rules).toEqual([
    {
      id: "selector-matches-no-pods",
      shortDescription: { text: CATALOGUE.find(({ id }) => id === "selector-matches-no-pods")?.summary },
      fullDescription: { text: "Pods are not [found\\](x.md). In two lines." },
      help: {
        text: PAGE.replace("](", "\\](").replace("{0}", "{{0}}"),
        markdown: PAGE,
      },
      helpUri: expect.stringMatching(/\/docs\/rules\/selector-matches-no-pods\.md$/),
      defaultConfiguration: { level: "error" },
      properties: { tags: ["kubernetes", "dns", "selector"] },
    },
  ]);
  expect(run.results).toEqual([
    expect.objectContaining({
      ruleId: "selector-matches-no-pods",
      ruleIndex: 0,
      level: "error",
      message: { text: `${FINDING.message}\n\n${FINDING.remedy}` },
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "manifests/mysql.yaml", uriBaseId: "%SRCROOT%" },
            region: { startLine: 7, startColumn: 10 },
          },
          logicalLocations: [{ name: "mysql", fullyQualifiedName: "Service shop/mysql", kind: "resource" }],
        },
      ],
      suppressions: [],
    }),
  ]);
});

test("fingerprints stay when lines and positions in lists move, and differ where anything else does", async () => {
  const at = (line: number) => ({ file: "manifests/mysql.yaml", line, column: 1 });
  const print = async (...findings: FindingDocument[]): Promise<readonly string[]> =>
    (await sarifOf(report({ findings }), RUN)).results.map(
      (result: { partialFingerprints: Record<string, string> }) => result.partialFingerprints["kheadless/v1"],
    );
  const [own] = await print(FINDING);
  const moved = finding({ location: at(99), message: "In other words.", severity: "warning" });
  expect(await print(moved)).toEqual([own]);
  expect(await print(finding({ field: "spec.ports[0].port" }))).toEqual(
    await print(finding({ field: "spec.ports[3].port" })),
  );
  const others = await print(
    FINDING,
    finding({ rule: "port-unnamed" }),
    finding({ field: "spec.ports[0]" }),
    finding({ object: { apiVersion: "v1", kind: "Service", namespace: "shop", name: "other" } }),
    finding({ location: at(20) }),
  );
  expect(new Set(others).size).toBe(others.length);
  expect((await print(finding({ location: at(20) }), finding({ location: at(10) }))).toReversed()).toEqual(
    await print(finding({ location: at(11) }), finding({ location: at(21) })),
  );
});

test.each([
  ["annotation", "inSource"],
  ["comment", "inSource"],
  ["option", "external"],
  ["config", "external"],
  ["baseline", "external"],
] as const)("what %s silenced is shown as suppressed, %s", async (kind, shown) => {
  const { results } = await sarifOf(report({ findings: [], suppressed: [silenced({ kind })] }), RUN);
  expect(results).toMatchObject([
    {
      ruleId: "selector-matches-no-pods",
      suppressions: [
        { kind: shown, status: "accepted", justification: "moves next week (annotation on Service shop/mysql)" },
      ],
    },
  ]);
});

test("what could not be checked is told, by reason", async () => {
  const unchecked = [
    { rule: "pod-not-ready", link: "readiness", reason: "no permission", byNature: false, services: [] },
    { rule: "pod-not-running", link: "pods", reason: "no permission", byNature: false, services: [] },
    { rule: "dns-cached", link: "answer", reason: "only a cluster", byNature: true, services: [] },
  ] as const;
  const run = await sarifOf(report({ findings: [], unchecked }), RUN);
  expect(run.invocations[0].toolExecutionNotifications).toEqual([
    { level: "warning", message: { text: "Not checked: pod-not-ready, pod-not-running (no permission)" } },
    { level: "note", message: { text: "Not checked: dns-cached (only a cluster)" } },
  ]);
});

test("a place outside the repository, and one in no file", async () => {
  const { location: _none, ...nowhere } = FINDING;
  const outside = finding({ location: { file: "/etc/x.yaml", line: 1, column: 1 }, object: null });
  const { results } = await sarifOf(report({ findings: [nowhere, outside] }), RUN);
  expect(results[0].locations).toEqual([{ logicalLocations: [expect.anything()] }]);
  expect(results[1].locations).toEqual([]);
});

test("paths become relative URIs that lead back to them", async () => {
  await fc.assert(
    fc.asyncProperty(fc.string({ unit: "binary", minLength: 1 }), async (name) => {
      const file = `a/${name.toWellFormed()}`;
      const { results } = await sarifOf(
        report({ findings: [finding({ location: { file, line: 1, column: 1 } })] }),
        RUN,
      );
      const { uri } = results[0].locations[0].physicalLocation.artifactLocation;
      expect(uri).toMatch(/^a\/[A-Za-z0-9._~!*'()%/-]*$/);
      expect(decodeURIComponent(uri)).toBe(file);
    }),
  );
});

test("no text makes a link, a placeholder or anything but SARIF", async () => {
  await fc.assert(
    fc.asyncProperty(hostileReport, async (given) => {
      const run = await sarifOf(given, RUN);
      expect(run.results).toHaveLength(given.findings.length + given.suppressed.length);
      for (const { message } of run.results) {
        expect(message.text).not.toMatch(/(?<!\\)\]\(|(?<!\{)\{[0-9]+\}(?!\})/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
        expect(message.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/);
      }
    }),
    { numRuns: 40 },
  );
}, 60_000);
