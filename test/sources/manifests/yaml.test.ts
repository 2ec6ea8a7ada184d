import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { parseYaml } from "../../../src/sources/manifests/yaml.ts";
import { arbitraryObject } from "../../objects/arbitrary.ts";

interface GoCase {
  readonly yaml: string;
  /** What kubectl's YAML reader makes of it; absent where it refuses. */
  readonly value?: unknown;
  readonly refused?: true;
}
const { cases: goCases } = JSON.parse(
  readFileSync(new URL("../../fixtures/manifests/go-yaml.json", import.meta.url), "utf8"),
) as { readonly cases: readonly GoCase[] };

function readOf(yaml: string): unknown {
  const parsed = parseYaml(yaml);
  if (parsed.status === "broken") throw new Error(`${parsed.message} at ${parsed.offset}`);
  return parsed.value;
}

function breakOf(yaml: string): { readonly message: string; readonly offset: number } {
  const parsed = parseYaml(yaml);
  if (parsed.status === "read") throw new Error(`read as ${JSON.stringify(parsed.value)}`);
  return { message: parsed.message, offset: parsed.offset };
}

describe("as kubectl reads it", () => {
  test.each(goCases.filter(({ refused }) => refused !== true).map(({ yaml, value }) => [yaml, value]))(
    "%j",
    (yaml, value) => {
      // By way of JSON, as -0 is 0 there.
      expect(JSON.parse(JSON.stringify(readOf(yaml as string)))).toEqual(value);
    },
  );

  // go-yaml knows no \/ in quotes, which is legal JSON; taking it does no harm.
  const refused = goCases.filter((one) => one.refused === true && !one.yaml.includes("\\/"));
  test.each(refused.map(({ yaml }) => [yaml]))("%j is refused", (yaml) => {
    expect(parseYaml(yaml).status).toBe("broken");
  });
});

test.each([
  ["double quotes", `a:\n  b: "${'x\\"\n'.repeat(20_000)}"\n  c: d\n`],
  ["single quotes", `a:\n  b: '${"x''\n".repeat(20_000)}'\n  c: d\n`],
  ["brackets", `a:\n  b: [\n${"x,\n# y]\n'],\n]',\n".repeat(10_000)}]\n  c: d\n`],
  ["brackets in brackets", `a:\n  b: [[\nx\n]\n, [\ny,\n]]\n  c: d\n`],
  ["two texts whose lines a backslash joins", 'a:\n  c: d\n  x: "e \\\n -X \\\n-H"\n  y:\n    - "f \\\n -X"\n'],
])("lines inside %s may stand far to the left", (_, yaml) => {
  const start = performance.now();
  expect(readOf(yaml)).toMatchObject({ a: { c: "d" } });
  expect(performance.now() - start).toBeLessThan(5_000);
});

describe("what breaks a document is told by its place", () => {
  test.each([
    ["a: 1\nb: [c", "unexpected end of the stream within a flow collection", 10],
    ["a: 1\n\tb: 2", "tab characters must not be used in indentation", 5],
    ["a: @b", "a value cannot begin with @: quote it", 3],
    ["a: b: c", "a second key stands on the line: quote the text if it is none", 4],
    ["a: *b", "no anchor &b stands before this alias", 3],
    ["a: &b [*b]", "anchor &b contains itself", 7],
    ["a: 1\n{b: c}: d", "a key must be text, and here it is a map or a list", 5],
    ["a: .inf", "the API has no such number: quote it", 3],
    ["a: !!int x", "this is no !!int", 3],
    ["a: 1\n<<: 2", "only maps can be merged by <<", 5],
    ["a: x\0y", "null byte is not allowed in input", 4],
  ])("%j", (yaml, message, offset) => {
    expect(breakOf(yaml)).toEqual({ message, offset });
  });

  test("also behind lines that had to be moved to the right", () => {
    const yaml = "a:\n  b: [\nc,\n]\n  d: e: f\n";
    expect(breakOf(yaml).offset).toBe(yaml.indexOf(": f"));
  });
});

