import { resolve } from "node:path";
import { once, perKey } from "../../objects/kept.ts";
import type { FieldPath, Location } from "../../objects/origin.ts";
import type { IgnoreComment } from "../../objects/snapshot.ts";
import { type DocumentText, splitDocuments } from "./documents.ts";
import { entryOf } from "./entry.ts";
import { ignoreCommentsIn } from "./ignore-comments.ts";
import { shownPath } from "./kustomization.ts";
import { type Patches, patchesIn, placeInPatches } from "./kustomize-patches.ts";
import { placeOfRepository } from "./kustomize-remotes.ts";
import type { ManifestText } from "./objects.ts";
import { parseDocument } from "./parse.ts";
import { type Position, positionsIn } from "./positions.ts";
import { type DecodedText, textOf } from "./text.ts";
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

/** What `buildMetadata` adds that depends on the folder that is built. */
const ORIGIN = "config.kubernetes.io/origin";
const TRANSFORMATIONS = "alpha.config.kubernetes.io/transformations";
const TRACES: readonly string[] = [ORIGIN, TRANSFORMATIONS];
const BEGINNING: Position = { line: 1, column: 1 };

/** Where an object came from, as its annotation tells it. */
export interface ObjectOrigin {
  /** An absolute path; or within `repository`, as kustomize writes that: `REPOSITORY//PATH?ref=REF`. */
  readonly file: string;
  /** The one that kustomize fetched; null where the file is here. */
  readonly repository: string | null;
  /** By which field of the file it is generated, which does not hold it; null where the file holds it. */
  readonly generatedBy: "configMapGenerator" | "helmCharts" | "another" | null;
  /** The files here of the kustomizations that it passed through, the innermost first. */
  readonly through: readonly string[];
}

/** The origins of the objects that a build with `originAnnotations` made, by what the object is without them. */
export function originsIn(built: string, root: string): ReadonlyMap<string, ObjectOrigin> {
  const origins = new Map<string, ObjectOrigin>();
  for (const document of splitDocuments(built)) {
    const value = objectIn(document);
    const annotations = entryOf(entryOf(value, "metadata"), "annotations");
    const origin = originOf(noted(annotations, ORIGIN), root);
    if (origin === null) continue;
    const through = kustomizationsIn(noted(annotations, TRANSFORMATIONS), root);
    origins.set(contentOf(value), { ...origin, through });
  }
  return origins;
}

/** What kustomize noted, as YAML in an annotation. */
function noted(annotations: unknown, key: string): unknown {
  const text = entryOf(annotations, key);
  const parsed = typeof text === "string" ? parseYaml(text) : null;
  return parsed?.status === "read" ? parsed.value : undefined;
}

function told(noted: unknown, key: string): string | null {
  const value = entryOf(noted, key);
  return typeof value === "string" && value !== "" ? value : null;
}

function originOf(origin: unknown, root: string): Omit<ObjectOrigin, "through"> | null {
  const [repository, ref, generator] = [told(origin, "repo"), told(origin, "ref"), told(origin, "configuredIn")];
  const path = generator ?? told(origin, "path");
  if (path === null) return null;
  const generatedBy = generator === null ? null : generatorOf(told(entryOf(origin, "configuredBy"), "kind"));
  if (repository === null) return { file: resolve(root, path), repository, generatedBy };
  return { file: `${repository}//${path}${ref === null ? "" : `?ref=${ref}`}`, repository, generatedBy };
}

function generatorOf(kind: string | null): ObjectOrigin["generatedBy"] {
  if (kind === "ConfigMapGenerator") return "configMapGenerator";
  return kind === "HelmChartInflationGenerator" ? "helmCharts" : "another";
}

/** Each is noted once for all that it has for any object. */
function kustomizationsIn(transformations: unknown, root: string): readonly string[] {
  const found = (Array.isArray(transformations) ? transformations : []).flatMap((one: unknown) => {
    const file = told(one, "repo") === null ? told(one, "configuredIn") : null;
    return file === null ? [] : [resolve(root, file)];
  });
  return [...new Set(found)];
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
  /** The kustomizations here that it passed through. */
  readonly through: readonly string[];
}

