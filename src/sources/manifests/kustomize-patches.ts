import { dirname, join } from "node:path";
import { once } from "../../objects/kept.ts";
import type { FieldPath, Location } from "../../objects/origin.ts";
import { isSame } from "../../objects/same.ts";
import type { IgnoreComment } from "../../objects/snapshot.ts";
import { splitDocuments } from "./documents.ts";
import { entryOf } from "./entry.ts";
import { ignoreCommentsIn } from "./ignore-comments.ts";
import { kustomizationIn, shownPath } from "./kustomization.ts";
import { replacementsIn } from "./kustomize-replacements.ts";
import { type Patch, targetOf } from "./kustomize-target.ts";
import { parseDocument } from "./parse.ts";
import { type Position, positionsIn } from "./positions.ts";
import { textOf } from "./text.ts";
import { changedFields, childOf, holdsAll, isNothing, type ObjectName } from "./written-objects.ts";

/** What a kustomization here puts over the objects that pass through it. */
export interface Patches {
  /** What it puts around their names: a patch may mean the name before that. */
  readonly prefix: string;
  readonly suffix: string;
  readonly patches: () => readonly Patch[];
  /** Those that ignore, in it and in its patches: what is found may stand there. */
  readonly comments: readonly IgnoreComment[];
}

/** An object that kustomize made, and the one that it was made of as far as that is known. */
export interface PatchedObject {
  readonly name: ObjectName;
  readonly value: unknown;
  readonly written: { readonly name: string; readonly value: unknown } | null;
}

/**
 * Where a patch says what the object has at the field, of the kustomizations that it passed through, the innermost first.
 * null where none does or several do: then it cannot be told which one counted.
 */
export function placeInPatches(passed: readonly Patches[], object: PatchedObject, field: FieldPath): Location | null {
  const names = namesOf(object, passed);
  const meant = passed.flatMap(({ patches }) => patches().filter((patch) => patch.targets(object.name, names)));
  const places = changedFields(object.written?.value, object.value, field).map((changed) => {
    const found = meant.flatMap((patch) => patch.placeOf(object.value, changed) ?? []);
    return found.length === 1 ? (found[0] ?? null) : null;
  });
  const [first = null] = places;
  return places.every((place) => place !== null && place.file === first?.file) ? first : null;
}

/** All names that it had on its way: a patch may mean each of them. */
function namesOf({ name, written }: PatchedObject, passed: readonly Patches[]): ReadonlySet<string> {
  const names = new Set(written === null ? [name.name] : [name.name, written.name]);
  let inner = name.name;
  for (const { prefix, suffix } of passed.toReversed()) {
    if (inner.startsWith(prefix) && inner.endsWith(suffix))
      inner = inner.slice(prefix.length, inner.length - suffix.length);
    names.add(inner);
  }
  return names;
}

/** The lists of a kustomization that hold patches, the older ones too. */
const LISTS = ["patches", "patchesStrategicMerge", "patchesJson6902"] as const;

/** The patches and replacements of a kustomization's file, whose places are named as seen from `folder`. None where it cannot be read. */
export function patchesIn(file: string, folder: string): Patches {
  const kustomization = kustomizationIn(file);
  const around = (key: string): string => {
    const value = entryOf(kustomization, key);
    return typeof value === "string" ? value : "";
  };
  const found = LISTS.flatMap((list) => {
    const entries = entryOf(kustomization, list);
    return (Array.isArray(entries) ? entries : []).flatMap((entry: unknown, at) => {
      const text = textOfEntry(file, entry, [list, at], folder);
      return text === null ? [] : [{ text, target: entryOf(entry, "target") }];
    });
  });
  const own = { text: textOf(file) ?? "", file: shownPath(file, folder) };
  return {
    prefix: around("namePrefix"),
    suffix: around("nameSuffix"),
    patches: once(() => [
      ...found.flatMap(({ text, target }) => patchesOf(text, target)),
      ...replacementsIn(kustomization, file, folder),
    ]),
    comments: [own, ...found.map(({ text }) => text)].flatMap(ignoreCommentsIn),
  };
}

/** A patch's text, and where in `file` its places are. */
interface PatchText {
  readonly text: string;
  readonly file: string;
  placeOf(position: Position): Position;
}

/** The patch that an entry of a list names, or holds; null where there is none here. */
function textOfEntry(file: string, entry: unknown, at: FieldPath, folder: string): PatchText | null {
  if (typeof entry === "string") return textInFile(file, entry, folder) ?? textWithin(file, entry, at, folder);
  const [path, patch] = [entryOf(entry, "path"), entryOf(entry, "patch")];
  if (typeof path === "string") return textInFile(file, path, folder);
  return typeof patch === "string" ? textWithin(file, patch, [...at, "patch"], folder) : null;
}

