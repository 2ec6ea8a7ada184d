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
  const nexts = nextContents(lines);
  const documents = splitDocuments(text).map((document) => spanOf(document, nexts));
  let ahead = 0;
  return lines.flatMap((line, at): readonly IgnoreComment[] => {
    const found = line.includes(WORD) ? COMMENT.exec(line) : null;
    if (found === null) return [];
    while ((documents[ahead]?.last ?? at) < at) ahead += 1;
    const column = line.indexOf("#", found.index) + 1;
    const own = documents[ahead];
    if (own !== undefined && at >= own.first && own.holdsText(at, column - 1)) return [];
    const alone = line.slice(0, column - 1).trim() === "";
    const scope = scopeOf(lines, at, alone ? (nexts[at + 1] ?? lines.length) : at, documents.slice(ahead, ahead + 2));
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

/** For each line the first one from there on that holds more than a comment; the number of lines where there is none. */
function nextContents(lines: readonly string[]): readonly number[] {
  const nexts: number[] = Array.from({ length: lines.length + 1 }, () => lines.length);
  for (let at = lines.length - 1; at >= 0; at -= 1) nexts[at] = isBare(lines[at] ?? "") ? (nexts[at + 1] ?? at) : at;
  return nexts;
}

/** The lines of a document, from 0. */
interface Span {
  readonly first: number;
  readonly last: number;
  /** Where its content begins, behind markers and directives. */
  readonly begins: number;
  /** Whether a place lies inside a text: a quoted one, or a block of `|`. Asked for in the order of the places. */
  holdsText(line: number, column: number): boolean;
}

function spanOf(document: DocumentText, nexts: readonly number[]): Span {
  const lines = document.text.split("\n");
  const first = document.line - 1;
  let begins = nexts[first] ?? first;
  while (/^(?:---\s*$|%)/.test(lines[begins - first] ?? "")) begins = nexts[begins + 1] ?? begins + 1;
  let texts: readonly (readonly [number, number])[] | null = null;
  let [line, offset, text] = [first, 0, 0];
  return {
    first,
    last: first + lines.length - 1 - (document.text.endsWith("\n") ? 1 : 0),
    begins,
    holdsText(asked, column) {
      texts ??= textsIn(document.text);
      for (; line < asked; line += 1) offset += (lines[line - first]?.length ?? 0) + 1;
      while ((texts[text]?.[1] ?? Number.POSITIVE_INFINITY) <= offset + column) text += 1;
      return (texts[text]?.[0] ?? Number.POSITIVE_INFINITY) <= offset + column;
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

/** `next` is the line that the comment speaks for, or in which it stands. */
function scopeOf(lines: readonly string[], at: number, next: number, documents: readonly Span[]): Scope {
  if (next >= lines.length) return { first: at, last: at, ofDocument: false };
  const document = documents.find(({ first, last }) => next >= first && next <= last);
  if (document !== undefined) {
    const marker = next === document.first && /^---(?:\s|$)/.test(lines[next] ?? "");
    if (marker || (next > at && next === document.begins)) {
      return { first: document.first, last: document.last, ofDocument: true };
    }
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
