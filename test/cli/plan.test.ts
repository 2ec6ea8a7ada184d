import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CLEAN_ENV, ROOT, run } from "./run.ts";

const BEFORE = join(ROOT, "examples/plan-before.yaml");
const AFTER = join(ROOT, "examples/plan-after.yaml");
const HEALTHY = join(ROOT, "examples/mysql-healthy.yaml");

const folder = mkdtempSync(join(tmpdir(), "kheadless-plan-"));
const repository = join(folder, "repository");

function git(...args: readonly string[]): string {
  const identity = ["-c", "user.name=test", "-c", "user.email=test@example.com", "-c", "init.defaultBranch=main"];
  return execFileSync("git", ["-C", repository, ...identity, ...args], { encoding: "utf8", env: CLEAN_ENV });
}

beforeAll(() => {
  mkdirSync(join(repository, "deploy", "more"), { recursive: true });
  git("init", "--quiet");
  copyFileSync(BEFORE, join(repository, "deploy", "mysql.yaml"));
  copyFileSync(join(ROOT, "examples/web-port-differs.yaml"), join(repository, "deploy", "more", "web.yaml"));
  writeFileSync(join(repository, "deploy", "values.txt"), "no manifest\n");
  git("add", ".");
  git("commit", "--quiet", "-m", "before");
  git("tag", "v1");
  rmSync(join(repository, "deploy"), { recursive: true });
  mkdirSync(join(repository, "manifests"));
  copyFileSync(AFTER, join(repository, "manifests", "mysql.yaml"));
  git("add", ".");
  git("commit", "--quiet", "-m", "after");
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function planned(args: readonly string[], cwd = repository) {
  const ended = run(["plan", ...args, "-o", "json"], { cwd });
  expect(ended.stderr).toBe("");
  const { summary, base } = JSON.parse(ended.stdout);
  return { status: ended.status, base: base.description, summary };
}

describe("exit codes", () => {
  test.each<[string, readonly string[], number]>([
    ["records are lost", ["-f", AFTER, "--base", BEFORE], 1],
    ["records are lost, and nobody minds", ["-f", AFTER, "--base", BEFORE, "--fail-on", "never"], 0],
    ["records are added only", ["-f", BEFORE, "--base", AFTER], 1],
    ["nothing changes", ["-f", AFTER, "--base", AFTER], 0],
  ])("%s", (_, args, status) => {
    expect(run(["plan", ...args])).toMatchObject({ status, stderr: "" });
  });

  test("a port that moves loses no record, and is a warning", () => {
    const text = readFileSync(HEALTHY, "utf8").replace("      port: 3306\n", "      port: 3307\n");
    expect(run(["plan", "-f", "-", "--base", HEALTHY], { input: text }).status).toBe(0);
    expect(run(["plan", "-f", "-", "--base", HEALTHY, "--fail-on", "warning"], { input: text }).status).toBe(1);
  });

  test("what counts is what .kheadless.yaml says, where --fail-on does not", () => {
    const configured = join(folder, "configured");
    mkdirSync(configured);
    writeFileSync(join(configured, ".kheadless.yaml"), "failOn: never\n");
    const status = (...args: readonly string[]): number | null =>
      run(["plan", "-f", AFTER, "--base", BEFORE, ...args], { cwd: configured }).status;
    expect(status()).toBe(0);
    expect(status("--fail-on", "error")).toBe(1);
  });

  test("new manifests that cannot be read are no pass", () => {
    const text = `${readFileSync(AFTER, "utf8")}---\na: [\n`;
    const ended = run(["plan", "-f", "-", "--base", AFTER], { input: text });
    expect(ended.stdout).toContain("Not told:");
    expect(ended.status).toBe(3);
  });

  test("nor is a base that cannot be read: nobody knows what it had", () => {
    const ended = run(["plan", "-f", AFTER, "--base", "git:v1:deploy/values.txt"], { cwd: repository });
    expect(ended.stdout).toContain("Not told: what v1:deploy/values.txt:1 holds");
    expect(ended.status).toBe(3);
  });

  test.each<[readonly string[], string]>([
    [["--base", BEFORE], "plan needs the new manifests: kheadless plan -f deploy/ --base git:main:deploy/"],
    [["-f", "missing.yaml", "--base", BEFORE], "cannot read missing.yaml: there is no such file or folder"],
    [["-f", AFTER, "--base", "missing.yaml"], "cannot read missing.yaml: there is no such file or folder"],
    [["-f", "-", "--base", "-"], "standard input can be read once: - was given twice"],
    [["-f", AFTER, "--base", BEFORE, "--base", "live"], "--base live is the cluster, and cannot go with other bases"],
    [["-f", AFTER, "--base", BEFORE, "--prune"], "--prune goes with a cluster"],
    [["-f", AFTER, "--base", BEFORE, "--snapshot", "s.json"], "--base and --snapshot are two bases"],
    [["-f", AFTER, "--base", "git:main"], "git:main: write git:REV:PATH, as in git:main:deploy/"],
    [["-f", AFTER, "--base", "git::deploy"], "git::deploy: write git:REV:PATH"],
    [["-f", AFTER, "--base", "git:mian:deploy"], "git:mian:deploy: git knows no such revision here"],
    [["-f", AFTER, "--base", "git:--all:deploy"], "git:--all:deploy: git knows no such revision here"],
    [["-f", AFTER, "--base", "git:v1:deplyo"], "git:v1:deplyo: there is no such path in that revision"],
    [["-f", AFTER, "--base", `git:v1:${folder}`], "lies in no git repository"],
    [["-f", AFTER, "--base", BEFORE, "-o", "sarif"], "Allowed choices are text, wide, json, yaml, markdown"],
  ])("%j: %s", (args, message) => {
    const ended = run(["plan", ...args], { cwd: repository });
    expect(ended.stderr).toContain(message);
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr.trimEnd().split("\n")).toHaveLength(1);
  });
});

describe("a git revision as the base", () => {
  const lost = { names: { lost: 2 }, records: { removed: 8 } };

  test("is read as the folder was then, also where it is gone since", () => {
    const plan = planned(["-f", "manifests", "--base", "git:v1:deploy"]);
    expect(plan).toMatchObject({ status: 1, base: "git:v1:deploy", summary: lost });
  });

  test("names its files by the revision", () => {
    const { stdout } = run(["plan", "-f", "git:v1:deploy", "--base", "git:HEAD:manifests", "-o", "json"], {
      cwd: repository,
    });
    const places = JSON.parse(stdout).changes.flatMap(({ because }: { because: { location: { file: string } }[] }) =>
      because.map(({ location }) => location.file),
    );
    expect([...new Set(places)].sort()).toEqual(["HEAD:manifests/mysql.yaml", "v1:deploy/mysql.yaml"]);
  });

  test("takes a file, a commit's number and a path from elsewhere", () => {
    const commit = git("rev-parse", "v1").trim();
    expect(planned(["-f", "manifests", "--base", `git:${commit}:deploy/mysql.yaml`]).summary).toMatchObject(lost);
    const from = join(repository, "deploy");
    expect(planned(["-f", AFTER, "--base", `git:v1:${from}`], folder).summary).toMatchObject(lost);
    expect(
      planned(["-f", "mysql.yaml", "--base", "git:HEAD~1:../deploy"], join(repository, "manifests")).summary,
    ).toMatchObject(lost);
  });

  test("reads subfolders with -R, and leaves out what --exclude names", () => {
    const plain = planned(["-f", AFTER, "--base", "git:v1:deploy"]);
    expect(planned(["-f", AFTER, "--base", "git:v1:deploy", "-R"]).summary).not.toEqual(plain.summary);
    expect(planned(["-f", AFTER, "--base", "git:v1:deploy", "-R", "--exclude", "more"]).summary).toEqual(plain.summary);
  });

  test("is the same as itself", () => {
    expect(planned(["-f", "git:v1:deploy", "--base", "git:v1:deploy"])).toMatchObject({
      status: 0,
      summary: { records: { added: 0, removed: 0, replaced: 0 } },
    });
  });
});

test("several outputs at once, and text that fits 80 columns", () => {
  const file = join(folder, "plan.md");
  const { stdout } = run(["plan", "-f", AFTER, "--base", BEFORE, "--output-file", `markdown=${file}`]);
  expect(readFileSync(file, "utf8")).toContain("| **lost** | `mysql-{3..4}.mysql` | A |");
  for (const line of stdout.split("\n")) if (!line.includes("/")) expect(line.length).toBeLessThanOrEqual(80);
});
