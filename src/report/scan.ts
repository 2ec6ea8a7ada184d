import { worstLink } from "../diagnosis/chain.ts";
import { age } from "../trace/age.ts";
import { blocksText, prose } from "./blocks.ts";
import { cleanDocument, escapeInJson } from "./clean.ts";
import { diagnosisLines, firstSentence } from "./diagnosis.ts";
import type { FindingDocument, ReportDocument } from "./document.ts";
import { countLines, findingsByService, mainOf, worstFirst } from "./services.ts";
import type { Style } from "./style.ts";
import { VERDICT_TONE } from "./symbols.ts";
import { table } from "./table.ts";
import { uncheckedLines } from "./unchecked.ts";

/**
 * Scan's answer for people: a line for each Service name, worst first, and what could not be read. `wide` also explains what
 * was found, each finding once. `now` is what ages are told relative to, null where the source has no clock.
 */
export function scanText(document: ReportDocument, style: Style, wide: boolean, now: string | null): string {
  const report = cleanDocument(document, style.unicode);
  const found = wide ? report.findings.filter(({ severity }) => severity !== "info") : [];
  const blocks = [
    serviceTable(report, style, wide, now),
    ...found.map((finding) => [...headOf(finding, style), ...diagnosisLines(finding, style)]),
    [...notReadLines(report, style), ...uncheckedLines({ ...report, notRead: [] }, wide, style)],
    countLines(report.services),
  ];
  return blocksText(blocks);
}

function serviceTable(report: ReportDocument, style: Style, wide: boolean, now: string | null): readonly string[] {
  if (report.services.length === 0) return [];
  const findingsOf = findingsByService(report);
  const rows = worstFirst(report.services).map((service) => {
    const { namespace, name, verdict, chain, endpoints, creationTimestamp } = service;
    const at = worstLink(chain);
    const main = mainOf(service, findingsOf(service));
    return [
      { text: namespace },
      { text: name },
      { text: verdict, tone: VERDICT_TONE[verdict] },
      { text: endpoints == null ? "-" : `${endpoints.ready}/${endpoints.total}` },
      { text: at?.link ?? "-" },
      { text: age(creationTimestamp ?? null, now) ?? "-" },
      main === null ? { text: at?.summary ?? "" } : { text: firstSentence(main.message), brief: main.rule },
    ];
  });
  return table(HEAD, rows, style, wide ? [] : NAMES);
}

const HEAD = ["NAMESPACE", "NAME", "VERDICT", "READY", "AT", "AGE", "WHAT"];
const NAMES = [HEAD.indexOf("NAMESPACE"), HEAD.indexOf("NAME")];

function headOf({ services }: FindingDocument, style: Style): readonly string[] {
  const [first, ...more] = services;
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : more.length === 1 ? " and 1 more Service" : ` and ${more.length} more`;
  return [`Service ${style.paint("strong", first)}${others}`];
}

/** A line for each list that could not be read: its Services, if there are any, are not above. */
function notReadLines({ notRead }: ReportDocument, style: Style): readonly string[] {
  const lines = notRead.map(({ resource, namespace, reason }) =>
    namespace === null ? `Not read: ${resource} (${reason})` : `Not read: ${resource} of ${namespace} (${reason})`,
  );
  return [...new Set(lines)].flatMap((line) => prose(line, 0, style)).map((line) => style.paint("dim", line));
}

/** One line of `-o jsonl`. */
export function jsonLine(data: object): string {
  return `${escapeInJson(JSON.stringify({ apiVersion: "kheadless/v1", ...data }))}\n`;
}
