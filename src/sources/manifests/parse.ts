import { type DocumentText, splitJsonObjects } from "./documents.ts";
import { type Parsed, parseYaml } from "./yaml.ts";

/** What one document may take in characters: parsed YAML is some fifty times as large as its text, JSON ten times. */
const MAX_YAML = 16_000_000;
const MAX_JSON = 64_000_000;

interface DocumentValue {
  readonly place: DocumentText;
  readonly value: unknown;
}

export type ParsedDocument =
  | { readonly status: "read"; readonly values: readonly DocumentValue[] }
  | Extract<Parsed, { status: "broken" }>;

/** The value of a document of YAML or JSON; several where it is a stream of JSON objects. Never throws. */
export function parseDocument(document: DocumentText): ParsedDocument {
  const { text } = document;
  const json = /^\s*\{/.test(text);
  if (json && text.length <= MAX_JSON) {
    const value = parseJson(text);
    if (value !== undefined) return { status: "read", values: [{ place: document, value }] };
  }
  if (text.length > MAX_YAML) {
    const limit = json ? "64 MB of JSON" : "16 MB of YAML (64 MB of JSON)";
    return { status: "broken", message: `a document of more than ${limit} is not read`, offset: 0 };
  }
  const parsed = parseYaml(text);
  if (parsed.status === "read") return { status: "read", values: [{ place: document, value: parsed.value }] };
  const values = json ? jsonStream(document) : null;
  return values === null ? parsed : { status: "read", values };
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
