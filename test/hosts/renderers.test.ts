import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { CHART, FIXTURES, FOUND, OVERLAY, places } from "../cli/rendering.ts";
import { run } from "../cli/run.ts";

/** The real programs behind `--helm` and `-k`; the stand-ins of test/cli/rendered.test.ts print what these make. */

const BUILD = 900_000;
const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kheadless");

/** A PATH on which the program comes first, built by Go once for each version; or why there is none, which fails in CI. */
function pathWith(
  program: string,
  module: string,
  version: string,
): { readonly path: string } | { readonly missing: string } {
  const folder = join(CACHE, `${program}-${version}`);
  if (!existsSync(join(folder, program))) {
    const env = { ...process.env, GOBIN: folder, GOFLAGS: "", CGO_ENABLED: "0" };
    const { status, stderr, error } = spawnSync("go", ["install", `${module}@v${version}`], { env, encoding: "utf8" });
    if (status !== 0) {
      const missing = `${program} ${version} cannot be built here: ${error?.message ?? stderr.trim().split("\n").at(-1)}`;
      if (process.env.CI) throw new Error(missing);
      process.stdout.write(`skipped: ${missing}\n`);
      return { missing };
    }
  }
  return { path: [folder, process.env.PATH].join(delimiter) };
}

test("helm renders the chart as its stand-in does, and what it finds stands in the templates", {
  timeout: BUILD,
}, (context) => {
  const helm = pathWith("helm", "helm.sh/helm/v3/cmd/helm", "3.22.0");
  if ("missing" in helm) return context.skip(helm.missing);
  const env = { PATH: helm.path };
  const args = ["template", "--skip-tests", "--namespace=shop", "--", "release-name", CHART];
  const { stdout } = spawnSync("helm", args, { env: { ...process.env, ...env }, encoding: "utf8" });
  expect(stdout).toBe(readFileSync(join(FIXTURES, "helm/rendered.yaml"), "utf8"));
  expect(places(["--helm", CHART, "-n", "shop"], env)).toEqual(FOUND.helm);
  expect(places(["--helm", CHART, "--set", "selector=mysql", "--release", "r"], env)).toEqual([]);
});

describe("kustomize", () => {
  test("makes of the overlay what its stand-in prints, for lint, doctor and resolve alike", {
    timeout: BUILD,
  }, (context) => {
    const kustomize = pathWith("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1");
    if ("missing" in kustomize) return context.skip(kustomize.missing);
    const env = { PATH: kustomize.path };
    const { stdout } = spawnSync("kustomize", ["build", OVERLAY], {
      env: { ...process.env, ...env },
      encoding: "utf8",
    });
    expect(stdout).toBe(readFileSync(join(FIXTURES, "kustomize/rendered.yaml"), "utf8"));
    expect(places(["-k", OVERLAY], env)).toEqual(FOUND.kustomize);
    const doctor = run(["doctor", "mysql", "-k", OVERLAY], { env });
    expect(doctor.stdout).toContain("Service prod/mysql · headless · broken at: selector");
    const resolved = run(["resolve", "mysql.prod.svc.cluster.local.", "-k", OVERLAY], { env });
    expect(resolved).toMatchObject({ status: 1, stdout: expect.stringContaining("NXDOMAIN") });
    const failed = run(["lint", "-k", "test/fixtures/helm"], { env });
    expect(failed.stderr).toContain("error: kustomize test/fixtures/helm failed: unable to find one of");
    expect(failed.stderr.trimEnd()).not.toContain("\n");
  });
});
