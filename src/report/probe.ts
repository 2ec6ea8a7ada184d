import type { ProbeDocument, ProbeNameDocument, VantageDocument } from "../diagnosis/probe.ts";
import { saidBy } from "../diagnosis/probe.ts";
import { runsOf } from "../diagnosis/words.ts";
import { count, listed } from "../trace/words.ts";
import { type Block, betweenParts, blocksText, prose } from "./blocks.ts";
import { cleanDocument } from "./clean.ts";
import { differs, isLike, isShut, marked, SHOWN, wrongLines } from "./probe-faults.ts";
import { nodeTable, vantageLines } from "./probe-places.ts";
import type { Style, Tone } from "./style.ts";
import { widthOf } from "./width.ts";

/**
 * What probe tells people: first what is wrong, then what each name came to, then how each server answered, and what the
 * ports did. Several places are a table by node.
 */
export async function probeText(document: ProbeDocument, style: Style, wide: boolean): Promise<string> {
  const { names, vantages } = cleanDocument(document, style.unicode);
  const blocks: Block[] = [
    [headline(names, vantages, style)],
    wrongLines(names, vantages, style, wide),
    nameLines(names, style, wide),
    ...(vantages.length > 1 ? [await nodeTable(vantages, names, style)] : []),
    ...(vantages.length === 1 || wide
      ? vantages.map((vantage) => vantageLines(vantage, vantages.length > 1, style))
      : []),
    lackLines(names, vantages, style),
  ];
  return blocksText(blocks);
}

function headline(names: readonly ProbeNameDocument[], vantages: readonly VantageDocument[], style: Style): string {
  const [only] = vantages;
  const from =
    vantages.length === 1 && only !== undefined
      ? `${whence(only)}${only.node === "" ? "" : ` on ${only.node}`}`
      : count(vantages.length, "node");
  const { tone, text } = verdict(names, vantages);
  const between = betweenParts(style);
  const fits = widthOf(`Asked from ${from}${between}${text}`) <= style.width;
  return `Asked from ${style.paint("strong", from)}${fits ? between : "\n"}${style.paint(tone, text)}`;
}

/** `pod/web-0`, `a Pod like pod/web-0`, `pod shop/kheadless-probe-x`. */
function whence(vantage: Pick<VantageDocument, "client" | "pod">): string {
  const { client, pod } = vantage;
  return client === null ? `pod ${pod}` : isLike(vantage) ? `a Pod like ${client}` : client;
}

function verdict(
  names: readonly ProbeNameDocument[],
  vantages: readonly VantageDocument[],
): { readonly tone: Tone; readonly text: string } {
  const wrong = names.filter(differs).length;
  const unknown = names.filter(({ resolves }) => resolves === null).length;
  const negative = names.filter(({ resolves }) => resolves === false).length;
  const all = count(names.length, "name");
  if (wrong > 0) return { tone: "bad", text: `${wrong} of ${all} not as predicted` };
  if (vantages.some(({ connects }) => connects.some(isShut))) {
    return { tone: "bad", text: `${all} as predicted, but not every port opens` };
  }
  if (negative > 0) {
    return { tone: "bad", text: `as predicted, ${negative} of ${all} ${negative === 1 ? "does" : "do"} not resolve` };
  }
  if (unknown > 0) return { tone: "warn", text: `${unknown} of ${all} cannot be told` };
  const asked = vantages.filter(({ pod }) => pod !== null).length;
  if (asked < vantages.length) {
    return { tone: "warn", text: `${all} as predicted from ${asked} of ${vantages.length} nodes` };
  }
  return { tone: "good", text: `${all} as predicted` };
}

/** What is as predicted, in few lines; what does not resolve all the same comes first, with the reason. */
function nameLines(names: readonly ProbeNameDocument[], style: Style, wide: boolean): Block {
  const fine = names
    .filter((name) => !differs(name) && name.resolves !== null)
    .sort((a, b) => Number(a.resolves) - Number(b.resolves));
  const shown = wide || fine.length <= SHOWN ? fine : fine.slice(0, SHOWN - 1);
  const rest = fine.slice(shown.length);
  const runs = runsOf(rest.map((name) => nameOf(name).split(".")[0] ?? ""));
  return [
    ...shown.flatMap((name) =>
      marked(name.resolves === true ? "ok" : "broken", `${nameOf(name)}  ${saidOf(name)}${reasonOf(name)}`, style),
    ),
    ...(rest.length === 0
      ? []
      : marked(
          rest.every(({ resolves }) => resolves === true) ? "ok" : "broken",
          `${count(rest.length, "more name")}: ${listed(runs, 4)}`,
          style,
        )),
  ];
}

function nameOf({ question, candidates }: ProbeNameDocument): string {
  return (candidates.find(({ asked }) => asked)?.name ?? question.name).replace(/\.$/, "");
}

function reasonOf({ candidates, resolves }: ProbeNameDocument): string {
  if (resolves === true) return "";
  const reason = candidates.find(({ asked }) => asked)?.predicted[0]?.reason;
  return reason === undefined ? "" : `: ${reason}`;
}

/** What the client's own name servers answered at last. */
function saidOf({ candidates }: ProbeNameDocument): string {
  const own = candidates
    .filter(({ asked }) => asked)
    .flatMap(({ observed }) => observed.filter(({ server }) => server.startsWith("resolv.conf ")));
  const answering = own.filter(({ answers }) => answers.length > 0);
  const [shown] = answering.length > 0 ? answering : own;
  if (shown === undefined) return "not asked";
  const cut = shown.truncated ? "cut; " : "";
  const data = shown.answers.length > 3 ? `${shown.answers.length} records` : saidBy(shown);
  return `${cut}${data}`;
}

function lackLines(names: readonly ProbeNameDocument[], vantages: readonly VantageDocument[], style: Style): Block {
  const lacks = [...new Set(vantages.filter(({ pod }) => pod !== null).flatMap((vantage) => vantage.lacks))];
  const notes = [...new Set(names.flatMap((name) => name.notes))];
  return [
    ...lacks.flatMap((lack) => prose(`Not checked: ${lack}`, 0, style)),
    ...notes.flatMap((note) => prose(note, 0, style)).map((line) => style.paint("dim", line)),
  ];
}
