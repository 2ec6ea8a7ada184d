import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Pair,
  parseDocument as parseNodes,
  type Scalar,
  stringify,
} from "yaml";
import type { FieldChange } from "../../objects/field-change.ts";
import type { ObjectRef } from "../../objects/meta.ts";
import { type FieldPath, formatPath } from "../../objects/origin.ts";
import { groupOf } from "../../objects/read/kinds.ts";
import { isSame } from "../../objects/same.ts";
import { type DocumentText, splitDocuments } from "./documents.ts";
import { parseDocument } from "./parse.ts";

export type Edited =
  | { readonly status: "edited"; readonly text: string }
  | { readonly status: "refused"; readonly because: string };

/** Why a text is left as it is. */
class Refusal extends Error {
  override readonly name = "Refusal";
}

/**
 * Changes fields of one object in a file's text, and no other character of it: comments, order, quotes and line ends stay.
 * What is not understood for certain is refused: JSON and flow style, anchors and what they reach, tags, block scalars, an
 * object that stands twice, a template. The result is read again, and refused where it differs by more than the changes.
 */
export function editManifest(
  text: string,
  ref: ObjectRef,
  defaultNamespace: string,
  changes: readonly FieldChange[],
): Edited {
  try {
    const { document, base } = documentOf(text, ref, defaultNamespace);
    const start = offsetOf(text, document);
    const edited = editDocument(document.text, base, changes);
    return { status: "edited", text: text.slice(0, start) + edited + text.slice(start + document.text.length) };
  } catch (error) {
    if (error instanceof Refusal) return { status: "refused", because: error.message };
    throw error;
  }
}

interface Place {
  readonly document: DocumentText;
  /** Where in the document's value the object stands: in a List it is an item. */
  readonly base: FieldPath;
}

