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
  // Most runs show one Service, and no table.
  const { default: Table } = await import("cli-table3");
  const widths = head.map((title, at) => Math.max(widthOf(title), ...rows.map((row) => widthOf(row[at]?.text ?? ""))));
  const before = widths.slice(0, -1).reduce((sum, width) => sum + width + GAP, 0);
  const room = style.cut ? Math.max(10, style.width - before) : Number.POSITIVE_INFINITY;
  const drawn = new Table({
    chars: NO_BORDERS,
    style: { head: [], border: [], "padding-left": 0, "padding-right": GAP },
  });
  drawn.push([...head]);
  for (const row of rows) {
    drawn.push(
      row.map(({ text, tone }, at) => {
        const shown = at === row.length - 1 ? cutTo(text, room, style.unicode ? "…" : "...") : text;
        return style.paint(tone ?? "plain", shown);
      }),
    );
  }
  return drawn
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
