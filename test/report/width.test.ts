import fc from "fast-check";
import { expect, test } from "vitest";
import { cutTo, padTo, widthOf, wrap } from "../../src/report/width.ts";

test.each([
  ["abc", 3],
  ["é", 1],
  ["e\u0301", 1],
  ["大小", 4],
  ["한국", 4],
  ["✓", 1],
  ["🚀", 2],
  ["\u001b[31mred\u001b[39m", 3],
])("%j takes %i columns", (text, columns) => {
  expect(widthOf(text)).toBe(columns);
});

const words = fc.array(fc.stringMatching(/^[a-z大]{1,12}$/), { minLength: 1, maxLength: 30 });

test("wrapping keeps every word, in order, and every line within the width unless it is one word", () => {
  fc.assert(
    fc.property(words, fc.integer({ min: 5, max: 40 }), (parts, width) => {
      const lines = wrap(parts.join(" "), width);
      expect(lines.join(" ").split(" ")).toEqual(parts);
      for (const line of lines) {
        expect(line).toBe(line.trim());
        if (line.includes(" ")) expect(widthOf(line)).toBeLessThanOrEqual(width);
      }
    }),
  );
});

test("an empty text is one empty line", () => {
  expect(wrap("", 80)).toEqual([""]);
});

test("cutting counts columns, not characters, and marks what was cut", () => {
  expect(cutTo("short", 10, "…")).toBe("short");
  expect(cutTo("a longer text", 8, "…")).toBe("a longe…");
  expect(cutTo("大小大小大小", 7, "…")).toBe("大小大…");
  expect(cutTo("a longer text", 8, "...")).toBe("a lon...");
});

test("padding counts columns", () => {
  expect(padTo("大", 4)).toBe("大  ");
  expect(padTo("long", 2)).toBe("long");
});
