import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT, run } from "./run.ts";

const TYPO = "examples/mysql-selector-typo.yaml";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-ci-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("every format for findings at once, into files and on standard output", () => {
  const file = (format: string): string => join(folder, `report.${format}`);
  const formats = ["sarif", "junit", "gitlab", "github", "json", "text"];
  const ended = run([
    "lint",
    TYPO,
    "-o",
    "github",
    ...formats.flatMap((one) => ["--output-file", `${one}=${file(one)}`]),
  ]);
  expect(ended).toMatchObject({ status: 1, stderr: "" });
  expect(ended.stdout).toBe(readFileSync(file("github"), "utf8"));
  expect(ended.stdout).toMatch(/^::error file=examples\/mysql-selector-typo\.yaml,line=12,col=10,title=[^\n]*\n$/);
  const [sarif] = JSON.parse(readFileSync(file("sarif"), "utf8")).runs;
  expect(sarif.results).toHaveLength(1);
  // The page as the package brings it along.
  expect(sarif.tool.driver.rules[0].help.markdown).toBe(
    readFileSync(join(ROOT, "docs/rules/selector-matches-no-pods.md"), "utf8"),
  );
  expect(JSON.parse(readFileSync(file("gitlab"), "utf8"))).toHaveLength(1);
  expect(readFileSync(file("junit"), "utf8")).toContain('failures="1"');
  expect(JSON.parse(readFileSync(file("json"), "utf8")).findings).toHaveLength(1);
});

test("doctor of a snapshot has them too: its objects stand in no file", () => {
  const given = ["doctor", "--snapshot", "examples/pods-not-ready.snapshot.json", "-o"];
  const [sarif] = JSON.parse(run([...given, "sarif"]).stdout).runs;
  expect(sarif.results[0].locations).toEqual([{ logicalLocations: [expect.objectContaining({ kind: "resource" })] }]);
  expect(run([...given, "github"]).stdout).toMatch(
    /^::error title=kheadless%3A pod-not-ready::[A-Z][a-zA-Z]+ shop\/mysql/,
  );
});

test("names and resolutions are no findings", () => {
  expect(run(["resolve", "mysql", "-f", TYPO, "-o", "sarif"])).toMatchObject({ status: 2, stdout: "" });
  expect(run(["explain", "--output-file", "junit=x.xml"])).toMatchObject({ status: 2, stdout: "" });
});

test("a hostile manifest makes nothing but findings", () => {
  const evil = "]]>\\n::error::pwned\\r\\n##[error]pwned <script> | [x](http://evil.example) \\u001b[31m";
  const input = `
apiVersion: v1
kind: Service
metadata: { name: a, annotations: { kheadless.dev/ignore: port-unnamed, kheadless.dev/ignore-reason: "${evil}" } }
spec: { clusterIP: None, selector: { app: "${evil}" }, ports: [{ port: 80 }] }
---
apiVersion: apps/v1
kind: StatefulSet
metadata: { name: a }
spec: { serviceName: a, selector: { matchLabels: { app: a } }, template: { metadata: { labels: { app: a } }, spec: { containers: [{ name: a }] } } }
`;
  const lint = (format: string) => run(["lint", "-", "-o", format], { input }).stdout;
  const findings = JSON.parse(lint("json")).findings.length;
  expect(findings).toBeGreaterThan(0);
  const log = lint("github").split("\n").slice(0, -1);
  expect(log.filter((line) => !/^::(?:error|warning|notice) title=kheadless/.test(line))).toEqual([]);
  expect(log.filter((line) => !line.includes("Not checked"))).toHaveLength(findings);
  expect(log.join()).toContain("pwned");
  const [sarif] = JSON.parse(lint("sarif")).runs;
  expect(sarif.results.filter((one: { suppressions: unknown[] }) => one.suppressions.length === 0)).toHaveLength(
    findings,
  );
  expect(JSON.parse(lint("gitlab"))).toHaveLength(findings);
  expect(lint("junit")).not.toMatch(/<script>|]]>/);
});

describe("paths", () => {
  const uriOf = (env: Record<string, string>, cwd: string, path: string): string | undefined => {
    const { stdout } = run(["lint", path, "-o", "gitlab"], { env, cwd });
    return JSON.parse(stdout)[0]?.location.path;
  };

  test("start at the root of the repository, wherever a step runs", () => {
    const deploy = join(folder, "repo", "deploy");
    mkdirSync(deploy, { recursive: true });
    const file = join(deploy, "a.yaml");
    writeFileSync(file, readFileSync(join(ROOT, TYPO), "utf8"));
    const root = join(folder, "repo");
    expect(uriOf({}, root, "deploy/a.yaml")).toBe("deploy/a.yaml");
    expect(uriOf({}, root, "./deploy//a.yaml")).toBe("deploy/a.yaml");
    expect(uriOf({}, root, file)).toBe("deploy/a.yaml");
    expect(uriOf({}, deploy, "a.yaml")).toBe("a.yaml");
    expect(uriOf({ GITHUB_WORKSPACE: root }, deploy, "a.yaml")).toBe("deploy/a.yaml");
    expect(uriOf({ CI_PROJECT_DIR: root }, deploy, "../deploy/a.yaml")).toBe("deploy/a.yaml");
    // A variable left from elsewhere.
    expect(uriOf({ GITHUB_WORKSPACE: "/nonexistent" }, deploy, "a.yaml")).toBe("a.yaml");
  });
});

describe("the summary of a job", () => {
  test("is added to where GitHub names a file for it, and only for its format", () => {
    const summary = join(folder, "summary.md");
    writeFileSync(summary, "# before\n");
    const env = { GITHUB_STEP_SUMMARY: summary };
    run(["lint", TYPO], { env });
    expect(readFileSync(summary, "utf8")).toBe("# before\n");
    run(["lint", TYPO, "-o", "github"], { env });
    expect(readFileSync(summary, "utf8")).toMatch(
      /^# before\n### kheadless lint: 1 error\n[\s\S]*selector-matches-no-pods/,
    );
    run(["lint", TYPO, "--output-file", `github=${join(folder, "log")}`], { env });
    expect(readFileSync(summary, "utf8").match(/### kheadless/g)).toHaveLength(2);
  });

  test("that cannot be written fails nothing", () => {
    const missing = join(folder, "missing", "summary.md");
    const ended = run(["lint", "examples/mysql-healthy.yaml", "-o", "github"], {
      env: { GITHUB_STEP_SUMMARY: missing },
    });
    expect(ended).toMatchObject({ status: 0, stdout: "" });
    expect(ended.stderr).toMatch(/^the summary of the job could not be written: .*\n$/);
    expect(existsSync(missing)).toBe(false);
  });
});
