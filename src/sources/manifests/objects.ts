import type { ObjectRef } from "../../objects/meta.ts";
import type { FieldPath, Location, Origin } from "../../objects/origin.ts";
import { type ReadObject, readObject } from "../../objects/read/read-object.ts";
import type { InvalidObject } from "../../objects/snapshot.ts";
import { type DocumentText, splitDocuments, splitJsonObjects } from "./documents.ts";
import { type Positions, positionsIn } from "./positions.ts";
import { parseYaml } from "./yaml.ts";

/** The text of one file of manifests. */
export interface ManifestText {
  /** As the user named it; "<stdin>" for standard input. */
  readonly file: string;
  readonly text: string;
  /** Found in a folder, and not named itself: what is plainly no Kubernetes object is then no fault. */
  readonly found: boolean;
  /** Bytes that are not UTF-8 were replaced by U+FFFD. */
  readonly damaged: boolean;
}

/** Everything that manifests hold, in the order in which it stands there. */
export interface ManifestObjects {
  readonly objects: ReadObject[];
  /** Objects of kinds that we do not read. */
  readonly passedOver: PassedOver[];
  readonly invalid: InvalidEntry[];
}

export interface PassedOver {
  readonly ref: ObjectRef;
  readonly location: Location;
}

export interface InvalidEntry extends InvalidObject {
  readonly location: Location;
  /** As far as it could be made out; null where it may be anything. */
  readonly kind: string | null;
}

/** Kubernetes' own Lists are flat; one in another is read, but not without end. */
const MAX_LIST_DEPTH = 10;

export interface ReadingOptions {
  /** The namespace of objects that leave it out. */
  readonly defaultNamespace: string;
  /** The text is what an API server printed: status counts. */
  readonly live: boolean;
}

/** Reads all objects of one file's text and adds them to `into`. */
export function readManifestText(source: ManifestText, options: ReadingOptions, into: ManifestObjects): void {
  const reader: Reader = { source, options, into };
  // Near its beginning only: in a text, a NUL concerns its own document.
  if (source.text.slice(0, 1024).includes("\0")) {
    const location = { file: source.file, line: 1, column: 1 };
    into.invalid.push({
      ref: null,
      location,
      field: null,
      message: "this is not YAML: it is a binary file",
      kind: null,
    });
    return;
  }
  for (const document of splitDocuments(source.text)) {
    if (!readDocument(reader, document)) return;
  }
}

interface Reader {
  readonly source: ManifestText;
  readonly options: ReadingOptions;
  readonly into: ManifestObjects;
}

/** False where nothing more of the file is worth reading. */
function readDocument(reader: Reader, document: DocumentText): boolean {
  const values = parseDocument(document);
  if (!("message" in values)) {
    for (const { place, value } of values) readValue(reader, positionsIn(place), [], value);
    return true;
  }
  const location = { file: reader.source.file, ...positionsIn(document).ofOffset(values.offset) };
  const template = document.text.includes("{{");
  const hint = template
    ? ". It looks like a template that is not rendered yet: read what helm or kustomize makes of it"
    : "";
  reader.into.invalid.push({
    ref: null,
    location,
    field: null,
    message: `this is not YAML: ${values.message}${hint}`,
    kind: /^kind:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:#.*)?\r?$/m.exec(document.text)?.[1] ?? null,
  });
  // All documents of a template fail alike: one line tells it.
  return !template;
}

interface DocumentValue {
  readonly place: DocumentText;
  readonly value: unknown;
}

/** The value of a document; several where it is a stream of JSON objects. */
function parseDocument(document: DocumentText): readonly DocumentValue[] | { message: string; offset: number } {
  const json = document.text.trimStart().startsWith("{");
  if (json) {
    const value = parseJson(document.text);
    if (value !== undefined) return [{ place: document, value }];
  }
  const parsed = parseYaml(document.text);
  if (parsed.status === "read") return [{ place: document, value: parsed.value }];
  const objects = json ? splitJsonObjects(document) : null;
  if (objects === null || objects.length < 2) return parsed;
  const values = objects.map((place) => ({ place, value: parseJson(place.text) }));
  return values.some(({ value }) => value === undefined) ? parsed : values;
}

/** undefined where the text is not JSON. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

function readValue(reader: Reader, positions: Positions, path: FieldPath, value: unknown): void {
  if (path.length === 0 && reader.source.found && !looksLikeObject(value)) return;
  if (path.length / 2 < MAX_LIST_DEPTH && isList(value)) {
    value.items.forEach((item, index) => {
      readValue(reader, positions, [...path, "items", index], item);
    });
    return;
  }
  const origin = originOf(reader, positions, path);
  const result = readObject(value, { origin, ...reader.options });
  if (result.status === "read") {
    reader.into.objects.push(result);
  } else if (result.status === "passed-over") {
    reader.into.passedOver.push({ ref: result.ref, location: origin.start });
  } else {
    const kind = kindOf(value);
    for (const { path: field, message } of result.faults) {
      reader.into.invalid.push({ ref: result.ref, location: origin.locate(field), field, message, kind });
    }
  }
}

/** A values file, a pipeline or a Chart.yaml in a folder has at most one of the marks of an object. */
function looksLikeObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "string";
  return ["apiVersion", "kind", "metadata"].filter((key) => Object.hasOwn(value, key)).length > 1;
}

function isList(value: unknown): value is { readonly kind: string; readonly items: readonly unknown[] } {
  if (typeof value !== "object" || value === null) return false;
  const { kind, items } = value as { readonly kind?: unknown; readonly items?: unknown };
  return typeof kind === "string" && kind.endsWith("List") && Array.isArray(items);
}

function kindOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind } = value as { readonly kind?: unknown };
  return typeof kind === "string" ? kind : null;
}

function originOf({ source: { file } }: Reader, positions: Positions, base: FieldPath): Origin {
  const locate = (path: FieldPath): Location => ({ file, ...positions.ofField([...base, ...path]) });
  return {
    file,
    get start() {
      return locate([]);
    },
    locate,
  };
}
