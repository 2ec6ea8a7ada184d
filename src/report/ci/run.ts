import { relative, sep } from "node:path";
import type { Location } from "../../objects/origin.ts";
import type { Severity } from "../../rules/rule.ts";
import { cleanDocument } from "../clean.ts";
import type { FindingDocument, ReportDocument } from "../document.ts";

/** What the formats of CI systems tell besides the report itself. */
export interface CiRun {
  /** `lint`, `doctor`. */
  readonly command: string;
  readonly version: string;
  /** Whether a finding of that severity fails the run. */
  readonly fails: (severity: Severity) => boolean;
  /** The path of a file from the root of the repository, with slashes; null where it lies outside, or is none. */
  readonly pathOf: (file: string) => string | null;
  /** A rule's page, null where it cannot be read. */
  readonly pageOf: (rule: string) => Promise<string | null>;
}

/** What kustomize fetches is named by its URL, or as git writes that: `user@host:path`. */
const ELSEWHERE = /^(?:[a-z][a-z0-9+.-]*:\/\/|[a-z][a-z0-9-]*@[^/]+:)/i;

/** Makes CiRun's `pathOf`; `resolve` makes a path of the user's absolute. */
export function pathsBelow(root: string, resolve: (file: string) => string): CiRun["pathOf"] {
  return (file) => {
    if (file.startsWith("<") || ELSEWHERE.test(file)) return null;
    const parts = relative(root, resolve(file)).split(sep);
    return parts[0] === ".." || parts[0] === "" || /^[A-Za-z]:$/.test(parts[0] ?? "") ? null : parts.join("/");
  };
}

/** A report made printable, but for the paths of files, which must stay what they are. */
export function cleanReport(document: ReportDocument): ReportDocument {
  const clean = cleanDocument(document, true);
  const withPlaces = <T extends FindingDocument>(cleaned: readonly T[], given: readonly T[]): readonly T[] =>
    cleaned.map((finding, at) => {
      const location = given[at]?.location;
      return location === undefined ? finding : { ...finding, location };
    });
  return {
    ...clean,
    findings: withPlaces(clean.findings, document.findings),
    suppressed: withPlaces(clean.suppressed, document.suppressed),
  };
}

/** `Service shop/mysql`; "" where the finding is about no object. */
export function objectText({ object }: Pick<FindingDocument, "object">): string {
  if (object === null) return "";
  return object.namespace === ""
    ? `${object.kind} ${object.name}`
    : `${object.kind} ${object.namespace}/${object.name}`;
}

/** `manifests/mysql.yaml:7`; else the object. */
export function placeText(finding: FindingDocument, { pathOf }: Pick<CiRun, "pathOf">): string {
  const { location } = finding;
  return location === undefined ? objectText(finding) : lineText(location, pathOf);
}

function lineText({ file, line }: Location, pathOf: CiRun["pathOf"]): string {
  return `${pathOf(file) ?? file}:${line}`;
}
