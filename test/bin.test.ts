import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const bin = fileURLToPath(new URL("../bin/kheadless.js", import.meta.url));
const manifest = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));

/** Starts the real bin, on a Node that calls itself `version` where one is given. */
function start(args: readonly string[], version?: string) {
  const pretend = `Object.defineProperty(process.versions, "node", { value: ${JSON.stringify(version)} })`;
  const preload = version === undefined ? [] : ["--import", `data:text/javascript,${encodeURIComponent(pretend)}`];
  const { status, stdout, stderr } = spawnSync(process.execPath, [...preload, bin, ...args], {
    encoding: "utf8",
    input: "",
  });
  return { status, stdout, stderr };
}

test("--version prints the version of package.json", () => {
  expect(start(["--version"])).toEqual({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
});

test.each(["12.22.0", "20.20.2", "22.9.0", "22.18.0"])("Node %s is too old: one line, exit 2", (version) => {
  expect(start(["--version"], version)).toEqual({
    status: 2,
    stdout: "",
    stderr: `kheadless needs Node 22.19 or newer; this is Node ${version}\n`,
  });
});

test.each(["22.19.0", "24.0.0", "26.10.0", "100.0.0"])("Node %s is new enough", (version) => {
  expect(start(["--version"], version).status).toBe(0);
});

test("the oldest Node that the bin accepts is the oldest of package.json", () => {
  expect(manifest.engines.node).toMatch(/^\^22\.19 /);
});
