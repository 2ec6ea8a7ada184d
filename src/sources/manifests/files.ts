import { type Dirent, existsSync, readdirSync, type Stats, statSync } from "node:fs";
import { glob } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { STDIN } from "../bytes.ts";
import { readFault } from "../file-fault.ts";
import { InputError } from "../input-error.ts";

/** As kubectl recognises manifests in a folder. */
export const EXTENSIONS = [".yaml", ".yml", ".json"];

/** A file to read. */
export interface InputFile {
  /** As the user named it; "<stdin>" for standard input. */
  readonly file: string;
  /** Met in a folder or by a pattern, not named itself. */
  readonly found: boolean;
}

/** Something below a folder that cannot be read: it is told, and ends nothing. */
export interface UnreadFile {
  readonly file: string;
  readonly reason: string;
}

export interface FoundFiles {
  readonly files: readonly InputFile[];
  readonly unread: readonly UnreadFile[];
}

export interface FileOptions {
  /** Read the subfolders of folders, too. */
  readonly recursive: boolean;
  /** What is left out, as .gitignore writes it, from the working folder. */
  readonly exclude?: readonly string[];
}

/**
 * The files that paths name: files as they are, folders by their manifests in the order of their names, with `recursive`
 * those of subfolders too, and patterns (`deploy/**\/*.yaml`, where nothing has that very name) by all that match.
 * Symbolic links to folders are followed only where the user names them, as kubectl does, so that no loop is walked; of
 * what a folder holds only files count, never pipes or devices. Throws InputError for a path that does not exist, a
 * pattern that matches nothing, and a folder without manifests.
 */
export async function filesOf(paths: readonly string[], options: FileOptions): Promise<FoundFiles> {
  const { recursive, exclude = [] } = options;
  const walk: Walk = { recursive, excluding: exclude.length > 0, excluded: await exclusion(exclude), unread: [] };
  const files: InputFile[] = [];
  for (const path of paths) {
    refuseNoPath(path);
    if (path === "-") files.push({ file: STDIN, found: false });
    else if (isPattern(path)) files.push(...(await matching(path, walk)));
    else if (statOf(path).isDirectory()) files.push(...folderFiles(path, walk));
    else if (!walk.excluded(path, false, dirname(path))) files.push({ file: path, found: false });
  }
  if (walk.excluding && files.length + walk.unread.length === 0 && paths.length > 0) {
    throw new InputError("no file is left: --exclude leaves out all that were named");
  }
  // The same file named twice, `a.yaml` and `./a.yaml`, is read once.
  const once = new Map(files.map((file) => [file.file === STDIN ? STDIN : resolve(file.file), file]));
  return { files: [...once.values()], unread: walk.unread };
}

/** What a variable that is not set leaves behind, and what kubectl would fetch. Throws InputError. */
function refuseNoPath(path: string): void {
  if (path === "") throw new InputError("an empty path was given: is a variable not set?");
  if (/^https?:\/\//.test(path) && !existsSync(path)) {
    throw new InputError(`${path} is not fetched: pipe it in (curl -fsSL URL | kheadless ... -f -)`);
  }
}

interface Walk {
  readonly recursive: boolean;
  /** Whether there is anything to leave out. */
  readonly excluding: boolean;
  readonly excluded: Excluded;
  readonly unread: UnreadFile[];
}

/** Whether a path is left out; `from` is what the user named, for what lies outside the working folder. */
type Excluded = (path: string, isFolder: boolean, from: string) => boolean;

/** What patterns of `.gitignore` leave out; nothing is loaded where there is none. */
export async function exclusion(patterns: readonly string[]): Promise<Excluded> {
  if (patterns.length === 0) return () => false;
  const { default: ignore } = await import("ignore");
  const rules = ignore().add([...patterns]);
  const here = resolve(".");
  return (path, isFolder, from) => {
    const inside = relative(here, resolve(path));
    const outside = isAbsolute(inside) || inside.split(sep)[0] === "..";
    const named = (outside ? relative(resolve(from), resolve(path)) : inside).split(sep).join("/");
    return named !== "" && rules.ignores(isFolder ? `${named}/` : named);
  };
}

