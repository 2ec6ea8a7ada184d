import { readFileSync, realpathSync, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { once, perKey } from "../../objects/kept.ts";
import type { IgnoreComment } from "../../objects/snapshot.ts";
import { type DocumentText, splitDocuments } from "./documents.ts";
import { entryOf } from "./entry.ts";
import { MAX_BYTES } from "./files.ts";
import { ignoreCommentsIn } from "./ignore-comments.ts";
import { placeOfRepository } from "./kustomize-remotes.ts";
import type { ManifestText } from "./objects.ts";
import { parseDocument } from "./parse.ts";
import type { Position } from "./positions.ts";
import { type DecodedText, decodeText } from "./text.ts";
import {
  generatedObjects,
  nameOf,
  type ObjectName,
  placeInWritten,
  type WrittenObject,
  withoutHash,
  writtenAs,
  writtenObjects,
} from "./written-objects.ts";
import { parseYaml } from "./yaml.ts";

const ORIGIN = "config.kubernetes.io/origin";
/** What `buildMetadata` adds that depends on the folder that is built. */
const TRACES: readonly string[] = [ORIGIN, "alpha.config.kubernetes.io/transformations"];
const BEGINNING: Position = { line: 1, column: 1 };

/** Where an object came from, as its annotation tells it. */
export interface ObjectOrigin {
  /** An absolute path; or within `repository`, as kustomize writes that: `REPOSITORY//PATH?ref=REF`. */
  readonly file: string;
  /** The one that kustomize fetched; null where the file is here. */
  readonly repository: string | null;
  /** The file does not hold the object, but says how to generate it. */
  readonly generated: boolean;
}

/** The origins of the objects that a build with `originAnnotations` made, by what the object is without them. */
export function originsIn(built: string, root: string): ReadonlyMap<string, ObjectOrigin> {
  const origins = new Map<string, ObjectOrigin>();
  for (const document of splitDocuments(built)) {
    const value = objectIn(document);
    const annotation = entryOf(entryOf(entryOf(value, "metadata"), "annotations"), ORIGIN);
    const origin = typeof annotation === "string" ? originOf(annotation, root) : null;
    if (origin !== null) origins.set(contentOf(value), origin);
  }
  return origins;
}

function originOf(annotation: string, root: string): ObjectOrigin | null {
  const parsed = parseYaml(annotation);
  const told = (key: string): string | null => {
    const value = parsed.status === "read" ? entryOf(parsed.value, key) : undefined;
    return typeof value === "string" && value !== "" ? value : null;
  };
  const [repository, ref, generator] = [told("repo"), told("ref"), told("configuredIn")];
  const path = generator ?? told("path");
  if (path === null) return null;
  const generated = generator !== null;
  if (repository === null) return { file: resolve(root, path), repository, generated };
  return { file: `${repository}//${path}${ref === null ? "" : `?ref=${ref}`}`, repository, generated };
}

/** The same text for the same object, whatever was noted in it of how it was built. */
function contentOf(value: unknown): string {
  const metadata = entryOf(value, "metadata");
  const annotations = entryOf(metadata, "annotations");
  if (typeof annotations !== "object" || annotations === null) return JSON.stringify(value);
  const own = Object.entries(annotations).filter(([key]) => !TRACES.includes(key));
  return JSON.stringify({
    ...(value as object),
    metadata: { ...(metadata as object), annotations: own.length === 0 ? undefined : Object.fromEntries(own) },
  });
}

function objectIn(document: DocumentText): unknown {
  const parsed = parseDocument(document);
  return parsed.status === "read" ? parsed.values[0]?.value : undefined;
}

/** What is built: a folder or a URL, and the kustomization that stands for what comes from no file that is known. */
interface Built {
  readonly folder: string;
  readonly remote: boolean;
  readonly file: string;
}

/** An object that kustomize made. */
interface MadeObject {
  readonly document: DocumentText;
  /** null where it has none. */
  readonly name: ObjectName | null;
  readonly source: SourceFile;
}

/** What kustomize printed, cut into its objects, each with the file that it came from as far as `origins` tell it. */
export function manifestTexts(
  { text, damaged }: DecodedText,
  origins: ReadonlyMap<string, ObjectOrigin>,
  built: Built,
): readonly ManifestText[] {
  const sourceOf = sourceFiles(built);
  const objects = splitDocuments(text).map((document): MadeObject => {
    const value = objectIn(document);
    return { document, name: nameOf(value), source: sourceOf(origins.get(contentOf(value)) ?? null) };
  });
  const bySource = Map.groupBy(objects, ({ source }) => source);
  const finders = new Map([...bySource].map(([source, made]) => [source, writtenFinder(source, made)]));
  return objects.map((object) => {
    const { source, document } = object;
    const made = bySource.get(source) ?? [];
    const findWritten = finders.get(source) ?? (() => null);
    return {
      file: source.file,
      text: document.text,
      found: false,
      damaged,
      madeBy: `-k ${built.folder}`,
      placeOf: (_, field = []) => {
        const written = findWritten(object);
        return written === null ? source.start : placeInWritten(written, objectIn(document), field);
      },
      ignoreComments: object === made[0] ? commentsFor(source, made, findWritten) : [],
    };
  });
}

/** A file that objects come from. */
interface SourceFile {
  /** As the user would name it. */
  readonly file: string;
  /** null where it is not here. */
  readonly text: string | null;
  readonly generates: boolean;
  /** Where what is not found in it stands. */
  readonly start: Position;
}

/** Reads each file once. */
function sourceFiles({ folder, remote, file }: Built): (origin: ObjectOrigin | null) => SourceFile {
  const unread = (path: string, start = BEGINNING): SourceFile => ({ file: path, text: null, generates: false, start });
  const unknown = unread(file);
  const local = (generates: boolean): ((path: string) => SourceFile) =>
    perKey((path) => {
      const text = textOf(path);
      return text === null ? unknown : { file: shownPath(path, folder), text, generates, start: BEGINNING };
    });
  const [holding, generating] = [local(false), local(true)];
  const elsewhere = perKey((path: string) => unread(path));
  const fetched = perKey((repository: string): SourceFile => {
    const place = placeOfRepository(folder, repository);
    return place === null ? unknown : unread(place.file, place);
  });
  return (origin) => {
    if (origin === null) return unknown;
    // What a folder of ours fetches is changed in the folder: there is no other file here.
    if (origin.repository !== null) return remote ? elsewhere(origin.file) : fetched(origin.repository);
    return origin.generated ? generating(origin.file) : holding(origin.file);
  };
}

/** null where there is no such file here, or one that is too large. */
function textOf(file: string): string | null {
  try {
    const found = statSync(file);
    return found.isFile() && found.size <= MAX_BYTES ? decodeText(readFileSync(file)).text : null;
  } catch {
    return null;
  }
}

/** From the folder, as the user named that; from the working folder where symbolic links lead elsewhere. */
function shownPath(file: string, folder: string): string {
  const shown = join(folder, relative(realpathSync(folder), file));
  try {
    if (realpathSync(shown) === realpathSync(file)) return shown;
  } catch {
    // Past a symbolic link `..` is another folder.
  }
  return relative("", file);
}

type WrittenFinder = (object: MadeObject) => WrittenObject | null;

/** Parses the file at the first question: findings are rare. */
function writtenFinder({ text, generates }: SourceFile, made: readonly MadeObject[]): WrittenFinder {
  if (text === null) return () => null;
  const nameIn = ({ name }: MadeObject): ObjectName | null => (generates && name !== null ? withoutHash(name) : name);
  const find = once(() =>
    writtenAs(
      made.flatMap((one) => nameIn(one) ?? []),
      generates ? generatedObjects(text) : writtenObjects(text),
    ),
  );
  return (object) => {
    const name = nameIn(object);
    return name === null ? null : find()(name);
  };
}

/** Comments that ignore, but for those on objects that kustomize left out. */
function commentsFor(
  { file, text }: SourceFile,
  made: readonly MadeObject[],
  findWritten: WrittenFinder,
): readonly IgnoreComment[] {
  const comments = text === null ? [] : ignoreCommentsIn({ file, text });
  if (comments.length === 0) return [];
  const written = made.map(findWritten);
  return comments.filter(({ lines }) =>
    written.some((one) => {
      if (one === null) return true;
      const { line, text: document } = one.document;
      return lines.last >= line && lines.first < line + document.split("\n").length;
    }),
  );
}
