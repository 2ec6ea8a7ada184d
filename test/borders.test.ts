import { expect, test } from "vitest";
import { brokenBorders, sourceFiles } from "../scripts/check-borders.mjs";

test("src keeps its borders", async () => {
  expect(brokenBorders(await sourceFiles())).toEqual([]);
});

test.each([
  ["src/trace/trace.ts", 'import { zone } from "../dns/zone.ts";'],
  ["src/dns/query.ts", 'import { connect } from "node:net";'],
  ["src/dns/query/tcp.ts", 'import { connect } from "node:net";'],
  ["src/sources/manifests.ts", 'import { readFile } from "node:fs/promises";'],
  ["src/sources/cluster.ts", 'import type { KubeConfig } from "@kubernetes/client-node";'],
  ["src/sources/cluster/read.ts", 'const load = () => import("@kubernetes/client-node");'],
  ["src/report/text.ts", 'import { stripVTControlCharacters } from "node:util"; import chalk from "chalk";'],
  ["src/cli/main.ts", 'import manifest from "../../package.json" with { type: "json" };'],
])("allowed: %s with %s", (file, code) => {
  expect(brokenBorders([[file, code]])).toEqual([]);
});

test.each([
  ["src/objects/pod.ts", 'import { name } from "../dns/name.ts";', "objects may not know dns"],
  ["src/objects/pod.ts", 'import type { Name } from "../dns/name.ts";', "objects may not know dns"],
  ["src/objects/pod.ts", 'export * from "../dns/name.ts";', "objects may not know dns"],
  ["src/objects/pod.ts", 'export type { Name } from "../dns/name.ts";', "objects may not know dns"],
  ["src/objects/pod.ts", 'type Name = import("../dns/name.ts").Name;', "objects may not know dns"],
  ["src/objects/pod.ts", 'const later = () => import("../dns/name.ts");', "objects may not know dns"],
  ["src/kubernetes/slices.ts", 'import "../dns/name.ts";', "kubernetes may not know dns"],
  ["src/trace/trace.ts", 'import "../sources/cluster.ts";', "trace may not know sources"],
  ["src/report/text.ts", 'import "../cli/main.ts";', "report may not know cli"],
  ["src/dns/zone.ts", 'import { query } from "./query.ts";', "src/dns/query.ts touches the world"],
  ["src/dns/zone.ts", 'import { isIP } from "node:net";', "node:net touches the world"],
  ["src/rules/rule.ts", 'import { readFileSync } from "fs";', "fs touches the world"],
  ["src/rules/rule.ts", 'import { x } from "../../test/x.ts";', "lies outside src"],
  ["src/cli/main.ts", 'import "@kubernetes/client-node";', "only sources/cluster* and probe"],
  [
    "src/sources/manifests.ts",
    'import type { V1Pod } from "@kubernetes/client-node";',
    "only sources/cluster* and probe",
  ],
  ["src/sources/cluster.ts", 'import { type V1Pod } from "@kubernetes/client-node";', "slow to load"],
  ["src/probe/run.ts", 'import { Exec } from "@kubernetes/client-node/dist/exec.js";', "slow to load"],
  ["src/cli/main.ts", "const load = (path: string) => import(path);", "made at run time"],
  ["src/utils/string.ts", "", "lies in no folder"],
])("broken: %s with %s", (file, code, message) => {
  expect(brokenBorders([[file, `\n${code}`]])).toEqual([expect.stringContaining(message)]);
});
