import { escapeInJson } from "./clean.ts";

/** Plain data as indented JSON with a line feed at its end; no text in it can act on a terminal. */
export function toJson(data: unknown): string {
  return `${escapeInJson(JSON.stringify(data, null, 2))}\n`;
}

/**
 * Plain data as YAML 1.2 in block style. Texts of several lines stand as they are where nothing in them is invisible; others
 * that are not plain words are written in double quotes with JSON's escapes, which YAML reads alike: so no text can be taken
 * for another type or act on a terminal.
 */
export function toYaml(data: unknown): string {
  return `${block(data, 0).join("\n")}\n`;
}

/** Words that every YAML reads as text: none of 1.1's yes, no, on, off, y, n, and no number (some take E0 for one). */
const PLAIN = /^(?![Ee][0-9])[A-Za-z][A-Za-z0-9_./-]*$/;
const KEYWORD = /^(?:y|n|yes|no|on|off|true|false|null|inf|nan)$/i;

/** Several lines of printable ASCII, none of which ends in blanks and the first of which is not indented. */
const LINES = /^(?! )[ -~]*[!-~](?:\n(?:[ -~]*[!-~])?)*\n[ -~]*[!-~]\n?$/;

function block(value: unknown, depth: number): readonly string[] {
  const indent = "  ".repeat(depth);
  if (!isNested(value)) return [`${indent}${scalar(value)}`];
  if (Array.isArray(value)) {
    return value.flatMap((item) => {
      if (isLines(item)) return literal(`${indent}-`, item, `${indent}  `);
      const [first = "", ...rest] = isNested(item) ? block(item, depth + 1) : [`${indent}  ${scalar(item)}`];
      return [`${indent}- ${first.slice(indent.length + 2)}`, ...rest];
    });
  }
  return Object.entries(value).flatMap(([key, item]) => {
    if (item === undefined) return [];
    if (isLines(item)) return literal(`${indent}${scalar(key)}:`, item, `${indent}  `);
    return isNested(item)
      ? [`${indent}${scalar(key)}:`, ...block(item, depth + 1)]
      : [`${indent}${scalar(key)}: ${scalar(item)}`];
  });
}

/** Whether a value takes lines of its own: lists and maps with something in them. */
function isNested(value: unknown): value is object {
  return typeof value === "object" && value !== null && Object.keys(value).length > 0;
}

function isLines(value: unknown): value is string {
  return typeof value === "string" && LINES.test(value);
}

/** A literal block: `|` keeps the line feed at the end, `|-` says that there is none. */
function literal(head: string, text: string, indent: string): readonly string[] {
  const lines = text.replace(/\n$/, "").split("\n");
  return [
    `${head} ${text.endsWith("\n") ? "|" : "|-"}`,
    ...lines.map((line) => (line === "" ? "" : `${indent}${line}`)),
  ];
}

function scalar(value: unknown): string {
  if (typeof value === "string" && PLAIN.test(value) && !KEYWORD.test(value)) return value;
  return escapeInJson(JSON.stringify(value ?? null));
}
