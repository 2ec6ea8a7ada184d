import { fileURLToPath } from "node:url";
import { expect } from "vitest";
import { run } from "./run.ts";

/** The chart and the kustomization of the tests, each with a selector that misses, and what comes of them. */
export const FIXTURES = fileURLToPath(new URL("../fixtures/", import.meta.url));
export const CHART = "test/fixtures/helm/chart";
export const OVERLAY = "test/fixtures/kustomize/overlay";
/** An overlay with a prefix, patches, a component and a generator, each of which changes something. */
export const PATCHED = "test/fixtures/kustomize/patched";
export const FOUND = {
  helm: [`${CHART}/templates/service.yaml:26 selector-matches-no-pods`],
  kustomize: ["test/fixtures/kustomize/base/mysql.yaml:8 selector-matches-no-pods"],
} as const;

/** What lint finds and where, with these arguments; it may say nothing beside it. */
export function places(args: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const { stdout, stderr } = run(["lint", ...args, "-o", "json"], { env });
  expect(stderr).toBe("");
  const { findings } = JSON.parse(stdout) as { findings: { rule: string; location: { file: string; line: number } }[] };
  return findings.map(({ rule, location: { file, line } }) => `${file}:${line} ${rule}`);
}
