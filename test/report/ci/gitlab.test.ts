import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { expect, test } from "vitest";
import { gitlabText } from "../../../src/report/ci/gitlab.ts";
import { FINDING, finding, report } from "../documents.ts";
import { hostileReport, RUN } from "./hostile.ts";

/**
 * What GitLab documents of a Code Quality report (docs.gitlab.com, "Code Quality", "Code Quality report format"): a list in
 * one file without a byte order mark, each entry with these properties, fingerprints unique, paths relative to the
 * repository and not beginning with "./".
 */
const isCodeQuality = new Ajv2020({ allErrors: true }).compile({
  type: "array",
  items: {
    type: "object",
    required: ["description", "check_name", "fingerprint", "severity", "location"],
    properties: {
      description: { type: "string" },
      check_name: { type: "string", minLength: 1 },
      fingerprint: { type: "string", pattern: "^[0-9a-f]{32}$" },
      severity: { enum: ["info", "minor", "major", "critical", "blocker"] },
      location: {
        type: "object",
        required: ["path", "lines"],
        properties: {
          path: { type: "string", not: { pattern: "^\\./" } },
          lines: {
            type: "object",
            required: ["begin"],
            properties: { begin: { type: "integer", minimum: 1 } },
          },
        },
      },
    },
  },
});

async function entriesOf(...given: Parameters<typeof gitlabText>) {
  const entries = JSON.parse(await gitlabText(...given));
  expect(isCodeQuality(entries) ? [] : isCodeQuality.errors).toEqual([]);
  return entries;
}

test("an entry for each finding", async () => {
  const findings = [FINDING, finding({ severity: "warning" }), finding({ severity: "info" })];
  expect(await entriesOf(report({ findings }), RUN)).toMatchObject([
    {
      description: FINDING.message,
      check_name: "selector-matches-no-pods",
      severity: "critical",
      location: { path: "manifests/mysql.yaml", lines: { begin: 7 } },
    },
    { severity: "minor" },
    { severity: "info" },
  ]);
  expect(await entriesOf(report({ findings: [] }), RUN)).toEqual([]);
});

test("what stands in no file is named by its object", async () => {
  const { location: _none, ...nowhere } = FINDING;
  expect(await entriesOf(report({ findings: [nowhere] }), RUN)).toMatchObject([
    { location: { path: "shop/Service/mysql", lines: { begin: 1 } } },
  ]);
});

test("no text makes anything else of it, and every fingerprint is its own", async () => {
  await fc.assert(
    fc.asyncProperty(hostileReport, async (given) => {
      const entries = await entriesOf(given, RUN);
      expect(new Set(entries.map(({ fingerprint }: { fingerprint: string }) => fingerprint)).size).toBe(
        given.findings.length,
      );
    }),
    { numRuns: 40 },
  );
});
