import { perKey } from "../../objects/kept.ts";
import type { FieldPath } from "../../objects/origin.ts";
import { type DocumentText, splitDocuments } from "./documents.ts";
import { entryOf } from "./entry.ts";
import { listItems } from "./objects.ts";
import { parseDocument } from "./parse.ts";
import { type Position, positionsIn } from "./positions.ts";

/** What tells objects of one kind apart. */
export interface ObjectName {
  readonly kind: string;
  readonly name: string;
  /** null where it is not written. */
  readonly namespace: string | null;
}

/** An object as its file has it, before kustomize changes it. */
export interface WrittenObject extends ObjectName {
  /** The document that it stands in, which may be a List of many. */
  readonly document: DocumentText;
  readonly value: unknown;
  placeOf(field: FieldPath): Position;
}

/** The objects of a text, those of Lists one by one; without what is no object, or no YAML. */
export function writtenObjects(text: string): readonly WrittenObject[] {
  return splitDocuments(text).flatMap((document) => {
    const parsed = parseDocument(document);
    if (parsed.status !== "read") return [];
    return parsed.values.flatMap(({ place, value }) => {
      const positions = positionsIn(place);
      const items = listItems(value);
      const found = items === null ? [{ item: value, at: [] }] : items.map((item, at) => ({ item, at: ["items", at] }));
      return found.flatMap(({ item, at }): readonly WrittenObject[] => {
        const name = nameOf(item);
        if (name === null) return [];
        return [{ ...name, document, value: item, placeOf: (field) => positions.ofField([...at, ...field]) }];
      });
    });
  });
}

/** The ConfigMaps that a kustomization's text says to generate, each at the entry that does. */
export function generatedObjects(text: string): readonly WrittenObject[] {
  return splitDocuments(text).flatMap((document) => {
    const parsed = parseDocument(document);
    const [found] = parsed.status === "read" ? parsed.values : [];
    const entries = entryOf(found?.value, "configMapGenerator");
    if (found === undefined || !Array.isArray(entries)) return [];
    const positions = positionsIn(found.place);
    return entries.flatMap((entry: unknown, at): readonly WrittenObject[] => {
      const name = entryOf(entry, "name");
      if (typeof name !== "string") return [];
      // Nothing of the ConfigMap itself is written there.
      const placeOf = (): Position => positions.ofField(["configMapGenerator", at]);
      return [{ kind: "ConfigMap", name, namespace: null, document, value: {}, placeOf }];
    });
  });
}

/** Without what kustomize puts behind the name of what it generated: a hash of the content. */
export function withoutHash(name: ObjectName): ObjectName {
  return { ...name, name: name.name.replace(/-[2456789bcdfghkmt]{10}$/, "") };
}

/** null for what has no kind or no name. */
export function nameOf(value: unknown): ObjectName | null {
  const metadata = entryOf(value, "metadata");
  const [kind, name, namespace] = [entryOf(value, "kind"), entryOf(metadata, "name"), entryOf(metadata, "namespace")];
  if (typeof kind !== "string" || typeof name !== "string") return null;
  return { kind, name, namespace: typeof namespace === "string" ? namespace : null };
}

/**
 * Which of the objects of a file became which of those that kustomize made of it. It changes a name only by what it puts
 * before and behind the names of a file's objects, the same for all of a kind, or for each copy where a base is used twice.
 * null where several can be meant: a wrong place is worse than none.
 */
export function writtenAs(
  made: readonly ObjectName[],
  written: readonly WrittenObject[],
): (one: ObjectName) => WrittenObject | null {
  const kinds = perKey((kind: string) => {
    const candidates = written.filter((one) => one.kind === kind);
    const byName = Map.groupBy(candidates, ({ name }) => name);
    const names = made.flatMap((one) => (one.kind === kind ? [one.name] : []));
    return { candidates, byName, around: commonAffixes(names, byName) };
  });
  return ({ kind, name, namespace }) => {
    const { candidates, byName, around } = kinds(kind);
    if (candidates.length < 2) return candidates[0] ?? null;
    const named =
      around === null ? candidates.filter((one) => name.includes(one.name)) : (byName.get(between(name, around)) ?? []);
    if (named.length < 2) return named[0] ?? null;
    // The same name stands in several namespaces.
    if (named.some((one) => one.name !== named[0]?.name)) return null;
    const there = named.filter((one) => one.namespace === namespace);
    return there.length === 1 ? (there[0] ?? null) : null;
  };
}

/** What stands around a name that kustomize changed. */
interface Affixes {
  readonly before: string;
  readonly behind: string;
}

