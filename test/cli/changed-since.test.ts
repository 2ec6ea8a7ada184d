import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { touchedBy } from "../../src/sources/changed-files.ts";
import { run } from "./run.ts";

/** A Service whose selector no Pod of the input has: a finding in each file. */
const broken = (name: string): string => `apiVersion: v1
kind: Service
metadata:
  name: ${name}
spec:
  clusterIP: None
  selector:
    app: ${name}-typo
---
apiVersion: v1
kind: Pod
metadata:
  name: ${name}
  labels:
    app: ${name}
spec:
  containers: []
`;

let folder: string;
const git = (...args: readonly string[]): void => {
  const author = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"];
  execFileSync("git", [...author, ...args], { cwd: folder, stdio: "ignore" });
};
const write = (path: string, text: string): void => {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
};
const commit = (message: string): void => {
  git("add", "-A");
  git("commit", "-m", message);
};

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-git-"));
  git("init", "-b", "main");
  write(".gitignore", "ignored/\n");
  for (const name of ["old", "later", "edited"]) write(`deploy/${name}.yaml`, broken(name));
  write("deploy/été.yaml", broken("ete"));
  write("base/kustomization.yaml", "resources: [base.yaml]\n");
  write("base/base.yaml", broken("base"));
  write("overlay/kustomization.yaml", "resources: [../base]\n");
  commit("first");
  git("checkout", "-b", "feature");
  write("deploy/later.yaml", `${broken("later")}# changed\n`);
  commit("second");
  // What main did meanwhile is no change of this branch.
  git("checkout", "main");
  write("deploy/old.yaml", `${broken("old")}# on main\n`);
  commit("third");
  git("checkout", "feature");
  write("deploy/edited.yaml", `${broken("edited")}# not committed\n`);
  write("deploy/new.yaml", broken("new"));
  write("deploy/ignored/x.yaml", broken("ignored"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function found(args: readonly string[], cwd = folder): readonly string[] {
  const { stdout } = run(["lint", ...args, "-o", "json"], { cwd });
  const { findings } = JSON.parse(stdout) as { findings: { location: { file: string } }[] };
  return findings.map(({ location }) => location.file).sort();
}

describe("--changed-since", () => {
  test("tells of files that changed since, committed or not, and reads the rest", () => {
    const ended = run(["lint", "deploy", "--changed-since", "main"], { cwd: folder });
    expect(ended.stderr).toBe("3 findings left out: not in files changed since main\n");
    expect(ended.status).toBe(1);
    expect(found(["deploy", "--changed-since", "main"])).toEqual([
      "deploy/edited.yaml",
      "deploy/later.yaml",
      "deploy/new.yaml",
    ]);
    expect(found(["deploy", "--changed-since", "HEAD"])).toEqual(["deploy/edited.yaml", "deploy/new.yaml"]);
  });

  test("from any folder of the repository, and by any path", () => {
    expect(found([".", "--changed-since", "HEAD"], join(folder, "deploy"))).toEqual(["edited.yaml", "new.yaml"]);
    expect(found([join(folder, "deploy"), "--changed-since", "HEAD"], join(folder, "base"))).toEqual([
      join(folder, "deploy/edited.yaml"),
      join(folder, "deploy/new.yaml"),
    ]);
  });

  test("where nothing that changed is found, the run passes", () => {
    write("deploy/edited.yaml", broken("edited"));
    rmSync(join(folder, "deploy/new.yaml"));
    const ended = run(["lint", "deploy", "--changed-since", "HEAD"], { cwd: folder });
    expect(ended).toMatchObject({ status: 0, stderr: "5 findings left out: not in files changed since HEAD\n" });
  });

  test("a Helm chart that is not rendered has changed where any file of it has", () => {
    const [template, values] = ["charts/x/templates/a.yaml", "charts/x/values.yaml"];
    write("charts/x/Chart.yaml", "apiVersion: v2\nname: x\nversion: 0.1.0\n");
    write(template, "{{ if .Values.on }}\napiVersion: v1\n{{ end }}\n");
    write(values, "on: true\n");
    commit("chart");
    expect(found(["charts", "--changed-since", "HEAD"])).toEqual([]);
    write(values, "on: false\n");
    expect(found(["charts", "--changed-since", "HEAD"])).toEqual(["charts/x/Chart.yaml"]);
  });

  test("what kustomize makes has changed where a part of it has", () => {
    // Stands for kubectl where there is none; the kustomization is as plain as can be.
    write("bin/kubectl", `#!/bin/sh\ncat '${folder}/base/base.yaml'\n`);
    execFileSync("chmod", ["+x", join(folder, "bin/kubectl")]);
    const env = { PATH: `${join(folder, "bin")}:${process.env.PATH}` };
    const status = (): number | null =>
      run(["lint", "-k", "overlay", "--changed-since", "HEAD"], { cwd: folder, env }).status;
    expect(status()).toBe(0);
    write("base/base.yaml", `${broken("base")}# edited\n`);
    expect(status()).toBe(1);
  });

  test("a part that changed may change what is found in any other part", () => {
    const kustomization = { by: "kustomize", folder: join(folder, "overlay") } as const;
    const touched = (changed: string, enableHelm = false): readonly boolean[] => {
      const input = { ...kustomization, enableHelm };
      const isTouched = touchedBy(new Set([join(realpathSync(folder), changed)]), [input]);
      return ["base/base.yaml", "overlay/kustomization.yaml", "deploy/old.yaml"].map((file) =>
        isTouched(join(folder, file)),
      );
    };
    expect(touched("overlay/kustomization.yaml")).toEqual([true, true, false]);
    expect(touched("base/base.yaml")).toEqual([true, true, false]);
    expect(touched("deploy/old.yaml")).toEqual([false, false, true]);
    // Only where helm may run its charts are a part of it.
    write("overlay/charts/db/values.yaml", "a: b\n");
    expect(touched("overlay/charts/db/values.yaml", true)).toEqual([true, true, false]);
    // Texts that are no paths, or too long for one, name no part.
    write("overlay/kustomization.yaml", `resources: [../base]\nnamePrefix: ${"p".repeat(300)}\n`);
    expect(touched("base/base.yaml")).toEqual([true, true, false]);
    write("overlay/kustomization.yaml", "resources: [");
    expect(touched("base/base.yaml")).toEqual([true, false, false]);
    write("overlay/kustomization.yaml", "resources: [../base]\n");
  });

  test.each([
    [["--changed-since", "nowhere"], "--changed-since nowhere: git knows no such revision here"],
    [["--changed-since", "--output=x"], "--changed-since --output=x: git knows no such revision here"],
    [["--changed-since="], "--changed-since was given an empty revision"],
  ])("%j is one line", (args, message) => {
    const ended = run(["lint", "deploy", ...args], { cwd: folder });
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr).toContain(message);
    expect(ended.stderr.trimEnd()).not.toContain("\n");
  });

  test("outside a repository, and without git", () => {
    const outside = mkdtempSync(join(tmpdir(), "kheadless-none-"));
    writeFileSync(join(outside, "a.yaml"), broken("a"));
    const env = { GIT_CEILING_DIRECTORIES: tmpdir() };
    expect(run(["lint", "a.yaml", "--changed-since", "HEAD"], { cwd: outside, env })).toMatchObject({
      status: 2,
      stderr: "error: --changed-since HEAD: the working folder lies in no git repository\n",
    });
    expect(run(["lint", "a.yaml", "--changed-since", "HEAD"], { cwd: outside, env: { PATH: outside } })).toMatchObject({
      status: 2,
      stderr: expect.stringContaining("--changed-since needs git on the PATH"),
    });
    rmSync(outside, { recursive: true });
  });
});
