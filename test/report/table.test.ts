import { expect, test } from "vitest";
import type { Style } from "../../src/report/style.ts";
import { table } from "../../src/report/table.ts";

const style: Style = {
  width: 60,
  cut: true,
  unicode: true,
  colour: true,
  program: "kheadless",
  paint: (tone, text) => (tone === "plain" ? text : `\u001b[1m${text}\u001b[0m`),
};
const HEAD = ["NAMESPACE", "NAME", "READY", "WHAT"];
const row = (at: number) => [
  { text: `team-${at % 7}` },
  { text: `名前-${at}`, tone: "strong" as const },
  { text: at % 3 === 0 ? "" : `${at}/15` },
  { text: "selects nothing ".repeat(at % 6) },
];

test("a long table looks as a short one does", async () => {
  const rows = Array.from({ length: 200 }, (_, at) => row(at));
  const long = await table(HEAD, rows, style);
  expect(long).toHaveLength(201);
  // As wide as the long one's widest cells.
  const widest = row(199);
  for (let from = 0; from < 190; from += 30) {
    const short = await table(HEAD, [...rows.slice(from, from + 30), widest], style);
    expect(short.slice(0, -1)).toEqual([long[0], ...long.slice(from + 1, from + 31)]);
  }
});
