import { EVENT_ID, type Event, getScalarValue, SCALAR_STYLE, type ScalarEvent } from "js-yaml";
import { BrokenYaml, eventOffset, isMergeKey, type YamlEvents, yamlEvents } from "./events.ts";
import { resolvePlain, resolveTagged, type Scalar } from "./scalars.ts";

/** Merge keys (`<<`) copy; this many copies in one document are no manifest any more. */
const MAX_MERGED_KEYS = 100_000;

export type Parsed =
  | { readonly status: "read"; readonly value: unknown }
  | { readonly status: "broken"; readonly message: string; readonly offset: number };

/** Parses the text of one YAML document into plain JSON values, as kubectl reads it. Never throws. */
export function parseYaml(document: string): Parsed {
  try {
    const source = yamlEvents(document);
    // events[0] opens the document.
    return { status: "read", value: buildNode({ source, at: 1, anchors: new Map(), total: 0, aliased: 0, merged: 0 }) };
  } catch (error) {
    if (error instanceof BrokenYaml) return { status: "broken", message: error.message, offset: error.offset };
    throw error;
  }
}

interface Anchor {
  /** undefined while the value is still being built. */
  readonly value: unknown;
  /** How many values it is when written out. */
  readonly size: number;
}

/**
 * Mirrors decode.go of go.yaml.in/yaml/v2 and the conversion to JSON of sigs.k8s.io/yaml where they differ from YAML's
 * own rules: the last of two equal keys counts, a merge (`<<`) overrides what stands before it, keys that are numbers or
 * booleans become text, and tags of collections mean nothing.
 */
interface Builder {
  readonly source: YamlEvents;
  /** The next event. */
  at: number;
  readonly anchors: Map<string, Anchor | null>;
  /** Values met so far, with those of aliases counted as often as they are used. */
  total: number;
  aliased: number;
  merged: number;
}

function buildNode(builder: Builder): unknown {
  const event = builder.source.events[builder.at];
  builder.at += 1;
  if (event === undefined) return null;
  builder.total += 1;
  switch (event.type) {
    case EVENT_ID.SCALAR: {
      const value = buildScalar(builder, event);
      if (event.anchorStart >= 0) keepAnchor(builder, event, value, 1);
      return value;
    }
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING: {
      const before = builder.total;
      if (event.anchorStart >= 0) builder.anchors.set(anchorName(builder, event), null);
      const value = event.type === EVENT_ID.SEQUENCE ? buildList(builder) : buildMap(builder);
      if (event.anchorStart >= 0) keepAnchor(builder, event, value, builder.total - before + 1);
      return value;
    }
    case EVENT_ID.ALIAS:
      return buildAlias(builder, event);
    default:
      return null;
  }
}

function buildScalar(builder: Builder, event: ScalarEvent): Scalar {
  const value = scalarValue(builder, event);
  if (typeof value === "number" && !Number.isFinite(value)) {
    fail(builder, event.valueStart, "the API has no such number: quote it");
  }
  return value;
}

function scalarValue(builder: Builder, event: ScalarEvent): Scalar {
  const source = getScalarValue(builder.source.text, event);
  if (event.tagStart < 0) return event.style === SCALAR_STYLE.PLAIN ? resolvePlain(source) : source;
  const tag = builder.source.text.slice(event.tagStart, event.tagEnd);
  const resolved = resolveTagged(tag, source);
  if (resolved === null) fail(builder, event.tagStart, `this is no ${tag}`);
  return resolved.value;
}

function buildList(builder: Builder): unknown[] {
  const list: unknown[] = [];
  while (!isEnd(builder)) list.push(buildNode(builder));
  builder.at += 1;
  return list;
}

function buildMap(builder: Builder): Record<string, unknown> {
  const map: Record<string, unknown> = {};
  while (!isEnd(builder)) {
    const keyEvent = builder.source.events[builder.at];
    const offset = keyEvent === undefined ? 0 : eventOffset(builder.source.text, keyEvent);
    if (isMergeKey(builder.source.text, keyEvent)) {
      builder.at += 1;
      merge(builder, map, buildNode(builder), offset);
      continue;
    }
    const key = buildNode(builder);
    if (key === null || typeof key === "object") {
      fail(builder, offset, `a key must be text, and here it is ${key === null ? "nothing" : "a map or a list"}`);
    }
    setOwn(map, String(key), buildNode(builder));
  }
  builder.at += 1;
  return map;
}

/** Of several sources the first counts; whatever stands before the merge is overridden. */
function merge(builder: Builder, map: Record<string, unknown>, source: unknown, offset: number): void {
  for (const part of Array.isArray(source) ? source.toReversed() : [source]) {
    if (typeof part !== "object" || part === null || Array.isArray(part)) {
      fail(builder, offset, "only maps can be merged by <<");
    }
    for (const [key, value] of Object.entries(part)) {
      builder.merged += 1;
      if (builder.merged > MAX_MERGED_KEYS) fail(builder, offset, `over ${MAX_MERGED_KEYS} keys are merged by <<`);
      setOwn(map, key, value);
    }
  }
}

function buildAlias(builder: Builder, event: Anchored): unknown {
  const name = anchorName(builder, event);
  const anchor = builder.anchors.get(name);
  if (anchor === undefined) fail(builder, event.anchorStart - 1, `no anchor &${name} stands before this alias`);
  if (anchor === null) fail(builder, event.anchorStart - 1, `anchor &${name} contains itself`);
  builder.total += anchor.size;
  builder.aliased += anchor.size;
  if (isAliasBomb(builder)) {
    fail(builder, event.anchorStart - 1, "aliases multiply the document beyond what an API server takes");
  }
  return anchor.value;
}

/** The bounds of go-yaml's decode.go: the larger the document, the smaller the share that may come from aliases. */
function isAliasBomb({ total, aliased }: Builder): boolean {
  if (aliased <= 100 || total <= 1000) return false;
  const [low, high] = [400_000, 4_000_000];
  const allowed = total <= low ? 0.99 : total >= high ? 0.1 : 0.99 - (0.89 * (total - low)) / (high - low);
  return aliased / total > allowed;
}

function keepAnchor(builder: Builder, event: Anchored, value: unknown, size: number): void {
  builder.anchors.set(anchorName(builder, event), { value, size });
}

interface Anchored {
  readonly anchorStart: number;
  readonly anchorEnd: number;
}

function anchorName({ source: { text } }: Builder, event: Anchored): string {
  return text.slice(event.anchorStart, event.anchorEnd);
}

function isEnd({ source: { events }, at }: Builder): boolean {
  const event = events[at];
  return event === undefined || event.type === EVENT_ID.POP;
}

/** The text of a key as it stands in the built map. */
export function keyText(text: string, event: Event | undefined): string | null {
  if (event?.type !== EVENT_ID.SCALAR) return null;
  const source = getScalarValue(text, event);
  return event.style === SCALAR_STYLE.PLAIN && event.tagStart < 0 ? String(resolvePlain(source)) : source;
}

function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key === "__proto__")
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}

function fail({ source }: Builder, offset: number, message: string): never {
  throw new BrokenYaml(message, source.originalOffset(Math.max(0, offset)));
}
