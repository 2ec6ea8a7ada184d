import { cleanDocument } from "./clean.ts";
import type { EffectDocument, PlanDocument } from "./plan-document.ts";
import { type ServiceLines, serviceLines, summaryText } from "./plan-lines.ts";

/** Comments on merge requests end at some 65,000 characters. */
const MOST_ROWS = 200;
const MOST_EFFECTS = 50;

/**
 * A plan as a comment on a merge request: GitHub's and GitLab's Markdown. Names, and whatever else is not a plain word, stand
 * in code spans, where they are neither markup nor HTML, nor a mention, a reference or a link.
 */
export function planMarkdown(document: PlanDocument): string {
  const plan = cleanDocument(document, true);
  const words = proseOf(namesOf(plan));
  const services = serviceLines(plan);
  const general = plan.effects.filter(({ services: concerned }) => concerned.length === 0);
  let rows = MOST_ROWS;
  const sections = services.map((service) => {
    const section = serviceSection(service, rows, words);
    rows = Math.max(0, rows - service.changes.length);
    return section;
  });
  const { base, target, assumptions, unchecked } = plan;
  return `${[
    [`### DNS names: ${words(summaryText(plan))}`],
    [`From ${code(base.description)} to ${code(target.description)}.`],
    ...sections,
    ...(general.length === 0 ? [] : [effectItems(general, words)]),
    ...(unchecked.length === 0 ? [] : [unchecked.map(({ reason }) => `- Not told: ${words(reason)}`)]),
    ...(assumptions.length === 0 ? [] : [[`<sub>${assumptions.map(words).join(" ")}</sub>`]]),
  ]
    .filter((section) => section.length > 0)
    .map((section) => section.join("\n"))
    .join("\n\n")}\n`;
}

function serviceSection(
  { title, kind, changes, because, effects }: ServiceLines,
  room: number,
  words: Prose,
): readonly string[] {
  const shown = changes.slice(0, room);
  const left = changes.length - shown.length;
  const table = shown.map(
    ({ sign, names, type, what }) => `| ${SIGNS[sign]} | ${code(inCell(names))} | ${type} | ${words(inCell(what))} |`,
  );
  const why = because.map(({ text, place }) => `- ${words(text)}${place === "" ? "" : ` (${code(place)})`}`);
  return [
    `#### Service ${code(title)}${kind === "" ? "" : ` (${words(kind)})`}`,
    "",
    ...(table.length === 0 ? [] : ["| | name | type | record |", "|---|---|---|---|", ...table, ""]),
    ...(left === 0 ? [] : [`and ${left} more`, ""]),
    ...why,
    ...effectItems(effects, words),
  ];
}

const SIGNS = { "+": "added", "-": "**lost**", "~": "changed" } as const;
const LABELS = { error: "**Lost**", warning: "**Note**", info: "Also" } as const;

function effectItems(effects: readonly EffectDocument[], words: Prose): readonly string[] {
  const left = effects.length - MOST_EFFECTS;
  return [
    ...effects.slice(0, MOST_EFFECTS).flatMap(({ severity, message, remedy }) => {
      const item = `- ${LABELS[severity]}: ${words(message)}`;
      return remedy === "" ? [item] : [item, "", ...fenced(remedy).map((line) => `  ${line}`), ""];
    }),
    ...(left > 0 ? [`- and ${left} more`] : []),
  ];
}

/** What the plan's objects are called: `web` is a name where a Service is called so. */
function namesOf({ services, changes, effects }: PlanDocument): ReadonlySet<string> {
  return new Set([
    ...services.map(({ name }) => name),
    ...changes.flatMap(({ because }) => because.map(({ object }) => object.name)),
    ...effects.flatMap(({ object }) => object.name),
  ]);
}

type Prose = (text: string) => string;

/** Makes prose in which names, and every word that is not plainly one, stand in code spans. */
function proseOf(names: ReadonlySet<string>): Prose {
  return (text) =>
    text
      .split(" ")
      .map((word, at, all) => {
        const [, open = "", core = "", close = ""] = /^(\(?)(.*?)([).,:;]*)$/s.exec(word) ?? [];
        const plain = core === "" || core === "->" || /^(?:[A-Za-z]+(?:[-'][A-Za-z]+)*'?|[0-9]+s?)$/.test(core);
        if (plain && !names.has(core)) return word.replace("->", "→");
        // The dot that ends an absolute name is its own, where no sentence ends.
        const absolute = core.includes(".") && close === "." && /^[a-z]/.test(all[at + 1] ?? "");
        return absolute ? `${open}${code(`${core}.`)}` : `${open}${code(core)}${close}`;
      })
      .join(" ");
}

/** A code span; of backticks in it there are fewer in a row than around it. */
function code(text: string): string {
  const fence = fenceOf(text, 1);
  const pad = fence.length > 1 || text === "" ? " " : "";
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** In a table a bar ends the cell, even in a code span, and whether a backslash before it helps depends on who reads it. */
function inCell(text: string): string {
  return text.replaceAll("|", "¦");
}

function fenced(text: string): readonly string[] {
  const fence = fenceOf(text, 3);
  return [`${fence}sh`, ...text.split("\n"), fence];
}

/** Backticks, more in a row than there are anywhere in the text. */
function fenceOf(text: string, least: number): string {
  const runs = [...text.matchAll(/`+/g)].map(([run]) => run.length + 1);
  return "`".repeat(Math.max(least, ...runs));
}
