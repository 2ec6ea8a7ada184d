/**
 * How the built commands, and what reads a cluster, are loaded (scripts/build.mjs puts this in the place of import()). Node's
 * compile cache keeps a module as it is before it runs, when none of its functions is compiled; compiling those that a short run needs
 * costs more than running them. So what V8 has compiled by the end of a run is kept beside Node's own cache: for each
 * command apart, as it is read whole.
 */

/**
 * Runs a script that build.mjs wrapped in `(function (module, require, url) {...})`, and returns its exports. `file` is told
 * from the file that this is built into. Without Node's compile cache (NODE_DISABLE_COMPILE_CACHE, a disk that
 * cannot be written to) it is compiled each time.
 */
export function runScript(file: string): unknown {
  // Not imported: that would load much of Node for every command, `--version` too.
  const { readFileSync, rmSync } = process.getBuiltinModule("node:fs");
  const { Script } = process.getBuiltinModule("node:vm");
  const url = new URL(file, import.meta.url);
  const path = process.getBuiltinModule("node:url").fileURLToPath(url);
  const kept = keptFile(path);
  const code = kept === null ? undefined : attempt(() => once(readFileSync(kept)));
  const script = new Script(readFileSync(path, "utf8"), {
    filename: path,
    ...(code === undefined ? {} : { cachedData: code }),
  });
  if (kept !== null) {
    // Code that was kept under other flags of V8 is no use: the next run keeps its own.
    if (script.cachedDataRejected) attempt(() => rmSync(kept));
    // A run that failed early has compiled little of what others need.
    const keepIfWhole = (exitCode: number): void => {
      if (exitCode > 1) return;
      // What reads a lot sets this flag; the next run starts with 2, as Node 22 to 26 do.
      process.getBuiltinModule("node:v8").setFlagsFromString("--semi-space-growth-factor=2");
      attempt(() => keep(script.createCachedData(), kept));
    };
    if (code === undefined) process.once("exit", keepIfWhole);
  }
  const module = { exports: {} };
  script.runInThisContext()(module, process.getBuiltinModule("node:module").createRequire(url), url.href);
  return module.exports;
}

/** Where a script's code is kept for the command that runs; the folder is one of this Node, this user and these flags. */
function keptFile(path: string): string | null {
  const folder = process.getBuiltinModule("node:module").getCompileCacheDir();
  if (folder === undefined) return null;
  const { basename, join } = process.getBuiltinModule("node:path");
  const command = /^[a-z]+$/.exec(process.argv[2] ?? "")?.[0] ?? "other";
  return join(folder, `kheadless-${basename(path, ".cjs")}-${command}`);
}

/**
 * By renaming: a process that starts meanwhile reads all of it or nothing. Twice, as V8 trusts code and crashes where a disk
 * damaged it: to hold two copies to each other costs next to nothing, any checksum some milliseconds.
 */
function keep(code: Buffer, file: string): void {
  const { renameSync, writeFileSync } = process.getBuiltinModule("node:fs");
  const fresh = `${file}.${process.pid}.tmp`;
  writeFileSync(fresh, Buffer.concat([code, code]), { mode: 0o600 });
  renameSync(fresh, file);
}

/** The code of a file that holds it twice; undefined where the copies differ, and it is to be kept anew. */
function once(twice: Buffer): Buffer | undefined {
  const half = twice.length / 2;
  const code = twice.subarray(0, half);
  return code.equals(twice.subarray(half)) ? code : undefined;
}

/** undefined where the disk refuses: nothing but time is lost. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
