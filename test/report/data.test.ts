import fc from "fast-check";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { toJson, toYaml } from "../../src/report/data.ts";

/** JSON values; `-0` has no form of its own in JSON. */
const values = fc.jsonValue().map((value) => JSON.parse(JSON.stringify(value)) as unknown);

test("YAML says the same as JSON, to readers of YAML 1.1 and 1.2", () => {
  fc.assert(
    fc.property(values, (value) => {
      expect(parse(toYaml(value), { version: "1.2" })).toEqual(value);
      expect(parse(toYaml(value), { version: "1.1" })).toEqual(value);
    }),
  );
});

test.each([
  "yes",
  "no",
  "on",
  "off",
  "null",
  "~",
  "1",
  "1e3",
  "0x1f",
  "1_000",
  "12:30:45",
  "2026-01-01",
  "a: b",
  "# c",
  "- d",
  "",
  "nan",
  "E0",
  ".inf",
  "multi\nline",
  "multi\nline\n",
  "\nline",
  "multi\n\n\nline",
  "multi\nline\n\n",
  "multi\n  line",
  "  multi\nline",
  "multi \nline",
  "multi\nline ",
  "multi\n ",
  "multi\r\nline",
  "multi\n\tline",
  "multi\nline\u2028",
  "- multi\n---\n# line: |",
  "\n",
])("the text %j stays a text", (text) => {
  expect(parse(toYaml({ [text]: [text] }), { version: "1.1" })).toEqual({ [text]: [text] });
});

test("texts of lines say the same as JSON, wherever they stand", () => {
  const text = fc.array(fc.constantFrom("a", " ", "\n", "#", ":", "-", "|", "\t", "é", "..."), { maxLength: 12 });
  const lines = text.map((parts) => parts.join(""));
  fc.assert(
    fc.property(lines, fc.string(), (one, key) => {
      const value = { [key]: one, list: [one, [one], { [key]: [one, one] }], last: one };
      expect(parse(toYaml(value), { version: "1.2" })).toEqual(value);
      expect(parse(toYaml(value), { version: "1.1" })).toEqual(value);
    }),
  );
});

test("lines stand as lines", () => {
  expect(toYaml({ args: ["set -f\n\n  if a\n", "x"], note: "a\nb" })).toBe(
    "args:\n  - |\n    set -f\n\n      if a\n  - x\nnote: |-\n  a\n  b\n",
  );
});

test("both end in a line feed, and are laid out for people", () => {
  const data = { kind: "Report", services: [{ name: "mysql", chain: [] }], empty: {} };
  expect(toYaml(data)).toBe("kind: Report\nservices:\n  - name: mysql\n    chain: []\nempty: {}\n");
  expect(toJson(data)).toBe(`${JSON.stringify(data, null, 2)}\n`);
});
