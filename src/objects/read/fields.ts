import type { Labels } from "../meta.ts";
import type { FieldPath } from "../origin.ts";

/** A field whose value is not what the API takes: it makes the whole object invalid. */
export interface Fault {
  readonly path: FieldPath;
  /** What was expected and what stands there. */
  readonly message: string;
}

/** One reading of one object: where faults are gathered, and how strictly. */
export interface Reading {
  readonly faults: Fault[];
  /** The object comes from an API server: words that we do not know are newer than we are, not wrong. */
  readonly live: boolean;
  /** Equal maps may be one and the same in many objects. */
  readonly sharing?: boolean;
}

type Entries = Readonly<Record<string, unknown>>;

/** A map inside an object, knowing its place. Paths are put together only for a fault: nearly all fields have none. */
export interface Field {
  readonly entries: Entries;
  readonly reading: Reading;
  readonly parent: Field | null;
  /** Where it stands in the parent: the key, and the place in the list at that key, or -1 where that is no list. */
  readonly key: string;
  readonly index: number;
}

/** Goes from item to item of a list, of which only one is read at a time. */
type Wandering = { -readonly [K in keyof Field]: Field[K] };

const NO_ENTRIES: Entries = {};
const NO_LABELS: Labels = {};
/** One for all lists that are empty: most objects have a dozen of them. */
const NONE: readonly never[] = [];

/** The root of a reading; null where the value is no map. */
export function rootField(value: unknown, reading: Reading): Field | null {
  return isEntries(value) ? { entries: value, reading, parent: null, key: "", index: -1 } : null;
}

/** Of one object: a reader mends the first ones first, and a list of a million wrong items must not become as many faults. */
const MAX_FAULTS = 20;

export function fault(field: Field, steps: FieldPath, message: string): void {
  const { faults } = field.reading;
  if (faults.length >= MAX_FAULTS) return;
  const path = [...steps];
  for (let at = field; at.parent !== null; at = at.parent) {
    if (at.index >= 0) path.unshift(at.index);
    path.unshift(at.key);
  }
  // A field that is read for two purposes has its fault once.
  const known = faults.some((one) => one.message === message && isSamePath(one.path, path));
  if (!known) faults.push({ path, message });
}

/** Whether the field is given; null counts as not given, as the API server decodes it. */
export function has(field: Field, key: string): boolean {
  return valueAt(field, key) !== null;
}

/** The map at `key`, empty where not given. */
export function map(field: Field, key: string): Field {
  return optionalMap(field, key) ?? inside(field, key, -1, NO_ENTRIES);
}

export function optionalMap(field: Field, key: string): Field | null {
  const value = valueAt(field, key);
  if (value === null) return null;
  if (isEntries(value)) return inside(field, key, -1, value);
  fault(field, [key], `expected a map, found ${describeValue(value)}`);
  return null;
}

function inside(parent: Field, key: string, index: number, entries: Entries): Wandering {
  return { entries, reading: parent.reading, parent, key, index };
}

/** The maps of the list at `key`, none where not given. */
export function maps(field: Field, key: string): readonly Field[] {
  return each(field, key, (item) => ({ ...item }));
}

/** What is read of each map of the list at `key`, nothing where not given. `read` must not keep the Field. */
export function each<T>(field: Field, key: string, read: (item: Field) => T): readonly T[] {
  const list = listAt(field, key);
  if (list.length === 0) return NONE;
  const item = inside(field, key, 0, NO_ENTRIES);
  let flawed = false;
  // No longer than it need be: a list that grows leaves room for sixteen more.
  const found = list.map((value, index): T | null => {
    if (isEntries(value)) {
      item.entries = value;
      item.index = index;
      return read(item);
    }
    fault(field, [key, index], `expected a map, found ${describeValue(value)}`);
    flawed = true;
    return null;
  });
  return flawed ? (found.filter((_, at) => isEntries(list[at])) as T[]) : (found as T[]);
}

export function text(field: Field, key: string): string | null {
  const value = valueAt(field, key);
  if (value === null || typeof value === "string") return value;
  fault(field, [key], `expected text, found ${describeValue(value)}${quoteAdvice(value)}`);
  return null;
}

export function textOr(field: Field, key: string, fallback: string): string {
  return text(field, key) ?? fallback;
}

/** The texts of the list at `key`, none where not given. */
export function texts(field: Field, key: string): readonly string[] {
  const list = listAt(field, key);
  if (list.length === 0) return NONE;
  if (list.every((value) => typeof value === "string")) return list.slice();
  return list.flatMap((value, index) => {
    if (typeof value === "string") return [value];
    fault(field, [key, index], `expected text, found ${describeValue(value)}${quoteAdvice(value)}`);
    return [];
  });
}

/** int32 in the API, as all numbers are that we read. */
export function integer(field: Field, key: string): number | null {
  const value = valueAt(field, key);
  if (value === null) return null;
  if (isInt32(value)) return value;
  fault(
    field,
    [key],
    `expected a whole number${boundsText(value)}, found ${describeValue(value)}${unquoteAdvice(value)}`,
  );
  return null;
}

function isInt32(value: unknown): value is number {
  return typeof value === "number" && (value | 0) === value;
}

/** Said only where the number is whole, and too large. */
function boundsText(value: unknown): string {
  return Number.isInteger(value) ? " from -2147483648 to 2147483647" : "";
}

export function integerOr(field: Field, key: string, fallback: number): number {
  return integer(field, key) ?? fallback;
}

