import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { pageText, rulesText } from "../../src/report/explain.ts";
import { widthOf } from "../../src/report/width.ts";
import { plain } from "./documents.ts";

test("a page for the terminal: headings, wrapped paragraphs and items, code as it is", () => {
  const page = `# my-rule

**What it finds.** Link: pods. Severity: error.

## Fix

A paragraph with \`code\`, a [link](https://example.com/a) and enough words that it has to be wrapped
over two lines.

    kubectl -n NAMESPACE get pods --a-very-long-flag-that-goes-far-over-the-width=of-the-terminal --another

- one item that is long enough to be wrapped, because it has so very many words in it
- two
  goes on
1. first
`;
  expect(pageText(page, plain({ width: 60 }))).toBe(`my-rule

What it finds. Link: pods. Severity: error.

Fix

A paragraph with code, a link (https://example.com/a) and
enough words that it has to be wrapped over two lines.

    kubectl -n NAMESPACE get pods --a-very-long-flag-that-goes-far-over-the-width=of-the-terminal --another

- one item that is long enough to be wrapped, because it has
  so very many words in it
- two goes on
1. first
`);
});

describe("every page of ours", () => {
  const folder = new URL("../../docs/rules/", import.meta.url);
  test.each(readdirSync(folder))("%s", (file) => {
    const lines = pageText(readFileSync(new URL(file, folder), "utf8"), plain()).split("\n");
    expect(lines.join("\n")).not.toMatch(/\*\*|```/);
    for (const line of lines) {
      expect(line).toBe(line.trimEnd());
      // Commands and tables keep their lines; a single word may be longer than any.
      if (!line.startsWith("    ") && line.trim().includes(" ")) expect(widthOf(line)).toBeLessThanOrEqual(80);
    }
  });
});

test("the table of rules", async () => {
  const rules = [
    { id: "pod-not-ready", link: "readiness", severity: "error", summary: "Pods run but are not Ready" },
    { id: "invalid-object", link: null, severity: "error", summary: "no object" },
  ] as const;
  expect(await rulesText(rules, plain())).toBe(`LINK       RULE            SEVERITY  FINDS
readiness  pod-not-ready   error     Pods run but are not Ready
-          invalid-object  error     no object
`);
});
