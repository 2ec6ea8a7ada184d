import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { parse } from "yaml";
import { ROOT } from "./cli/run.ts";
import { readAction, snippet, stepEnv, versions } from "./hosts/files.ts";
import { bash, EXAMPLE, SOUND, scratchFolder } from "./hosts/scratch.ts";

const manifest = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
const scratch = scratchFolder();
afterAll(() => scratch.remove());

test("docs/ci.md names this version", () => {
  expect(versions).toEqual([`v${manifest.version}`]);
});

describe("the action's steps, as the runner's shell runs them", () => {
  const action = readAction();
  const [install, lint] = action.runs.steps;
  const repo = join(scratch.path, "repo");
  const summary = join(scratch.path, "summary.md");

  beforeAll(() => {
    mkdirSync(join(repo, "manifests"), { recursive: true });
    cpSync(EXAMPLE, join(repo, "manifests", basename(EXAMPLE)));
    // Beside it: the same objects, mended.
    mkdirSync(join(scratch.path, "sound"));
    cpSync(SOUND, join(scratch.path, "sound", "a b.yaml"));
  });
  beforeEach(() => writeFileSync(summary, ""));

  const run = (inputs: Readonly<Record<string, string>>) => {
    if (lint === undefined) throw new Error("action.yml has no step that lints");
    const env = {
      ...stepEnv(action, lint, inputs),
      GITHUB_ACTION_PATH: ROOT,
      GITHUB_WORKSPACE: repo,
      GITHUB_STEP_SUMMARY: summary,
    };
    return bash(lint.run, { cwd: repo, env });
  };

  test("they are bash, and take inputs as variables only", () => {
    expect(action.runs.using).toBe("composite");
    for (const { shell, run: script } of action.runs.steps) {
      expect(shell).toBe("bash");
      expect(script).not.toContain("${{");
    }
  });

  test("what is installed is not installed again", () => {
    const bin = join(scratch.path, "bin");
    mkdirSync(bin);
    writeFileSync(join(bin, "npm"), "#!/bin/sh\necho npm was called >&2\nexit 1\n", { mode: 0o755 });
    const env = { GITHUB_ACTION_PATH: ROOT, PATH: `${bin}:${process.env.PATH}` };
    expect(bash(install?.run ?? "exit 9", { cwd: repo, env })).toEqual({ status: 0, stdout: "", stderr: "" });
  });

  test("the whole repository by default: annotations, a summary, and the job fails", () => {
    const ended = run({});
    expect(ended.status).toBe(1);
    expect(ended.stdout).toMatch(/^::error file=manifests\/mysql-selector-typo\.yaml,line=12,/m);
    expect(readFileSync(summary, "utf8")).toContain("selector-matches-no-pods");
  });

  test("inputs", () => {
    expect(run({ paths: "../sound/\n" })).toMatchObject({ status: 0, stdout: "" });
    expect(run({ paths: "\n../sound/a b.yaml\n" }).status).toBe(0);
    expect(run({ "fail-on": "never" }).status).toBe(0);
    expect(run({ args: "--ignore\nselector-matches-no-pods\n--ignore=port-unnamed" }).status).toBe(0);
    expect(run({ paths: "", args: "--kustomize\nnowhere" })).toMatchObject({
      status: 2,
      stderr: "error: -k nowhere: there is no such folder\n",
    });
    run({ "sarif-file": "out.sarif" });
    expect(JSON.parse(readFileSync(join(repo, "out.sarif"), "utf8")).runs[0].results).toHaveLength(1);
    run({ args: "--write-baseline=known.json" });
    expect(run({ baseline: "known.json" }).status).toBe(0);
  });

  test("no input is read as a part of the script, or as an option", () => {
    const evil = `"; touch pwned; $(touch pwned) \`touch pwned\``;
    // Of `sarif-file` a file of that very name is made, which `args` then reads.
    for (const name of Object.keys(action.inputs)) expect([1, 2]).toContain(run({ [name]: evil }).status);
    expect(existsSync(join(repo, evil))).toBe(true);
    expect(existsSync(join(repo, "pwned"))).toBe(false);
    expect(run({ paths: "--help" })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("cannot read --help"),
    });
  });

  test("the workflow of the docs gives inputs that there are", () => {
    const { jobs } = snippet("GitHub Actions") as {
      jobs: { headless: { steps: { uses: string; with?: Record<string, string> }[] } };
    };
    const step = jobs.headless.steps.find(({ uses }) => uses.startsWith("kheadless/kheadless@"));
    expect(Object.keys(step?.with ?? {})).not.toEqual([]);
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(step?.with ?? {})));
  });
});