/** null where there is no such file here. */
function textInFile(kustomization: string, path: string, folder: string): PatchText | null {
  if (path.includes("\n")) return null;
  const file = join(dirname(kustomization), path);
  const text = textOf(file);
  return text === null ? null : { text, file: shownPath(file, folder), placeOf: (position) => position };
}

/** What is written out in the kustomization. In a block of `|` its lines stand one by one; else all is where it begins. */
function textWithin(kustomization: string, text: string, field: FieldPath, folder: string): PatchText {
  const placer = once((): PatchText["placeOf"] => {
    const whole = textOf(kustomization) ?? "";
    const [document] = splitDocuments(whole);
    const start = document === undefined ? { line: 1, column: 1 } : positionsIn(document).ofField(field);
    const [header = "", ...below] = whole.split("\n").slice(start.line - 1);
    if (!/^\|[-+]?\s*(?:#.*)?$/.test(header.slice(start.column - 1))) return () => start;
    const first = below.find((line) => line.trim() !== "") ?? "";
    const indent = first.length - first.trimStart().length;
    return ({ line, column }) => ({ line: start.line + line, column: column + indent });
  });
  return { text, file: shownPath(kustomization, folder), placeOf: (position) => placer()(position) };
}

function patchesOf({ text, file, placeOf }: PatchText, target: unknown): readonly Patch[] {
  return splitDocuments(text).flatMap((document) => {
    const parsed = parseDocument(document);
    if (parsed.status !== "read") return [];
    return parsed.values.flatMap(({ place, value }): readonly Patch[] => {
      const targets = targetOf(target ?? idOf(value));
      if (targets === null) return [];
      const find = Array.isArray(value) ? operationAt : mergedAt;
      return [
        {
          targets,
          placeOf: (made, field) => {
            const found = find(value, made, field);
            return found === null ? null : { file, ...placeOf(positionsIn(place).ofField(found)) };
          },
        },
      ];
    });
  });
}

/** A patch without a target is for the object that it names. */
function idOf(patch: unknown): unknown {
  const metadata = entryOf(patch, "metadata");
  return { kind: entryOf(patch, "kind"), name: entryOf(metadata, "name"), namespace: entryOf(metadata, "namespace") };
}

/** Where a strategic merge patch has the field as the object has it. Items of lists are those that the object has whole. */
function mergedAt(patch: unknown, made: unknown, field: FieldPath): FieldPath | null {
  const path: (string | number)[] = [];
  let [from, to] = [patch, made];
  for (const step of field) {
    // What is null there, with all below it, is taken away.
    if (from === null) break;
    const at = typeof step === "number" ? itemLike(childOf(to, step), from) : step;
    if (at === null || childOf(from, at) === undefined) return null;
    path.push(at);
    [from, to] = [childOf(from, at), childOf(to, step)];
  }
  return isSame(from ?? null, to ?? null) ? path : null;
}

/** null where no item of the patch, or more than one, is all in the object's. */
function itemLike(item: unknown, patched: unknown): number | null {
  if (!Array.isArray(patched)) return null;
  const found = [...patched.keys()].filter((at) => holdsAll(item, patched[at]));
  return found.length === 1 ? (found[0] ?? null) : null;
}

/** The last operation of a JSON patch (RFC 6902) that gave the field what the object has, or took it away. */
function operationAt(patch: unknown, made: unknown, field: FieldPath): FieldPath | null {
  const operations: readonly unknown[] = Array.isArray(patch) ? patch : [];
  const has = field.reduce<unknown>(childOf, made);
  for (const [at, operation] of [...operations.entries()].reverse()) {
    const [op, pointer] = [entryOf(operation, "op"), entryOf(operation, "path")];
    const steps = typeof pointer === "string" ? stepsOf(pointer) : [];
    if (!leadsTo(steps, field)) continue;
    if (op === "remove" && isNothing(has)) return [at];
    const below = field.slice(steps.length);
    const value = below.reduce<unknown>(childOf, entryOf(operation, "value"));
    if ((op === "add" || op === "replace") && isSame(value, has)) return [at, "value", ...below];
  }
  return null;
}

/** Whether the steps are the field, or stand above it. `-` is behind the last item, wherever that was. */
function leadsTo(steps: readonly string[], field: FieldPath): boolean {
  const isStep = (step: string, at: number): boolean =>
    step === String(field[at]) || (step === "-" && typeof field[at] === "number");
  return steps.length > 0 && steps.length <= field.length && steps.every(isStep);
}

/** `/metadata/labels/app~1name` in steps. */
function stepsOf(pointer: string): readonly string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
}
