/** A stretch of a manifest's text that holds one document. */
export interface DocumentText {
  readonly text: string;
  /** Where the text begins in its file, 1-based. */
  readonly line: number;
  readonly column: number;
}

/**
 * Cuts a YAML stream at its document markers, before any of it is parsed: what is broken in one document then never
 * reaches the next. YAML forbids the markers at the start of a line inside any scalar, so the cut needs no parser.
 * Mirrors apimachinery's util/yaml YAMLReader, except that content behind a marker (`--- {a: 1}`) counts. Stretches
 * without content are left out.
 */
export function splitDocuments(text: string): readonly DocumentText[] {
  const documents: DocumentText[] = [];
  const lines = lineCounter(text);
  const marker = /^(?:---|\.\.\.)(?=[ \t\r\n]|$)/gm;
  const cut = (start: number, end: number): void => {
    if (!isBlank(text, start, end)) documents.push({ text: text.slice(start, end), line: lines(start), column: 1 });
  };
  let start = 0;
  for (let found = marker.exec(text); found !== null; found = marker.exec(text)) {
    cut(start, found.index);
    // The marker itself stays with the document: content may stand behind it, and columns must stay right.
    start = found[0] === "---" ? found.index : marker.lastIndex;
  }
  cut(start, text.length);
  return documents;
}

/**
 * The objects of a JSON stream, as kubectl reads them one after the other; null where anything but objects stands there
 * or one of them does not end.
 */
export function splitJsonObjects({ text, line, column }: DocumentText): readonly DocumentText[] | null {
  const objects: DocumentText[] = [];
  const lines = lineCounter(text);
  let depth = 0;
  let start = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text[at];
    if (char === '"') at = endOfString(text, at);
    else if (char === "{") {
      if (depth === 0) start = at;
      depth += 1;
    } else if (char === "}") {
      depth -= 1;
      if (depth < 0) return null;
      if (depth > 0) continue;
      const begins = lines(start);
      objects.push({
        text: text.slice(start, at + 1),
        line: line + begins - 1,
        column: begins === 1 ? start + column : start - text.lastIndexOf("\n", start),
      });
    } else if (depth === 0 && !isSpace(text.charCodeAt(at))) return null;
  }
  return depth === 0 ? objects : null;
}

/** The offset of the closing quote, the end of the text where there is none. */
function endOfString(text: string, open: number): number {
  for (let at = open + 1; at < text.length; at += 1) {
    if (text[at] === "\\") at += 1;
    else if (text[at] === '"') return at;
  }
  return text.length;
}

/** Tells the 1-based line of offsets that are asked for in rising order. */
function lineCounter(text: string): (offset: number) => number {
  let line = 1;
  let end = text.indexOf("\n");
  return (offset) => {
    while (end >= 0 && end < offset) {
      line += 1;
      end = text.indexOf("\n", end + 1);
    }
    return line;
  };
}

/** Whether only markers, directives, comments and white space stand there. */
function isBlank(text: string, start: number, end: number): boolean {
  let at = text.startsWith("---", start) ? start + 3 : start;
  let lineStart = at === start;
  while (at < end) {
    const char = text.charCodeAt(at);
    if (char === 0x23 || (char === 0x25 && lineStart)) {
      const lineEnd = text.indexOf("\n", at);
      if (lineEnd < 0) return true;
      at = lineEnd;
    } else if (!isSpace(char)) return false;
    lineStart = text.charCodeAt(at) === 0x0a;
    at += 1;
  }
  return true;
}

function isSpace(char: number): boolean {
  return char === 0x20 || char === 0x0a || char === 0x0d || char === 0x09 || char === 0xfeff;
}
