// Bundles src/cli/main.ts and every package it uses into dist/. What a command loads lazily is a chunk of its own.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { argv, pid } from "node:process";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const dist = join(root, "dist");

/** What every command runs: built as a script and no module, as src/cli/warm-script.ts wants it. */
const SCRIPT = "src/cli/work.ts";

/** Of package.json the code needs only the version; the rest would be dead weight in the bundle. */
const versionOnly = {
  name: "version-only",
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    build.onLoad({ filter: /[\\/]package\.json$/ }, async ({ path }) => {
      if (path !== join(root, "package.json")) return undefined;
      const { version } = JSON.parse(await readFile(path, "utf8"));
      return { contents: JSON.stringify({ version }), loader: "json" };
    });
  },
};

/**
 * What packages take of Node at start without need. Importing one of Node's modules touches each of its exports and loads what
 * stands behind them: sockets behind child_process and tty, worker threads behind util, reports behind process. commander
 * could start other programs as subcommands, chalk could look at the terminal: nothing here lets them.
 */
const lightBuiltins = {
  name: "light-builtins",
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    const light = /** @type {Record<string, string>} */ ({
      process: "export default globalThis.process;",
      child_process: "export default {};",
      fs: "export default {};",
      os: "export default {};",
      tty: "export default { isatty: () => false };",
      util: "export const stripVTControlCharacters = (text) => text.replace(/\\u001b\\[[0-9;]*m/g, '');",
    });
    build.onResolve({ filter: /^(node:)?[a-z_]+$/ }, ({ path, importer }) => {
      const name = path.replace("node:", "");
      if (name === "process" && /[\\/]node_modules[\\/]yaml[\\/]/.test(importer)) return { path, namespace: "global" };
      const eager = /[\\/]node_modules[\\/](commander|chalk)[\\/]/.test(importer);
      return eager && Object.hasOwn(light, name) ? { path: name, namespace: "light" } : undefined;
    });
    build.onLoad({ filter: /.*/, namespace: "light" }, ({ path }) => ({ contents: light[path] ?? "" }));
    build.onLoad({ filter: /.*/, namespace: "global" }, () => ({ contents: "module.exports = globalThis.process;" }));
  },
};

/**
 * Files are replaced by renaming and only where their content changed, so a process that runs from dist never sees half a
 * file, and a second build beside it writes nothing.
 *
 * @param {{ clean: boolean }} options `clean` also removes what older builds left; not for use while something runs from dist
 */
export async function build({ clean }) {
  // What is loaded apart is one file each: a dozen files that share each other's parts take longer to find than to run.
  const cluster = await bundle("src/sources/cluster.ts", {});
  const probe = await bundle("src/probe/index.ts", {});
  const work = await bundle(SCRIPT, {
    "src/sources/cluster.ts": `./${basename(cluster.entry)}`,
    "src/probe/index.ts": `./${basename(probe.entry)}`,
  });
  const completion = await bundle("src/cli/completion.ts", {});
  const main = await bundle("src/cli/main.ts", {
    [SCRIPT]: `./chunks/${basename(work.entry)}`,
    "src/cli/completion.ts": `./chunks/${basename(completion.entry)}`,
  });
  const parts = [cluster, probe, work, completion, main];

  /** @type {Map<string, string | Uint8Array>} */
  const files = new Map();
  /** @type {Set<string>} */
  const comments = new Set();
  for (const output of parts.flatMap(({ outputFiles }) => outputFiles)) {
    if (output.path.endsWith(".LEGAL.txt")) comments.add(output.text.trim());
    else files.set(output.path, output.contents);
  }
  files.set(
    join(dist, "THIRD_PARTY_NOTICES.txt"),
    await notices(
      parts.flatMap(({ inputs }) => inputs),
      [...comments],
    ),
  );

  // Chunks before the entry that names them.
  for (const path of [...files.keys()].sort((a, b) => b.length - a.length)) await replace(path, files.get(path) ?? "");
  if (clean) {
    for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !files.has(path)) await rm(path, { force: true });
    }
  }
  return { files: [...files.keys()] };
}

/**
 * One entry with all that it imports; `apart` names sources that it loads by import() from a file of their own. Only what
 * packages load lazily beside that (client-node) is cut off by itself.
 *
 * @param {string} entry @param {Record<string, string>} apart
 */
