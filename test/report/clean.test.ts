import fc from "fast-check";
import { expect, test } from "vitest";
import { asciiLine, cleanDocument, cleanLine, escapeInJson } from "../../src/report/clean.ts";

/** Everything that could act on a terminal: C0, DEL, C1, invisible and direction-changing characters, line separators. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const ACTING = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]|\p{Cf}/u;

const nasty = fc.oneof(
  fc.string({ unit: "binary" }),
  fc
    .array(
      fc.constantFrom(
        "\u001b[31m",
        "\u001b]0;title\u0007",
        "\u009b2J",
        "\r",
        "\n",
        "\u202e",
        "\ud800",
        "\u0000",
        "a",
        "é",
      ),
    )
    .map((parts) => parts.join("")),
);

test("no text comes out with a character that acts on a terminal", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(cleanLine(text)).not.toMatch(ACTING);
      expect(cleanLine(text).isWellFormed()).toBe(true);
    }),
  );
});

test("ASCII text holds nothing but ASCII", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      expect(asciiLine(cleanLine(text))).toMatch(/^[ -~]*$/);
    }),
  );
});

test("what is harmless stays as it is", () => {
  fc.assert(
    fc.property(fc.stringMatching(/^[ -~]*$/), (text) => {
      expect(cleanLine(text)).toBe(text);
    }),
  );
  expect(cleanLine("Größe · 大小 ✓")).toBe("Größe · 大小 ✓");
});

test.each([
  ["\u001b[31mred\u001b[0m", "\\x1b[31mred\\x1b[0m"],
  ["two\nlines\r\n\tand a tab", "two lines and a tab"],
  ["abc\u202edef", "abc\\u{202e}def"],
  ["bell\u0007", "bell\\x07"],
  ["\u009b1m", "\\x9b1m"],
])("%j is shown as %s", (text, shown) => {
  expect(cleanLine(text)).toBe(shown);
});

test("a document is cleaned to its depth; only remedies keep their lines", () => {
  const document = {
    message: "a\nb",
    remedy: "one\n\u001b[2Jtwo",
    list: [{ "k\u0007": "v\u0007" }],
    number: 1,
    none: null,
  };
  expect(cleanDocument(document, true)).toEqual({
    message: "a b",
    remedy: "one\n\\x1b[2Jtwo",
    list: [{ "k\\x07": "v\\x07" }],
    number: 1,
    none: null,
  });
});

test("escaped JSON means the same and holds only its own line feeds", () => {
  fc.assert(
    fc.property(nasty, (text) => {
      const json = escapeInJson(JSON.stringify({ text }, null, 2));
      expect(JSON.parse(json)).toEqual({ text: text });
      expect(json.replaceAll("\n", "")).not.toMatch(ACTING);
    }),
  );
});
