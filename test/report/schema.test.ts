import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020 } from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { resolveName } from "../../src/diagnosis/resolution.ts";
import { RECORD_TYPES } from "../../src/dns/records.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { EFFECTS } from "../../src/plan/effect.ts";
import { planOf } from "../../src/plan/plan.ts";
import { toJson } from "../../src/report/data.ts";
import { reportOf } from "../../src/report/document.ts";
import { planDocument } from "../../src/report/plan-document.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { run } from "../cli/run.ts";
import { manifests, planCases, textOf } from "../plan/cases.ts";
import { readCases, snapshotOf } from "../rules/table.ts";
import { probeOf } from "./probed.ts";

const ajv = new Ajv2020({ allErrors: true, strict: true, allowUnionTypes: true });
addFormats.default(ajv);
const schema = (name: string) =>
  ajv.compile(JSON.parse(readFileSync(new URL(`../../schema/${name}.schema.json`, import.meta.url), "utf8")));
const isReport = schema("report");
const isResolution = schema("resolution");
const isPlan = schema("plan");

function errorsOf(validate: typeof isReport, document: unknown): readonly unknown[] {
  return validate(document)
    ? []
    : (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/** What doctor and resolve say of a Snapshot, as it is written out. */
function documentsOf(snapshot: Snapshot): { readonly report: unknown; readonly resolutions: readonly unknown[] } {
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const subjects = subjectsOf(index, { externalNames: true });
  const diagnosis = diagnose(index, {
    subjects: [...subjects, { namespace: "default", name: "asked-for", asked: true }],
    everything: true,
    severityOf: () => null,
    ignores: [{ rule: "port-unnamed", object: null, reason: null, from: "--ignore", location: null }],
  });
  expect(diagnosis.crashes).toEqual([]);
  const resolutions = subjects.flatMap(({ namespace, name }) => {
    const result = resolveName({ name, types: RECORD_TYPES, namespace, from: null }, index, zone);
    return result.ok ? [JSON.parse(toJson(result.document))] : [];
  });
  const probe = snapshot.clusterDns?.probe;
  if (probe !== undefined && !("status" in probe)) {
    const names = subjects.map(({ namespace, name }) => ({
      name: `${name}.${namespace}.svc.cluster.local.`,
      types: RECORD_TYPES,
    }));
    const { names: items, vantages } = probeOf(snapshot, names, [{ node: "node-9", because: "it is not ready" }]);
    expect(items.length).toBeGreaterThan(0);
    const [first] = items;
    resolutions.push(JSON.parse(toJson({ ...first, vantages })));
    const list = { apiVersion: "kheadless/v1", kind: "ResolutionList", items: [...items, ...items], vantages };
    resolutions.push(JSON.parse(toJson(list)));
  }
  return { report: JSON.parse(toJson(reportOf(snapshot.source, diagnosis))), resolutions };
}

const tables = new URL("../rules/", import.meta.url);
const cases = readdirSync(tables)
  .filter((file) => file.endsWith(".yaml"))
  .flatMap((file) => readCases(new URL(file, tables)).map((one) => [`${file}: ${one.name}`, one] as const));

describe("every case of every rule keeps to the schemas", () => {
  test.each(cases)("%s", (_, one) => {
    const { report, resolutions } = documentsOf(snapshotOf(one));
    expect(errorsOf(isReport, report)).toEqual([]);
    for (const resolution of resolutions) expect(errorsOf(isResolution, resolution)).toEqual([]);
  });
});

const examples = readdirSync(new URL("../../examples/", import.meta.url)).map((file) => `examples/${file}`);

describe("every example, as the commands print it", () => {
  test.each(examples.map((file) => [file.endsWith(".json") ? "--snapshot" : "-f", file]))("%s %s", (option, file) => {
    const doctor = run(["doctor", "-A", option, file, "-o", "json"]);
    expect(errorsOf(isReport, JSON.parse(doctor.stdout))).toEqual([]);
    const names = ["mysql", "mysql-0.mysql", "_mysql._tcp.mysql", "10.244.0.7"];
    const resolve = run(["resolve", ...names, "-n", "shop", option, file, "-o", "json"]);
    expect(JSON.parse(resolve.stdout)).toMatchObject({ kind: "ResolutionList" });
    expect(errorsOf(isResolution, JSON.parse(resolve.stdout))).toEqual([]);
    if (option === "-f") {
      expect(errorsOf(isReport, JSON.parse(run(["lint", file, "-o", "json"]).stdout))).toEqual([]);
    }
  });

  test("YAML holds the same document", async () => {
    const { parse } = await import("yaml");
    const file = "examples/mysql-selector-typo.yaml";
    expect(parse(run(["lint", file, "-o", "yaml"]).stdout)).toEqual(
      JSON.parse(run(["lint", file, "-o", "json"]).stdout),
    );
  });
});

describe("every plan keeps to its schema", () => {
  test.each(planCases().map((one) => [one.name, one] as const))("%s", (_, { before, after }) => {
    const [base, target] = [manifests("before.yaml", textOf(before)), manifests("after.yaml", textOf(after))];
    const plan = planOf({ before: base, after: target, applying: { command: "kubectl apply -f after.yaml" } });
    expect(errorsOf(isPlan, JSON.parse(toJson(planDocument(plan))))).toEqual([]);
  });

  test("and the schema names every effect that there is", () => {
    expect(JSON.stringify(isPlan.schema)).toContain(JSON.stringify({ enum: EFFECTS }));
  });
});

test("the schemas say what is in the way of a document that is none", () => {
  expect(errorsOf(isReport, { apiVersion: "kheadless/v2" })).not.toEqual([]);
  expect(errorsOf(isResolution, { apiVersion: "kheadless/v1", kind: "Resolution" })).not.toEqual([]);
  expect(errorsOf(isPlan, { apiVersion: "kheadless/v1", kind: "Plan" })).not.toEqual([]);
});