function isPattern(path: string): boolean {
  return /[*?[{]/.test(path) && !existsSync(path);
}

/**
 * What a shell would have made of the pattern, had it not been quoted; of `deploy/**`, which names no extension, the
 * folders and the manifests. Throws InputError where that is nothing.
 */
async function matchesOf(pattern: string): Promise<readonly string[]> {
  const paths: string[] = [];
  const anyName = !basename(pattern).includes(".");
  for await (const path of glob(pattern)) if (!anyName || hasExtension(path) || isFolder(path)) paths.push(path);
  if (paths.length === 0) throw new InputError(`no file matches ${pattern}`);
  return paths.sort(byName);
}

/**
 * Paths with each pattern replaced by what it matches, but for what lies in a folder that it matches, too: as a shell
 * gives them, for whom every one of them counts alone.
 */
export async function expandPatterns(paths: readonly string[], exclude: readonly string[]): Promise<readonly string[]> {
  const excluded = await exclusion(exclude);
  const expanded = paths.map(async (path) => {
    if (!isPattern(path)) return [path];
    const matches = await matchesOf(path);
    const folders = matches.filter(isFolder);
    return matches.filter(
      (match) =>
        !excluded(match, folders.includes(match), baseOf(path)) &&
        !folders.some((folder) => folder !== match && match.startsWith(join(folder, sep))),
    );
  });
  return (await Promise.all(expanded)).flat();
}

/** The folder that a pattern looks into. */
function baseOf(pattern: string): string {
  return dirname(pattern.slice(0, pattern.search(/[*?[{]/)) || ".");
}

function hasExtension(path: string): boolean {
  return EXTENSIONS.some((extension) => path.endsWith(extension));
}

async function matching(pattern: string, walk: Walk): Promise<readonly InputFile[]> {
  const base = baseOf(pattern);
  return (await matchesOf(pattern)).flatMap((path): readonly InputFile[] => {
    if (isFolder(path)) {
      return walk.excluded(path, true, base) ? [] : filesIn(path, walk).map((file) => ({ file, found: true }));
    }
    if (walk.excluded(path, false, base)) return [];
    if (isFile(path)) return [{ file: path, found: true }];
    walk.unread.push(...deadLink(path));
    return [];
  });
}

function folderFiles(folder: string, walk: Walk): readonly InputFile[] {
  const unread = walk.unread.length;
  const found = filesIn(folder, walk);
  if (found.length === 0 && walk.unread.length === unread) {
    const deeper = !walk.recursive && entriesOf(folder).some((entry) => entry.isDirectory());
    const hint = deeper ? " (-R reads its subfolders too)" : walk.excluding ? " that is not excluded" : "";
    throw new InputError(`folder ${folder} holds no ${EXTENSIONS.join(", ")} file${hint}`);
  }
  return found.map((file) => ({ file, found: true }));
}

/** Throws InputError where the folder itself cannot be read. */
function filesIn(folder: string, { recursive, excluded, unread }: Walk): readonly string[] {
  const found: string[] = [];
  const pending = [folder];
  for (let at = pending.shift(); at !== undefined; at = pending.shift()) {
    let entries: readonly Dirent[];
    try {
      entries = entriesOf(at);
    } catch (error) {
      if (at === folder) throw new InputError(`cannot read folder ${at}: ${readFault(error)}`);
      unread.push({ file: at, reason: readFault(error) });
      continue;
    }
    const folders: string[] = [];
    for (const entry of entries) {
      const path = join(at, entry.name);
      if (entry.isDirectory()) {
        if (recursive && !excluded(path, true, folder)) folders.push(path);
      } else if (hasExtension(entry.name)) {
        if (excluded(path, false, folder)) continue;
        if (entry.isFile() || isFile(path)) found.push(path);
        else if (entry.isSymbolicLink()) unread.push(...deadLink(path));
      }
    }
    pending.unshift(...folders);
  }
  return found;
}

function entriesOf(folder: string): readonly Dirent[] {
  return readdirSync(folder, { withFileTypes: true }).sort((a, b) => byName(a.name, b.name));
}

function byName(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Through links: a link to nothing, to a folder or to a pipe is no file. */
export function isFile(path: string): boolean {
  return statsOf(path)?.isFile() ?? false;
}

/** Through links, too. */
export function isFolder(path: string): boolean {
  return statsOf(path)?.isDirectory() ?? false;
}

/** Null where there is nothing that can be looked at. */
function statsOf(path: string): Stats | null {
  try {
    return statSync(path);
  } catch {
    return null;
  }
}

/** A link to nothing, which kubectl apply would fail at; one to a folder or a pipe is passed over, and so is Emacs' lock. */
function deadLink(path: string): readonly UnreadFile[] {
  if (basename(path).startsWith(".#")) return [];
  try {
    statSync(path);
    return [];
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    return [{ file: path, reason: missing ? "it is a symbolic link to what is not there" : readFault(error) }];
  }
}

function statOf(path: string): Stats {
  try {
    return statSync(path);
  } catch (error) {
    throw new InputError(`cannot read ${path}: ${readFault(error)}`);
  }
}
