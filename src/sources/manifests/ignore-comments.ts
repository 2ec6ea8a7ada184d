import { EVENT_ID } from "js-yaml";
import type { IgnoreComment } from "../../objects/snapshot.ts";
import { type DocumentText, splitDocuments } from "./documents.ts";
import { yamlEvents } from "./events.ts";
import type { ManifestText } from "./objects.ts";
import type { Position } from "./positions.ts";

const WORD = "kheadless-ignore";
const COMMENT = /(?:^|[ \t])#[ \t]*kheadless-ignore(?![\w-]):?[ \t]*(.*)$/;
const RULES = /^([a-z][a-z0-9-]*(?:[ \t]*,[ \t]*[a-z][a-z0-9-]*)*)(?:[ \t:]+(.*))?$/;

type CommentedText = Pick<ManifestText, "text" | "file" | "placeOf">;

const asItIs = (position: Position): Position => position;

/**
 * The comments `# kheadless-ignore: RULE REASON` of a file's text. Above a document one speaks for all of it; behind
 * something, for what begins on that line: a field with all below it; on a line of its own, for what begins on the next.
 * The YAML parser drops comments, so they are found by line, and only files that have the word are looked through.
 */
export function ignoreCommentsIn({ text, file, placeOf = asItIs }: CommentedText): readonly IgnoreComment[] {
  if (!text.includes(WORD)) return [];
  const lines = text.split("\n").map((line) => line.trimEnd());
  const documents = splitDocuments(text).map(spanOf);
  return lines.flatMap((line, at): readonly IgnoreComment[] => {
    const found = COMMENT.exec(line);
    if (found === null) return [];
    const column = line.indexOf("#", found.index) + 1;
    const own = documents.find(({ first, last }) => at >= first && at <= last);
    if (own?.holdsText(at, column - 1)) return [];
    const scope = scopeOf(lines, at, line.slice(0, column - 1).trim(), documents);
    const [, rules = "", reason] = RULES.exec(found[1] ?? "") ?? [];
    return [
      {
        rules: rules === "" ? [] : rules.split(",").map((rule) => rule.trim()),
        reason: reason?.replace(/^(?:--|\u2014|:)[ \t]*/, "") || null,
        location: { file, ...placeOf({ line: at + 1, column }) },
        lines: {
          first: placeOf({ line: scope.first + 1, column: 1 }).line,
          last: placeOf({ line: scope.last + 1, column: 1 }).line,
        },
        ofDocument: scope.ofDocument,
      },
    ];
  });
}

/** The lines of a document, from 0, and whether a place in them lies inside a text: a quoted one, or a block of `|`. */
interface Span {
  readonly first: number;
  readonly last: number;
  holdsText(line: number, column: number): boolean;
}

function spanOf(document: DocumentText): Span {
  const lines = document.text.split("\n");
  const first = document.line - 1;
  const last = first + lines.length - 1 - (document.text.endsWith("\n") ? 1 : 0);
  let texts: readonly (readonly [number, number])[] | null = null;
  return {
    first,
    last,
    holdsText(line, column) {
      texts ??= textsIn(document.text);
      const before = lines.slice(0, line - first).reduce((sum, one) => sum + one.length + 1, 0);
      const offset = before + column;
      return texts.some(([start, end]) => offset >= start && offset < end);
    },
  };
}

/** Where scalars stand. Of a document that is no YAML nothing is known, and no object comes of it. */
function textsIn(text: string): readonly (readonly [number, number])[] {
  try {
    const { events, originalOffset } = yamlEvents(text);
    return events.flatMap((event) =>
      event.type === EVENT_ID.SCALAR && event.valueStart >= 0
        ? [[originalOffset(event.valueStart), originalOffset(event.valueEnd)] as const]
        : [],
    );
  } catch {
    return [[0, text.length]];
  }
}

interface Scope {
  readonly first: number;
  readonly last: number;
  readonly ofDocument: boolean;
}

function scopeOf(lines: readonly string[], at: number, before: string, documents: readonly Span[]): Scope {
  const next = before === "" ? lines.findIndex((line, index) => index > at && !isBare(line)) : at;
  if (next < 0) return { first: at, last: at, ofDocument: false };
  const document = documents.find(({ first, last }) => next >= first && next <= last);
  if (document !== undefined) {
    const marker = next === document.first && /^---(?:\s|$)/.test(lines[next] ?? "");
    const begins = lines.findIndex((line, index) => index >= document.first && !isBare(line) && !/^---$|^%/.test(line));
    if (marker || (before === "" && next === begins)) return { ...document, ofDocument: true };
  }
  return { first: next, last: endOfBlock(lines, next), ofDocument: false };
}

/** Nothing stands on the line but a comment. */
function isBare(line: string): boolean {
  return /^\s*(?:#|$)/.test(line);
}

/** The last line of what begins on a line: those below it that stand further right, or are items of its list. */
function endOfBlock(lines: readonly string[], start: number): number {
  const indentOf = (line: string): number => line.length - line.trimStart().length;
  const head = lines[start] ?? "";
  const isItem = (line: string): boolean => /^\s*-(?:\s|$)/.test(line);
  let last = start;
  for (let at = start + 1; at < lines.length; at += 1) {
    const line = lines[at] ?? "";
    if (isBare(line)) continue;
    const deeper = indentOf(line) > indentOf(head);
    if (!deeper && !(indentOf(line) === indentOf(head) && isItem(line) && !isItem(head))) break;
    last = at;
  }
  return last;
}
