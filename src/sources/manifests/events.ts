import { EVENT_ID, type Event, parseEvents, SCALAR_STYLE, type ScalarEvent, YAMLException } from "js-yaml";

/** Deeper than any object that an API server takes, and shallow enough for the stack. */
const MAX_DEPTH = 1000;
/** Spaces that a line is moved to the right by, each time that it stands too far left. */
const SHIFT = 64;
const TOO_FAR_LEFT = "deficient indentation";
/** Bounds the work on one document whose lines must be moved, in characters parsed. */
const MAX_REPARSED = 50_000_000;

/** One YAML document as js-yaml's flat list of events, which know their offsets in `text`. */
export interface YamlEvents {
  /** What was parsed: the document's text, with some lines moved to the right. */
  readonly text: string;
  readonly events: readonly Event[];
  /** The offset in the document's text of an offset in `text`. */
  originalOffset(offset: number): number;
}

/** What breaks a document, at an offset of its text. */
export class BrokenYaml extends Error {
  override readonly name = "BrokenYaml";
  readonly offset: number;

  constructor(message: string, offset: number) {
    super(message);
    this.offset = offset;
  }
}

/**
 * Parses one document. kubectl lets lines inside brackets and quotes stand as far left as they like (`]` under its key
 * is common), which YAML forbids and js-yaml refuses: such lines are moved to the right, where their indentation means
 * nothing, until it takes them. Throws BrokenYaml.
 */
export function yamlEvents(document: string): YamlEvents {
  let lines: readonly string[] | null = null;
  const moved = new Map<number, number>();
  let text = document;
  for (let parsed = text.length; ; parsed += text.length) {
    try {
      const events = parseEvents(text, { maxDepth: MAX_DEPTH });
      return { text, events, originalOffset: offsetsBefore(text, moved) };
    } catch (error) {
      const { reason, offset } = failureOf(error);
      if (reason !== TOO_FAR_LEFT || parsed > MAX_REPARSED) {
        // What is missing at the end is told behind the last thing written, not lines further down.
        const place = Math.min(offset, text.trimEnd().length);
        throw new BrokenYaml(explain(text, reason, offset), offsetsBefore(text, moved)(place));
      }
      lines ??= document.split("\n");
      const first = lineOf(text, offset);
      const end = endOfRun(lines, first, openAt(text.slice(0, text.lastIndexOf("\n", offset - 1) + 1).trimEnd()));
      for (let line = first; line < end; line += 1) moved.set(line, (moved.get(line) ?? 0) + SHIFT);
      text = lines.map((line, index) => " ".repeat(moved.get(index) ?? 0) + line).join("\n");
    }
  }
}

type Open = "brackets" | "double quotes" | "single quotes";

/** What the text leaves open at its end, where a line follows that stands too far left. */
function openAt(text: string): Open {
  try {
    // A backslash that joins the next line is no escape at the end.
    parseEvents(text.replace(/\\{1,100}$/, ""), { maxDepth: MAX_DEPTH });
  } catch (error) {
    const { reason } = failureOf(error);
    if (reason.endsWith("double quoted scalar")) return "double quotes";
    if (reason.endsWith("single quoted scalar")) return "single quotes";
  }
  return "brackets";
}

/**
 * The line behind the last one that lies in the same quotes or brackets for certain as the first: all of them may be
 * moved. Of brackets it is only known that one is open, so the first that closes more than it opens ends the run.
 */
