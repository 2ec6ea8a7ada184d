import { wholeMessage } from "./seen.ts";
import { type FieldShape, type MessageShape, message, text } from "./shape.ts";
import type { Texts } from "./texts.ts";
import { BYTES, type Cursor, MalformedProtobuf, readLength, readTag, readVarint, skipField, VARINT } from "./wire.ts";

/** An object as JSON.parse would have made it of the API server's JSON, with no other fields than those of its shape. */
export type Decoded = Record<string, unknown>;

/** No message of Kubernetes that we read is nested half as deep. */
const DEEPEST = 32;

/**
 * Decodes the message between the cursor and its end, leaving out what Go's encoding/json leaves out. Throws
 * MalformedProtobuf.
 */
export function decode(shape: MessageShape, cursor: Cursor, texts: Texts): Decoded {
  const into: Decoded = {};
  decodeInto(into, shape, cursor, texts, 0);
  return into;
}

function decodeInto(into: Decoded, shape: MessageShape, cursor: Cursor, texts: Texts, depth: number): void {
  if (depth > DEEPEST) throw new MalformedProtobuf("messages nested too deep");
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    const field = shape[tag >>> 3];
    if (field === undefined) skipField(cursor, tag & 7);
    else decodeField(into, field, tag, cursor, texts, depth);
  }
}

function decodeNew(shape: MessageShape, cursor: Cursor, texts: Texts, depth: number): Decoded {
  const value: Decoded = {};
  decodeInto(value, shape, cursor, texts, depth);
  return value;
}

function decodeOnce(shape: MessageShape, cursor: Cursor, texts: Texts, depth: number): Decoded {
  return texts.same(shape, cursor, () => decodeNew(shape, cursor, texts, depth));
}

function decodeField(into: Decoded, field: FieldShape, tag: number, cursor: Cursor, texts: Texts, depth: number): void {
  const { name, type } = field;
  if (type === "integer" || type === "flag") {
    if ((tag & 7) !== VARINT) throw wrongType(name);
    const value = readVarint(cursor);
    if (value !== 0 || field.pointer) into[name] = type === "flag" ? value !== 0 : value;
    return;
  }
  if ((tag & 7) !== BYTES) throw wrongType(name);
  if (type === "labels") {
    readLabels(into, name, tag, cursor, texts);
    return;
  }
  const length = readLength(cursor);
  const start = cursor.at;
  const end = start + length;
  cursor.at = end;
  if (type === "text") {
    if (field.repeated) push(into, name, texts.text(cursor.bytes, start, end));
    else if (length > 0 || field.pointer) into[name] = texts.text(cursor.bytes, start, end);
    return;
  }
  if (type === "bytes") {
    into[name] = cursor.bytes.subarray(start, end);
    return;
  }
  // The same cursor, which must not go on beyond the field until that is read.
  const outer = cursor.end;
  cursor.at = start;
  cursor.end = end;
  decodeContent(into, field, cursor, texts, depth);
  cursor.at = end;
  cursor.end = outer;
}

function decodeContent(into: Decoded, field: FieldShape, cursor: Cursor, texts: Texts, depth: number): void {
  const { name, type } = field;
  switch (type) {
    case "message": {
      const shape = field.message ?? [];
      if (field.passedOver !== "" && beginsWith(cursor, field.passedOver)) return;
      if (name === "") {
        decodeInto(into, shape, cursor, texts, depth + 1);
        return;
      }
      const value = field.shared
        ? decodeOnce(shape, cursor, texts, depth + 1)
        : decodeNew(shape, cursor, texts, depth + 1);
      if (field.repeated) push(into, name, value);
      else into[name] = value;
      return;
    }
    case "quantities": {
      const known = into[name] as Record<string, string> | undefined;
      const map = known ?? {};
      if (known === undefined) into[name] = map;
      readEntry(map, cursor, texts, true);
      return;
    }
    case "time":
    case "microTime":
      into[name] = readTime(cursor, texts, type === "microTime");
      return;
    case "integerOrText":
      into[name] = readIntegerOrText(cursor, texts);
  }
}

/** Whether the message's first field, a text, begins so. */
function beginsWith({ bytes, at, end }: Cursor, begin: string): boolean {
  const start = at + 2;
  if (bytes[at] !== KEY || start + begin.length > end || (bytes[at + 1] ?? 0) < begin.length) return false;
  for (let place = 0; place < begin.length; place++) {
    if (bytes[start + place] !== begin.charCodeAt(place)) return false;
  }
  return true;
}

