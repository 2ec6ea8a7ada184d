import fc from "fast-check";
import { expect, test } from "vitest";
import { unifiedDiff } from "../../src/report/unified-diff.ts";

test("is what diff -u writes", () => {
  const before = `${["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"].join("\n")}\n`;
  const after = before.replace("b\n", "B\n").replace("k\n", "").replace("l\n", "l\nm");
  expect(unifiedDiff(before, after, "x.yaml")).toBe(`--- x.yaml
+++ x.yaml
@@ -1,5 +1,5 @@
 a
-b
+B
 c
 d
 e
@@ -8,5 +8,5 @@
 h
 i
 j
-k
 l
+m
\\ No newline at end of file
`);
  expect(unifiedDiff(before, before, "x.yaml")).toBe("");
  expect(unifiedDiff("", "a\n", "x")).toBe("--- x\n+++ x\n@@ -0,0 +1 @@\n+a\n");
});

/** Makes of the first text what a diff says. */
function applied(before: string, diff: string): string {
  const old = before.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const out: string[] = [];
  let at = 0;
  for (const [, start = "", size, body = ""] of diff.matchAll(/^@@ -(\d+)(?:,(\d+))? .*@@\n((?:[ +\\-].*\n)*)/gm)) {
    const from = Number(start) - (size === "0" ? 0 : 1);
    out.push(...old.slice(at, from));
    at = from;
    for (const line of body.replaceAll("\n\\ No newline at end of file", "\0").match(/[^\n]*\n/g) ?? []) {
      const text = line.slice(1).replace("\0\n", "");
      if (line.startsWith("+")) out.push(text);
      else {
        expect(old[at]).toBe(text);
        if (line.startsWith(" ")) out.push(text);
        at += 1;
      }
    }
  }
  return [...out, ...old.slice(at)].join("");
}

test("of any two texts, applied to the first, it gives the second", () => {
  const text = fc
    .tuple(fc.array(fc.constantFrom("a", "b", "c", ""), { maxLength: 30 }), fc.boolean())
    .map(([lines, ends]) => lines.join("\n") + (ends && lines.length > 0 ? "\n" : ""));
  fc.assert(
    fc.property(text, text, (before, after) => {
      expect(applied(before, unifiedDiff(before, after, "x"))).toBe(after);
    }),
    { numRuns: 500 },
  );
});
