import { resolve } from "node:path";
import { InputError } from "./input-error.ts";
import { complaintOf, runTool, type ToolRun } from "./tool.ts";

export { touchedBy } from "./manifests/touched.ts";

const MAX_OUTPUT = 64 * 1024 * 1024;

/**
 * The files that differ from a git revision, as absolute real paths: changed, added or removed since, committed or not,
 * without what .gitignore names. Where the revision is on another branch, what counts is since the two parted, as in a
 * merge request. Throws InputError where there is no git, no repository, or no such revision.
 */
export async function changedSince(revision: string): Promise<ReadonlySet<string>> {
  if (revision === "") {
    throw new InputError("--changed-since was given an empty revision: is a variable not set?");
  }
  const git = async (...args: readonly string[]): Promise<ToolRun> => {
    const run = await runTool("git", args, MAX_OUTPUT);
    if (run !== null) return run;
    throw new InputError(
      "--changed-since needs git on the PATH, and there is none: install it, or leave the option out",
    );
  };
  const root = await git("rev-parse", "--show-toplevel");
  if (root.exitCode !== 0) {
    throw new InputError(`--changed-since ${revision}: the working folder lies in no git repository`);
  }
  const top = root.stdout.toString().replace(/\r?\n$/, "");
  const commit = await git("rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{commit}`);
  if (commit.exitCode !== 0) {
    throw new InputError(
      `--changed-since ${revision}: git knows no such revision here; a shallow clone lacks older ones: git fetch --unshallow`,
    );
  }
  const since = lineOf(commit);
  const parted = await git("merge-base", since, "HEAD");
  const lists = [
    await git(
      "-C",
      top,
      "diff",
      "--no-ext-diff",
      "--name-only",
      "-z",
      parted.exitCode === 0 ? lineOf(parted) : since,
      "--",
    ),
    await git("-C", top, "ls-files", "--others", "--exclude-standard", "-z"),
  ];
  const failed = lists.find(({ exitCode }) => exitCode !== 0);
  if (failed !== undefined) throw new InputError(`--changed-since ${revision}: git failed: ${complaintOf(failed)}`);
  return new Set(
    lists.flatMap(({ stdout }) =>
      stdout
        .toString()
        .split("\0")
        .flatMap((path) => (path === "" ? [] : [resolve(top, path)])),
    ),
  );
}

function lineOf({ stdout }: ToolRun): string {
  return stdout.toString().trim();
}