async function bundle(entry, apart) {
  const isMain = entry === "src/cli/main.ts";
  const isScript = entry === SCRIPT;
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: "dist",
    entryNames: isMain ? "[name]" : "chunks/[name]-[hash]",
    chunkNames: "chunks/[name]-[hash]",
    bundle: true,
    // Elsewhere a lazy package (cli-table3) may lie in the same file: it is not run before it is asked for.
    splitting: entry === "src/sources/cluster.ts",
    format: isScript ? "cjs" : "esm",
    // A script has no import() without a warning of Node's: it require()s modules, which then run just as late.
    ...(isScript
      ? {
          outExtension: { ".js": ".cjs" },
          define: { "import.meta.url": "$url" },
          supported: { "dynamic-import": false },
        }
      : {}),
    platform: "node",
    target: "node22.19",
    minify: true,
    legalComments: "external",
    metafile: true,
    write: false,
    // CommonJS packages call require() for Node's own modules, which an ES module does not have.
    banner: {
      js: isScript
        ? '(function(module,require,$url){"use strict";'
        : 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
    },
    footer: { js: isScript ? "})" : "" },
    plugins: [versionOnly, lightBuiltins, elsewhere(apart)],
  });
  const found = Object.entries(metafile.outputs).find(([, output]) => output.entryPoint === entry);
  if (found === undefined) throw new Error(`nothing was built of ${entry}`);
  return { entry: found[0], outputFiles, inputs: Object.keys(metafile.inputs) };
}

/** Points import() of a source to the file that it was built into. @param {Record<string, string>} apart */
function elsewhere(apart) {
  return {
    name: "elsewhere",
    /** @param {esbuild.PluginBuild} build */
    setup(build) {
      build.onResolve({ filter: /\.ts$/ }, ({ path, kind, resolveDir }) => {
        const file = relative(root, resolve(resolveDir, path)).replaceAll("\\", "/");
        if (kind !== "dynamic-import" || !Object.hasOwn(apart, file)) return undefined;
        const built = apart[file] ?? path;
        return file === SCRIPT ? { path: built, namespace: "script" } : { path: built, external: true };
      });
      build.onLoad({ filter: /.*/, namespace: "script" }, ({ path }) => ({
        contents: `module.exports = require("./src/cli/warm-script.ts").runScript(${JSON.stringify(path)});`,
        resolveDir: root,
      }));
    },
  };
}

/** @param {string} path @param {string | Uint8Array} content */
async function replace(path, content) {
  const digest = (/** @type {string | Uint8Array} */ data) => createHash("sha256").update(data).digest("hex");
  const present = await readFile(path).catch(() => undefined);
  if (present && digest(present) === digest(content)) return;
  await mkdir(dirname(path), { recursive: true });
  const fresh = `${path}.${pid}.tmp`;
  await writeFile(fresh, content);
  await rename(fresh, path);
}

/** The licence texts of the packages in the bundle. @param {string[]} inputs @param {string[]} comments */
async function notices(inputs, comments) {
  const folders = new Set(
    inputs.flatMap(
      (input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input.replaceAll("\\", "/"))?.[0] ?? [],
    ),
  );
  const parts = [
    "kheadless contains the packages below, each under its own licence.\n",
    ...(await Promise.all([...folders].sort().map(notice))),
  ];
  if (comments.length > 0) parts.push(["Comments that their files ask to keep", ...comments].join("\n\n"));
  return `${parts.join(`\n${"-".repeat(80)}\n\n`)}\n`;
}

/** @param {string} folder */
async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const texts = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  if (!license && texts.length === 0) throw new Error(`${folder} says nowhere under which licence it stands`);
  const bodies = await Promise.all(texts.map((file) => readFile(join(root, folder, file), "utf8")));
  return [`${name} ${version} (${license ?? "see its text"})`, ...bodies.map((body) => body.trim())].join("\n\n");
}

if (resolve(argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  const { files } = await build({ clean: true });
  console.log(
    `built ${files
      .map((file) => relative(root, file))
      .filter((file) => !file.includes("chunks"))
      .join(", ")}`,
  );
}