function documentOf(text: string, ref: ObjectRef, defaultNamespace: string): Place {
  const found = splitDocuments(text).flatMap((document): readonly Place[] => {
    const value = readValue(document.text);
    const items = isEntries(value) && Array.isArray(value.items) ? value.items : [];
    const bases: readonly FieldPath[] = [[], ...items.map((_, index) => ["items", index])];
    return bases.flatMap((base) => (isNamed(at(value, base), ref, defaultNamespace) ? [{ document, base }] : []));
  });
  const [only] = found;
  if (only === undefined) throw new Refusal("the object is not there as it was read");
  if (found.length > 1) throw new Refusal("the object stands there more than once");
  if (/^\s*\{/.test(only.document.text)) throw new Refusal("it is written as JSON");
  if (only.document.text.includes("{{")) throw new Refusal("it looks like a template");
  return only;
}

/** undefined where the text cannot be read as one value. */
function readValue(text: string): unknown {
  const parsed = parseDocument({ text, line: 1, column: 1 });
  return parsed.status === "read" && parsed.values.length === 1 ? parsed.values[0]?.value : undefined;
}

function isNamed(value: unknown, ref: ObjectRef, defaultNamespace: string): boolean {
  if (!isEntries(value) || value.kind !== ref.kind || typeof value.apiVersion !== "string") return false;
  const { metadata } = value;
  if (groupOf(value.apiVersion) !== groupOf(ref.apiVersion) || !isEntries(metadata)) return false;
  return metadata.name === ref.name && (metadata.namespace || defaultNamespace) === (ref.namespace || defaultNamespace);
}

function offsetOf(text: string, document: DocumentText): number {
  let offset = 0;
  for (let line = 1; line < document.line; line += 1) offset = text.indexOf("\n", offset) + 1;
  return offset;
}

/** The document's text with the changes made, one after the other. Throws Refusal. */
function editDocument(text: string, base: FieldPath, changes: readonly FieldChange[]): string {
  const expected = structuredClone(readValue(text));
  let edited = text;
  for (let index = 0; index < changes.length; index += 1) {
    const change = changes[index] as FieldChange;
    const path = [...base, ...change.path];
    const next = changes[index + 1];
    const renamed = next === undefined ? null : rename(edited, path, [...base, ...next.path], next.value);
    if (change.value === null && renamed !== null && next !== undefined) {
      edited = renamed;
      index += 1;
      applyTo(expected, path, null);
      applyTo(expected, [...base, ...next.path], next.value);
      continue;
    }
    edited = change.value === null ? remove(edited, path) : put(edited, path, change.value);
    applyTo(expected, path, change.value);
  }
  if (splitDocuments(edited).length !== 1 || !isSame(readValue(edited), expected)) {
    throw new Refusal("a change there would reach further than it should");
  }
  return edited;
}

/** The same change on the value; with its last entry a map goes, too. */
function applyTo(root: unknown, path: FieldPath, value: FieldChange["value"]): void {
  const parent = path.slice(0, -1);
  const last = path.at(-1);
  if (last === undefined) return;
  if (value === null) {
    const holder = at(root, parent);
    if (!isEntries(holder)) return;
    delete holder[last];
    if (Object.keys(holder).length === 0) applyTo(root, parent, null);
    return;
  }
  let holder = root;
  for (const step of parent) {
    if (!isEntries(holder) && !Array.isArray(holder)) return;
    const entries = holder as Record<string | number, unknown>;
    entries[step] ??= {};
    holder = entries[step];
  }
  if (isEntries(holder)) holder[last] = value;
}

/** The map entries along a path, as far as they are written; steps into lists stand between them. */
interface Walk {
  readonly entries: readonly { readonly pair: Pair; readonly depth: number }[];
  /** How many steps could be taken. */
  readonly taken: number;
  /** What stands where the walk ended. */
  readonly node: unknown;
}

function walk(text: string, path: FieldPath): Walk {
  const document: Document = parseNodes(text, { schema: "failsafe", strict: true, merge: false });
  if (document.errors.length > 0) throw new Refusal("another reader of YAML does not take it");
  let node: unknown = document.contents;
  const entries: { pair: Pair; depth: number }[] = [];
  for (const [depth, step] of path.entries()) {
    if (typeof step === "number") {
      if (!isSeq(node) || node.flow || node.anchor !== undefined)
        throw new Refusal("it is written in flow style, or shared");
      node = node.items[step];
      continue;
    }
    if (node === null || node === undefined || (isScalar(node) && node.source === ""))
      return { entries, taken: depth, node };
    if (!isMap(node)) throw new Refusal(`${formatPath(path.slice(0, depth))} is shared by an alias, or no map`);
    if (node.flow) throw new Refusal("it is written in flow style");
    if (node.anchor !== undefined) throw new Refusal("it is shared by an anchor");
    if (node.items.some(({ key }) => isScalar(key) && key.source === "<<"))
      throw new Refusal("it is merged from another map");
    const pairs = node.items.filter(({ key }) => isScalar(key) && String(key.value) === step);
    if (pairs.length > 1) throw new Refusal(`${step} stands there more than once`);
    const [pair] = pairs;
    if (pair === undefined) return { entries, taken: depth, node };
    entries.push({ pair, depth });
    node = pair.value;
  }
  return { entries, taken: path.length, node };
}

/** Sets a field that is there, or adds one that is not. */
function put(text: string, path: FieldPath, value: string | number | boolean): string {
  const found = walk(text, path);
  const pair = found.entries.at(-1)?.pair;
  if (found.taken < path.length) return insert(text, path, found, value);
  if (pair === undefined) throw new Refusal("there is no field to change");
  return replaceValue(text, pair, value);
}

function replaceValue(text: string, pair: Pair, value: string | number | boolean): string {
  const { value: node } = pair;
  if (node === null || (isScalar(node) && node.source === "" && node.type === "PLAIN")) {
    const end = afterColon(text, pair);
    return `${text.slice(0, end)} ${written(value)}${text.slice(end)}`;
  }
  const [start, end] = scalarRange(node);
  return text.slice(0, start) + written(value, (node as Scalar).type) + text.slice(end);
}

function scalarRange(node: unknown): readonly [number, number] {
  if (!isScalar(node) || !node.range) throw new Refusal("it is no plain value");
  if (node.anchor !== undefined || node.tag !== undefined) throw new Refusal("it has an anchor or a tag");
  if (node.type !== "PLAIN" && node.type !== "QUOTE_DOUBLE" && node.type !== "QUOTE_SINGLE") {
    throw new Refusal("it is written as a block");
  }
  return [node.range[0], node.range[1]];
}

/** As the old value was quoted, where the new one can be. */
function written(value: string | number | boolean, style: Scalar["type"] = "PLAIN"): string {
  if (typeof value === "string" && style === "QUOTE_DOUBLE") return JSON.stringify(value);
  if (typeof value === "string" && style === "QUOTE_SINGLE") return `'${value.replaceAll("'", "''")}'`;
  const text = stringify(value, { version: "1.1", lineWidth: 0 }).trimEnd();
  if (text.includes("\n")) throw new Refusal("the new value takes more than a line");
  return text;
}

/** Another key with another value in the place of an entry; null where that is not what the two changes come to. */
function rename(text: string, from: FieldPath, to: FieldPath, value: FieldChange["value"]): string | null {
  if (value === null || !isSame(from.slice(0, -1), to.slice(0, -1))) return null;
  const found = walk(text, from);
  const pair = found.entries.at(-1)?.pair;
  if (pair === undefined || found.taken < from.length || walk(text, to).taken === to.length) return null;
  const [keyStart, keyEnd] = scalarRange(pair.key);
  const replaced = replaceValue(text, pair, value);
  return text.slice(0, keyStart) + written(String(to.at(-1)), (pair.key as Scalar).type) + replaced.slice(keyEnd);
}

/** Takes an entry out with its lines; with its last entry a map goes, too. */
function remove(text: string, path: FieldPath): string {
  const found = walk(text, path);
  const pair = found.entries.at(-1)?.pair;
  if (found.taken < path.length || pair === undefined) return text;
  const parent = walk(text, path.slice(0, -1)).node;
  if (isMap(parent) && parent.items.length === 1) return remove(text, path.slice(0, -1));
  const [keyStart] = scalarRange(pair.key);
  const start = lineStart(text, keyStart);
  if (text.slice(start, keyStart).trim() !== "") throw new Refusal("other text stands on its line");
  const end = lastOffset(pair.value) ?? afterColon(text, pair);
  const rest = /^[ \t]*(?:#[^\n]*)?(?:\n|\r\n|$)/.exec(text.slice(end));
  if (rest === null) throw new Refusal("other text stands on its line");
  return text.slice(0, start) + text.slice(end + rest[0].length);
}

/** Adds an entry below what of its path is there: as the first line of a map, or behind the first entry of a list's item. */
function insert(
  text: string,
  path: FieldPath,
  { entries, taken, node }: Walk,
  value: string | number | boolean,
): string {
  const missing = path.slice(taken);
  const [first] = isMap(node) ? node.items : [];
  const parent = entries.at(-1);
  if (first === undefined || parent === undefined) throw new Refusal("there is no map to add to");
  const [keyStart] = scalarRange(first.key);
  const before = text.slice(lineStart(text, keyStart), keyStart);
  const indent = before.replace(/[^ ]/g, " ");
  const [parentStart] = scalarRange(parent.pair.key);
  const own = text.slice(lineStart(text, parentStart), parentStart).length;
  const step = " ".repeat(
    Math.max(1, indent.length - own) <= 8 && before.trim() === "" ? Math.max(1, indent.length - own) : 2,
  );
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const lines = missing.map((part, index) => {
    const tail = index === missing.length - 1 ? ` ${written(value)}` : "";
    return `${indent}${step.repeat(index)}${written(String(part))}:${tail}${eol}`;
  });
  const place =
    before.trim() === "" ? lineEnd(text, afterColon(text, parent.pair)) : behindFirst(text, before, first, eol);
  return text.slice(0, place) + lines.join("") + text.slice(place);
}

/** Behind the line of `- port: 80`. */
function behindFirst(text: string, before: string, first: Pair, eol: string): number {
  if (!/^ *- +$/.test(before)) throw new Refusal("other text stands on its line");
  const end = lineEnd(text, scalarRange(first.value)[1]);
  if (!text.slice(0, end).endsWith(eol)) throw new Refusal("it ends the file without a line end");
  return end;
}

function afterColon(text: string, { key }: Pair): number {
  const [, end] = scalarRange(key);
  const colon = /^[ \t]*:/.exec(text.slice(end));
  if (colon === null) throw new Refusal("its key is written in an unusual way");
  return end + colon[0].length;
}

/** Where the last thing that is written in a node ends; null where nothing is. */
function lastOffset(node: unknown): number | null {
  if (isMap(node) && !node.flow) return lastOffset(node.items.at(-1)?.value);
  if (isSeq(node) && !node.flow) return lastOffset(node.items.at(-1));
  if (isMap(node) || isSeq(node)) return node.range?.[1] ?? null;
  if (isScalar(node) && node.source === "" && node.type === "PLAIN") return null;
  return scalarRange(node)[1];
}

function lineStart(text: string, offset: number): number {
  return text.lastIndexOf("\n", offset - 1) + 1;
}

function lineEnd(text: string, offset: number): number {
  const end = text.indexOf("\n", offset);
  return end < 0 ? text.length : end + 1;
}

type Entries = Record<string | number, unknown>;

function isEntries(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function at(root: unknown, path: FieldPath): unknown {
  return path.reduce<unknown>(
    (value, step) => (typeof value === "object" && value !== null ? (value as Entries)[step] : undefined),
    root,
  );
}
