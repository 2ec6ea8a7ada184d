import {
  DASH,
  endLine,
  HASH,
  isDash,
  LINE_FEED,
  lineEnd,
  NOT_PLAIN,
  nextLine,
  type Reader,
  SPACE,
} from "./plain-yaml-lines.ts";
import { resolvePlain, type Scalar } from "./scalars.ts";

const COLON = 0x3a;
const DOUBLE = 0x22;
const SINGLE = 0x27;
const BACKSLASH = 0x5c;

/** What cannot be a value in itself, so that undefined stays "not read". */
export type PlainValue = Scalar | readonly unknown[] | Readonly<Record<string, unknown>>;

/** A key with its colon, null where there is none; the reader then stays. */
export function readKey(reader: Reader): string | null {
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

/** A value that stands on its line, which `char` begins; the reader goes on to the next one. */
export function readInline(reader: Reader, char: number): PlainValue {
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
export function readLiteral(reader: Reader, indent: number): string {
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