describe("the hook of pre-commit", () => {
  const [hook] = parse(readFileSync(join(ROOT, ".pre-commit-hooks.yaml"), "utf8"));

  test("starts a program of the package, on the whole and not on single files", () => {
    const [program, command] = hook.entry.split(" ");
    expect(Object.keys(manifest.bin)).toContain(program);
    expect(command).toBe("lint");
    expect(hook).toMatchObject({ language: "node", pass_filenames: false, args: ["."] });
    const files = new RegExp(hook.files);
    expect(["a.yaml", "b/c.yml", "d.json"].every((file) => files.test(file))).toBe(true);
    expect(["a.md", "yaml.txt"].some((file) => files.test(file))).toBe(false);
  });

  test("is named in the docs", () => {
    const { repos } = snippet("pre-commit") as { repos: { hooks: { id: string }[] }[] };
    expect(repos[0]?.hooks[0]?.id).toBe(hook.id);
  });
});

describe("the container image", () => {
  const lines = readFileSync(join(ROOT, "Dockerfile"), "utf8").split("\n");
  const [, final = []] = lines
    .join("\n")
    .split(/^FROM .*$/m)
    .slice(1)
    .map((stage) => stage.split("\n"));

  test("stands on an image that is pinned by its digest", () => {
    const [argument] = lines.filter((line) => line.startsWith("ARG NODE_IMAGE="));
    expect(argument).toMatch(
      /^ARG NODE_IMAGE=docker\.io\/library\/node:24\.[0-9.]+-bookworm-slim@sha256:[0-9a-f]{64}$/,
    );
    for (const line of lines.filter((one) => one.startsWith("FROM "))) expect(line).toMatch(/^FROM \$\{NODE_IMAGE\}/);
  });

  test("does not run as root", () => {
    expect(final.filter((line) => line.startsWith("USER "))).toEqual(["USER 1000:1000"]);
  });

  test("holds all that the program needs, and no file of a user's below its folder", () => {
    const image = join(scratch.path, "image");
    const copies = final.flatMap((line) => {
      const [, from, to] = /^COPY --from=build (.+) (\S+)$/.exec(line) ?? [];
      return from === undefined || to === undefined ? [] : [{ from: from.split(" "), to }];
    });
    for (const { from, to } of copies) {
      for (const path of from) {
        const source = join(ROOT, path.replace(/^\/src\//, ""));
        cpSync(source, to.endsWith("/") ? join(image, to, basename(path)) : join(image, to), { recursive: true });
      }
    }
    expect(readdirSync(join(image, "opt/kheadless")).sort()).toEqual([
      "CHANGELOG.md",
      "LICENSE",
      "bin",
      "dist",
      "docs",
      "package.json",
      "schema",
    ]);
    const bin = join(image, "opt/kheadless/bin/kheadless.js");
    const sarif = bash(`'${process.execPath}' '${bin}' lint '${EXAMPLE}' -o sarif`, { cwd: scratch.path });
    expect(sarif.status).toBe(1);
    expect(JSON.parse(sarif.stdout).runs[0].tool.driver.rules[0].help.markdown).toContain("# selector-matches-no-pods");
  });
});
