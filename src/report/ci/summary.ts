import { count } from "../../trace/words.ts";
import type { FindingDocument, ReportDocument } from "../document.ts";
import { markdownCode, markdownText } from "../markdown.ts";
import { severitiesText } from "../services.ts";
import { type CiRun, placeText } from "./run.ts";

/** GitHub takes 1 MiB of Markdown from a step; what would be more is counted. */
const MAX_BYTES = 900_000;

/** The summary of a job on GitHub: a table of findings, worst first, and what could not be checked. */
export function summaryMarkdown(document: ReportDocument, run: CiRun): string {
  const { findings, suppressed, unchecked, summary, source } = document;
  const names = `${count(summary.services, "headless name")} in ${source.description}`;
  const ignored = suppressed.length === 0 ? "" : `, ${count(suppressed.length, "finding")} ignored`;
  const head = `### kheadless ${run.command}: ${severitiesText(summary)}\n\n${markdownText(`${names}${ignored}`)}\n`;
  const reasons = [...new Set(unchecked.map(({ reason }) => reason))];
  const notChecked =
    reasons.length === 0
      ? ""
      : `\n<details><summary>Not checked</summary>\n\n${reasons
          .map((reason) => {
            const rules = unchecked.filter((one) => one.reason === reason).map(({ rule }) => markdownCode(rule));
            return `- ${[...new Set(rules)].join(", ")}: ${markdownText(reason)}\n`;
          })
          .join("")}\n</details>\n`;
  return [head, ...tableLines(findings, run), notChecked].join("");
}

function tableLines(findings: readonly FindingDocument[], run: CiRun): readonly string[] {
  if (findings.length === 0) return [];
  const lines = ["\n| | Where | Rule | What |\n|---|---|---|---|\n"];
  let size = 0;
  for (const [at, finding] of findings.entries()) {
    const line = row(finding, run);
    size += Buffer.byteLength(line);
    if (size > MAX_BYTES) {
      lines.push(`\n${findings.length - at} more findings stand in the log.\n`);
      break;
    }
    lines.push(line);
  }
  return lines;
}

function row(finding: FindingDocument, run: CiRun): string {
  const { severity, rule, docs, message } = finding;
  const cells = [
    severity,
    markdownCode(placeText(finding, run)),
    `[${markdownText(rule)}](${docs})`,
    markdownText(message),
  ];
  return `| ${cells.join(" | ")} |\n`;
}
