import type { Style } from "./style.ts";
import { cutTo, widthOf } from "./width.ts";

/** A table's cell: text, and how it is painted. */
export interface Cell {
  readonly text: string;
  readonly tone?: Parameters<Style["paint"]>[0];
}

/**
 * Columns as kubectl prints them: upper-case head, two spaces between, no borders. Where the style says so, the last
 * column is cut at the terminal's width.
 */
export async function table(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  style: Style,
): Promise<readonly string[]> {
  const widths = head.map((title, at) =>
    rows.reduce((most, row) => Math.max(most, widthOf(row[at]?.text ?? "")), widthOf(title)),
  );
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  const room = style.cut ? Math.max(10, style.width - before) : Number.POSITIVE_INFINITY;
  const last = head.length - 1;
  const lineOf = (row: readonly Cell[]): readonly string[] =>
    row.map(({ text, tone }, at) => {
      const shown = at === last ? cutTo(text, room, style.unicode ? "…" : "...") : text;
      const painted = style.paint(tone ?? "plain", shown);
      return at === last ? painted : painted + " ".repeat((widths[at] ?? 0) - widthOf(shown));
    });
  const lines = [head.map((text): Cell => ({ text })), ...rows].map(lineOf);
  return lines.length <= FEW ? drawn(lines) : lines.map((cells) => cells.join(" ".repeat(GAP)).trimEnd());
}

/** For each row of a table cli-table3 takes 0.1 ms, and as long again for each forty others: those of a scan may be thousands. */
const FEW = 40;

async function drawn(rows: readonly (readonly string[])[]): Promise<readonly string[]> {
  // Most runs show one Service, and no table.
  const { default: Table } = await import("cli-table3");
  const table = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP },
  });
  for (const row of rows) table.push([...row]);
  return table
    .toString()
    .split("\n")
    .map((line) => line.trimEnd());
}

const GAP = 2;
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
