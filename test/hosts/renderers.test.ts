import { spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { describe, expect, test } from "vitest";
import { CHART, FIXTURES, FOUND, OVERLAY, PATCHED, places } from "../cli/rendering.ts";
import { run } from "../cli/run.ts";
import { CACHE } from "./pypi.ts";

/** The real programs behind `--helm` and `-k`; the stand-ins of test/cli/rendered.test.ts print what these make. */

const BUILD = 900_000;

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

  test("tells where objects come from through prefixes, patches and components", {
    timeout: BUILD,
  }, (context) => {
    const kustomize = pathWith("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1");
    if ("missing" in kustomize) return context.skip(kustomize.missing);
    const env = { PATH: kustomize.path };
    expect(places(["-k", `${PATCHED}/overlay`], env)).toEqual([
      `${PATCHED}/base/db.yaml:31 stateful-set-service-missing`,
      `${PATCHED}/base/db.yaml:8 selector-matches-no-pods`,
      `${PATCHED}/component/extra.yaml:7 selector-matches-no-pods`,
      `${PATCHED}/component/extra.yaml:7 service-rejected`,
      `${PATCHED}/base/db.yaml:11 port-differs-from-target-port`,
      `${PATCHED}/base/db.yaml:23 port-differs-from-target-port`,
      // A patch changed the port that has no name.
      `${PATCHED}/base/db.yaml:14 port-unnamed`,
    ]);
  });

  test.for(["originAnnotations", "transformerAnnotations", "originAnnotations, transformerAnnotations"])(
    "tells as much where the kustomization asks for %s itself",
    { timeout: BUILD },
    (metadata, context) => {
      const kustomize = pathWith("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1");
      if ("missing" in kustomize) return context.skip(kustomize.missing);
      const folder = realpathSync(mkdtempSync(join(tmpdir(), "asking-")));
      cpSync(PATCHED, folder, { recursive: true });
      const file = join(folder, "overlay/kustomization.yml");
      writeFileSync(file, readFileSync(file, "utf8").replace("managedByLabel", metadata));
      const found = places(["-k", `${folder}/overlay`], { PATH: kustomize.path });
      expect(found).toHaveLength(7);
      expect(found.slice(0, 3)).toEqual([
        `${folder}/base/db.yaml:31 stateful-set-service-missing`,
        `${folder}/base/db.yaml:8 selector-matches-no-pods`,
        `${folder}/component/extra.yaml:7 selector-matches-no-pods`,
      ]);
      rmSync(folder, { recursive: true });
    },
  );

  test("tells the patches that gave an object what is found, each in the overlay that it passed through", {
    timeout: BUILD,
  }, (context) => {
    const kustomize = pathWith("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1");
    if ("missing" in kustomize) return context.skip(kustomize.missing);
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "patches-")));
    const write = (file: string, text: string): void => {
      mkdirSync(join(folder, file, ".."), { recursive: true });
      writeFileSync(join(folder, file), text);
    };
    cpSync(join(FIXTURES, "kustomize/base"), join(folder, "base"), { recursive: true });
    write("base/mysql.yaml", readFileSync(join(folder, "base/mysql.yaml"), "utf8").replace("app: mysq1", "app: mysql"));
    const selector = "apiVersion: v1\nkind: Service\nmetadata:\n  name: mysql\nspec:\n  selector:\n    app: APP\n";
    write("dev/selector.yaml", selector.replace("APP", "mysq1"));
    write(
      "dev/kustomization.yaml",
      "namePrefix: dev-\nnamespace: dev\nresources: [../base]\npatches:\n  - path: selector.yaml\n",
    );
    write(
      "prod/kustomization.yaml",
      `namePrefix: prod-
namespace: prod
resources: [../base]
patches:
  - target: {kind: Service}
    patch: |
      - op: replace
        path: /spec/selector/app
        value: mysq2
`,
    );
    write("all/kustomization.yaml", "resources: [../dev, ../prod]\n");
    const found = [
      `${folder}/dev/selector.yaml:7 selector-matches-no-pods`,
      `${folder}/prod/kustomization.yaml:9 selector-matches-no-pods`,
    ];
    const [dev, prod] = found;
    expect(places(["-k", join(folder, "dev")], { PATH: kustomize.path })).toEqual([dev]);
    expect(places(["-k", join(folder, "prod")], { PATH: kustomize.path })).toEqual([prod]);
    expect(places(["-k", join(folder, "all")], { PATH: kustomize.path })).toEqual(found);
    const comment = "# kheadless-ignore: selector-matches-no-pods";
    write("dev/selector.yaml", `${comment}\n${selector.replace("APP", "mysq1")}`);
    expect(places(["-k", join(folder, "dev")], { PATH: kustomize.path })).toEqual([]);
    write("base/mysql.yaml", `${comment}\n${readFileSync(join(folder, "base/mysql.yaml"), "utf8")}`);
    expect(places(["-k", join(folder, "prod")], { PATH: kustomize.path })).toEqual([]);
    rmSync(folder, { recursive: true });
  });

  test("runs helm where it may, and names the chart's entry, and the patch", { timeout: BUILD }, (context) => {
    const kustomize = pathWith("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1");
    const helm = pathWith("helm", "helm.sh/helm/v3/cmd/helm", "3.22.0");
    if ("missing" in kustomize) return context.skip(kustomize.missing);
    if ("missing" in helm) return context.skip(helm.missing);
    const env = { PATH: [kustomize.path, helm.path].join(delimiter) };
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "charts-")));
    cpSync(CHART, join(folder, "charts/mysql"), { recursive: true });
    const file = join(folder, "kustomization.yaml");
    const chart = "namePrefix: p-\nhelmCharts:\n  - name: mysql\n    releaseName: r\n";
    writeFileSync(file, chart);
    const refused = run(["lint", "-k", folder], { env });
    expect(refused).toMatchObject({ status: 2, stderr: expect.stringContaining("; with --enable-helm") });
    expect(places(["-k", folder, "--enable-helm"], env)).toEqual([`${file}:3 selector-matches-no-pods`]);
    const patch = JSON.stringify([{ op: "replace", path: "/spec/selector/app", value: "mysq2" }]);
    writeFileSync(file, `${chart}patches:\n  - target: {kind: Service, name: .*-clients}\n    patch: '${patch}'\n`);
    expect(places(["-k", folder, "--enable-helm"], env)).toEqual([`${file}:7 selector-matches-no-pods`]);
    rmSync(folder, { recursive: true });
  });

  test("fetches a base by its URL, and names what is known of its files", { timeout: BUILD }, (context) => {
    const kustomize = pathWith("kustomize", "sigs.k8s.io/kustomize/kustomize/v5", "5.7.1");
    if ("missing" in kustomize) return context.skip(kustomize.missing);
    const env = { PATH: kustomize.path };
    const folder = realpathSync(mkdtempSync(join(tmpdir(), "repository-")));
    const git = (...args: readonly string[]): void => {
      const author = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
      expect(spawnSync("git", [...author, ...args], { cwd: folder }).status).toBe(0);
    };
    cpSync(join(FIXTURES, "kustomize/base"), join(folder, "base"), { recursive: true });
    git("init", "-b", "main");
    git("add", "-A");
    git("commit", "-m", "first");
    const url = `file://${folder}//base?ref=main`;
    mkdirSync(join(folder, "overlay"));
    writeFileSync(join(folder, "overlay/kustomization.yaml"), `namePrefix: p-\nresources:\n  - ${url}\n`);
    expect(places(["-k", url], env)).toEqual([`file://${folder}//base/mysql.yaml?ref=main:1 selector-matches-no-pods`]);
    expect(places(["-k", join(folder, "overlay")], env)).toEqual([
      `${folder}/overlay/kustomization.yaml:3 selector-matches-no-pods`,
    ]);
    const patch = "apiVersion: v1\nkind: Service\nmetadata: {name: mysql}\nspec:\n  selector:\n    app: mysq3\n";
    writeFileSync(join(folder, "overlay/p.yaml"), patch);
    writeFileSync(join(folder, "overlay/kustomization.yaml"), `resources: ["${url}"]\npatches: [{path: p.yaml}]\n`);
    expect(places(["-k", join(folder, "overlay")], env)).toEqual([
      `${folder}/overlay/p.yaml:6 selector-matches-no-pods`,
    ]);
    rmSync(folder, { recursive: true });
  });
});
