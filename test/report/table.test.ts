import { describe, expect, test } from "vitest";
import type { Style } from "../../src/report/style.ts";
import { table, wrappedTable } from "../../src/report/table.ts";
import { widthOf } from "../../src/report/width.ts";

const style: Style = {
  width: 80,
  columns: 60,
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

const LONG = "platform-release-2024-kafka-broker-headless";

test("columns are as wide as their widest cells, and a row is a line", () => {
  const rows = Array.from({ length: 200 }, (_, at) => row(at));
  const lines = table(HEAD, rows, style);
  expect(lines).toHaveLength(201);
  expect(lines[0]).toBe("NAMESPACE  NAME      READY   WHAT");
  expect(lines[2]).toBe("team-1     \u001b[1m名前-1\u001b[0m    1/15    selects nothing");
  expect(lines[200]).toMatch(/^team-3 {5}\S+ {2}199\/15 {2}selects nothing/);
});

test("a terminal cuts the last column, and nothing else where that is enough", () => {
  const lines = table(HEAD, [row(5)], { ...style, columns: 50 }, [0, 1]);
  expect(lines.map(widthOf)).toEqual([30, 50]);
  expect(lines[1]).toMatch(/^team-5 .* {2}selects nothing sel.*…$/);
});

test("where hardly anything is left for a sentence, its brief form stands there", () => {
  const sentence = "The selector of Service db matches no Pod in namespace shop.";
  const cells = (text: string) => [
    { text: "shop" },
    { text: "db" },
    { text: "0/3" },
    { text, brief: "selector-matches-no-pods" },
  ];
  const told = (text: string, columns: number, cut = true) => table(HEAD, [cells(text)], { ...style, columns, cut })[1];
  expect(told(sentence, 60)).toBe("shop       db    0/3    selector-matches-no-pods");
  expect(told(sentence, 40)).toBe("shop       db    0/3    selector-matche…");
  expect(told(sentence, 80)).toMatch(/ {2}The selector of Service db matches no P.*…$/);
  expect(told(sentence, 60, false)).toContain(sentence);
  expect(told("Scaled to zero.", 60)).toMatch(/ {2}Scaled to zero\.$/);
});

describe("names that leave no room for the last column", () => {
  const cells = (...names: readonly string[]) =>
    names.map((name) => ["shop", name, "1/3", "selects nothing of it"].map((text) => ({ text })));
  const narrow = { ...style, columns: 50 };

  test("are shortened in their middle, as far as the width needs", () => {
    const lines = table(HEAD, cells(LONG, "web"), narrow, [0, 1]);
    expect(lines).toEqual([
      "NAMESPACE  NAME                  READY  WHAT",
      "shop       platfor…ker-headless  1/3    selects n…",
      "shop       web                   1/3    selects n…",
    ]);
  });

  test("keep what tells them apart, and are whole where nothing short does", () => {
    const begin = table(HEAD, cells(`a-${LONG}`, `b-${LONG}`), narrow, [0, 1]);
    expect(new Set(begin).size).toBe(3);
    expect(begin.every((line) => widthOf(line) <= 50)).toBe(true);
    const middle = ["x", "y"].map((one) => `platform-release-2024-${one}-kafka-broker-headless`);
    expect(table(HEAD, cells(...middle), narrow, [0, 1])[1]).toContain(middle[0]);
  });

  test("are whole in a pipe, and where the table has none to shorten", () => {
    expect(table(HEAD, cells(LONG), { ...narrow, cut: false }, [0, 1])[1]).toContain(LONG);
    expect(table(HEAD, cells(LONG), narrow)[1]).toContain(LONG);
  });
});

test("a wrapped column loses nothing at a terminal, and is one line in a pipe", async () => {
  const rows = [row(5), row(6)];
  const lines = await wrappedTable(HEAD, rows, { ...style, columns: 50 });
  expect(lines.every((line) => widthOf(line) <= 50)).toBe(true);
  expect(
    lines
      .join(" ")
      .match(/selects nothing|selects|nothing/g)
      ?.join(" "),
  ).toBe("selects nothing ".repeat(5).trim());
  expect(lines[1]).toMatch(/^team-5 {5}/);
  expect(await wrappedTable(HEAD, rows, { ...style, cut: false })).toEqual(table(HEAD, rows, { ...style, cut: false }));
});
