import { type DocumentText, splitJsonObjects } from "./documents.ts";
import { parsePlainYaml } from "./plain-yaml.ts";
import { parseYaml } from "./yaml.ts";

/**
 * What one document may hold, in characters that begin or part values. Bounds the memory, which grows with the values:
 * a YAML value takes some hundred bytes while it is parsed, a JSON value about fifty.
 */
const MAX_YAML_MARKS = 2_000_000;
const MAX_JSON_MARKS = 6_000_000;

interface DocumentValue {
  readonly place: DocumentText;
  readonly value: unknown;
}

export type ParsedDocument =
  | { readonly status: "read"; readonly values: readonly DocumentValue[] }
  | { readonly status: "broken"; readonly message: string; readonly offset: number };

/** The value of a document of YAML or JSON; several where it is a stream of JSON objects. Never throws. */
export function parseDocument(document: DocumentText): ParsedDocument {
  const { text } = document;
  const json = /^\s*\{/.test(text);
  // There are no more of them than characters: only large documents must be counted.
  const marks = text.length <= MAX_YAML_MARKS ? 0 : marksIn(text);
  if (json && marks <= MAX_JSON_MARKS) {
    const value = parseJson(text);
    if (value !== undefined) return { status: "read", values: [{ place: document, value }] };
  }
  if (marks > MAX_YAML_MARKS) {
    const advice = json ? "" : "; JSON may be three times as large";
    return { status: "broken", message: `the document is too large (${text.length} characters)${advice}`, offset: 0 };
  }
  const plain = json ? undefined : parsePlainYaml(text);
  if (plain !== undefined) return { status: "read", values: [{ place: document, value: plain }] };
  const parsed = parseYaml(text);
  if (parsed.status === "read") return { status: "read", values: [{ place: document, value: parsed.value }] };
  const values = json ? jsonStream(document) : null;
  if (values !== null) return { status: "read", values };
  return { ...parsed, message: `this is not ${json ? "JSON or " : ""}YAML: ${parsed.message}` };
}

/** Null where the text is not two or more JSON objects. */
function jsonStream(document: DocumentText): readonly DocumentValue[] | null {
  const objects = splitJsonObjects(document);
  if (objects === null || objects.length < 2) return null;
  const values = objects.map((place) => ({ place, value: parseJson(place.text) }));
  return values.some(({ value }) => value === undefined) ? null : values;
}

/** undefined where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function marksIn(text: string): number {
  let marks = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    // Line breaks, comma, [ and {.
    if (char === 0x0a || char === 0x0d || char === 0x2c || char === 0x5b || char === 0x7b) marks += 1;
  }
  return marks;
}
