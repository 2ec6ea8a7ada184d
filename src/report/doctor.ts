import { type ChainLink, worstLink } from "../diagnosis/chain.ts";
import type { Link } from "../rules/rule.ts";
import { type Block, betweenParts, blocksText, prose } from "./blocks.ts";
import { cleanDocument } from "./clean.ts";
import { alsoLines, diagnosisLines, firstSentence } from "./diagnosis.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "./document.ts";
import { countLines, findingsByService, mainOf, worstFirst } from "./services.ts";
import type { Style } from "./style.ts";
import { symbolOf, VERDICT_TONE } from "./symbols.ts";
import { table } from "./table.ts";
import { uncheckedLines } from "./unchecked.ts";

/** The table's columns of names. */
const NAMES = [0, 1];
/** Where a chain's summaries begin: symbol, then the longest link's name. */
const SUMMARY_COLUMN = 20;

/**
 * Doctor's answer for people. One Service: its chain, and the diagnosis below it. Several: a table, worst first, and the
 * diagnosis of each that is broken. `wide` leaves nothing out.
 */
export function doctorText(document: ReportDocument, style: Style, wide: boolean): string {
  const report = cleanDocument(document, style.unicode);
  const { services } = report;
  const only = services.length === 1 ? services[0] : undefined;
  const blocks = only === undefined ? manyServices(report, style, wide) : oneService(only, report, style, wide);
  return blocksText(blocks);
}

function oneService(service: ServiceDocument, report: ReportDocument, style: Style, wide: boolean): readonly Block[] {
  const findings = report.findings;
  // Where nothing is broken there is nothing to explain: what is worth knowing is told in a line each.
  const main = mainOf(service, findings);
  const others = findings.filter((finding) => finding !== main);
  const links = linesWorthTelling(service, isLive(report), wide);
  return [
    [headline(service, style)],
    chainLines(links, style),
    ...(main === null ? [] : [diagnosisLines(main, style)]),
    ...(wide ? others.map((finding) => diagnosisLines(finding, style)) : [alsoBlock(others, style)]),
    [...ignoredLines(report, style), ...uncheckedLines(report, wide, style, links)],
  ];
}

function isLive({ source }: ReportDocument): boolean {
  return source.kind !== "manifests";
}

function headline(service: ServiceDocument, style: Style): string {
  const { namespace, name, exists, headless, chain } = service;
  const missing = chain.some(({ link, status }) => link === "service" && status === "unknown")
    ? "not read"
    : "not found";
  const kind = !exists ? missing : headless ? "headless" : "not headless";
  const parts = [`Service ${style.paint("strong", `${namespace}/${name}`)}`, kind];
  return [...parts, standing(service, style)].join(betweenParts(style));
}

function standing({ verdict, chain }: ServiceDocument, style: Style): string {
  const at = worstLink(chain);
  const text = at === null || verdict === "unknown" ? verdict : `${verdict} at: ${at.link}`;
  return style.paint(VERDICT_TONE[verdict], text);
}

/**
 * The links that are worth a line: those that were judged, and behind a broken one those that show what follows from it,
 * where the source knows of them at all.
 */
function linesWorthTelling({ chain, verdict }: ServiceDocument, live: boolean, wide: boolean): readonly ChainLink[] {
  if (wide) return chain;
  const broken = chain.find(({ status }) => status === "broken")?.link;
  const follows: readonly Link[] =
    broken === undefined ? [] : broken === "service" ? ["answer"] : live ? FOLLOWS : ["pods", "answer"];
  return chain.filter(({ link, status }) => {
    // Beside a diagnosis, what could not be judged is told below it.
    if (status === "unknown") return verdict === "unknown";
    return status !== "skipped" || follows.includes(link);
  });
}

const FOLLOWS = ["pods", "endpointslices", "answer"] as const satisfies readonly Link[];

function chainLines(links: readonly ChainLink[], style: Style): Block {
  return links.flatMap(({ link, status, summary }) => {
    const tone = status === "skipped" ? "dim" : "plain";
    return prose(summary, SUMMARY_COLUMN, style).map((line, at) =>
      at === 0
        ? `  ${symbolOf(status, style)} ${link.padEnd(SUMMARY_COLUMN - 4)}${style.paint(tone, line)}`
        : `${" ".repeat(SUMMARY_COLUMN)}${style.paint(tone, line)}`,
    );
  });
}

function alsoBlock(findings: readonly FindingDocument[], style: Style): Block {
  return findings
    .flatMap((finding) => alsoLines(finding, style))
    .map((line, at) => (at === 0 ? `${style.paint("strong", "Also")}  ${line}` : `      ${line}`));
}

function ignoredLines({ suppressed }: ReportDocument, style: Style): readonly string[] {
  const ignored = [
    ...new Set(suppressed.map(({ rule, by, reason }) => `${rule} by ${by}${reason === null ? "" : `: ${reason}`}`)),
  ];
  return ignored.flatMap((text) => prose(`Ignored: ${text}`, 0, style)).map((line) => style.paint("dim", line));
}

function manyServices(report: ReportDocument, style: Style, wide: boolean): readonly Block[] {
  const services = worstFirst(report.services);
  const findingsOf = findingsByService(report);
  const told = new Set<FindingDocument>();
  const blocks = services.flatMap((service): readonly Block[] => {
    if (service.verdict !== "broken" && !wide) return [];
    const own = findingsOf(service);
    const main = mainOf(service, own);
    const wanted = wide ? own.toSorted((a, b) => Number(b === main) - Number(a === main)) : main === null ? [] : [main];
    const shown = wanted.filter((finding) => !told.has(finding));
    for (const finding of shown) told.add(finding);
    if (shown.length === 0 && !wide) return [];
    const chain = wide
      ? [headline(service, style), "", ...chainLines(service.chain, style)]
      : [headline(service, style)];
    return [chain, ...shown.map((finding) => diagnosisLines(finding, style))];
  });
  const ofNone = report.findings.filter((finding) => finding.services.length === 0);
  return [
    serviceTable(services, report, style, wide),
    ...blocks,
    alsoBlock(ofNone, style),
    [...ignoredLines(report, style), ...uncheckedLines(report, wide, style)],
    countLines(services),
  ];
}

function serviceTable(
  services: readonly ServiceDocument[],
  report: ReportDocument,
  style: Style,
  wide: boolean,
): Block {
  if (services.length === 0) return [];
  const findingsOf = findingsByService(report);
  const rows = services.map((service) => {
    const { namespace, name, verdict, chain } = service;
    const at = worstLink(chain);
    const main = mainOf(service, findingsOf(service));
    const answer = chain.find(({ link }) => link === "answer");
    const blind = report.unchecked.find((one) => !one.byNature && one.services.includes(`${namespace}/${name}`));
    const unknown = verdict === "unknown" && blind !== undefined ? `not checked: ${blind.reason}` : null;
    const what = unknown ?? (at ?? answer)?.summary ?? "";
    return [
      { text: namespace },
      { text: name },
      { text: verdict, tone: VERDICT_TONE[verdict] },
      { text: verdict === "unknown" ? "" : (at?.link ?? "") },
      main === null ? { text: what } : { text: firstSentence(main.message), brief: main.rule },
    ];
  });
  return table(["NAMESPACE", "NAME", "VERDICT", "AT", "WHAT"], rows, style, wide ? [] : NAMES);
}
