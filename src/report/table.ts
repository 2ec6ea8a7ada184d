import { shortNames } from "./short-names.ts";
import type { Style } from "./style.ts";
import { cutTo, widthOf } from "./width.ts";

/** A table's cell: text, and how it is painted. */
export interface Cell {
  readonly text: string;
  /** What stands in its place in the last column, where that is so narrow that a sentence would be cut before it says anything. */
  readonly brief?: string;
  readonly tone?: Parameters<Style["paint"]>[0];
}

type Row = readonly Cell[];

const GAP = 2;
/** What the last column keeps, however wide the others are. */
const LEAST_LAST = 10;
/** With less room than that, little more is left of a sentence than what it is about. */
const LEAST_SENTENCE = 40;
/** What is left of a name at least. */
const LEAST_NAME = 16;

/**
 * Columns as kubectl prints them: upper-case head, two spaces between, no borders, a line for each row. Where the style cuts,
 * the last column is cut at the terminal's width, and where that is not enough the columns of `names` are shortened in their
 * middle, as long as no two of them become one.
 */
export function table(
  head: readonly string[],
  rows: readonly Row[],
  style: Style,
  names: readonly number[] = [],
): readonly string[] {
  const all = [head.map((text): Cell => ({ text })), ...rows];
  const wide = widthsOf(all);
  const [shown, widths] = style.cut ? fitted(all, wide, style, names) : [all, wide];
  const last = head.length - 1;
  const room = style.cut ? lastRoom(widths, style) : Number.POSITIVE_INFINITY;
  return shown.map((row) => {
    let line = "";
    for (const [at, { text, brief, tone }] of row.entries()) {
      const told = brief !== undefined && room < Math.min(LEAST_SENTENCE, widthOf(text)) ? brief : text;
      const cell = at === last ? cutTo(told, room, markOf(style)) : text;
      const gap = at === last ? "" : " ".repeat((widths[at] ?? 0) - widthOf(cell) + GAP);
      line += style.paint(tone ?? "plain", cell) + gap;
    }
    return line.trimEnd();
  });
}

/** The same, but where the style cuts, the last column is wrapped, so that nothing of it is lost. */
export async function wrappedTable(
  head: readonly string[],
  rows: readonly Row[],
  style: Style,
): Promise<readonly string[]> {
  if (!style.cut) return table(head, rows, style);
  // Few runs show such a table.
  const { default: Table } = await import("cli-table3");
  const all = [head.map((text): Cell => ({ text })), ...rows];
  const widths = widthsOf(all);
  const drawn = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP },
    colWidths: [...widths.slice(0, -1), lastRoom(widths, style)].map((width) => width + GAP),
    wordWrap: true,
  });
  for (const row of all) drawn.push(row.map(({ text, tone }) => style.paint(tone ?? "plain", text)));
  return drawn
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

function widthsOf(rows: readonly Row[]): readonly number[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [at, { text }] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(text));
  }
  return widths;
}

function lastRoom(widths: readonly number[], { columns }: Style): number {
  return Math.max(LEAST_LAST, columns - before(widths));
}

function before(widths: readonly number[]): number {
  return widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
}

function markOf({ unicode }: Style): string {
  return unicode ? "…" : "...";
}

/** The rows with their names as short as the width needs, the longest column first. */
function fitted(
  rows: readonly Row[],
  widths: readonly number[],
  style: Style,
  names: readonly number[],
): readonly [readonly Row[], readonly number[]] {
  const narrow = [...widths];
  for (let over = before(widths) + LEAST_LAST - style.columns; over > 0; over -= 1) {
    const longest = names.reduce(
      (at, other) => ((narrow[other] ?? 0) > (narrow[at] ?? 0) ? other : at),
      names[0] ?? -1,
    );
    const width = narrow[longest] ?? 0;
    if (width <= LEAST_NAME) break;
    narrow[longest] = width - 1;
  }
  const short = new Map<number, (name: string) => string>();
  for (const at of names) {
    const width = narrow[at] ?? 0;
    if (width === widths[at]) continue;
    const shorten = shortNames(
      rows.map((row) => row[at]?.text ?? ""),
      width,
      markOf(style),
    );
    if (shorten === null) narrow[at] = widths[at] ?? 0;
    else short.set(at, shorten);
  }
  if (short.size === 0) return [rows, widths];
  return [
    rows.map((row) => row.map((cell, at) => ({ ...cell, text: short.get(at)?.(cell.text) ?? cell.text }))),
    narrow,
  ];
}

const NO_BORDERS = {
  top: "",
  "top-mid": "",
  "top-left": "",
  "top-right": "",
  bottom: "",
  "bottom-mid": "",
  "bottom-left": "",
  "bottom-right": "",
  left: "",
  "left-mid": "",
  mid: "",
  "mid-mid": "",
  right: "",
  "right-mid": "",
  middle: "",
};
