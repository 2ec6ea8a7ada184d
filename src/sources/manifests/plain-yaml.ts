import { resolvePlain, type Scalar } from "./scalars.ts";

/** Thrown where the text leaves the subset; without a stack, as it is no rare thing. */
const NOT_PLAIN = Symbol("not plain");

/** What is in no manifest but as an escape, breaks lines in some reader's eyes, or is half a character. */
const UNUSUAL = /[^\n\u0020-\u007e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]/;
const MAX_DEPTH = 50;

/** What cannot be a value in itself, so that undefined stays "not read". */
export type PlainValue = Scalar | readonly unknown[] | Readonly<Record<string, unknown>>;

interface Reader {
  readonly text: string;
  /** The first character of the line's content, or what is read next on it. */
  at: number;
  /** The column of the line's content; -1 behind the last line. */
  indent: number;
  depth: number;
}

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

const SPACE = 0x20;
const LINE_FEED = 0x0a;
const HASH = 0x23;
const DASH = 0x2d;
const COLON = 0x3a;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const BACKSLASH = 0x5c;

/** Goes to the next line that holds more than a comment; the reader stands at the start of a line. */
function nextLine(reader: Reader): void {
  const { text } = reader;
  let start = reader.at;
  while (start < text.length) {
    let at = start;
    while (text.charCodeAt(at) === SPACE) at += 1;
    if (at >= text.length) break;
    const char = text.charCodeAt(at);
    if (char !== LINE_FEED && char !== HASH) {
      // A directive, or the end of a document.
      if (at === start && (char === 0x25 || text.startsWith("...", at) || text.startsWith("---", at))) throw NOT_PLAIN;
      reader.at = at;
      reader.indent = at - start;
      return;
    }
    const end = char === LINE_FEED ? at : text.indexOf("\n", at);
    if (end < 0) break;
    start = end + 1;
  }
  reader.at = text.length;
  reader.indent = -1;
}

/** Behind a value only space and a comment may stand on its line; goes on to the next one. */
function endLine(reader: Reader): void {
  const { text } = reader;
  let at = reader.at;
  while (text.charCodeAt(at) === SPACE) at += 1;
  const char = text.charCodeAt(at);
  if (char === HASH && at > reader.at) at = lineEnd(text, at);
  else if (char !== LINE_FEED && at < text.length) throw NOT_PLAIN;
  reader.at = Math.min(at + 1, text.length);
  nextLine(reader);
}

function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

function readBlock(reader: Reader): PlainValue {
  reader.depth += 1;
  if (reader.depth > MAX_DEPTH) throw NOT_PLAIN;
  const { indent } = reader;
  const value = isDash(reader) ? readList(reader, indent) : readMap(reader, indent);
  reader.depth -= 1;
  return value;
}

function isDash({ text, at }: Reader): boolean {
  if (text.charCodeAt(at) !== DASH) return false;
  const next = text.charCodeAt(at + 1);
  return next === SPACE || next === LINE_FEED || Number.isNaN(next);
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

/** A key with its colon, null where there is none; the reader then stays. */
function readKey(reader: Reader): string | null {
  const { text } = reader;
  const start = reader.at;
  let char = text.charCodeAt(start);
  let at = start;
  let key: string;
  if (char === DOUBLE || char === SINGLE) {
    at = quoteEnd(text, start, char);
    if (at < 0) return null;
    key = text.slice(start + 1, at);
    at += 1;
  } else {
    if (!isWordStart(char)) return null;
    do {
      at += 1;
      char = text.charCodeAt(at);
    } while (isWord(char));
    key = text.slice(start, at);
  }
  if (text.charCodeAt(at) !== COLON) return null;
  const behind = text.charCodeAt(at + 1);
  if (behind !== SPACE && behind !== LINE_FEED && at + 1 < text.length) return null;
  // A key that is a word such as `on` is what that stands for.
  if (key === "__proto__" || at - start > 1000) throw NOT_PLAIN;
  if (char === COLON && at - start <= 5 && typeof resolvePlain(key) !== "string") throw NOT_PLAIN;
  reader.at = at + 1;
  return key;
}

/** The closing quote of text without escapes on one line; -1 where it is not that. */
function quoteEnd(text: string, start: number, quote: number): number {
  for (let at = start + 1; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === quote) return quote === SINGLE && text.charCodeAt(at + 1) === SINGLE ? -1 : at;
    if (char === LINE_FEED || (char === BACKSLASH && quote === DOUBLE)) return -1;
  }
  return -1;
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

function readInline(reader: Reader, char: number): PlainValue {
  const value =
    char === DOUBLE || char === SINGLE
      ? readQuoted(reader, char)
      : char === 0x5b || char === 0x7b
        ? readFlow(reader, 0)
        : readPlain(reader, char);
  endLine(reader);
  return value;
}

function readQuoted(reader: Reader, quote: number): string {
  const end = quoteEnd(reader.text, reader.at, quote);
  if (end < 0) throw NOT_PLAIN;
  const value = reader.text.slice(reader.at + 1, end);
  reader.at = end + 1;
  return value;
}

function readPlain(reader: Reader, first: number): Scalar {
  const { text, at: start } = reader;
  if (isIndicator(first) || (first === DASH && isDash(reader))) throw NOT_PLAIN;
  let at = start;
  let end = start;
  for (; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === LINE_FEED) break;
    if (char === SPACE) continue;
    if (char === HASH && text.charCodeAt(at - 1) === SPACE) break;
    if (char === COLON) {
      const behind = text.charCodeAt(at + 1);
      if (behind === SPACE || behind === LINE_FEED || at + 1 >= text.length) throw NOT_PLAIN;
    }
    end = at + 1;
  }
  reader.at = end;
  return scalarOf(text.slice(start, end));
}

