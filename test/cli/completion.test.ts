import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { CATALOGUE } from "../../src/diagnosis/catalogue.ts";
import { kubeconfigFor, makeFolder } from "../api-server/kubeconfig.ts";
import { shop } from "../api-server/objects.ts";
import { startApiServer } from "../api-server/server.ts";
import { CLEAN_ENV, ROOT, run, start } from "./run.ts";

const PLUGIN = join(ROOT, "bin/kubectl_complete-headless.js");

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-completion-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What kubectl is told for the words that were typed behind `kubectl headless`. */
function completed(...words: readonly string[]): { readonly values: readonly string[]; readonly directive: number } {
  const ended = run(words, { bin: PLUGIN });
  expect(ended).toMatchObject({ status: 0, stderr: "" });
  // Cobra's protocol: a line each, value and description parted by a tab, and at last a colon with the directive.
  expect(ended.stdout).toMatch(/^(?:[^\t\n]+\t[^\t\n]*\n)*:[0-9]+\n$/);
  const lines = ended.stdout.trimEnd().split("\n");
  return {
    values: lines.slice(0, -1).map((line) => line.slice(0, line.indexOf("\t"))),
    directive: Number(lines.at(-1)?.slice(1)),
  };
}

const FILES = 0;
const NO_FILES = 4;

describe("as a plugin of kubectl", () => {
  test("commands, and not the hidden one", () => {
    const { values, directive } = completed("");
    expect(values).toEqual(expect.arrayContaining(["doctor", "resolve", "lint", "explain", "completion"]));
    expect(values).not.toContain("complete");
    expect(directive).toBe(NO_FILES);
    expect(completed("doc").values).toEqual(["doctor"]);
  });

  test.each<[readonly string[], readonly string[], number]>([
    [["lint", "--fail-on", ""], ["error", "warning", "info", "never"], NO_FILES],
    [["lint", "--fail-on=w"], ["warning"], NO_FILES],
    [["lint", "-o", "s"], ["sarif"], NO_FILES],
    [["resolve", "-o", "s"], [], NO_FILES],
    [["lint", "--changed"], ["--changed-since"], NO_FILES],
    [["lint", "--", "--changed"], [], FILES],
    [["lint", ""], [], FILES],
    [["lint", "a.yaml", "b"], [], FILES],
    [["doctor", "-f", ""], [], FILES],
    [["doctor", "--kubeconfig", "x"], [], FILES],
    [["doctor", "-n", ""], [], NO_FILES],
    [["resolve", ""], [], NO_FILES],
    [["explain", "selector-misses"], ["selector-misses-replicas"], NO_FILES],
    [["explain", "selector-missing", ""], [], NO_FILES],
    [["lint", "--ignore", "port-u"], ["port-unnamed"], NO_FILES],
    [["completion", ""], ["bash", "zsh", "fish", "powershell"], NO_FILES],
    [["nosuch", ""], [], NO_FILES],
    [["help", "li"], ["lint"], NO_FILES],
  ])("%j: %j", (words, values, directive) => {
    expect(completed(...words)).toEqual({ values, directive });
  });

  test("names of Services that the typed files hold", () => {
    expect(completed("doctor", "-f", "examples/mysql-healthy.yaml", "")).toEqual({
      values: ["mysql", "mysql-read"],
      directive: NO_FILES,
    });
    expect(completed("doctor", "-f", "examples/missing.yaml", "").values).toEqual([]);
  });

  test("names of a cluster, as its kubeconfig and the typed namespace tell; silence where there is none", async () => {
    const server = await startApiServer({ objects: shop() });
    const config = await makeFolder();
    onTestFinished(async () => {
      await server.close();
      await config.remove();
    });
    const env = { KUBECONFIG: await config.write("config", kubeconfigFor(server)) };
    const ask = async (...words: readonly string[]) => (await start(["complete", "--", ...words], env).ended).stdout;
    expect(await ask("doctor", "-n", "shop", "my")).toBe("mysql\t\n:4\n");
    expect(await ask("doctor", "-n", "sh")).toBe("shop\t\n:4\n");
    await server.close();
    expect(await ask("doctor", "-n", "shop", "")).toBe(":4\n");
  });

  test("every rule", () => {
    expect(completed("explain", "").values).toEqual(CATALOGUE.map(({ id }) => id));
  });
});

describe("the script for bash", () => {
  /** What bash would offer for a line, as the script makes it. */
  function offered(...words: readonly string[]): readonly string[] {
    const bin = join(folder, "bin");
    mkdirSync(bin, { recursive: true });
    rmSync(join(bin, "kheadless"), { force: true });
    symlinkSync(join(ROOT, "bin/kheadless.js"), join(bin, "kheadless"));
    rmSync(join(bin, "node"), { force: true });
    symlinkSync(process.execPath, join(bin, "node"));
    // What bash-completion and readline bring along while a completion runs.
    const script = `
source <(kheadless completion bash)
source <(kheadless completion bash)
_get_comp_words_by_ref() { words=("\${COMP_WORDS[@]}"); cword=$COMP_CWORD; cur=\${COMP_WORDS[COMP_CWORD]}; prev=\${COMP_WORDS[COMP_CWORD-1]}; }
compopt() { :; }
COMP_WORDS=(kheadless "$@"); COMP_CWORD=$#
complete -p kheadless | grep -o -- '-F [^ ]*' | { read -r _ name; "$name"; printf '%s\\n' "\${COMPREPLY[@]}"; }`;
    const { stdout, stderr } = spawnSync("bash", ["-c", script, "bash", ...words], {
      encoding: "utf8",
      cwd: folder,
      env: { ...CLEAN_ENV, PATH: `${bin}:${CLEAN_ENV.PATH}` },
      timeout: 20_000,
    });
    expect(stderr).toBe("");
    return stdout.split("\n").filter((line) => line !== "");
  }

  test("asks us, and offers what we say", () => {
    expect(offered("exp")).toEqual(["explain"]);
    expect(offered("lint", "--fail-on", "")).toEqual(["error", "warning", "info", "never"]);
  });
});

test.each(["zsh", "fish", "powershell"])("the script for %s asks us, too", (shell) => {
  expect(run(["completion", shell])).toMatchObject({
    status: 0,
    stderr: "",
    stdout: expect.stringMatching(/kheadless complete ["']?--/),
  });
});

test("a shell that there is none for", () => {
  expect(run(["completion", "csh"])).toMatchObject({
    status: 2,
    stdout: "",
    stderr: expect.stringContaining("Allowed choices are bash, zsh, fish, powershell"),
  });
});
