// Holds the one-way direction of imports between the folders of src, and who may touch the world outside the process.
import { readdir, readFile } from "node:fs/promises";
import { isBuiltin } from "node:module";
import { dirname, join, posix, relative, resolve, sep } from "node:path";
import { argv, exit } from "node:process";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

/** Each folder of src with the folders whose files it may import, besides its own. */
const mayImport = /** @type {Record<string, readonly string[]>} */ ({
  objects: [],
  kubernetes: ["objects"],
  dns: ["objects", "kubernetes"],
  trace: ["objects", "kubernetes", "dns"],
  rules: ["objects", "kubernetes", "dns", "trace"],
  diagnosis: ["objects", "kubernetes", "dns", "trace", "rules"],
  plan: ["objects", "kubernetes", "dns", "trace", "rules", "diagnosis"],
  report: ["objects", "kubernetes", "dns", "trace", "rules", "diagnosis", "plan"],
  sources: ["objects", "kubernetes", "dns"],
  probe: ["objects", "kubernetes", "dns", "sources"],
  cli: ["objects", "kubernetes", "dns", "trace", "rules", "diagnosis", "plan", "report", "sources", "probe"],
});

/** Node's modules that only compute: every folder may use them. All others touch the world. */
const pureModules = new Set(["assert", "buffer", "crypto", "path", "path/posix", "string_decoder", "url", "util"]);

/** @param {string} file */
const touchesTheWorld = (file) => /^src\/(cli|sources|probe)\/|^src\/dns\/query(\.ts$|[/-])/.test(file);

/** @param {string} file */
const mayUseTheClient = (file) => /^src\/(probe\/|sources\/cluster)/.test(file);
const client = "@kubernetes/client-node";

/**
 * @typedef {{ specifier: string | null, how: "static" | "type" | "dynamic", start: number }} Import
 * @param {string} code
 * @returns {Import[]}
 */
function importsOf(code) {
  /** @type {Import[]} */
  const found = [];
  /** @param {unknown} value */
  const walk = (value) => {
    if (Array.isArray(value)) value.forEach(walk);
    if (typeof value !== "object" || value === null || Array.isArray(value)) return;
    const node = /** @type {Record<string, any>} */ (value);
    const specifier = typeof node.source?.value === "string" ? node.source.value : null;
    if (node.type === "ImportExpression") found.push({ specifier, how: "dynamic", start: node.start });
    else if (node.type === "TSImportType") found.push({ specifier, how: "type", start: node.start });
    else if (/^(Import|ExportNamed|ExportAll)Declaration$/.test(node.type) && specifier !== null) {
      const how = node.importKind === "type" || node.exportKind === "type" ? "type" : "static";
      found.push({ specifier, how, start: node.start });
    }
    Object.values(node).forEach(walk);
  };
  walk(parseAst(code, { lang: "ts" }));
  return found;
}

/**
 * What is wrong with one import, or null.
 *
 * @param {string} file a path from the root of the repository, with slashes
 * @param {Import} found
 */
function broken(file, { specifier, how }) {
  if (specifier === null)
    return "imports a path that is made at run time: write it out, so that it can be bundled and checked";
  const folder = file.split("/")[1] ?? "";

  if (specifier.startsWith(".")) {
    const target = posix.join(posix.dirname(file), specifier);
    if (target === "package.json") return folder === "cli" ? null : "only cli may read package.json";
    if (!target.startsWith("src/")) return `${target} lies outside src`;
    const other = target.split("/")[1] ?? "";
    if (other !== folder && !mayImport[folder]?.includes(other)) return `${folder} may not know ${other} (${target})`;
    if (touchesTheWorld(target) && !touchesTheWorld(file)) return `${target} touches the world; ${file} is pure`;
    return null;
  }
  if (isBuiltin(specifier)) {
    const pure = pureModules.has(specifier.replace(/^node:/, ""));
    return pure || touchesTheWorld(file)
      ? null
      : `${specifier} touches the world: only cli, sources, probe and dns/query may`;
  }
  if (specifier === client || specifier.startsWith(`${client}/`)) {
    if (!mayUseTheClient(file)) return `only sources/cluster* and probe may use ${client}`;
    if (how === "static") return `${client} is slow to load: use import() where it is needed, or import type`;
  }
  return null;
}

/**
 * @param {Iterable<readonly [file: string, code: string]>} files
 * @returns {string[]} a line for each broken border
 */
export function brokenBorders(files) {
  return [...files].flatMap(([file, code]) => {
    if (!Object.hasOwn(mayImport, file.split("/")[1] ?? "")) {
      return [`${file}: lies in no folder that scripts/check-borders.mjs knows`];
    }
    return importsOf(code).flatMap((found) => {
      const wrong = broken(file, found);
      return wrong === null ? [] : [`${file}:${code.slice(0, found.start).split("\n").length}: ${wrong}`];
    });
  });
}

/** @returns {Promise<[file: string, code: string][]>} every source file */
export async function sourceFiles() {
  const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
  const entries = await readdir(join(root, "src"), { recursive: true, withFileTypes: true });
  const paths = entries
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => join(entry.parentPath, entry.name));
  return Promise.all(
    paths.sort().map(async (path) => [relative(root, path).split(sep).join("/"), await readFile(path, "utf8")]),
  );
}

if (resolve(argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  const files = await sourceFiles();
  const lines = brokenBorders(files);
  for (const line of lines) console.error(line);
  console.log(`${files.length} files, ${lines.length} broken borders`);
  exit(lines.length > 0 ? 1 : 0);
}
