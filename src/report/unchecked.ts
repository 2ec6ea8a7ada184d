import { prose } from "./blocks.ts";
import type { ReportDocument } from "./document.ts";
import type { Style } from "./style.ts";

/**
 * What could not be judged, by reason: `Not checked: pods, readiness (reason)`. By link; of what the source does not hold
 * only links that nothing else was known of. With `everything` by the rules' own ids, all of them.
 */
export function uncheckedLines(report: ReportDocument, everything: boolean, style: Style): readonly string[] {
  const links = report.services.flatMap(({ chain }) => chain);
  const blank = new Set(links.filter(({ status }) => status === "skipped").map(({ link }) => link));
  const byReason = new Map<string, Set<string>>();
  const add = (reason: string, what: string): void => {
    byReason.set(reason, (byReason.get(reason) ?? new Set()).add(what));
  };
  for (const { reason, link, rule, byNature } of report.unchecked) {
    if (everything) add(reason, rule);
    else if (!byNature || blank.has(link)) add(reason, link);
  }
  const told = new Set(report.unchecked.map(({ link }) => link));
  for (const { link, status, summary } of links) if (status === "unknown" && !told.has(link)) add(summary, link);
  const [first = "", ...rest] = [...byReason].map(([reason, what]) => `${[...what].join(", ")} (${reason})`);
  if (first === "") return [];
  return [`Not checked: ${first}`, ...rest.map((line) => `             ${line}`)].flatMap((line) =>
    hanging(line, style).map((part) => style.paint("dim", part)),
  );
}

function hanging(line: string, style: Style): readonly string[] {
  const indent = /^ */.exec(line)?.[0] ?? "";
  const [first = "", ...rest] = prose(line.trimStart(), indent.length, style);
  return [`${indent}${first}`, ...rest.map((part) => `             ${part}`)];
}
