// Builds dist/kheadless: one file with Node, our scripts, what V8 compiles of them, and the texts that they read. It runs on
// this machine's platform, and needs no Node there.
import { execFile, execFileSync } from "node:child_process";
import { chmod, copyFile, cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";
import { env, pid, platform } from "node:process";
import { promisify } from "node:util";
import { kubeconfigFor } from "../test/api-server/kubeconfig.ts";
import { shop } from "../test/api-server/objects.ts";
import { startApiServer } from "../test/api-server/server.ts";
import { binary, bundle, notices, root, SEPARATOR } from "./bundle.mjs";

const require = createRequire(import.meta.url);
const nodePackage = dirname(require.resolve("node/package.json"));
/** The Node of package.json: it goes into the executable, and only itself can compile for it. */
const node = join(nodePackage, "bin", platform === "win32" ? "node.exe" : "node");

/** What is a script of its own, by the name that the executable has for it: the others load it when it is needed. */
const SCRIPTS = {
  "client-node": "@kubernetes/client-node",
  cluster: "src/sources/cluster.ts",
  probe: "src/probe/index.ts",
  work: "src/cli/work.ts",
  completion: "src/cli/completion.ts",
  main: "src/cli/main.ts",
};

/**
 * What is run so that V8 compiles what most runs need; each goes on from what the last one of its command left. Commands that
 * are not here compile as they run.
 */
const RUNS = [
  ["--version"],
  ["doctor", "mysql", "-f", "examples/mysql-selector-typo.yaml"],
  ["doctor", "mysql", "--snapshot", "examples/pods-not-ready.snapshot.json"],
  ["explain", "selector-matches-no-pods"],
  ["lint", "examples/mysql-selector-typo.yaml", "examples/mysql-healthy.yaml"],
  ["plan", "-f", "examples/mysql-healthy.yaml", "--base", "examples/mysql-selector-typo.yaml"],
  ["resolve", "mysql-0.mysql", "-n", "shop", "-f", "examples/mysql-healthy.yaml"],
  ["scan", "-f", "examples/mysql-selector-typo.yaml"],
  ["scan", "--snapshot", "examples/pods-not-ready.snapshot.json"],
  ["complete", "--", "doctor", "-f", "examples/mysql-healthy.yaml", ""],
];
/** The same against a cluster: the server that the tests have. */
const CLUSTER_RUNS = [["doctor", "mysql"], ["scan"], ["resolve", "mysql"], ["snapshot"]];

/** Where Node looks whether it holds an application, and under which name (Node's doc/api/single-executable-applications.md). */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";
const RESOURCE = "NODE_SEA_BLOB";

const folder = await mkdtemp(join(tmpdir(), "kheadless-binary-"));
try {
  const assets = join(folder, "assets");
  const start = join(folder, "start.cjs");
  await writeAssets(assets, start);
  for (const args of RUNS) await compile(start, args, assets);
  const server = await startApiServer({ objects: shop(), protobuf: true });
  const kubeconfig = join(folder, "kubeconfig");
  await writeFile(kubeconfig, kubeconfigFor(server));
  for (const args of CLUSTER_RUNS) await compile(start, [...args, "-n", "shop", "--kubeconfig", kubeconfig], assets);
  await server.close();
  await embed(start, await filesBelow(assets));
} finally {
  await rm(folder, { recursive: true, force: true });
}
const version = execFileSync(binary, ["--version"], { encoding: "utf8" }).trim();
const megabytes = Math.round((await stat(binary)).size / 1e6);
console.log(`built ${relative(root, binary)}: kheadless ${version}, ${megabytes} MB`);

/** All that goes into the executable beside compiled code, and what it starts with. @param {string} assets @param {string} start */
async function writeAssets(assets, start) {
  const apart = Object.fromEntries(
    Object.entries(SCRIPTS).map(([name, source]) => [
      source,
      { runScript: "src/cli/startup/embedded-script.ts", name },
    ]),
  );
  await mkdir(join(assets, "scripts"), { recursive: true });
  const bundles = await Promise.all(
    Object.entries(SCRIPTS).map(async ([name, source]) => {
      const built = await bundle(source, { as: "script", apart });
      await writeFile(join(assets, "scripts", name), built.contents);
      return built;
    }),
  );
  const first = await bundle("src/cli/startup/executable.ts", { as: "start", apart });
  await writeFile(start, first.contents);

  await cp(join(root, "docs", "rules"), join(assets, "docs", "rules"), { recursive: true });
  await cp(join(root, "LICENSE"), join(assets, "LICENSE"));
  const texts = [await notices([...bundles, first]), `Node.js\n\n${await nodeLicense()}`];
  await mkdir(join(assets, "dist"));
  await writeFile(join(assets, "dist", "THIRD_PARTY_NOTICES.txt"), texts.join(SEPARATOR));
}

/** The package `node` has brought the one of this platform, in which the licence lies. */
async function nodeLicense() {
  const packages = await readdir(join(nodePackage, "node_modules"));
  const found = packages.find((name) => /^node-(?:bin-)?(?:linux|darwin|win)-/.test(name));
  if (found === undefined) throw new Error(`no Node of this platform lies in ${nodePackage}: run npm ci`);
  return readFile(join(nodePackage, "node_modules", found, "LICENSE"), "utf8");
}

/**
 * Runs a command as the executable will, and keeps what V8 compiled.
 *
 * @param {string} start @param {string[]} args @param {string} assets
 */
async function compile(start, args, assets) {
  const variables = { PATH: env.PATH, HOME: "/nonexistent", LANG: "C.UTF-8", KHEADLESS_ASSETS: assets };
  try {
    await promisify(execFile)(node, ["--require", join(root, "scripts", "keep-code.cjs"), start, ...args], {
      cwd: root,
      env: variables,
    });
  } catch (error) {
    // 1 tells of findings.
    if (/** @type {{ code?: unknown }} */ (error).code !== 1) throw error;
  }
}

/** Puts an application into a copy of Node. @param {string} start @param {Readonly<Record<string, string>>} assets */
async function embed(start, assets) {
  const config = join(folder, "sea.json");
  const blob = join(folder, "sea.blob");
  // NODE_OPTIONS is meant for Node, which nobody sees in here.
  const options = { disableExperimentalSEAWarning: true, execArgvExtension: "none" };
  await writeFile(config, JSON.stringify({ main: start, output: blob, assets, ...options }));
  execFileSync(node, ["--experimental-sea-config", config], { stdio: "pipe" });

  const fresh = `${binary}.${pid}.tmp`;
  await mkdir(dirname(binary), { recursive: true });
  await copyFile(node, fresh);
  await chmod(fresh, 0o755);
  try {
    // macOS runs nothing whose signature is not that of its bytes.
    if (platform === "darwin") execFileSync("codesign", ["--remove-signature", fresh]);
    // It warns of names of sections that it does not need.
    execFileSync(
      node,
      [
        require.resolve("postject/dist/cli.js"),
        ...[fresh, RESOURCE, blob, "--sentinel-fuse", FUSE],
        ...(platform === "darwin" ? ["--macho-segment-name", "NODE_SEA"] : []),
      ],
      { stdio: "pipe" },
    );
    if (platform === "darwin") execFileSync("codesign", ["--sign", "-", fresh]);
    await rename(fresh, binary);
  } finally {
    await rm(fresh, { force: true });
  }
}

/** Files by their paths below a folder. @param {string} below @returns {Promise<Record<string, string>>} */
async function filesBelow(below) {
  const entries = await readdir(below, { recursive: true, withFileTypes: true });
  return Object.fromEntries(
    entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .map((path) => [relative(below, path).replaceAll(sep, "/"), path]),
  );
}
