import fc from "fast-check";
import { marked, type Token } from "marked";
import { expect, test } from "vitest";
import { summaryMarkdown } from "../../../src/report/ci/summary.ts";
import { cleanLine } from "../../../src/report/clean.ts";
import { markdownText } from "../../../src/report/markdown.ts";
import { BROKEN, FINDING, finding, report } from "../documents.ts";
import { hostile, hostileReport, RUN } from "./hostile.ts";

test("a table of findings, and what could not be checked", () => {
  const unchecked = [
    { rule: "pod-not-ready", link: "readiness", reason: "only a cluster", byNature: true, services: [] },
  ] as const;
  const source = { kind: "manifests", description: "manifests/" } as const;
  const text = summaryMarkdown(report({ source, findings: [finding({ message: "No Pod." })], unchecked }), RUN);
  expect(text).toBe(
    `### kheadless lint: 1 error

1 headless name in manifests&#47;

| | Where | Rule | What |
|---|---|---|---|
| error | <code>manifests/mysql&#46;yaml&#58;7</code> | [selector-matches-no-pods](https://example.com/selector-matches-no-pods.md) | No Pod&#46; |

<details><summary>Not checked</summary>

- <code>pod-not-ready</code>: only a cluster

</details>
`.replace("&#47;", "/"),
  );
});

test("a run with nothing to tell is told as such", () => {
  expect(summaryMarkdown(report({ services: [BROKEN], findings: [] }), RUN)).toMatch(
    /^### kheadless lint: nothing found\n/,
  );
});

test("more than GitHub takes is counted", () => {
  const findings = Array.from({ length: 2000 }, () => finding({ message: "x".repeat(1000) }));
  const text = summaryMarkdown(report({ findings }), RUN);
  expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024);
  const rows = text.split("\n").filter((line) => line.startsWith("| error |")).length;
  expect(text).toContain(`\n${2000 - rows} more findings stand in the log.\n`);
});

/** What a reader sees of inline HTML. */
const shown = (html: string): string =>
  html
    .replace(/<!-- -->/g, "")
    .replace(/&(?:#(\d+)|#39|quot|amp|lt|gt);/g, (entity, code) =>
      code === undefined
        ? ({ "&quot;": '"', "&amp;": "&", "&lt;": "<", "&gt;": ">" }[entity as string] ?? entity)
        : String.fromCodePoint(Number(code)),
    );

test("foreign text is shown as it is, and is no markup", () => {
  fc.assert(
    fc.property(hostile, (text) => {
      const html = marked.parseInline(markdownText(text), { async: false });
      expect(html.replace(/<!-- -->/g, "")).not.toMatch(/<(?!br>)/);
      expect(shown(html)).toBe(cleanLine(text));
    }),
  );
});

test("no text breaks the table or makes a link, an image or HTML of its own", () => {
  fc.assert(
    fc.property(hostileReport, (given) => {
      const tokens = marked.lexer(summaryMarkdown(given, RUN));
      const table = tokens.find((token) => token.type === "table");
      expect(table?.type === "table" ? table.rows.length : 0).toBe(given.findings.length);
      marked.walkTokens(tokens, (token: Token) => {
        expect(["image", "code", "codespan", "strong", "em", "del", "hr", "blockquote"]).not.toContain(token.type);
        if (token.type === "link") expect(token.href).toBe(FINDING.docs);
        if (token.type === "html")
          expect(token.raw.replaceAll("<!-- -->", "")).toMatch(/^<\/?(?:code|details|summary)>|^\s*$/);
      });
    }),
    { numRuns: 60 },
  );
});
