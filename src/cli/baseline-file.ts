import { readFile, stat } from "node:fs/promises";
import { resolve } from "node:path";
import { identityKey } from "../diagnosis/identity.ts";
import type { Baseline, BaselineEntry } from "../diagnosis/suppression/baseline.ts";
import { toJson } from "../report/data.ts";
import { readFault, writeFault } from "../sources/file-fault.ts";
import { UsageError } from "./errors.ts";
import { writeText } from "./output.ts";
import type { Streams } from "./streams.ts";

const API_VERSION = "kheadless/v1";

/** Reads a baseline file. Throws UsageError where it is not there, or not what it should be. */
export async function readBaseline(file: string, streams: Pick<Streams, "cwd">): Promise<Baseline> {
  const text = await readFile(resolve(streams.cwd(), file), "utf8").catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(
      error.code === "ENOENT"
        ? `cannot read ${file}: there is no such file (--write-baseline ${file} makes it)`
        : `cannot read ${file}: ${readFault(error)}`,
    );
  });
  return parseBaseline(text, file);
}

/** Reads a baseline's text; `file` is how messages name it. Throws UsageError at the first thing that is wrong. */
export function parseBaseline(text: string, file: string): Baseline {
  const fail = (message: string): UsageError => new UsageError(`${file} is no baseline: ${message}`);
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch {
    throw fail("it is not JSON");
  }
  if (!isMap(root) || root.kind !== "Baseline" || typeof root.apiVersion !== "string") {
    throw fail('it has no "kind": "Baseline"');
  }
  if (root.apiVersion !== API_VERSION) {
    throw new UsageError(
      `${file} is a baseline of version ${root.apiVersion}; this kheadless reads ${API_VERSION}: write it again with --write-baseline`,
    );
  }
  if (!Array.isArray(root.findings)) throw fail("findings must be a list");
  return {
    file,
    entries: root.findings.map((entry: unknown, at) => entryOf(entry, (why) => fail(`findings[${at}]${why}`))),
  };
}

function entryOf(entry: unknown, fail: (why: string) => UsageError): BaselineEntry {
  if (!isMap(entry)) throw fail(" must be a map");
  const textAt = (key: string): string | null => {
    const value = entry[key];
    if (value === undefined) return null;
    if (typeof value !== "string" || value === "") throw fail(`.${key} must be a text`);
    return value;
  };
  const rule = textAt("rule");
  if (rule === null) throw fail(" names no rule");
  const count = entry.count ?? 1;
  if (!Number.isSafeInteger(count) || (count as number) < 1) throw fail(".count must be a number from 1 on");
  return {
    rule,
    input: textAt("input"),
    object: textAt("object"),
    field: textAt("field"),
    file: textAt("file"),
    count: count as number,
  };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Writes entries as a baseline file, and returns in words what became of the one that was there. Throws UsageError where
 * something else stands in the file: `--write-baseline manifests.yaml` is a slip that must cost nothing.
 */
export async function writeBaseline(
  file: string,
  entries: readonly BaselineEntry[],
  streams: Pick<Streams, "cwd">,
): Promise<string> {
  const before = await textOf(resolve(streams.cwd(), file)).catch((error: unknown) => {
    throw new UsageError(`cannot write ${file}: ${writeFault(error)} (the word behind --write-baseline is its file)`);
  });
  if (before !== null && !isBaseline(before)) {
    throw new UsageError(
      `${file} is no baseline and stays as it is: the word behind --write-baseline is the file to write`,
    );
  }
  await writeText(file, baselineText(entries), streams);
  const count = entries.reduce((sum, entry) => sum + entry.count, 0);
  const dropped = before === null ? 0 : droppedOf(before, file, entries);
  const drop = dropped === 0 ? "" : `; ${dropped} that ${dropped === 1 ? "is" : "are"} found no more dropped out`;
  return `${file} now lists ${count} ${count === 1 ? "finding" : "findings"}${drop}`;
}

/** null where nothing is there, or a pipe or a device, of which there may be no end. */
async function textOf(path: string): Promise<string | null> {
  const stats = await stat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return null;
    throw error;
  });
  return stats === null || !(stats.isFile() || stats.isDirectory()) ? null : readFile(path, "utf8");
}

/** Of whatever version: a newer or older one is to be replaced. */
function isBaseline(text: string): boolean {
  try {
    const root: unknown = JSON.parse(text);
    return isMap(root) && root.kind === "Baseline";
  } catch {
    return false;
  }
}

function droppedOf(before: string, file: string, entries: readonly BaselineEntry[]): number {
  let old: readonly BaselineEntry[];
  try {
    old = parseBaseline(before, file).entries;
  } catch {
    return 0;
  }
  const counts = new Map(entries.map((entry) => [identityKey(entry), entry.count]));
  return old.reduce((sum, entry) => sum + Math.max(0, entry.count - (counts.get(identityKey(entry)) ?? 0)), 0);
}

function baselineText(entries: readonly BaselineEntry[]): string {
  const findings = entries.map(({ rule, input, object, field, file, count }) => ({
    rule,
    ...(input === null ? {} : { input }),
    ...(object === null ? {} : { object }),
    ...(field === null ? {} : { field }),
    ...(file === null ? {} : { file }),
    ...(count === 1 ? {} : { count }),
  }));
  return toJson({ apiVersion: API_VERSION, kind: "Baseline", findings });
}
