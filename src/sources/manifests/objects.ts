import { once } from "../../objects/kept.ts";
import type { FieldPath, Location, Origin } from "../../objects/origin.ts";
import { type ReadObject, readObject } from "../../objects/read/read-object.ts";
import type { IgnoreComment, InvalidObject } from "../../objects/snapshot.ts";
import { type DocumentText, splitDocuments } from "./documents.ts";
import { ignoreCommentsIn } from "./ignore-comments.ts";
import { parseDocument } from "./parse.ts";
import { type PassedOver, passedOver } from "./passed-over.ts";
import { type Position, type Positions, positionsIn } from "./positions.ts";

/** The text of one file of manifests. */
export interface ManifestText {
  /** As the user named it; "<stdin>" for standard input. */
  readonly file: string;
  readonly text: string;
  /** Found in a folder, and not named itself: what is plainly no Kubernetes object is then no fault. */
  readonly found: boolean;
  /** Bytes that are not UTF-8 were replaced by U+FFFD. */
  readonly damaged: boolean;
  /**
   * Of text that a program made: where in `file`, from which it made it, or else in another file that it names, a place of
   * the text comes from; `field` is what stands at that place, where it is known.
   */
  readonly placeOf?: (position: Position, field?: FieldPath) => Position | Location;
  /** Where a program made the text: what of the input had it do so, as in an Origin. */
  readonly madeBy?: string;
  /** Those that speak for the objects, where the program drops comments; else they are looked for in the text. */
  readonly ignoreComments?: readonly IgnoreComment[];
}

/** Everything that manifests hold, in the order in which it stands there. */
export interface ManifestObjects {
  readonly objects: ReadObject[];
  /** Objects of kinds that we do not read. */
  readonly passedOver: PassedOver[];
  readonly invalid: InvalidEntry[];
  readonly ignoreComments: IgnoreComment[];
}

export interface InvalidEntry extends InvalidObject {
  readonly location: Location;
  /** As far as it could be made out; null where it may be anything. */
  readonly kind: string | null;
  /** Its file has a template's braces, which a program is to fill in first. */
  readonly template: boolean;
}

export interface ReadingOptions {
  /** The namespace of objects that leave it out. */
  readonly defaultNamespace: string;
  /** The text is what an API server printed: status counts. */
  readonly live: boolean;
}

/** Kubernetes' own Lists are flat; one in another is read, but not without end. */
const MAX_LIST_DEPTH = 10;
/** Of one file: nobody reads more, and a file that is no manifest at all must not fill the memory. */
const MAX_INVALID = 1000;

/** What readManifestText adds to. */
export function noObjects(): ManifestObjects {
  return { objects: [], passedOver: [], invalid: [], ignoreComments: [] };
}

/** Reads all objects of one file's text and adds them to `into`. */
export function readManifestText(source: ManifestText, options: ReadingOptions, into: ManifestObjects): void {
  // What a program made is rendered: braces are meant for somebody else then.
  const isTemplate = once(() => source.placeOf === undefined && source.text.includes("{{"));
  const reader: Reader = { source, options, into, isTemplate, maxInvalid: into.invalid.length + MAX_INVALID };
  // A NUL near the beginning only: further on in a text it concerns its own document.
  if (source.text.slice(0, 1024).includes("\0")) {
    refuse(reader, { line: 1, column: 1 }, "this is a binary file");
    return;
  }
  for (const comment of source.ignoreComments ?? ignoreCommentsIn(source)) into.ignoreComments.push(comment);
  for (const document of splitDocuments(source.text)) {
    if (!readDocument(reader, document)) return;
    if (into.invalid.length >= reader.maxInvalid) {
      refuse(reader, document, `over ${MAX_INVALID} faults: the rest of the file was not read`);
      return;
    }
  }
}

interface Reader {
  readonly source: ManifestText;
  readonly options: ReadingOptions;
  readonly into: ManifestObjects;
  /** Whether the file has a template's braces. */
  readonly isTemplate: () => boolean;
  readonly maxInvalid: number;
}

/** False where nothing more of the file is worth reading. */
function readDocument(reader: Reader, document: DocumentText): boolean {
  const { text } = document;
  const damage = reader.source.damaged ? text.indexOf("\ufffd") : -1;
  if (damage >= 0) {
    refuse(reader, positionsIn(document).ofOffset(damage), "this is not UTF-8", kindIn(text));
    return true;
  }
  const parsed = parseDocument(document);
  if (parsed.status === "read") {
    for (const { place, value } of parsed.values) {
      if (reader.into.invalid.length < reader.maxInvalid) readValue(reader, positionsIn(place), [], value);
    }
    return true;
  }
  const position = positionsIn(document).ofOffset(parsed.offset);
  if (breaksAsTemplate(text, parsed.offset)) {
    // Its other documents would fail alike, or be read as what they are not.
    const advice = "it looks like a template: read what helm or kustomize makes of it (--helm CHART, -k FOLDER)";
    refuse(reader, position, `${parsed.message}; ${advice}`);
    return false;
  }
  refuse(reader, position, parsed.message, kindIn(text));
  return true;
}

