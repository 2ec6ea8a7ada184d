import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { build } from "../../scripts/build.mjs";
import { binary as EXECUTABLE } from "../../scripts/bundle.mjs";
import { kubeconfigFor } from "../api-server/kubeconfig.ts";
import { shop } from "../api-server/objects.ts";
import { startApiServer } from "../api-server/server.ts";
import { BIN, type Ended, ROOT } from "../cli/run.ts";
import { EXAMPLE, SOUND, scratchFolder } from "./scratch.ts";

/** The single executable, in a folder without anything else, by a user who has no Node: held to what bin/ does. */

const BUILD = 300_000;
const SNAPSHOT = join(ROOT, "examples/pods-not-ready.snapshot.json");
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

const scratch = scratchFolder();
const empty = join(scratch.path, "empty");
const links = join(scratch.path, "links");
beforeAll(async () => {
  await build({ clean: false });
  execFileSync(process.execPath, [join(ROOT, "scripts/build-binary.mjs")], { cwd: ROOT, stdio: "pipe" });
  for (const folder of [empty, links]) mkdirSync(folder);
}, BUILD);
afterAll(() => {
  // It wrote nothing of its own accord: no cache either.
  expect(readdirSync(empty)).toEqual([]);
  scratch.remove();
});

interface Surroundings {
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string;
}

/** Starts a program in the empty folder, with nothing on PATH, and waits for its end; a server of the test may answer meanwhile. */
function start(program: string, args: readonly string[], { env = {}, input = "" }: Surroundings = {}): Promise<Ended> {
  const child: ChildProcess = spawn(program, args, {
    cwd: empty,
    // With NODE_DEBUG the executable tells of compiled code that V8 does not take.
    env: { PATH: "", HOME: empty, TMPDIR: empty, LANG: "C.UTF-8", NODE_DISABLE_COMPILE_CACHE: "1", ...env },
    timeout: 25_000,
  });
  child.stdin?.on("error", () => {}).end(input);
  const texts = { stdout: "", stderr: "" };
  for (const name of ["stdout", "stderr"] as const) {
    child[name]?.setEncoding("utf8").on("data", (text: string) => {
      texts[name] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve({ status, ...texts }));
  });
}

const binary = (args: readonly string[], { env, ...rest }: Surroundings = {}): Promise<Ended> =>
  start(EXECUTABLE, args, { ...rest, env: { NODE_DEBUG: "kheadless", ...env } });
const files = (args: readonly string[], given: Surroundings = {}): Promise<Ended> =>
  start(process.execPath, [BIN, ...args], given);

describe("does what bin/kheadless.js does", () => {
  test.each<[readonly string[], number]>([
    [["--version"], 0],
    [["--help"], 0],
    [["help", "lint"], 0],
    [[], 0],
    [["lint", EXAMPLE], 1],
    [["lint", EXAMPLE, "-o", "sarif"], 1],
    [["lint", SOUND], 0],
    [["lint", "missing.yaml"], 2],
    [["doctor", "mysql", "-f", EXAMPLE], 1],
    [["doctor", "mysql", "--snapshot", SNAPSHOT], 1],
    [["doctor", "mysql", "-n", "shop"], 2],
    [["doctr"], 2],
    [["scan", "-f", EXAMPLE, "-o", "json"], 1],
    [["resolve", "mysql-0.mysql", "-n", "shop", "-f", SOUND], 0],
    [["plan", "-f", SOUND, "--base", EXAMPLE], 0],
    [["probe", "mysql", "-n", "shop", "--dry-run", "--kubeconfig", "missing"], 2],
    [["explain"], 0],
    [["explain", "selector-matches-no-pods"], 0],
    [["explain", "selector-match-no-pods"], 2],
    [["completion", "bash"], 0],
    [["completion", "fish"], 0],
    [["complete", "--", "doctor", "-f", SOUND, ""], 0],
  ])("%j: %i", async (args, status) => {
    const ended = await binary(args);
    expect(ended).toEqual(await files(args));
    expect(ended.status).toBe(status);
    expect(ended.stdout + ended.stderr).not.toBe("");
  });

  test("standard input", async () => {
    const input = readFileSync(EXAMPLE, "utf8");
    const ended = await binary(["lint", "-"], { input });
    expect(ended).toEqual(await files(["lint", "-"], { input }));
    expect(ended.status).toBe(1);
  });
});

