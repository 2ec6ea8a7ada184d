import { describe, expect, test } from "vitest";
import { splitDocuments, splitJsonObjects } from "../../../src/sources/manifests/documents.ts";

const split = (text: string) => splitDocuments(text).map((one) => [one.line, one.text]);

describe("a YAML stream is cut", () => {
  test.each<[string, (string | number)[][]]>([
    ["a: 1", [[1, "a: 1"]]],
    [
      "a: 1\n---\nb: 2\n",
      [
        [1, "a: 1\n"],
        [2, "---\nb: 2\n"],
      ],
    ],
    [
      "---\na: 1\n---\n---\n# c\n---\nb: 2",
      [
        [1, "---\na: 1\n"],
        [6, "---\nb: 2"],
      ],
    ],
    [
      "a: 1\r\n---\r\nb: 2\r\n",
      [
        [1, "a: 1\r\n"],
        [2, "---\r\nb: 2\r\n"],
      ],
    ],
    [
      "--- # comment\na: 1\n--- {b: 2}\n",
      [
        [1, "--- # comment\na: 1\n"],
        [3, "--- {b: 2}\n"],
      ],
    ],
    [
      "%YAML 1.2\n---\na: 1\n...\n---\nb: 2\n",
      [
        [2, "---\na: 1\n"],
        [5, "---\nb: 2\n"],
      ],
    ],
    ["a: 1\n...\n# the end\n", [[1, "a: 1\n"]]],
    ["---a: 1\n----\n --- b\n", [[1, "---a: 1\n----\n --- b\n"]]],
    [
      "a: |\n  ---\n  b\n---\nc: 3",
      [
        [1, "a: |\n  ---\n  b\n"],
        [4, "---\nc: 3"],
      ],
    ],
    ["\n\n# only comments\n---\n\t\n", []],
    ["", []],
    ["---", []],
  ])("%j", (text, expected) => {
    expect(split(text)).toEqual(expected);
  });

  test("in time that grows with its length, whatever it holds", () => {
    const start = performance.now();
    for (const part of ["---\n", "\n", "# x\n", "...\n", "   ", "%x\n", "a\n---\n"])
      splitDocuments(part.repeat(300_000));
    expect(performance.now() - start).toBeLessThan(5_000);
  });
});

describe("a stream of JSON objects is cut", () => {
  const objects = (text: string) =>
    splitJsonObjects({ text, line: 5, column: 1 })?.map(({ line, column, text: object }) => [line, column, object]);

  test.each<[string, (string | number)[][]]>([
    [
      "{}{}",
      [
        [5, 1, "{}"],
        [5, 3, "{}"],
      ],
    ],
    [
      '{"a":1}\n {"b":{"c":"}"}}\n',
      [
        [5, 1, '{"a":1}'],
        [6, 2, '{"b":{"c":"}"}}'],
      ],
    ],
    ['{"a":"\\"}{"}', [[5, 1, '{"a":"\\"}{"}']]],
  ])("%j", (text, expected) => {
    expect(objects(text)).toEqual(expected);
  });

  test.each(["{} x", "{", "}", '{"a', "[]", '{"a": 1}}'])("%j is none", (text) => {
    expect(objects(text)).toBeUndefined();
  });
});