/** Whether the line that breaks the document, or its first one, has a template's braces. */
function breaksAsTemplate(text: string, offset: number): boolean {
  const start = text.lastIndexOf("\n", offset - 1) + 1;
  const end = text.indexOf("\n", offset);
  return /^\s*\{\{/.test(text) || text.slice(start, end < 0 ? text.length : end).includes("{{");
}

/** The kind of a document that cannot be parsed, null where no line tells it. */
function kindIn(text: string): string | null {
  return /^kind:[ \t]*["']?([A-Za-z]+)["']?[ \t]*(?:#.*)?\r?$/m.exec(text)?.[1] ?? null;
}

function readValue(reader: Reader, positions: Positions, path: FieldPath, value: unknown): void {
  // kubectl passes over an empty document too.
  if (value === null) return;
  if (path.length === 0 && reader.source.found && !looksLikeObject(value)) return;
  const items = path.length / 2 < MAX_LIST_DEPTH ? listItems(value) : null;
  if (items !== null) {
    for (const [index, item] of items.entries()) {
      if (reader.into.invalid.length >= reader.maxInvalid) return;
      readValue(reader, positions, [...path, "items", index], item);
    }
    return;
  }
  const origin = new DocumentOrigin(reader.source, positions, path);
  const result = readObject(value, { origin, ...reader.options });
  if (result.status === "read") {
    reader.into.objects.push(result);
  } else if (result.status === "passed-over") {
    reader.into.passedOver.push(passedOver(result.ref, origin, value, reader.options.defaultNamespace));
  } else {
    const kind = kindOf(value);
    for (const { path: field, message } of result.faults) {
      const template = reader.isTemplate();
      reader.into.invalid.push({ ref: result.ref, location: origin.locate(field), field, message, kind, template });
    }
  }
}

/** A values file, a pipeline or a Chart.yaml in a folder has at most one of the marks of an object. */
function looksLikeObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return typeof value === "string";
  return ["apiVersion", "kind", "metadata"].filter((key) => Object.hasOwn(value, key)).length > 1;
}

/**
 * The items of a `List`, or of a list of one kind as the API itself returns it, whose items do not tell their kind. null
 * for all else.
 */
export function listItems(value: unknown): readonly unknown[] | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind, apiVersion, items } = value as { [key: string]: unknown };
  if (typeof kind !== "string" || !kind.endsWith("List") || !Array.isArray(items)) return null;
  if (kind === "List") return items;
  return items.map((item: unknown) =>
    typeof item === "object" && item !== null && !Object.hasOwn(item, "kind")
      ? { apiVersion, kind: kind.slice(0, -"List".length), ...item }
      : item,
  );
}

function kindOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null) return null;
  const { kind } = value as { readonly kind?: unknown };
  return typeof kind === "string" ? kind : null;
}

function refuse(
  { source: { file, placeOf }, into, isTemplate }: Reader,
  position: Position,
  message: string,
  kind: string | null = null,
): void {
  const location = { file, ...(placeOf === undefined ? position : placeOf(position)) };
  into.invalid.push({ ref: null, location, field: null, message, kind, template: isTemplate() });
}

/** A class, as V8 would give each literal with a getter a hidden class of its own: there is one for each object. */
class DocumentOrigin implements Origin {
  readonly file: string;
  readonly rendered: boolean;
  readonly madeBy: string | undefined;
  readonly #source: ManifestText;
  readonly #positions: Positions;
  readonly #base: FieldPath;

  constructor(source: ManifestText, positions: Positions, base: FieldPath) {
    this.file = source.file;
    this.rendered = source.placeOf !== undefined;
    this.madeBy = source.madeBy;
    this.#source = source;
    this.#positions = positions;
    this.#base = base;
  }

  get start(): Location {
    return this.locate([]);
  }

  locate(path: FieldPath): Location {
    const { file, placeOf } = this.#source;
    const field = [...this.#base, ...path];
    const position = this.#positions.ofField(field);
    return { file, ...(placeOf === undefined ? position : placeOf(position, field)) };
  }
}
