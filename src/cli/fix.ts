import { open, readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Finding } from "../diagnosis/engine.ts";
import type { FieldChange } from "../objects/field-change.ts";
import { describeRef } from "../objects/meta.ts";
import { formatPath } from "../objects/origin.ts";
import { cleanLine } from "../report/clean.ts";
import { unifiedDiff } from "../report/unified-diff.ts";
import { writeFault } from "../sources/file-fault.ts";
import { editManifest } from "../sources/manifests/edit.ts";
import { type Context, notice } from "./context.ts";
import { UsageError } from "./errors.ts";

/** A file that findings' patches change. */
interface FixedFile {
  readonly file: string;
  /** A byte order mark, which stays; else nothing. */
  readonly mark: string;
  readonly before: string;
  readonly after: string;
  /** What was changed in it, and for which findings. */
  readonly told: readonly string[];
}

/**
 * Makes the changes that findings ask for in the files that they stand in, or shows them (`dryRun`) as a unified diff on
 * standard output. What was changed, and what was left and why, is told on standard error. Returns whether any file was, or
 * would be, changed. Throws UsageError where a file cannot be written.
 */
export async function fix(
  findings: readonly Finding[],
  { dryRun, defaultNamespace }: { readonly dryRun: boolean; readonly defaultNamespace: string },
  context: Context,
): Promise<boolean> {
  const { streams } = context;
  const { changed, left } = await edits(findings, defaultNamespace, streams.cwd());
  for (const text of left) notice(context, `left as it is: ${text}`);
  for (const one of changed) {
    if (!dryRun) await write(one, streams.cwd());
    for (const text of one.told) notice(context, `${dryRun ? "to fix" : "fixed"}: ${text}`);
    if (dryRun) {
      const diff = unifiedDiff(one.mark + one.before, one.mark + one.after, one.file);
      streams.stdout.write(shown(diff, streams.stdout.isTTY === true));
    }
  }
  if (changed.length + left.length === 0) notice(context, "nothing to fix: no finding has a mechanical remedy");
  return changed.length > 0;
}

/** Makes the changes in the files' texts, one finding after the other; `left` says what was not changed, and why. */
async function edits(
  findings: readonly Finding[],
  defaultNamespace: string,
  cwd: string,
): Promise<{ readonly changed: readonly FixedFile[]; readonly left: readonly string[] }> {
  const files = new Map<string, FixedFile>();
  const made = new Map<string, FieldChange["value"]>();
  const left: string[] = [];
  for (const { rule, object, location, patch } of findings) {
    if (patch === undefined || object === null || location === null) continue;
    const { file, line } = location;
    const told = `${file}:${line}  ${rule}  ${describeRef(object)}`;
    const key = (path: FieldChange["path"]): string => JSON.stringify([file, object, path]);
    const known = files.get(file) ?? (await read(file, cwd));
    if (known === null) {
      left.push(`${told}: only UTF-8 files are changed`);
      continue;
    }
    if (patch.some(({ path, value }) => made.has(key(path)) && made.get(key(path)) !== value)) {
      left.push(`${told}: another finding's remedy changes the same field`);
      continue;
    }
    const edited = editManifest(known.after, object, defaultNamespace, patch);
    if (edited.status === "refused") {
      left.push(`${told}: ${edited.because}`);
      continue;
    }
    const texts = [...known.told, `${told}: ${patch.map(changeText).join(", ")}`];
    files.set(file, { ...known, after: edited.text, told: texts });
    for (const { path, value } of patch) made.set(key(path), value);
  }
  return { changed: [...files.values()].filter(({ before, after }) => before !== after), left };
}

/** What goes to `patch` must be exact; what goes to a terminal must not act on it. */
function shown(diff: string, tty: boolean): string {
  return tty ? diff.split("\n").map(cleanLine).join("\n") : diff;
}

function changeText({ path, value }: FieldChange): string {
  return value === null ? `no ${formatPath(path)}` : `${formatPath(path)}: ${value}`;
}

/** null for what is no UTF-8 file: standard input, or text of another encoding. */
async function read(file: string, cwd: string): Promise<FixedFile | null> {
  const bytes = await readFile(resolve(cwd, file)).catch(() => null);
  if (bytes === null) return null;
  const text = bytes.toString("utf8");
  if (!Buffer.from(text, "utf8").equals(bytes)) return null;
  const mark = text.startsWith("\ufeff") ? "\ufeff" : "";
  const before = text.slice(mark.length);
  return { file, mark, before, after: before, told: [] };
}

/** In place, so that links, owner and mode stay; where the whole does not fit, what was there is put back. */
async function write({ file, mark, before, after }: FixedFile, cwd: string): Promise<void> {
  try {
    const handle = await open(resolve(cwd, file), "r+");
    const put = async (text: string): Promise<void> => {
      const bytes = Buffer.from(mark + text, "utf8");
      for (let at = 0; at < bytes.length; ) at += (await handle.write(bytes, at, bytes.length - at, at)).bytesWritten;
      await handle.truncate(bytes.length);
    };
    try {
      await put(after).catch(async (error: unknown) => {
        await put(before);
        throw error;
      });
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new UsageError(`cannot write ${file}, which stays as it was: ${writeFault(error)}`);
  }
}
