import { VERDICTS, worstLink } from "../diagnosis/chain.ts";
import { age } from "../trace/age.ts";
import { count } from "../trace/words.ts";
import { prose } from "./blocks.ts";
import { cleanDocument, escapeInJson } from "./clean.ts";
import { diagnosisLines, firstSentence } from "./diagnosis.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "./document.ts";
import type { Style } from "./style.ts";
import { VERDICT_TONE } from "./symbols.ts";
import { table } from "./table.ts";
import { uncheckedLines } from "./unchecked.ts";

/**
 * Scan's answer for people: a line for each Service name, worst first, and what could not be read. `wide` also explains what
 * was found, each finding once. `now` is what ages are told relative to, null where the source has no clock.
 */
export async function scanText(
  document: ReportDocument,
  style: Style,
  wide: boolean,
  now: string | null,
): Promise<string> {
  const report = cleanDocument(document, style.unicode);
  const found = wide ? report.findings.filter(({ severity }) => severity !== "info") : [];
  const blocks = [
    await serviceTable(report, style, now),
    ...found.map((finding) => [...headOf(finding, style), ...diagnosisLines(finding, style)]),
    [...notReadLines(report, style), ...uncheckedLines({ ...report, notRead: [] }, wide, style)],
    report.services.length === 0 ? [] : [countLine(report)],
  ];
  const texts = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return texts.length === 0 ? "" : `${texts.join("\n\n")}\n`;
}

async function serviceTable(report: ReportDocument, style: Style, now: string | null): Promise<readonly string[]> {
  if (report.services.length === 0) return [];
  const worst = worstFindings(report);
  const rows = VERDICTS.flatMap((verdict) => report.services.filter((service) => service.verdict === verdict)).map(
    (service) => {
      const { namespace, name, verdict, chain, endpoints, creationTimestamp } = service;
      const at = worstLink(chain);
      const finding = worst(service);
      return [
        { text: namespace },
        { text: name },
        { text: verdict, tone: VERDICT_TONE[verdict] },
        { text: endpoints == null ? "-" : `${endpoints.ready}/${endpoints.total}` },
        { text: at?.link ?? "-" },
        { text: age(creationTimestamp ?? null, now) ?? "-" },
        { text: finding === null ? (at?.summary ?? "") : firstSentence(finding.message) },
      ];
    },
  );
  return table(["NAMESPACE", "NAME", "VERDICT", "READY", "AT", "AGE", "WHAT"], rows, style);
}

/** Of each Service the finding that decides its verdict; null where none does. */
function worstFindings({ findings }: ReportDocument): (service: ServiceDocument) => FindingDocument | null {
  const byService = new Map<string, FindingDocument[]>();
  for (const finding of findings) {
    if (finding.severity === "info") continue;
    for (const service of finding.services) {
      const known = byService.get(service);
      if (known === undefined) byService.set(service, [finding]);
      else known.push(finding);
    }
  }
  return ({ namespace, name, chain }) => {
    const link = worstLink(chain)?.link;
    return byService.get(`${namespace}/${name}`)?.find((finding) => finding.link === link) ?? null;
  };
}

function headOf({ services }: FindingDocument, style: Style): readonly string[] {
  const [first, ...more] = services;
  if (first === undefined) return [];
  const others = more.length === 0 ? "" : ` and ${count(more.length, "more Service")}`.replace("more Services", "more");
  return [`Service ${style.paint("strong", first)}${others}`];
}

/** A line for each list that could not be read: its Services, if there are any, are not above. */
function notReadLines({ notRead }: ReportDocument, style: Style): readonly string[] {
  const lines = notRead.map(({ resource, namespace, reason }) =>
    namespace === null ? `Not read: ${resource} (${reason})` : `Not read: ${resource} of ${namespace} (${reason})`,
  );
  return [...new Set(lines)].flatMap((line) => prose(line, 0, style)).map((line) => style.paint("dim", line));
}

/** `120 Services: 3 broken, 117 healthy`. */
function countLine({ services }: ReportDocument): string {
  const counts = VERDICTS.flatMap((verdict) => {
    const many = services.filter((service) => service.verdict === verdict).length;
    return many === 0 ? [] : [`${many} ${verdict}`];
  });
  return `${count(services.length, "Service")}: ${counts.join(", ")}`;
}

/** One line of `-o jsonl`. */
export function jsonLine(data: object): string {
  return `${escapeInJson(JSON.stringify({ apiVersion: "kheadless/v1", ...data }))}\n`;
}
