import type { Severity } from "../../rules/rule.ts";
import { cleanLine } from "../clean.ts";
import type { FindingDocument, ReportDocument } from "../document.ts";
import { severitiesText } from "../services.ts";
import { type CiRun, cleanReport, objectText, placeText } from "./run.ts";

const COMMAND = { error: "error", warning: "warning", info: "notice" } as const satisfies Record<Severity, string>;
/** What GitHub shows of one kind and step; what is more stands in the log and the summary. */
const SHOWN = 10;

/** `-o github`: a workflow command for each finding, worst first, that GitHub shows beside the line of the file. */
export function githubText(report: ReportDocument, run: CiRun): string {
  const document = cleanReport(report);
  return [
    ...tooMany(document),
    ...notChecked(document),
    ...document.findings.map((finding) => annotation(finding, run)),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function annotation(finding: FindingDocument, { pathOf }: CiRun): string {
  const { severity, rule, message, remedy, location } = finding;
  const path = location === undefined ? null : pathOf(location.file);
  const place =
    location === undefined || path === null ? {} : { file: cleanLine(path), line: location.line, col: location.column };
  const where = objectText(finding) || placeText(finding, { pathOf });
  const about = path === null && where !== "" ? `${where}: ` : "";
  const text = `${about}${message}${remedy === "" ? "" : `\n\n${remedy}`}`;
  return command(COMMAND[severity], { ...place, title: `kheadless: ${rule}` }, text);
}

/** Told first, while notices are still shown. */
function tooMany({ findings, summary }: ReportDocument): readonly string[] {
  const kinds = Object.values(COMMAND);
  if (kinds.every((kind) => findings.filter((one) => COMMAND[one.severity] === kind).length <= SHOWN)) return [];
  const text = `${severitiesText(summary)}: GitHub shows ${SHOWN} of each here; the log and the summary of the job hold all.`;
  return [command("notice", { title: "kheadless" }, text)];
}

/** What was asked and could not be judged; what manifests by their nature do not hold stands in the summary only. */
function notChecked({ unchecked, notRead }: ReportDocument): readonly string[] {
  const reasons = Map.groupBy(
    [
      ...unchecked.flatMap(({ byNature, reason, link }) => (byNature ? [] : [{ reason, what: link as string }])),
      ...notRead.map(({ reason, resource }) => ({ reason, what: resource as string })),
    ],
    ({ reason }) => reason,
  );
  const text = [...reasons]
    .map(([reason, entries]) => `${[...new Set(entries.map(({ what }) => what))].join(", ")} (${reason})`)
    .join("; ");
  return text === "" ? [] : [command("notice", { title: "kheadless" }, `Not checked: ${text}`)];
}

/** `::error file=a.yaml,line=3::message`: nothing in a value or the message can end it or begin another. */
function command(name: string, properties: Readonly<Record<string, string | number>>, message: string): string {
  const written = Object.entries(properties).map(
    ([key, value]) => `${key}=${escapeData(String(value)).replaceAll(":", "%3A").replaceAll(",", "%2C")}`,
  );
  return `::${name} ${written.join(",")}::${escapeData(message)}`;
}

function escapeData(text: string): string {
  return text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
}