/** What kustomize printed, cut into its objects, each with the file that it came from as far as `origins` tell it. */
export function manifestTexts(
  { text, damaged }: DecodedText,
  origins: ReadonlyMap<string, ObjectOrigin>,
  built: Built,
): readonly ManifestText[] {
  const sourceOf = sourceFiles(built);
  const patchesOf = perKey((file: string) => patchesIn(file, built.folder));
  const objects = splitDocuments(text).map((document): MadeObject => {
    const value = objectIn(document);
    const origin = origins.get(contentOf(value)) ?? null;
    return { document, name: nameOf(value), source: sourceOf(origin), through: origin?.through ?? [] };
  });
  const bySource = Map.groupBy(objects, ({ source }) => source);
  const finders = new Map([...bySource].map(([source, made]) => [source, writtenFinder(source, made)]));
  const passed = [...new Set(objects.flatMap(({ through }) => through))];
  const ofPatches = passed.flatMap((file) => patchesOf(file).comments);
  return objects.map((object, at) => {
    const { source, document } = object;
    const made = bySource.get(source) ?? [];
    const findWritten = finders.get(source) ?? (() => null);
    return {
      file: source.file,
      text: document.text,
      found: false,
      damaged,
      madeBy: `-k ${built.folder}`,
      placeOf: (_, field = []) => placeOfField(object, findWritten(object), field, patchesOf),
      ignoreComments: [
        ...(at === 0 ? ofPatches : []),
        ...(object === made[0] ? commentsFor(source, made, findWritten) : []),
      ],
    };
  });
}

/** In the object's file where that says what the object has, else in the patch that does, else where the object begins. */
function placeOfField(
  { document, name, source, through }: MadeObject,
  written: WrittenObject | null,
  field: FieldPath,
  patchesOf: (file: string) => Patches,
): Position | Location {
  const value = objectIn(document);
  const own = written === null ? null : placeInWritten(written, value, field);
  if (own !== null) return own;
  const start = written?.placeOf([]) ?? source.start;
  // A comment above the object speaks for what is found in its file.
  if (field.length === 0 || name === null || (written !== null && isIgnored(written, source.comments()))) return start;
  return placeInPatches(through.map(patchesOf), { name, value, written }, field) ?? start;
}

function isIgnored({ document }: WrittenObject, comments: readonly IgnoreComment[]): boolean {
  return comments.some(({ lines, ofDocument }) => ofDocument && overlaps(document, lines));
}

function overlaps({ line, text }: DocumentText, { first, last }: IgnoreComment["lines"]): boolean {
  return last >= line && first < line + text.split("\n").length;
}

/** A file that objects come from. */
interface SourceFile {
  /** As the user would name it. */
  readonly file: string;
  /** null where it is not here. */
  readonly text: string | null;
  readonly generatedBy: ObjectOrigin["generatedBy"];
  /** Those in it that ignore. */
  readonly comments: () => readonly IgnoreComment[];
  /** Where what is not found in it stands. */
  readonly start: Position;
}

/** Reads each file once. */
function sourceFiles({ folder, remote, file }: Built): (origin: ObjectOrigin | null) => SourceFile {
  const unread = (path: string, start = BEGINNING): SourceFile => ({
    file: path,
    text: null,
    generatedBy: null,
    comments: () => [],
    start,
  });
  const unknown = unread(file);
  const local = perKey((generatedBy: ObjectOrigin["generatedBy"]) =>
    perKey((path: string): SourceFile => {
      const text = textOf(path);
      if (text === null) return unknown;
      const shown = shownPath(path, folder);
      const comments = once(() => ignoreCommentsIn({ file: shown, text }));
      const start = generatedBy === "helmCharts" ? chartIn(text) : BEGINNING;
      return { file: shown, text, generatedBy, comments, start };
    }),
  );
  const elsewhere = perKey((path: string) => unread(path));
  const fetched = perKey((repository: string): SourceFile => {
    const place = placeOfRepository(folder, repository);
    return place === null ? unknown : unread(place.file, place);
  });
  return (origin) => {
    if (origin === null) return unknown;
    // What a folder of ours fetches is changed in the folder: there is no other file here.
    if (origin.repository !== null) return remote ? elsewhere(origin.file) : fetched(origin.repository);
    return local(origin.generatedBy)(origin.file);
  };
}

/** Where a kustomization names its chart; of several none tells whose an object is. */
function chartIn(text: string): Position {
  const [document] = splitDocuments(text);
  if (document === undefined) return BEGINNING;
  const charts = entryOf(objectIn(document), "helmCharts");
  const only = Array.isArray(charts) && charts.length === 1;
  return positionsIn(document).ofField(only ? ["helmCharts", 0] : ["helmCharts"]);
}

type WrittenFinder = (object: MadeObject) => WrittenObject | null;

/** Parses the file at the first question: findings are rare. */
function writtenFinder({ text, generatedBy }: SourceFile, made: readonly MadeObject[]): WrittenFinder {
  if (text === null || generatedBy === "helmCharts" || generatedBy === "another") return () => null;
  const generates = generatedBy !== null;
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
  source: SourceFile,
  made: readonly MadeObject[],
  findWritten: WrittenFinder,
): readonly IgnoreComment[] {
  const comments = source.comments();
  if (comments.length === 0) return [];
  const written = made.map(findWritten);
  return comments.filter(({ lines }) => written.some((one) => one === null || overlaps(one.document, lines)));
}
