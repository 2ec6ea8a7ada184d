import { basename, dirname, join, posix, resolve } from "node:path";
import { InputError } from "../input-error.ts";
import { complaintOf, runTool, type ToolRun } from "../tool.ts";
import { EXTENSIONS, exclusion, isFolder } from "./files.ts";
import type { ManifestText } from "./objects.ts";
import { decodeText } from "./text.ts";

/** `git:REV:PATH`: a file or folder as it stands in a revision. */
export interface GitInput {
  readonly by: "git";
  readonly revision: string;
  /** From the working folder, as any other path; "." for the working folder itself. */
  readonly path: string;
  readonly recursive: boolean;
  readonly exclude: readonly string[];
}

/**
 * The manifests of a file or a folder in a revision, as `-f` would find them in the working tree: a folder's own files,
 * with `recursive` those of subfolders. The repository is the one that the path lies in. Runs git, which only reads.
 * Throws InputError where there is no git, no repository, no such revision, or nothing at the path.
 */
export async function gitManifests(input: GitInput, maxBytes: number): Promise<readonly ManifestText[]> {
  const { revision, path } = input;
  const { folder, rest } = nearestFolder(resolve(path));
  const git = gitIn(folder, maxBytes);
  const said = await git(["rev-parse", "--git-dir"]);
  if (said.exitCode !== 0) throw new InputError(`git:${revision}:${path}: ${folder} lies in no git repository`);
  // A tree, so that tags and `REV~2` do; what looks like an option is none.
  const found = await git(["rev-parse", "--verify", "--quiet", "--end-of-options", `${revision}^{tree}`]);
  if (found.exitCode !== 0) {
    throw new InputError(
      `git:${revision}:${path}: git knows no such revision here; a shallow clone lacks older ones: git fetch --unshallow`,
    );
  }
  const files = await filesIn(git, found.stdout.toString().trim(), rest);
  if (files.length === 0) throw new InputError(`git:${revision}:${path}: there is no such path in that revision`);
  const single = files.length === 1 && files[0]?.path === rest;
  const wanted = single ? files : await manifestsAmong(files, rest, input);
  if (wanted.length === 0) {
    throw new InputError(`git:${revision}:${path}: the folder holds no ${EXTENSIONS.join(", ")} file in that revision`);
  }
  const contents = await blobs(git, wanted);
  return wanted.map(({ path: file }, index) => ({
    file: `${revision}:${single ? path : join(path, below(rest, file))}`,
    found: !single,
    ...decodeText(contents[index] ?? Buffer.alloc(0)),
  }));
}

/** What of a folder's files counts, as of one in the working tree. */
async function manifestsAmong(
  files: readonly TreeFile[],
  rest: string,
  { path, recursive, exclude }: GitInput,
): Promise<readonly TreeFile[]> {
  const excluded = await exclusion(exclude);
  return files.filter(({ path: file }) => {
    const inFolder = below(rest, file);
    return (
      EXTENSIONS.some((extension) => file.endsWith(extension)) &&
      (recursive || !inFolder.includes("/")) &&
      !excluded(join(path, inFolder), false, path)
    );
  });
}

/** A path of git's, which has slashes, from a folder above it. */
function below(folder: string, file: string): string {
  return folder === "" ? file : posix.relative(folder, file);
}

type Git = (args: readonly string[], input?: string) => Promise<ToolRun>;

function gitIn(folder: string, maxBytes: number): Git {
  return async (args, input) => {
    const run = await runTool("git", ["-C", folder, "--literal-pathspecs", ...args], maxBytes, { input });
    if (run === null) throw new InputError("git:REV:PATH needs git, and there is no git on PATH");
    return run;
  };
}

/** The deepest folder of a path that is there, and what of the path lies below it: what was deleted since has none. */
function nearestFolder(path: string): { readonly folder: string; readonly rest: string } {
  let rest = "";
  for (let at = path; ; at = dirname(at)) {
    if (isFolder(at)) return { folder: at, rest };
    if (dirname(at) === at) return { folder: at, rest };
    rest = rest === "" ? basename(at) : posix.join(basename(at), rest);
  }
}

interface TreeFile {
  /** From the folder that git runs in. */
  readonly path: string;
  readonly blob: string;
}

/** Regular files only: links and submodules hold no manifest. */
async function filesIn(git: Git, tree: string, rest: string): Promise<readonly TreeFile[]> {
  const listed = await git(["ls-tree", "-r", "-z", tree, ...(rest === "" ? [] : ["--", rest])]);
  if (listed.exitCode !== 0) throw new InputError(`git ls-tree: ${complaintOf(listed)}`);
  return listed.stdout
    .toString("utf8")
    .split("\0")
    .flatMap((line) => {
      const [, blob, path] = /^100\d{3} blob ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
      return blob === undefined || path === undefined ? [] : [{ path, blob }];
    })
    .sort((a, b) => inWalkOrder(a.path.split("/"), b.path.split("/")));
}

/** A folder's own files before those of its subfolders, each by name: of two objects of one name the same comes last. */
function inWalkOrder(a: readonly string[], b: readonly string[]): number {
  const at = a.findIndex((part, index) => part !== b[index]);
  const [left = "", right = ""] = [a[at], b[at]];
  const [leftIsFile, rightIsFile] = [at === a.length - 1, at === b.length - 1];
  if (leftIsFile !== rightIsFile) return leftIsFile ? -1 : 1;
  return left < right ? -1 : 1;
}

/** The contents of blobs, in the order given, by one process. */
async function blobs(git: Git, files: readonly TreeFile[]): Promise<readonly Buffer[]> {
  const run = await git(["cat-file", "--batch"], files.map(({ blob }) => `${blob}\n`).join(""));
  if (run.exitCode !== 0) throw new InputError(`git cat-file: ${complaintOf(run)}`);
  const contents: Buffer[] = [];
  let at = 0;
  for (const { path } of files) {
    const end = run.stdout.indexOf("\n", at);
    const size = / blob ([0-9]+)$/.exec(run.stdout.toString("utf8", at, end))?.[1];
    if (size === undefined)
      throw new InputError(`git cannot read ${path} (a partial clone lacks it: git fetch gets it)`);
    contents.push(run.stdout.subarray(end + 1, end + 1 + Number(size)));
    at = end + 1 + Number(size) + 1;
  }
  return contents;
}