function endOfRun(lines: readonly string[], first: number, open: Open): number {
  let quote = open === "double quotes" ? '"' : open === "single quotes" ? "'" : "";
  let depth = 0;
  for (let line = first; line < lines.length; line += 1) {
    const text = lines[line] ?? "";
    let before = ",";
    for (let at = 0; at < text.length; at += 1) {
      const char = text[at] ?? "";
      if (quote !== "") {
        if (char === "\\" && quote === '"') at += 1;
        else if (char === quote && quote === "'" && text[at + 1] === "'") at += 1;
        else if (char === quote) {
          if (open !== "brackets") return line + 1;
          quote = "";
        }
      } else if (char === "#" && (at === 0 || /\s/.test(text[at - 1] ?? ""))) break;
      else if ((char === '"' || char === "'") && ",:[{".includes(before)) quote = char;
      else if (char === "[" || char === "{") depth += 1;
      else if (char === "]" || char === "}") depth -= 1;
      if (!/\s/.test(char)) before = char;
    }
    if (depth < 0) return line + 1;
  }
  return lines.length;
}

function lineOf(text: string, offset: number): number {
  let line = 0;
  for (let end = text.indexOf("\n"); end >= 0 && end < offset; end = text.indexOf("\n", end + 1)) line += 1;
  return line;
}

function offsetsBefore(text: string, moved: ReadonlyMap<number, number>): (offset: number) => number {
  if (moved.size === 0) return (offset) => offset;
  const inserted: { readonly at: number; readonly length: number }[] = [];
  let lineStart = 0;
  for (let line = 0; lineStart <= text.length; line += 1) {
    const length = moved.get(line);
    if (length !== undefined) inserted.push({ at: lineStart, length });
    const end = text.indexOf("\n", lineStart);
    if (end < 0) break;
    lineStart = end + 1;
  }
  return (offset) =>
    inserted.reduce((left, { at, length }) => left - Math.min(length, Math.max(0, offset - at)), offset);
}

function failureOf(error: unknown): { readonly reason: string; readonly offset: number } {
  if (error instanceof YAMLException) return { reason: error.reason, offset: error.mark?.position ?? 0 };
  if (error instanceof RangeError) return { reason: "it is nested too deeply", offset: 0 };
  throw error;
}

/** js-yaml's reason, in plainer words for the slips that are made most. */
function explain(text: string, reason: string, offset: number): string {
  const char = text[offset] ?? "";
  if (reason.startsWith("bad indentation of a mapping")) {
    if ("@`%".includes(char) && char !== "") return `a value cannot begin with ${char}: quote it`;
    const before = text.slice(text.lastIndexOf("\n", offset - 1) + 1, offset);
    if (char === ":" && /:\s/.test(before)) return "a second key stands on the line: quote the text if it is none";
  }
  if (reason === TOO_FAR_LEFT) return "a line inside brackets or quotes stands too far to the left";
  if (reason.startsWith("nesting exceeded")) return "it is nested too deeply";
  return reason;
}

/**
 * Where a node's own text begins: at the quote of a quoted scalar, the `|` of a block scalar, the `*` of an alias; -1
 * where nothing is written.
 */
export function eventOffset(text: string, event: Event): number {
  switch (event.type) {
    case EVENT_ID.SCALAR:
      return scalarOffset(text, event);
    case EVENT_ID.SEQUENCE:
    case EVENT_ID.MAPPING:
      return event.start;
    case EVENT_ID.ALIAS:
      return event.anchorStart - 1;
    default:
      return -1;
  }
}

function scalarOffset(text: string, { style, valueStart }: ScalarEvent): number {
  if (style === SCALAR_STYLE.PLAIN) return valueStart;
  if (style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED) return valueStart - 1;
  // A block scalar's content begins on the line behind its header.
  const headerLine = text.lastIndexOf("\n", valueStart - 2) + 1;
  const header = /[|>][-+0-9]*[ \t]*(?:[ \t]#.*)?\s*$/.exec(text.slice(headerLine, valueStart));
  return headerLine + (header?.index ?? 0);
}

/** Whether the key is a plain `<<`. */
export function isMergeKey(text: string, event: Event | undefined): boolean {
  return (
    event?.type === EVENT_ID.SCALAR &&
    event.style === SCALAR_STYLE.PLAIN &&
    event.valueEnd - event.valueStart === 2 &&
    text.startsWith("<<", event.valueStart)
  );
}
