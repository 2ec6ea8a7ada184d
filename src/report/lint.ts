import type { ChainLink } from "../diagnosis/chain.ts";
import { count } from "../trace/words.ts";
import { locationText, prose, remedyLines, SEVERITY_TONE } from "./blocks.ts";
import { cleanDocument } from "./clean.ts";
import type { FindingDocument, ReportDocument } from "./document.ts";
import { severitiesText } from "./services.ts";
import type { Style } from "./style.ts";
import { uncheckedLines } from "./unchecked.ts";

const ROOM = 4;

/**
 * Lint's answer for people and for `grep`: each finding begins with a line `file:line:col  severity  rule`, files in
 * order, places in order within a file; what it means and what to write instead stand below it.
 */
export function lintText(document: ReportDocument, style: Style, wide: boolean): string {
  const report = cleanDocument(toldOf(document), style.unicode);
  const byFile = Map.groupBy(report.findings.toSorted(byPlace), ({ location }) => location?.file ?? "");
  const files = [...byFile.values()].map((findings) =>
    findings.flatMap((finding) => findingLines(finding, style, wide)).join("\n"),
  );
  const closing = [...uncheckedLines(report, wide, style), ...prose(countLine(report), 0, style)].join("\n");
  return `${[...files, closing].join("\n\n")}\n`;
}

/** What of a report is told here: of thousands of Services only which links were skipped or could not be judged. */
function toldOf(document: ReportDocument): ReportDocument {
  const skipped = new Set<string>();
  const isTold = ({ link, status }: ChainLink): boolean => {
    if (status !== "skipped" || skipped.has(link)) return status === "unknown";
    skipped.add(link);
    return true;
  };
  return {
    ...document,
    services: document.services.flatMap((service) => {
      const chain = service.chain.filter(isTold);
      return chain.length === 0 ? [] : [{ ...service, chain }];
    }),
    unchecked: document.unchecked.map((entry) => ({ ...entry, services: [] })),
  };
}

function findingLines(finding: FindingDocument, style: Style, wide: boolean): readonly string[] {
  const { severity, rule, message, evidence, remedy, location, object, input } = finding;
  const place =
    location === undefined
      ? object === null
        ? "-"
        : `${object.kind} ${object.namespace}/${object.name}${input === undefined ? "" : ` of ${input}`}`
      : locationText(location);
  const indent = " ".repeat(ROOM);
  const seen = wide ? evidence.flatMap((line) => prose(line, ROOM, style)) : [];
  const head = [place, style.paint(SEVERITY_TONE[severity], severity), style.paint("strong", rule)].join("  ");
  return [
    head,
    ...[...prose(message, ROOM, style), ...seen, ...remedyLines(remedy, ROOM, style)].map((line) =>
      `${indent}${line}`.trimEnd(),
    ),
  ];
}

/** By file, line and column; findings without a place last. */
function byPlace(a: FindingDocument, b: FindingDocument): number {
  const [left, right] = [a.location, b.location];
  if (left === undefined || right === undefined) return Number(left === undefined) - Number(right === undefined);
  if (left.file !== right.file) return left.file < right.file ? -1 : 1;
  return left.line - right.line || left.column - right.column;
}

/** `2 errors, 1 warning (3 headless names in manifests/ (2 files)); 1 ignored`. */
function countLine({ summary, source, suppressed }: ReportDocument): string {
  const ignored = suppressed.length === 0 ? "" : `; ${suppressed.length} ignored`;
  const names = summary.services === 0 ? "no headless names" : count(summary.services, "headless name");
  return `${severitiesText(summary)} (${names} in ${source.description})${ignored}`;
}