function wrongType(name: string): MalformedProtobuf {
  return new MalformedProtobuf(`the field ${name} is of another type`);
}

function push(into: Decoded, name: string, value: unknown): void {
  const list = into[name] as unknown[] | undefined;
  if (list === undefined) into[name] = [value];
  else list.push(value);
}

/** A ConfigMap's data is no map that others have, too. */
const LONGEST_MAP = 2048;

/** All entries that stand one behind the other, once for equal ones: an owner's Pods mostly carry the same labels. */
function readLabels(into: Decoded, name: string, tag: number, cursor: Cursor, texts: Texts): void {
  const { bytes } = cursor;
  const start = cursor.at;
  let end = start;
  for (let more = true; more; more = cursor.at < cursor.end && readTag(cursor) === tag) {
    const length = readLength(cursor);
    cursor.at += length;
    end = cursor.at;
  }
  cursor.at = end;
  const run: Cursor = { bytes, at: start, end };
  const make = () => readEntries(run, texts);
  const made = end - start > LONGEST_MAP ? make() : texts.same(ENTRIES, run, make);
  const before = into[name];
  // Others may hold what is there: it is not added to.
  into[name] = before === undefined ? made : { ...before, ...made };
}

const ENTRIES = wholeMessage();

function readEntries(cursor: Cursor, texts: Texts): Record<string, string> {
  const map: Record<string, string> = {};
  const { end } = cursor;
  for (;;) {
    const length = readLength(cursor);
    cursor.end = cursor.at + length;
    readEntry(map, cursor, texts, false);
    cursor.end = end;
    if (cursor.at === end) return map;
    readTag(cursor);
  }
}

function readEntry(map: Record<string, string>, cursor: Cursor, texts: Texts, quantity: boolean): void {
  let key = "";
  let value = "";
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    if (tag === KEY || tag === VALUE) {
      const length = readLength(cursor);
      const start = cursor.at;
      cursor.at += length;
      const found =
        tag === VALUE && quantity
          ? String(decode(QUANTITY, { bytes: cursor.bytes, at: start, end: cursor.at }, texts).text ?? "")
          : texts.text(cursor.bytes, start, cursor.at);
      if (tag === KEY) key = found;
      else value = found;
    } else skipField(cursor, tag & 7);
  }
  // A key of a ConfigMap may be called so.
  if (key === "__proto__")
    Object.defineProperty(map, key, { value, enumerable: true, configurable: true, writable: true });
  else map[key] = value;
}

const QUANTITY: MessageShape = message({ 1: text("text") });
const KEY = (1 << 3) | BYTES;
const VALUE = (2 << 3) | BYTES;

/** RFC 3339 as Go's JSON writes a Time or a MicroTime; null for the zero time, which is sent as an empty message. */
function readTime(cursor: Cursor, texts: Texts, micro: boolean): string | null {
  if (cursor.at === cursor.end) return null;
  let seconds = 0;
  let nanos = 0;
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    if (tag === SECONDS) seconds = readVarint(cursor);
    else if (tag === NANOS) nanos = readVarint(cursor);
    else skipField(cursor, tag & 7);
  }
  if (Math.abs(seconds) > MOST_SECONDS) throw new MalformedProtobuf("a time beyond all years");
  const whole = texts.time(seconds);
  if (!micro) return whole;
  return `${whole.slice(0, -1)}.${String(Math.floor(Math.abs(nanos) / 1000))
    .padStart(6, "0")
    .slice(0, 6)}Z`;
}

const SECONDS = (1 << 3) | VARINT;
const NANOS = (2 << 3) | VARINT;
/** Years of four digits. */
const MOST_SECONDS = 62_135_596_800;

/** intstr.IntOrString: type 1 is a text. */
function readIntegerOrText(cursor: Cursor, texts: Texts): number | string {
  let type = 0;
  let integer = 0;
  let string = "";
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    if (tag === SECONDS) type = readVarint(cursor);
    else if (tag === NANOS) integer = readVarint(cursor);
    else if (tag === STRING) {
      const length = readLength(cursor);
      string = texts.text(cursor.bytes, cursor.at, cursor.at + length);
      cursor.at += length;
    } else skipField(cursor, tag & 7);
  }
  return type === 1 ? string : integer;
}

const STRING = (3 << 3) | BYTES;