describe("hostile documents end soon, with a reason", () => {
  const levels = Array.from({ length: 30 }, (_, index) => index + 1);
  test.each([
    [
      "aliases that multiply",
      [
        "a0: &a0 [x, x, x, x, x, x, x, x, x, x]",
        ...levels.map((n) => `a${n}: &a${n} [${`*a${n - 1}, `.repeat(10)}]`),
      ].join("\n"),
      /^aliases multiply/,
    ],
    [
      "merges that multiply",
      ["a0: &a0 {x: 1}", ...levels.map((n) => `a${n}: &a${n} {<<: [*a${n - 1}, *a${n - 1}], k${n}: 1}`)].join("\n"),
      /^aliases multiply/,
    ],
    ["brackets without end", "[".repeat(100_000), /^it is nested too deeply/],
    ["maps in maps", "{a: ".repeat(100_000), /^it is nested too deeply/],
    [
      "a stair of keys",
      Array.from({ length: 2_000 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
      /^it is nested too deeply/,
    ],
    ["dashes", "- ".repeat(100_000), /^it is nested too deeply/],
    ["quotes without end, far to the left", `a:\n  b: "${"x\n".repeat(20_000)}`, /unexpected end/],
  ])("%s", (_, yaml, message) => {
    const start = performance.now();
    expect(breakOf(yaml).message).toMatch(message);
    expect(performance.now() - start).toBeLessThan(10_000);
  });

  test("aliases that a manifest may well have are no bomb", () => {
    const services = Array.from({ length: 500 }, (_, index) => `s${index}: {labels: *labels, port: 80}`);
    expect(Object.keys(readOf(`l: &labels {a: b, c: d}\n${services.join("\n")}`) as object)).toHaveLength(501);
  });

  test("a key called __proto__ changes no prototype", () => {
    const value = readOf("__proto__: {polluted: true}\na: 1") as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.keys(value)).toEqual(["__proto__", "a"]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe("what another library writes", () => {
  const json = fc.jsonValue({ maxDepth: 4 }).map((value) => JSON.parse(JSON.stringify(value)) as unknown);
  const layout = fc.record({
    indent: fc.constantFrom(2, 4),
    collectionStyle: fc.constantFrom("any" as const, "flow" as const),
    defaultStringType: fc.constantFrom("PLAIN" as const, "QUOTE_DOUBLE" as const, "QUOTE_SINGLE" as const),
    // yaml 2.9.1 garbles times where it folds them.
    lineWidth: fc.constant(0),
    indentSeq: fc.boolean(),
    aliasDuplicateObjects: fc.constant(false),
  });

  test("is read as the same value", () => {
    fc.assert(
      fc.property(fc.oneof(arbitraryObject, json), layout, fc.boolean(), (value, options, crlf) => {
        // go-yaml, and so kubectl, takes underscores out of numbers wherever they stand: `0e0_` is 0. The library does not.
        fc.pre(!/"[-+.\d][^"]*_[^"]*"/.test(JSON.stringify(value)));
        const yaml = stringify(value, { version: "1.1", ...options });
        // A line break inside a text stays what it is, so CRLF would change it.
        const text = crlf && !/\\[nr]/.test(JSON.stringify(value)) ? yaml.replaceAll("\n", "\r\n") : yaml;
        expect(readOf(text)).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test("is read, or refused with a place inside it, whatever is cut out of it", () => {
    fc.assert(
      fc.property(
        fc.oneof(arbitraryObject, json),
        layout,
        fc.nat(),
        fc.nat(40),
        fc.string({ maxLength: 3 }),
        (value, options, at, length, put) => {
          const yaml = stringify(value, { version: "1.1", ...options });
          const start = at % (yaml.length + 1);
          const broken = yaml.slice(0, start) + put + yaml.slice(start + length);
          const parsed = parseYaml(broken);
          if (parsed.status === "read") return;
          expect(parsed.message).not.toBe("");
          expect(parsed.offset).toBeGreaterThanOrEqual(0);
          expect(parsed.offset).toBeLessThanOrEqual(broken.length);
        },
      ),
      { numRuns: 1000 },
    );
  });
});
