import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ignoreCommentsIn } from "../../../src/sources/manifests/ignore-comments.ts";

const found = (text: string) =>
  ignoreCommentsIn({ text, file: "a.yaml" }).map(({ rules, reason, location, lines, ofDocument }) => ({
    rules,
    reason,
    at: `${location.line}:${location.column}`,
    lines: `${lines.first}-${lines.last}`,
    ofDocument,
  }));

test.each([
  ["# kheadless-ignore: port-unnamed", ["port-unnamed"], null],
  ["# kheadless-ignore: port-unnamed  clients ask for no SRV", ["port-unnamed"], "clients ask for no SRV"],
  [
    "#kheadless-ignore:port-unnamed, selector-missing: both on purpose",
    ["port-unnamed", "selector-missing"],
    "both on purpose",
  ],
  [
    "# kheadless-ignore: port-unnamed, selector-missing -- both on purpose",
    ["port-unnamed", "selector-missing"],
    "both on purpose",
  ],
  ["# kheadless-ignore port-unnamed", ["port-unnamed"], null],
  ["# kheadless-ignore:", [], null],
  ["# kheadless-ignore: \u001b[2J", [], null],
])("%j names %j, because %j", (comment, rules, reason) => {
  expect(found(`a: 1 ${comment}\n`)).toMatchObject([{ rules, reason, at: "1:6" }]);
});

describe("what a comment speaks for", () => {
  const text = (...lines: string[]): string => `${lines.join("\n")}\n`;
  const IGNORE = "# kheadless-ignore: port-unnamed";

  test.each<[string, string, string, boolean]>([
    ["above the first document", text(IGNORE, "kind: Service", "spec: {}"), "1-3", true],
    ["below other comments", text("# Licence", "", IGNORE, "# more", "kind: Service"), "1-5", true],
    ["behind a marker", text("kind: A", "---", IGNORE, "kind: B", "---", "kind: C"), "2-4", true],
    ["before a marker", text("kind: A", IGNORE, "---", "kind: B", "spec: {}"), "3-5", true],
    ["on a marker", text("kind: A", `--- ${IGNORE}`, "kind: B"), "2-3", true],
    [
      "behind a field: that and all below it",
      text("spec:", `  a: ${IGNORE}`, "    b: 1", "", "    c: 2", "  d: 3"),
      "2-5",
      false,
    ],
    [
      "behind the head of a list that stands as far left",
      text("spec:", `  ports: ${IGNORE}`, "  - port: 1", "    name: a", "  x: 1"),
      "2-4",
      false,
    ],
    ["behind an item", text("ports:", `- port: 1 ${IGNORE}`, "  name: a", "- port: 2"), "2-3", false],
    [
      "on a line of its own: what comes next",
      text("spec:", `  ${IGNORE}`, "  # why", "  a:", "    b: 1", "  c: 2"),
      "4-5",
      false,
    ],
    ["behind the first field: no document", text(`kind: Service ${IGNORE}`, "spec: {}"), "1-1", false],
    ["at the end: nothing", text("kind: Service", IGNORE), "2-2", false],
    ["with Windows' line ends", text("kind: A", "---", IGNORE, "kind: B").replaceAll("\n", "\r\n"), "2-4", true],
  ])("%s", (_, given, lines, ofDocument) => {
    expect(found(given)).toMatchObject([{ rules: ["port-unnamed"], lines, ofDocument }]);
  });
});

describe("what is no comment", () => {
  test.each([
    ["in a block of text", "data:\n  a: |\n    # kheadless-ignore: port-unnamed\n    kind: Service\n"],
    ["in quotes", 'a: "x # kheadless-ignore: port-unnamed"\n'],
    ["in quotes over lines", "a: 'x\n  # kheadless-ignore: port-unnamed\n  y'\n"],
    ["a part of a word", "a: x#kheadless-ignore: port-unnamed\n"],
    ["a longer word", "a: 1 # kheadless-ignore-reason: x\n"],
    ["in what is no YAML", "a: [\n# kheadless-ignore: port-unnamed\n"],
  ])("%s", (_, given) => {
    expect(found(given)).toEqual([]);
  });

  test("the rest of the file counts", () => {
    expect(found("a: [\n---\nb: 1 # kheadless-ignore: port-unnamed\n")).toMatchObject([{ at: "3:6" }]);
  });
});

test("of text that a program made, the places are those of what it was made of", () => {
  const placeOf = ({ line, column }: { line: number; column: number }) => ({ line: line + 10, column });
  const text = "spec:\n  a: # kheadless-ignore: port-unnamed\n    b: 1\n";
  expect(ignoreCommentsIn({ text, file: "t.yaml", placeOf })).toMatchObject([
    { location: { file: "t.yaml", line: 12, column: 6 }, lines: { first: 12, last: 13 } },
  ]);
});

test("whatever stands around it, a comment speaks for lines of its file", () => {
  const line = fc.oneof(
    fc.constantFrom("---", "...", "%YAML 1.2", "", "a: |", "  b: 'x", "- c", "  - d: 1", "# other", "\t", "[", "}"),
    fc.constantFrom("", "  ", "a: 1 ", "- ", "--- ").map((before) => `${before}# kheadless-ignore: port-unnamed why`),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), fc.constantFrom("\n", "\r\n"), (lines, end) => {
      for (const comment of ignoreCommentsIn({ text: lines.join(end), file: "a.yaml" })) {
        expect(lines[comment.location.line - 1]).toContain("# kheadless-ignore");
        expect(comment.lines.first).toBeGreaterThan(0);
        expect(comment.lines.last).toBeGreaterThanOrEqual(comment.lines.first);
        expect(comment.lines.last).toBeLessThanOrEqual(lines.length);
        expect(comment.rules).toEqual(["port-unnamed"]);
      }
    }),
  );
});

test("a file of nothing but comments takes no time that grows with its square", () => {
  const lines = Array.from({ length: 20_000 }, (_, at) => `k${at}: 1 # kheadless-ignore: a\n# kheadless-ignore: b\n`);
  expect(ignoreCommentsIn({ text: lines.join(""), file: "a.yaml" })).toHaveLength(40_000);
});
