import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { kubeconfigFor } from "../../api-server/kubeconfig.ts";
import { shop } from "../../api-server/objects.ts";
import { startApiServer } from "../../api-server/server.ts";
import { start as startBeside } from "../run.ts";

const BIN = fileURLToPath(new URL("../../../bin/kheadless.js", import.meta.url));
const EXAMPLE = fileURLToPath(new URL("../../../examples/mysql-selector-typo.yaml", import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-warm-"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function start(args: readonly string[], env: Record<string, string> = {}) {
  const { NODE_DISABLE_COMPILE_CACHE: _, ...inherited } = process.env;
  const { status, stdout, stderr } = spawnSync(process.execPath, [BIN, ...args], {
    encoding: "utf8",
    env: { ...inherited, NODE_COMPILE_CACHE: folder, ...env },
  });
  return { status, stdout, stderr };
}

/** The files of compiled code that are kept, of our own making. */
function kept(): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.includes("kheadless-"))
    .map((file) => join(folder, file))
    .sort();
}

function theOne(files: readonly string[]): string {
  expect(files).toHaveLength(1);
  return files[0] ?? "";
}

describe("compiled code", () => {
  test("is kept by the first run, for each command apart, and taken by the next", () => {
    const first = start(["lint", EXAMPLE]);
    expect(first).toMatchObject({ status: 1, stderr: "" });
    const file = theOne(kept());
    expect(file).toMatch(/-lint$/);
    const { ino, mtimeMs, size } = statSync(file);
    expect(size).toBeGreaterThan(100_000);

    expect(start(["lint", EXAMPLE])).toEqual(first);
    // What V8 does not take is removed.
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });

    start(["explain"]);
    expect(kept().map((name) => name.replace(/.*-/, ""))).toEqual(["explain", "lint"]);
  });

  // scan sets a flag of V8, which takes no code of other flags than those that a run starts with.
  test.each([[["doctor", "mysql"]], [["scan"]]])("is kept of what reads a cluster, too: %j", async (command) => {
    const server = await startApiServer({ objects: shop() });
    onTestFinished(() => server.close());
    const path = join(folder, "kubeconfig");
    writeFileSync(path, kubeconfigFor(server));
    const args = [...command, "-n", "shop", "--kubeconfig", path];
    const env = { NODE_COMPILE_CACHE: folder };
    const first = await startBeside(args, env).ended;
    expect(first.stdout).toContain("mysql");
    expect(kept().map((file) => /^kheadless-([a-z]+)-/.exec(basename(file))?.[1])).toEqual(["cluster", "work"]);
    const times = () => kept().map((file) => statSync(file).mtimeMs);
    const before = times();
    expect(await startBeside(args, env).ended).toMatchObject({ status: first.status, stderr: first.stderr });
    expect(times()).toEqual(before);
  });

  test.each<[string, (code: Buffer) => Uint8Array]>([
    ["cut off", (code) => code.subarray(0, code.length / 2)],
    ["empty", () => Buffer.alloc(0)],
    ["something else", () => Buffer.from("no code at all".repeat(1_000))],
    ["zeros", (code) => Buffer.alloc(code.length)],
    [
      "damaged in the middle of a copy",
      (code) => code.map((byte, at) => (at % 9_999 === 0 && at > 9_999 ? ~byte : byte)),
    ],
  ])("that is %s is not taken, and kept anew", (_, damage) => {
    const first = start(["lint", EXAMPLE]);
    const file = theOne(kept());
    const { length } = readFileSync(file);
    writeFileSync(file, damage(readFileSync(file)));
    // By the first run, or by the second where the first removes what V8 refuses.
    for (const _run of ["first", "second"]) expect(start(["lint", EXAMPLE])).toEqual(first);
    expect(kept()).toEqual([file]);
    expect(readFileSync(file).length).toBeGreaterThan(length / 2);
    const { ino, mtimeMs } = statSync(file);
    expect(start(["lint", EXAMPLE])).toEqual(first);
    expect(statSync(file)).toMatchObject({ ino, mtimeMs });
  });

  test("is not kept of a run that failed", () => {
    expect(start(["lint", join(folder, "nowhere.yaml")]).status).toBe(2);
    expect(kept()).toEqual([]);
  });

  test("is not kept where Node is to keep none, or cannot", () => {
    const usual = start(["lint", EXAMPLE]);
    rmSync(folder, { recursive: true });
    expect(start(["lint", EXAMPLE], { NODE_DISABLE_COMPILE_CACHE: "1" })).toEqual(usual);
    writeFileSync(folder, "a file where a folder should be");
    expect(start(["lint", EXAMPLE])).toEqual(usual);
    expect(readFileSync(folder, "utf8")).toBe("a file where a folder should be");
  });
});
