/** Thrown where the text leaves the subset; without a stack, as it is no rare thing. */
export const NOT_PLAIN = Symbol("not plain");

/** Where in a text a reader stands. */
export interface Reader {
  readonly text: string;
  /** The first character of the line's content, or what is read next on it. */
  at: number;
  /** The column of the line's content; -1 behind the last line. */
  indent: number;
  depth: number;
}

export const SPACE = 0x20;
export const LINE_FEED = 0x0a;
export const HASH = 0x23;
export const DASH = 0x2d;

/** Goes to the next line that holds more than a comment; the reader stands at the start of a line. */
export function nextLine(reader: Reader): void {
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
export function endLine(reader: Reader): void {
  const { text } = reader;
  let at = reader.at;
  while (text.charCodeAt(at) === SPACE) at += 1;
  const char = text.charCodeAt(at);
  if (char === HASH && at > reader.at) at = lineEnd(text, at);
  else if (char !== LINE_FEED && at < text.length) throw NOT_PLAIN;
  reader.at = Math.min(at + 1, text.length);
  nextLine(reader);
}

export function lineEnd(text: string, at: number): number {
  const end = text.indexOf("\n", at);
  return end < 0 ? text.length : end;
}

/** Whether an item of a list begins there. */
export function isDash({ text, at }: Reader): boolean {
  if (text.charCodeAt(at) !== DASH) return false;
  const next = text.charCodeAt(at + 1);
  return next === SPACE || next === LINE_FEED || Number.isNaN(next);
}
