import { saidBy } from "../diagnosis/probe.ts";
import type {
  CandidateDocument,
  ObservedDocument,
  PredictedDocument,
  RecordDocument,
  ResolutionDocument,
} from "../diagnosis/resolution/document.ts";
import { formatData } from "../dns/compare.ts";
import type { Cause } from "../dns/records.ts";
import { betweenParts, prose } from "./blocks.ts";
import { cleanDocument } from "./clean.ts";
import type { Style } from "./style.ts";
import { symbolOf } from "./symbols.ts";
import { padTo, widthOf } from "./width.ts";

/** Where a candidate's lines begin below its name. */
const ROOM = 6;

/** What resolve tells people: each candidate in the order in which it is asked, what it is answered, and why. */
export function resolveText(documents: readonly ResolutionDocument[], style: Style, wide: boolean): string {
  const texts = cleanDocument(documents, style.unicode).map((document) => oneName(document, style, wide).join("\n"));
  return `${texts.join("\n\n")}\n`;
}

function oneName(document: ResolutionDocument, style: Style, wide: boolean): readonly string[] {
  const { question, candidates, resolves, notes, doubts = [] } = document;
  const { name, namespace, from } = question;
  const client = from === null ? `a client in ${namespace}` : `${from} in ${namespace}`;
  const told = wide ? candidates : candidates.filter(({ asked }) => asked);
  const telling = tellingOf(told);
  const remarks = resolves === true && !wide ? doubts : notes;
  return [
    [style.paint("strong", name), `asked by ${client}`, verdict(resolves, style)].join(betweenParts(style)),
    "",
    ...told.flatMap((candidate) => candidateLines(candidate, wide || candidate === telling, style, wide)),
    ...(remarks.length === 0 ? [] : [""]),
    ...remarks.flatMap((note) => prose(note, 0, style)).map((line) => style.paint("dim", line)),
  ];
}

/** Causes that say only that a name is looked for at a place where nobody meant it to be. */
const BESIDE: readonly Cause[] = ["name-shape", "namespace-missing", "forwarded", "not-collected", "no-server-block"];

/** The candidate whose story is told: the one that answers, else the first that was stopped by an object of the cluster. */
function tellingOf(candidates: readonly CandidateDocument[]): CandidateDocument | undefined {
  return (
    candidates.find(({ predicted }) => predicted.some(({ answers }) => answers.length > 0)) ??
    candidates.find(({ predicted }) => predicted.some(({ cause }) => !BESIDE.includes(cause))) ??
    candidates[0]
  );
}

function verdict(resolves: boolean | null, style: Style): string {
  if (resolves === null) return style.paint("warn", "cannot be told");
  return resolves ? style.paint("good", "resolves") : style.paint("bad", "does not resolve");
}

function candidateLines(
  { name, because, asked, predicted, observed = [] }: CandidateDocument,
  story: boolean,
  style: Style,
  wide: boolean,
): readonly string[] {
  const answered = predicted.some(({ answers }) => answers.length > 0);
  const unknown = predicted.some(({ rcode }) => rcode === null);
  const symbol = symbolOf(answered ? "ok" : unknown ? "unknown" : "broken", style);
  const codes = story || answered ? "" : `  ${[...new Set(predicted.map(codeOf))].join(", ")}`;
  const why = `  (${because}${asked ? "" : ", not asked any more"})`;
  const fits = 4 + widthOf(name + codes + why) <= style.width;
  const head = `  ${symbol} ${style.paint("strong", name)}${codes}${fits ? style.paint("dim", why) : ""}`;
  if (!story) return [head];
  // A type without records is worth a line only where no other has any.
  const told = answered && !wide ? predicted.filter(({ answers }) => answers.length > 0) : predicted;
  return [
    head,
    ...byReason(told).flatMap((group) => answerLines(group, style, wide)),
    ...observedLines(observed, style),
  ];
}