/** A field of the API's type IntOrString. */
export function integerOrText(field: Field, key: string): number | string | null {
  const value = valueAt(field, key);
  if (value === null || typeof value === "string") return value;
  if (isInt32(value)) return value;
  fault(field, [key], `expected a whole number${boundsText(value)} or text, found ${describeValue(value)}`);
  return null;
}

export function flag(field: Field, key: string): boolean | null {
  const value = valueAt(field, key);
  if (value === null || typeof value === "boolean") return value;
  fault(field, [key], `expected true or false, found ${describeValue(value)}${unquoteAdvice(value)}`);
  return null;
}

/**
 * One of a closed set of words, null where not given. A live object may hold a word of a newer API: it counts as not
 * given. In a manifest it is what the API server rejects.
 */
export function oneOf<const Word extends string>(field: Field, key: string, words: readonly Word[]): Word | null {
  const value = text(field, key);
  if (value === null) return null;
  const word = words.find((one) => one === value);
  if (word !== undefined) return word;
  if (!field.reading.live) fault(field, [key], `expected ${alternatives(words)}, found ${describeValue(value)}`);
  return null;
}

/** The same for a field that the API defaults where it is empty: "" counts as not given. */
export function oneOfOr<const Word extends string>(
  field: Field,
  key: string,
  words: readonly Word[],
  fallback: NoInfer<Word>,
): Word {
  return valueAt(field, key) === "" ? fallback : (oneOf(field, key, words) ?? fallback);
}

/** A map of texts, null where not given; a null value counts as "", as the API server decodes it. */
export function optionalLabels(field: Field, key: string): Labels | null {
  const found = optionalMap(field, key);
  if (found === null) return null;
  let plain = true;
  for (const label in found.entries) {
    const value = found.entries[label];
    if (typeof value === "string") continue;
    plain = false;
    if (value !== null) {
      fault(found, [label], `expected text, found ${describeValue(value)}${quoteAdvice(value)}`);
    }
  }
  if (plain) return found.entries as Labels;
  return Object.fromEntries(
    Object.entries(found.entries).map(([label, value]) => [label, typeof value === "string" ? value : ""]),
  );
}

export function labels(field: Field, key: string): Labels {
  return optionalLabels(field, key) ?? NO_LABELS;
}

/**
 * The same reading, done once for a map that several objects share (protobuf is decoded so): what is read of it is shared as
 * well. Where it has a fault each object is told of its own.
 */
export function sharing<T extends object | null>(read: (field: Field) => T): (field: Field) => T {
  // Kept on the map itself: finding it in a WeakMap would take as long as some readings do.
  const kept = Symbol("read");
  return (field) => {
    const { entries, reading } = field;
    if (reading.sharing !== true) return read(field);
    const holder = entries as { [kept]?: T };
    if (holder[kept] !== undefined) return holder[kept];
    const made = read(field);
    if (reading.faults.length === 0) holder[kept] = made;
    return made;
  };
}

/**
 * The same for what is read of each map of a list: where all of them are shared, and were read before in this order, it is
 * the list that was made then.
 */
export function sharingEach<T extends object | string>(
  read: (item: Field) => T,
): (field: Field, key: string) => readonly T[] {
  // Kept on the first of the maps: the last list that began with it.
  const kept = Symbol("list");
  return (field, key) => {
    const { reading } = field;
    if (reading.sharing !== true) return each(field, key, read);
    const list = listAt(field, key);
    const [first] = list;
    if (!isEntries(first)) return each(field, key, read);
    const holder = first as { [kept]?: { readonly of: readonly unknown[]; readonly made: readonly T[] } };
    const known = holder[kept];
    if (known !== undefined && isSameList(known.of, list)) return known.made;
    const made = each(field, key, read);
    if (reading.faults.length === 0) holder[kept] = { of: list, made };
    return made;
  };
}

function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  if (one.length !== other.length) return false;
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false;
  return true;
}

/** `the text "80"`, `the number 80`, `a list`: what stands where something else was expected. */
export function describeValue(value: unknown): string {
  if (value === null || value === undefined) return "nothing";
  if (typeof value === "string")
    return `the text ${JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value)}`;
  if (typeof value === "number") return `the number ${value}`;
  if (typeof value === "boolean") return String(value);
  return Array.isArray(value) ? "a list" : "a map";
}

function isSamePath(one: FieldPath, other: FieldPath): boolean {
  return one.length === other.length && one.every((step, index) => step === other[index]);
}

function valueAt(field: Field, key: string): unknown {
  return field.entries[key] ?? null;
}

function listAt(field: Field, key: string): readonly unknown[] {
  const value = valueAt(field, key);
  if (value === null) return NONE;
  if (Array.isArray(value)) return value;
  fault(field, [key], `expected a list, found ${describeValue(value)}`);
  return NONE;
}

function isEntries(value: unknown): value is Entries {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function quoteAdvice(value: unknown): string {
  if (typeof value === "boolean")
    return `: quote it (${value ? "yes, on and y mean true" : "no, off and n mean false"})`;
  return typeof value === "number" ? ": quote it" : "";
}

function unquoteAdvice(value: unknown): string {
  return typeof value === "string" && /^(-?\d+|true|false)$/.test(value) ? ": leave out the quotes" : "";
}

function alternatives(words: readonly string[]): string {
  return words.length === 1 ? String(words[0]) : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
}
