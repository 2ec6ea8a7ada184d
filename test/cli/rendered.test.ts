import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHART, FIXTURES, FOUND, OVERLAY, places } from "./rendering.ts";
import { run } from "./run.ts";

/** Holds stand-ins for programs, which print what the real ones make of the fixtures (test/hosts/renderers.test.ts holds them equal) and note their arguments. */
let folder: string;
let empty: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-tools-"));
  empty = mkdtempSync(join(tmpdir(), "kheadless-none-"));
  path = [folder, process.env.PATH].join(delimiter);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(empty, { recursive: true });
});

function standIn(command: string, rendered: string, exitCode = 0): void {
  const file = join(folder, command);
  writeFileSync(
    file,
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/${command}.args'\ncat '${rendered}' ${exitCode === 0 ? "" : ">&2"}\nexit ${exitCode}\n`,
  );
  chmodSync(file, 0o755);
}
const argsOf = (command: string): readonly string[] =>
  readFileSync(join(folder, `${command}.args`), "utf8")
    .trimEnd()
    .split("\n");

describe("--helm", () => {
  test("finds what the chart's manifests have, in the templates", () => {
    standIn("helm", join(FIXTURES, "helm/rendered.yaml"));
    expect(places(["--helm", CHART, "-n", "shop"], { PATH: path })).toEqual(FOUND.helm);
    expect(argsOf("helm")).toEqual(["template", "--skip-tests", "--namespace=shop", "--", "release-name", CHART]);
  });

  test("gives helm its options as they are: no shell, and nothing taken for a flag", () => {
    standIn("helm", join(FIXTURES, "helm/rendered.yaml"));
    const args = ["--values", "a b.yaml", "--values=-c", "--set", "a=$(touch x);b", "--release=-r"];
    places(["--helm", CHART, ...args], { PATH: path });
    expect(argsOf("helm")).toEqual([
      "template",
      "--skip-tests",
      "--values=a b.yaml",
      "--values=-c",
      "--set=a=$(touch x);b",
      "--",
      "-r",
      CHART,
    ]);
  });

  test("what helm says when it fails is one line", () => {
    writeFileSync(join(folder, "said"), 'walk.go:74: found symbolic link\nError: path "x" not found\n\nUse --debug\n');
    standIn("helm", join(folder, "said"), 1);
    expect(run(["lint", "--helm", "x"], { env: { PATH: path } })).toEqual({
      status: 2,
      stdout: "",
      stderr: 'error: helm template x failed: path "x" not found\n',
    });
  });

  test("a path that is not there, which helm takes for a chart of a repository, is said to be none", () => {
    writeFileSync(join(folder, "said"), "Error: repo charts not found\n");
    standIn("helm", join(folder, "said"), 1);
    expect(run(["lint", "--helm", "charts/nowhere"], { env: { PATH: path } }).stderr).toBe(
      "error: helm template charts/nowhere failed: repo charts not found (and there is no folder charts/nowhere)\n",
    );
  });
});

describe("-k", () => {
  test("reads what kubectl makes, or kustomize where there is no kubectl", () => {
    for (const [command, args] of [
      ["kustomize", ["build", "--", OVERLAY]],
      ["kubectl", ["kustomize", "--", OVERLAY]],
    ] as const) {
      standIn(command, join(FIXTURES, "kustomize/rendered.yaml"));
      // The stand-ins need cat and nothing else; a real kubectl must not come before kustomize.
      const env = { PATH: [folder, catOnly()].join(delimiter) };
      expect(places(["-k", OVERLAY], env)).toEqual(FOUND.kustomize);
      expect(argsOf(command)).toEqual(args);
    }
  });

  test("what kubectl logs in several lines when it fails is one line", () => {
    writeFileSync(
      join(folder, "said"),
      'E1125 17:43:12.021529   21987 run.go:72] "command failed" err=<\n\taccumulating resources: base must resolve to a file\n\t: exit status 128\n >\n',
    );
    standIn("kubectl", join(folder, "said"), 1);
    const env = { PATH: [folder, catOnly()].join(delimiter) };
    expect(run(["lint", "-k", OVERLAY], { env }).stderr).toBe(
      `error: kustomize ${OVERLAY} failed: accumulating resources: base must resolve to a file : exit status 128\n`,
    );
  });
});

/** A folder with cat alone. */
function catOnly(): string {
  const cat = spawnSync("sh", ["-c", "command -v cat"], { encoding: "utf8" }).stdout.trim();
  writeFileSync(join(empty, "cat"), `#!/bin/sh\nexec ${cat} "$@"\n`);
  chmodSync(join(empty, "cat"), 0o755);
  return empty;
}

test.each([
  [["lint", "-k", OVERLAY], `error: -k ${OVERLAY} needs kubectl or kustomize on the PATH`],
  [["lint", "--helm", CHART], `error: --helm ${CHART} needs helm on the PATH`],
])("%j without the program is one line that says what to do", (args, message) => {
  const ended = run(args, { env: { PATH: empty } });
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain(message);
  expect(ended.stderr).toContain("install");
  expect(ended.stderr).toContain("| kheadless lint -");
  expect(ended.stderr.trimEnd()).not.toContain("\n");
});
