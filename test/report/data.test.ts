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
])("the text %j stays a text", (text) => {
  expect(parse(toYaml({ [text]: [text] }), { version: "1.1" })).toEqual({ [text]: [text] });
});

test("both end in a line feed, and are laid out for people", () => {
  const data = { kind: "Report", services: [{ name: "mysql", chain: [] }], empty: {} };
  expect(toYaml(data)).toBe("kind: Report\nservices:\n  - name: mysql\n    chain: []\nempty: {}\n");
  expect(toJson(data)).toBe(`${JSON.stringify(data, null, 2)}\n`);
});
