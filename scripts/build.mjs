// Builds src/cli/main.ts and every package it uses into dist/. What a command loads lazily is a file of its own.
import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve } from "node:path";
import { argv, pid } from "node:process";
import { fileURLToPath } from "node:url";
import { binary, bundle, notices, root } from "./bundle.mjs";

const dist = join(root, "dist");
const CLIENT = "@kubernetes/client-node";

/**
 * Files are replaced by renaming and only where their content changed, so a process that runs from dist never sees half a
 * file, and a second build beside it writes nothing.
 *
 * @param {{ clean: boolean }} options `clean` also removes what older builds left (not the executable); not for use while something runs from dist
 */
export async function build({ clean }) {
  // What is loaded apart is one file each: a dozen files that share each other's parts take longer to find than to run.
  const client = await bundle(CLIENT, { as: "script", named: "chunks/client-node-[hash]" });
  const cluster = await bundle("src/sources/cluster.ts", { as: "script", apart: { [CLIENT]: kept(client) } });
  const probe = await bundle("src/probe/index.ts", { as: "script", apart: { [CLIENT]: kept(client) } });
  // Elsewhere a lazy package (cli-table3) may lie in the same file: it is not run before it is asked for.
  const work = await bundle("src/cli/work.ts", {
    as: "script",
    apart: { "src/sources/cluster.ts": kept(cluster), "src/probe/index.ts": kept(probe) },
  });
  const completion = await bundle("src/cli/completion.ts", { as: "module" });
  const main = await bundle("src/cli/main.ts", {
    as: "module",
    named: "[name]",
    apart: {
      "src/cli/work.ts": kept(work, "./chunks"),
      "src/cli/completion.ts": { file: `./chunks/${basename(completion.path)}` },
    },
  });
  const parts = [client, cluster, probe, work, completion, main];
  /** @type {Map<string, string | Uint8Array>} */
  const files = new Map(parts.map(({ path, contents }) => [path, contents]));
  files.set(join(dist, "THIRD_PARTY_NOTICES.txt"), await notices(parts));

  // Chunks before the entry that names them.
  for (const path of [...files.keys()].sort((a, b) => b.length - a.length)) await replace(path, files.get(path) ?? "");
  if (clean) {
    for (const entry of await readdir(dist, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && !files.has(path) && path !== binary) await rm(path, { force: true });
    }
  }
  return { files: [...files.keys()] };
}

/** A script whose compiled code is kept. `from`: its folder, as seen by what loads it. @param {{ path: string }} built */
function kept({ path }, from = ".") {
  return { runScript: "src/cli/startup/warm-script.ts", name: `${from}/${basename(path)}` };
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

if (resolve(argv[1] ?? "") === fileURLToPath(import.meta.url)) {
  const { files } = await build({ clean: true });
  console.log(
    `built ${files
      .map((file) => relative(root, file))
      .filter((file) => !file.includes("chunks"))
      .join(", ")}`,
  );
}