function scalarOf(source: string): Scalar {
  const value = resolvePlain(source);
  if (typeof value === "number" && !Number.isFinite(value)) throw NOT_PLAIN;
  return value;
}

/** Lists and maps on one line, of quoted texts and of words. */
function readFlow(reader: Reader, depth: number): PlainValue {
  if (depth > 8) throw NOT_PLAIN;
  const { text } = reader;
  const isList = text.charCodeAt(reader.at) === 0x5b;
  const close = isList ? 0x5d : 0x7d;
  const list: unknown[] = [];
  const map: Record<string, unknown> = {};
  reader.at += 1;
  skipSpaces(reader);
  if (text.charCodeAt(reader.at) === close) {
    reader.at += 1;
    return isList ? list : map;
  }
  for (;;) {
    if (isList) list.push(readFlowValue(reader, depth));
    else {
      const key = readKey(reader);
      if (key === null || text.charCodeAt(reader.at) !== SPACE) throw NOT_PLAIN;
      skipSpaces(reader);
      map[key] = readFlowValue(reader, depth);
    }
    skipSpaces(reader);
    const char = text.charCodeAt(reader.at);
    reader.at += 1;
    if (char === close) return isList ? list : map;
    if (char !== 0x2c) throw NOT_PLAIN;
    skipSpaces(reader);
  }
}

function readFlowValue(reader: Reader, depth: number): PlainValue {
  const { text, at: start } = reader;
  const char = text.charCodeAt(start);
  if (char === DOUBLE || char === SINGLE) return readQuoted(reader, char);
  if (char === 0x5b || char === 0x7b) return readFlow(reader, depth + 1);
  let at = start;
  while (isWord(text.charCodeAt(at))) at += 1;
  if (at === start || char === DASH) throw NOT_PLAIN;
  reader.at = at;
  return scalarOf(text.slice(start, at));
}

function skipSpaces(reader: Reader): void {
  while (reader.text.charCodeAt(reader.at) === SPACE) reader.at += 1;
}

/** A `|` or `|-` scalar below a key or dash at `indent`. */
function readLiteral(reader: Reader, indent: number): string {
  const { text } = reader;
  const strip = text.charCodeAt(reader.at + 1) === DASH;
  const header = lineEnd(text, reader.at);
  if (!/^\|-? *(?: #.*)?$/.test(text.slice(reader.at, header))) throw NOT_PLAIN;
  const lines: string[] = [];
  let width = -1;
  let filled = 0;
  let start = header + 1;
  while (start < text.length) {
    const end = text.indexOf("\n", start);
    if (end < 0) throw NOT_PLAIN;
    let at = start;
    while (text.charCodeAt(at) === SPACE && (width < 0 || at - start < width)) at += 1;
    if (at === end) lines.push("");
    else {
      const column = at - start;
      if (width < 0) {
        if (column <= indent || lines.length > 0) break;
        width = column;
      } else if (column < width) break;
      const line = text.slice(at, end);
      if (line.trim() === "") throw NOT_PLAIN;
      lines.push(line);
      filled = lines.length;
    }
    start = end + 1;
  }
  if (filled === 0) throw NOT_PLAIN;
  reader.at = Math.min(start, text.length);
  // A comment that ends it from within is another reader's to judge.
  if (/^ *#/.test(text.slice(reader.at, reader.at + width))) throw NOT_PLAIN;
  nextLine(reader);
  return lines.slice(0, filled).join("\n") + (strip ? "" : "\n");
}

function isWordStart(char: number): boolean {
  return (char >= 0x61 && char <= 0x7a) || (char >= 0x41 && char <= 0x5a) || char === 0x5f;
}

/** Letters, digits and - . / _ */
function isWord(char: number): boolean {
  return isWordStart(char) || (char >= 0x2d && char <= 0x39);
}

/** What begins something else than plain text: , [ ] { } # & * ! | > ' " % @ ` ? : */
function isIndicator(char: number): boolean {
  return INDICATORS.has(char);
}

const INDICATORS: ReadonlySet<number> = new Set([..."[]{},#&*!|>'\"%@`?:"].map((char) => char.charCodeAt(0)));
