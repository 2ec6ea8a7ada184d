// What the builds share: one entry of src bundled with all that it imports, and the licences of what went in.
import { readdir, readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { platform } from "node:process";
import { fileURLToPath } from "node:url";
import * as esbuild from "esbuild";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
/** The single executable. */
export const binary = join(root, "dist", platform === "win32" ? "kheadless.exe" : "kheadless");

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
 * A module that imports one of Node's touches each of its exports, and what stands behind them is loaded: fetch and all
 * streams behind node:http. Asked for otherwise, only what is used is. Scripts require() them, which is no import.
 */
const untouchedBuiltins = {
  name: "untouched-builtins",
  /** @param {esbuild.PluginBuild} build */
  setup(build) {
    build.onResolve({ filter: /^[a-z_:/]+$/ }, ({ path, kind }) => {
      const imported = kind === "import-statement" || kind === "dynamic-import";
      return imported && isBuiltin(path) ? { path, namespace: "builtin" } : undefined;
    });
    build.onLoad({ filter: /./, namespace: "builtin" }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * Where something is loaded from that a bundle imports by import(): a file beside it, or what `runScript` of a source makes
 * of a name.
 *
 * @typedef {{ file: string } | { runScript: string, name: string }} Elsewhere
 */

/**
 * One entry with all that it imports, as one file:
 *
 * - `module`: an ES module.
 * - `script`: a function around it, for a runScript(): `(function (module, require, url) {...})`.
 * - `start`: what the executable starts with.
 *
 * @param {string} entry a source, or a package
 * @param {{
 *   as: "module" | "script" | "start",
 *   named?: string,
 *   apart?: Readonly<Record<string, Elsewhere>>,
 * }} options `apart`: what it imports by import() that is not to be in the bundle
 */
export async function bundle(entry, { as, named = "chunks/[name]-[hash]", apart = {} }) {
  const { outputFiles, metafile } = await esbuild.build({
    absWorkingDir: root,
    entryPoints: [entry],
    outdir: "dist",
    entryNames: named,
    bundle: true,
    format: as === "module" ? "esm" : "cjs",
    // A script has no import() without a warning of Node's: it require()s modules, which then run just as late.
    ...(as === "module"
      ? {}
      : {
          outExtension: { ".js": ".cjs" },
          define: { "import.meta.url": "$url" },
          supported: { "dynamic-import": false },
        }),
    platform: "node",
    target: "node22.19",
    minify: true,
    legalComments: "external",
    metafile: true,
    write: false,
    banner: { js: BANNERS[as] },
    footer: { js: as === "script" ? "})" : "" },
    plugins: [versionOnly, lightBuiltins, ...(as === "module" ? [untouchedBuiltins] : []), elsewhere(apart)],
  });
  const isComment = (/** @type {esbuild.OutputFile} */ { path }) => path.endsWith(".LEGAL.txt");
  const built = outputFiles.find((file) => !isComment(file));
  if (built === undefined) throw new Error(`nothing was built of ${entry}`);
  return {
    path: built.path,
    contents: built.contents,
    comments: outputFiles.filter(isComment).map(({ text }) => text.trim()),
    inputs: Object.keys(metafile.inputs),
  };
}

const BANNERS = {
  // CommonJS packages call require() for Node's own modules, which an ES module does not have.
  module: 'import{createRequire as $createRequire}from"node:module";const require=$createRequire(import.meta.url);',
  script: '(function(module,require,$url){"use strict";',
  start: '"use strict";',
};

/** Points import() to what was built apart. @param {Readonly<Record<string, Elsewhere>>} apart */
function elsewhere(apart) {
  return {
    name: "elsewhere",
    /** @param {esbuild.PluginBuild} build */
    setup(build) {
      build.onResolve({ filter: /\.ts$|^@/ }, ({ path, kind, resolveDir }) => {
        const source = path.startsWith(".") ? relative(root, resolve(resolveDir, path)).replaceAll("\\", "/") : path;
        const built = kind === "dynamic-import" && Object.hasOwn(apart, source) ? apart[source] : undefined;
        if (built === undefined) return undefined;
        if ("file" in built) return { path: built.file, external: true };
        return { path: built.name, namespace: "script", pluginData: built.runScript };
      });
      build.onLoad({ filter: /./, namespace: "script" }, ({ path, pluginData }) => ({
        contents: `module.exports = require("./${pluginData}").runScript(${JSON.stringify(path)});`,
        resolveDir: root,
      }));
    },
  };
}

/**
 * The licence texts of the packages in bundles.
 *
 * @param {readonly { inputs: readonly string[], comments: readonly string[] }[]} bundles
 */
export async function notices(bundles) {
  const folders = new Set(
    bundles.flatMap(({ inputs }) =>
      inputs.flatMap(
        (input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input.replaceAll("\\", "/"))?.[0] ?? [],
      ),
    ),
  );
  const comments = new Set(bundles.flatMap((one) => one.comments));
  const parts = [
    "kheadless contains the packages below, each under its own licence.\n",
    ...(await Promise.all([...folders].sort().map(notice))),
  ];
  if (comments.size > 0) parts.push(["Comments that their files ask to keep", ...comments].join("\n\n"));
  return `${parts.join(SEPARATOR)}\n`;
}

/** Between the licence of one work and the next. */
export const SEPARATOR = `\n${"-".repeat(80)}\n\n`;

/** @param {string} folder */
async function notice(folder) {
  const { name, version, license } = JSON.parse(await readFile(join(root, folder, "package.json"), "utf8"));
  const texts = (await readdir(join(root, folder))).filter((file) => /^(licen[cs]e|copying|notice)/i.test(file)).sort();
  if (!license && texts.length === 0) throw new Error(`${folder} says nowhere under which licence it stands`);
  const bodies = await Promise.all(texts.map((file) => readFile(join(root, folder, file), "utf8")));
  return [`${name} ${version} (${license ?? "see its text"})`, ...bodies.map((body) => body.trim())].join("\n\n");
}