test("says its version, whatever NODE_OPTIONS holds for Node", async () => {
  const env = { NODE_OPTIONS: "--require ./missing.js --no-such-option" };
  expect(await binary(["--version"], { env })).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
});

test("carries the licenses of all that it holds, Node's among them", async () => {
  const [{ stdout }, own] = await Promise.all([binary(["--licenses"]), files(["--licenses"])]);
  expect(own).toMatchObject({ status: 0, stderr: "" });
  expect(own.stdout).toContain(readFileSync(join(ROOT, "LICENSE"), "utf8"));
  for (const name of ["commander", "yaml", "@kubernetes/client-node"]) {
    for (const text of [stdout, own.stdout]) expect(text).toMatch(new RegExp(`^${name} [0-9.]+ \\(`, "m"));
  }
  expect(stdout.startsWith(own.stdout.trimEnd())).toBe(true);
  expect(stdout.slice(own.stdout.length)).toMatch(/^Node\.js is licensed for use as follows:$/m);
});

describe("by the name of a link to it", () => {
  const link = (name: string): string => {
    const path = join(links, name);
    symlinkSync(EXECUTABLE, path);
    return path;
  };

  test("it is kubectl's plugin", async () => {
    const { status, stderr } = await start(link("kubectl-headless"), ["explain", "no-such-rule"]);
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "error: there is no rule no-such-rule; kubectl headless explain lists them all\n",
    });
  });

  test("it completes for kubectl", async () => {
    const plugin = link("kubectl_complete-headless");
    expect(await start(plugin, ["explain", "selector-misses"])).toEqual({
      status: 0,
      stdout: "selector-misses-replicas\t\n:4\n",
      stderr: "",
    });
    expect((await start(plugin, ["doctor", "--fail-on", ""])).stdout).toBe("error\t\nwarning\t\ninfo\t\nnever\t\n:4\n");
  });
});

test("a pipe that is closed early is silent", async () => {
  const file = join(scratch.path, "many.json");
  const item = (at: number) => ({
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: `s${at}` },
    spec: { clusterIP: "none" },
  });
  const items = Array.from({ length: 2_000 }, (_, at) => item(at));
  writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items }));
  const line = `'${EXECUTABLE}' lint '${file}' -o wide | { read -r first; }; echo "\${PIPESTATUS[0]}"`;
  expect(await start("/bin/bash", ["-c", line])).toEqual({ status: 0, stdout: "1\n", stderr: "" });
});

describe("a cluster", () => {
  const connect = async (user: object): Promise<readonly string[]> => {
    const server = await startApiServer({ objects: shop(), tokens: new Map([["of-ann", "ann"]]) });
    onTestFinished(() => server.close());
    const path = join(scratch.path, `kubeconfig-${server.port}`);
    writeFileSync(path, kubeconfigFor(server, user));
    return ["--kubeconfig", path, "-n", "shop"];
  };

  test.each([[["doctor", "mysql"]], [["scan", "-o", "json"]], [["resolve", "mysql"]], [["snapshot"]]])(
    "%j over TLS, as bin/kheadless.js does",
    async (command) => {
      const args = [...command, ...(await connect({ token: "of-ann" }))];
      const [ended, expected] = [await binary(args), await files(args)];
      const timeless = ({ stdout, ...rest }: Ended) => ({
        ...rest,
        stdout: stdout.replaceAll(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, "now"),
      });
      expect(timeless(ended)).toEqual(timeless(expected));
      expect(ended.stdout).toContain("mysql");
    },
  );

  test("by a token that the Kubernetes client gets", async () => {
    const provider = { name: "gcp", config: { "access-token": "of-ann", expiry: "2999-01-01T00:00:00Z" } };
    const access = await connect({ "auth-provider": provider });
    const { stdout, stderr } = await binary(["doctor", "mysql", ...access]);
    expect({ stdout, stderr }).toEqual({ stdout: expect.stringContaining("Service shop/mysql"), stderr: "" });
  });
});
