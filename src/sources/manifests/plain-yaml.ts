import { endLine, HASH, isDash, LINE_FEED, NOT_PLAIN, nextLine, type Reader, SPACE } from "./plain-yaml-lines.ts";
import { type PlainValue, readInline, readKey, readLiteral } from "./plain-yaml-values.ts";

/** What is in no manifest but as an escape, breaks lines in some reader's eyes, or is half a character. */
const UNUSUAL = /[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const MAX_DEPTH = 50;

/**
 * Reads the YAML that most manifests are written in: block maps and lists, plain, quoted and `|` scalars on their own
 * lines, short flow lists and maps, comments. undefined where the text holds anything else, right or wrong: the general
 * reader (yaml.ts) then says what it is. Several times as fast, and without an event for every node, which is most of
 * what many files cost. A test holds both readers equal.
 */
export function parsePlainYaml(text: string): PlainValue | undefined {
  if (UNUSUAL.test(text)) return undefined;
  const reader: Reader = { text, at: 0, indent: 0, depth: 0 };
  try {
    if (text.startsWith("---")) {
      reader.at = 3;
      endLine(reader);
    } else {
      nextLine(reader);
    }
    if (reader.indent < 0) return undefined;
    const value = readBlock(reader);
    return reader.indent < 0 ? value : undefined;
  } catch (error) {
    if (error === NOT_PLAIN) return undefined;
    throw error;
  }
}

function readBlock(reader: Reader): PlainValue {
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw NOT_PLAIN;
  const { indent } = reader;
  const value = isDash(reader) ? readList(reader, indent) : readMap(reader, indent);
  reader.depth -= 1;
  return value;
}

function readMap(reader: Reader, indent: number): Readonly<Record<string, unknown>> {
  const map: Record<string, unknown> = {};
  do {
    const key = readKey(reader);
    if (key === null) throw NOT_PLAIN;
    map[key] = readValue(reader, indent, indent);
    if (reader.indent > indent) throw NOT_PLAIN;
  } while (reader.indent === indent && !isDash(reader));
  return map;
}

function readList(reader: Reader, indent: number): readonly unknown[] {
  const list: unknown[] = [];
  do {
    const { text } = reader;
    let at = reader.at + 1;
    while (text.charCodeAt(at) === SPACE) at += 1;
    const column = indent + at - reader.at;
    const dash = reader.at;
    reader.at = at;
    const key = readKey(reader);
    if (key === null) {
      // What stands behind the dash, or below it and further to the right.
      reader.at = dash + 1;
      list.push(readValue(reader, indent, indent + 1));
    } else {
      list.push(readItemMap(reader, column, key));
    }
    if (reader.indent > indent) throw NOT_PLAIN;
  } while (reader.indent === indent && isDash(reader));
  return list;
}

/** A map that begins behind a dash, with its first key read. */
function readItemMap(reader: Reader, column: number, first: string): Readonly<Record<string, unknown>> {
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw NOT_PLAIN;
  const map: Record<string, unknown> = {};
  for (let key: string | null = first; key !== null; ) {
    map[key] = readValue(reader, column, column);
    if (reader.indent > column) throw NOT_PLAIN;
    if (reader.indent < column || isDash(reader)) break;
    key = readKey(reader);
    if (key === null) throw NOT_PLAIN;
  }
  reader.depth -= 1;
  return map;
}

/**
 * The value behind a colon or a dash: on the line, or in the lines below that stand further to the right than `indent`. A
 * list may stand as far left as `listIndent`, below a key.
 */
function readValue(reader: Reader, indent: number, listIndent: number): PlainValue {
  const { text } = reader;
  let at = reader.at;
  while (text.charCodeAt(at) === SPACE) at += 1;
  const char = text.charCodeAt(at);
  if (char === LINE_FEED || at >= text.length || (char === HASH && at > reader.at)) {
    endLine(reader);
    if (reader.indent > indent) return readBlock(reader);
    return reader.indent === listIndent && isDash(reader) ? readBlock(reader) : null;
  }
  if (at === reader.at) throw NOT_PLAIN;
  reader.at = at;
  const value = char === 0x7c ? readLiteral(reader, indent) : readInline(reader, char);
  // More lines of the same scalar, or a slip.
  if (reader.indent > indent) throw NOT_PLAIN;
  return value;
}