function between(name: string, { before, behind }: Affixes): string {
  return name.slice(before.length, name.length - behind.length);
}

/** What makes all names of written ones, null where nothing or more than one thing does. */
function commonAffixes(made: readonly string[], written: ReadonlyMap<string, unknown>): Affixes | null {
  const [first = "", ...others] = made;
  const possible = [...written.keys()].flatMap((name) =>
    occurrences(first, name).map(
      (at): Affixes => ({ before: first.slice(0, at), behind: first.slice(at + name.length) }),
    ),
  );
  const fitting = possible.filter((around) =>
    others.every(
      (name) => name.startsWith(around.before) && name.endsWith(around.behind) && written.has(between(name, around)),
    ),
  );
  return fitting.length === 1 ? (fitting[0] ?? null) : null;
}

function occurrences(text: string, part: string): readonly number[] {
  const found: number[] = [];
  for (let at = part === "" ? -1 : text.indexOf(part); at >= 0; at = text.indexOf(part, at + 1)) found.push(at);
  return found;
}

/** Where a field of an object that kustomize made stands in the written one; null where kustomize set, added or removed it. */
export function placeInWritten(written: WrittenObject, made: unknown, field: FieldPath): Position | null {
  const path = pathInWritten(written.value, made, field);
  return path === null ? null : written.placeOf(path);
}

/**
 * What a field is wrong by, where it is not as it is written: of a map of plain values, as a selector is, the entries that
 * differ, else the whole. As places in what was made.
 */
export function changedFields(written: unknown, made: unknown, field: FieldPath): readonly FieldPath[] {
  const [from, to] = [field.reduce(childOf, written), field.reduce(childOf, made)];
  if (!isPlainMap(from) || !isPlainMap(to) || typeof field.at(-1) === "number") return [field];
  const changed = Object.keys(from).filter((key) => !holdsAll(entryOf(to, key), from[key]));
  return changed.map((key) => [...field, key]);
}

function isPlainMap(value: unknown): value is { readonly [key: string]: unknown } {
  return isMap(value) && Object.values(value).every((one) => typeof one !== "object" || one === null);
}

function isMap(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** null where the field is not what is written. */
function pathInWritten(written: unknown, made: unknown, field: FieldPath): FieldPath | null {
  const path: (string | number)[] = [];
  let [from, to] = [written, made];
  for (const step of field) {
    const at = typeof step === "number" ? indexInWritten(from, to, step) : step;
    const [next, result] = [at === null ? undefined : childOf(from, at), childOf(to, step)];
    // Neither has a value there: it is where the key is, or else what stands above it.
    if (isNothing(next) && isNothing(result)) return at === null || next === undefined ? path : [...path, at];
    if (at === null || isNothing(next) || isNothing(result)) return null;
    path.push(at);
    [from, to] = [next, result];
  }
  return holdsAll(to, from) ? path : null;
}

/**
 * Patches add, remove and reorder list items: the same one has the same name, or else is the same in all, or is the only one
 * that differs.
 */
function indexInWritten(written: unknown, made: unknown, at: number): number | null {
  if (!Array.isArray(written) || !Array.isArray(made)) return null;
  const item: unknown = made[at];
  // An index behind the end of both.
  if (item === undefined) return written[at] === undefined ? at : null;
  const name = entryOf(item, "name");
  const same =
    typeof name === "string"
      ? (other: unknown): boolean => entryOf(other, "name") === name
      : (other: unknown): boolean => holdsAll(item, other);
  const found = [...written.keys()].filter((index) => same(written[index]));
  if (found.length === 1) return found[0] ?? null;
  const others = [...made.keys()].filter((index) => index !== at);
  return written.length === made.length && others.every((index) => holdsAll(made[index], written[index])) ? at : null;
}

/** Whether all of `part` is in `whole`: labels that kustomize adds to a map leave it where it is. */
export function holdsAll(whole: unknown, part: unknown): boolean {
  if (Array.isArray(part)) {
    return Array.isArray(whole) && whole.length === part.length && part.every((item, at) => holdsAll(whole[at], item));
  }
  if (isMap(part)) {
    if (!isMap(whole)) return false;
    return Object.keys(part).every((key) => holdsAll(entryOf(whole, key), entryOf(part, key)));
  }
  return whole === part;
}

/** kustomize and the API server take null for a field that is not given. */
export function isNothing(value: unknown): boolean {
  return value === undefined || value === null;
}

/** The item of a list, or the entry of a map; undefined where there is none. */
export function childOf(value: unknown, step: string | number): unknown {
  return typeof step === "number" ? (Array.isArray(value) ? value[step] : undefined) : entryOf(value, step);
}
