import { EVENT_ID } from "js-yaml";
import type { FieldPath } from "../../objects/origin.ts";
import type { DocumentText } from "./documents.ts";
import { eventOffset, isMergeKey, type YamlEvents, yamlEvents } from "./events.ts";
import { keyText } from "./yaml.ts";

/** A place in a file, 1-based. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** Where things stand in one document. Nothing is parsed before the first question. */
export interface Positions {
  /**
   * Where a field's value stands: the key where the value is not written, the nearest parent where the field is not
   * there. Aliases and merge keys are followed to where the field is written.
   */
  ofField(path: FieldPath): Position;
  /** Where a character of the document's text stands. */
  ofOffset(offset: number): Position;
}

/** Places in a document of YAML or JSON. In one that cannot be parsed every field stands at its beginning. */
export function positionsIn(document: DocumentText): Positions {
  let tree: Tree | null = null;
  let lineStarts: readonly number[] | null = null;
  const ofOffset = (offset: number): Position => {
    lineStarts ??= lineStartsOf(document.text);
    const index = lastAtMost(lineStarts, offset);
    const column = offset - (lineStarts[index] ?? 0);
    return { line: document.line + index, column: column + (index === 0 ? document.column : 1) };
  };
  return {
    ofOffset,
    ofField(path) {
      tree ??= treeOf(document.text);
      return ofOffset(tree.originalOffset(find(tree, path)));
    },
  };
}

function lineStartsOf(text: string): readonly number[] {
  const starts = [0];
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", end + 1)) starts.push(end + 1);
  return starts;
}

/** The index of the last number that is not above `limit`; the numbers rise. */
function lastAtMost(numbers: readonly number[], limit: number): number {
  let [low, high] = [0, numbers.length - 1];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if ((numbers[middle] ?? 0) <= limit) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Steps that one question may take through merged maps, which can refer to one another without end. */
const MAX_STEPS = 10_000;

interface Tree extends YamlEvents {
  /** For each event that begins a node, the index behind the node. */
  readonly ends: Int32Array;
  /** Event indexes of list items, by the event of their list: Lists are asked for thousands of items. */
  readonly items: Map<number, readonly number[]>;
  /** What is left of MAX_STEPS. */
  steps: number;
}

function treeOf(text: string): Tree {
  const source = parsed(text);
  const { events } = source;
  const ends = new Int32Array(events.length);
  const open: number[] = [];
  events.forEach((event, index) => {
    if (event.type === EVENT_ID.POP) {
      const begun = open.pop();
      if (begun !== undefined) ends[begun] = index + 1;
    } else if (event.type === EVENT_ID.SCALAR || event.type === EVENT_ID.ALIAS) {
      ends[index] = index + 1;
    } else {
      open.push(index);
    }
  });
  return { ...source, ends, items: new Map(), steps: 0 };
}

/** JSON that nests deeper than the YAML parser follows has no positions but the document's own. */
function parsed(text: string): YamlEvents {
  try {
    return yamlEvents(text);
  } catch {
    return { text, events: [], originalOffset: () => 0 };
  }
}

function find(tree: Tree, path: FieldPath): number {
  tree.steps = MAX_STEPS;
  let at = 1;
  let offset = offsetOf(tree, at, 0);
  for (const step of path) {
    const next = typeof step === "number" ? itemOf(tree, at, step) : entryOf(tree, at, step);
    if (next === null) break;
    at = next.value;
    offset = offsetOf(tree, at, next.key === null ? offset : offsetOf(tree, next.key, offset));
  }
  return offset;
}

/** Where the node begins, `fallback` where it is not written. */
function offsetOf({ text, events }: Tree, at: number, fallback: number): number {
  const event = events[at];
  const offset = event === undefined ? -1 : eventOffset(text, event);
  return offset < 0 ? fallback : offset;
}

interface Entry {
  readonly key: number | null;
  readonly value: number;
}

function itemOf(tree: Tree, list: number, position: number): Entry | null {
  const at = throughAlias(tree, list);
  if (tree.events[at]?.type !== EVENT_ID.SEQUENCE) return null;
  let items = tree.items.get(at);
  if (items === undefined) {
    items = childrenOf(tree, at);
    tree.items.set(at, items);
  }
  const value = items[position];
  return value === undefined ? null : { key: null, value };
}

/** The last entry of that key, as the last counts; of merged maps the one whose value counts. */
function entryOf(tree: Tree, map: number, key: string): Entry | null {
  const at = throughAlias(tree, map);
  if (tree.events[at]?.type !== EVENT_ID.MAPPING) return null;
  let found: Entry | null = null;
  const children = childrenOf(tree, at);
  for (let index = 0; index + 1 < children.length; index += 2) {
    const [keyAt, value] = [children[index] as number, children[index + 1] as number];
    if (isMergeKey(tree.text, tree.events[keyAt])) found = mergedEntry(tree, value, key) ?? found;
    else if (keyText(tree.text, tree.events[throughAlias(tree, keyAt)]) === key) found = { key: keyAt, value };
  }
  return found;
}

function mergedEntry(tree: Tree, source: number, key: string): Entry | null {
  tree.steps -= 1;
  if (tree.steps < 0) return null;
  const at = throughAlias(tree, source);
  if (tree.events[at]?.type !== EVENT_ID.SEQUENCE) return entryOf(tree, at, key);
  for (const part of childrenOf(tree, at)) {
    const found = entryOf(tree, part, key);
    if (found !== null) return found;
  }
  return null;
}

function childrenOf({ events, ends }: Tree, parent: number): readonly number[] {
  const children: number[] = [];
  const end = (ends[parent] ?? 0) - 1;
  for (let at = parent + 1; at < end && events[at] !== undefined; at = ends[at] ?? end) children.push(at);
  return children;
}

/** The node that an alias stands for: the last one before it that carries the anchor. */
function throughAlias({ text, events }: Tree, at: number): number {
  const event = events[at];
  if (event?.type !== EVENT_ID.ALIAS) return at;
  const name = text.slice(event.anchorStart, event.anchorEnd);
  for (let before = at - 1; before > 0; before -= 1) {
    const candidate = events[before];
    if (candidate === undefined || candidate.type === EVENT_ID.ALIAS || !("anchorStart" in candidate)) continue;
    if (candidate.anchorStart >= 0 && text.slice(candidate.anchorStart, candidate.anchorEnd) === name) return before;
  }
  return at;
}