/** What the servers said: one line where all agree with the prediction, else a line for each that does not. */
function observedLines(observed: readonly ObservedDocument[], style: Style): readonly string[] {
  if (observed.length === 0) return [];
  const odd = observed.filter(({ agrees, failure }) => agrees === false || failure !== null);
  const servers = new Set(observed.map(({ server }) => server)).size;
  const asked = servers === 1 ? "the 1 server that was asked" : `all ${servers} servers that were asked`;
  if (odd.length === 0 && observed.every(({ agrees }) => agrees === true)) {
    return indented(`${asked} answered so`, style).map((line) => style.paint("good", line));
  }
  // Nothing was predicted that the answers could be held to: then they are what there is to tell.
  const told = odd.length > 0 ? odd : observed;
  return told.flatMap((answer) =>
    indented(`${answer.server} ${answer.type}: ${observedText(answer)}`, style).map((line) =>
      style.paint(answer.agrees === false ? "bad" : "plain", line),
    ),
  );
}

function observedText(observed: ObservedDocument): string {
  const { answers, differences, failure } = observed;
  if (failure === null && differences.length > 0) return differences.join(", ");
  const said = saidBy({ ...observed, answers: answers.slice(0, SHOWN) });
  return answers.length > SHOWN ? `${said} and ${answers.length - SHOWN} more` : said;
}

/** Of records that could not be held to any. */
const SHOWN = 8;

function codeOf({ rcode, cause }: PredictedDocument): string {
  if (rcode === null) return cause === "forwarded" ? "asked upstream" : "not known";
  return rcode === "NOERROR" ? "NODATA" : rcode;
}

/** Types that are answered alike for the same reason (A and AAAA of a missing name) are told together. */
function byReason(predicted: readonly PredictedDocument[]): readonly (readonly PredictedDocument[])[] {
  const groups = Map.groupBy(predicted, ({ rcode, reason, answers, type }) =>
    answers.length > 0 ? type : `${rcode} ${reason}`,
  );
  return [...groups.values()];
}

function answerLines(group: readonly PredictedDocument[], style: Style, wide: boolean): readonly string[] {
  const [first] = group;
  if (first === undefined) return [];
  const { answers, negativeTtl, reason, withheld } = first;
  const types = group.map(({ type }) => type).join(", ");
  // Where there is no answer at all, the reason has told it.
  const left = answers.length > 0 || wide ? withheld : [];
  const missing = left.flatMap(({ pod, why }) => indented(`without ${pod}: ${why}`, style));
  if (answers.length > 0) {
    return [...recordLines(answers, style), ...(wide ? indented(reason, style) : []), ...missing];
  }
  const kept = negativeTtl === null ? "" : `, kept by caches for up to ${negativeTtl}s`;
  return [...indented(`${types}: ${codeOf(first)}${kept}`, style), ...indented(reason, style), ...missing];
}

function indented(text: string, style: Style): readonly string[] {
  return prose(text, ROOM, style).map((line) => `${" ".repeat(ROOM)}${line}`);
}

/**
 * `A  10.244.0.34  30s  Pod mysql-0 (EndpointSlice shop/mysql-x7k2p)`, in columns. Where that is too wide for the terminal,
 * what made the record is left out, then whose it is: the record itself never.
 */
function recordLines(records: readonly RecordDocument[], style: Style): readonly string[] {
  const rows = records.map((record) => [record.type, dataOf(record), `${record.ttl}s`]);
  const widths = [0, 1, 2].map((at) => Math.max(...rows.map((row) => widthOf(row[at] ?? ""))));
  const used = ROOM + widths.reduce((sum, width) => sum + width + 2, 0);
  const fits = (source: (record: RecordDocument) => string): boolean =>
    records.every((record) => used + widthOf(source(record)) <= style.width);
  const source = fits(sourceOf) ? sourceOf : fits(ownerOf) ? ownerOf : () => "";
  return rows.map((row, index) => {
    const record = records[index];
    const cells = row.map((cell, at) => padTo(cell, widths[at] ?? 0)).join("  ");
    return `${" ".repeat(ROOM)}${cells}  ${style.paint("dim", record === undefined ? "" : source(record))}`.trimEnd();
  });
}

function dataOf({ data, pod }: RecordDocument): string {
  if (data !== null) return formatData(data);
  return pod === null ? "an address to come" : `address of ${pod}`;
}

function ownerOf({ data, pod }: RecordDocument): string {
  return pod === null || data === null ? "" : `Pod ${pod}`;
}

function sourceOf(record: RecordDocument): string {
  const owner = ownerOf(record);
  if (record.object === null) return owner;
  return owner === "" ? record.object : `${owner} (${record.object})`;
}
