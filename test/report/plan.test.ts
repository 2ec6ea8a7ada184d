import fc from "fast-check";
import { marked, type Token, type Tokens } from "marked";
import { describe, expect, test } from "vitest";
import { planOf } from "../../src/plan/plan.ts";
import { planText } from "../../src/report/plan.ts";
import { type PlanDocument, planDocument } from "../../src/report/plan-document.ts";
import { planMarkdown } from "../../src/report/plan-markdown.ts";
import { manifests, planCases, textOf } from "../plan/cases.ts";
import { plain } from "./documents.ts";

const documents = planCases().map(({ name, before, after }): readonly [string, PlanDocument] => {
  const [base, target] = [manifests("before.yaml", textOf(before)), manifests("after.yaml", textOf(after))];
  return [
    name,
    planDocument(planOf({ before: base, after: target, applying: { command: "kubectl apply -f after.yaml" } })),
  ];
});

test("a plan that could not read all never claims that nothing changes", () => {
  const [, some] = documents[0] as (typeof documents)[number];
  const none = { added: 0, removed: 0, replaced: 0, lost: 0 };
  const summary = { ...some.summary, names: none, records: none };
  const quiet: PlanDocument = { ...some, changes: [], effects: [], unchecked: [], summary };
  expect(planText(quiet, plain(), false)).toContain("No DNS record changes.");
  const blind = { ...quiet, unchecked: [{ reason: "no permission to list services" }] };
  for (const text of [planText(blind, plain(), false), planMarkdown(blind)]) {
    expect(text).toMatch(/no change of a DNS record is known, and not all could be told/i);
  }
});

/** What no plan chooses itself: names, places and values of others. Everything else is our own words. */
const FOREIGN = new Set(["name", "namespace", "description", "file", "pod", "field", "target"]);

/** The document as it would be with this text wherever somebody else's stands. */
function spoiled(document: PlanDocument, text: string): PlanDocument {
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === "string") {
      if (FOREIGN.has(key)) return `${value}${text}`;
      return key === "message" || key === "reason" || key === "remedy"
        ? value.replaceAll("mysql", `mysql${text}`)
        : value;
    }
    if (Array.isArray(value)) return value.map((item) => walk(item, key));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, walk(item, name)]));
  };
  return walk(document, "") as PlanDocument;
}

/** Everything that the Markdown comes to. */
function tokensOf(markdown: string): readonly Token[] {
  const found: Token[] = [];
  marked.walkTokens(marked.lexer(markdown), (token) => void found.push(token));
  return found;
}

const HOSTILE = fc.oneof(
  fc.constantFrom(
    "|",
    "`",
    "``` ",
    "`|`",
    "\\|",
    "\\`",
    "<script>alert(1)</script>",
    "</sub>",
    "<!--",
    "@org/team",
    "#1",
    "!45",
    "https://evil.example",
    "www.evil.example",
    "[x](javascript:alert(1))",
    "![x](https://evil.example/a.png)",
    "**bold**",
    "\n\n# title\n",
    "\n```\n",
    "\r| a | b |",
    " word *other* _third_ ",
    "&lt;b&gt;",
    "\u202egnp\u0007\u001b[2J",
  ),
  fc.string({ maxLength: 20, unit: "grapheme" }),
);
const document = fc.constantFrom(...documents.map(([, one]) => one));

describe("as Markdown", () => {
  test("names stand in code spans, plain words or not, and absolute ones with their dot", () => {
    for (const [, one] of documents) {
      const names = new Set(one.services.map(({ name }) => name));
      // What is left of it outside of code spans, fences and tables' empty cells.
      const prose = planMarkdown(one)
        .replace(/^ *```[\s\S]*?^ *```$/gm, "")
        .replace(/`[^`]*`/g, "#");
      const words = prose.split(/[^A-Za-z0-9-]+/);
      expect(words.filter((word) => names.has(word))).toEqual([]);
      expect(prose).not.toMatch(/#\. [a-z]/);
    }
  });

  test("nobody's text is markup, HTML, a mention, a reference or a link", () => {
    fc.assert(
      fc.property(document, fc.array(HOSTILE, { minLength: 1, maxLength: 4 }), (one, texts) => {
        for (const token of tokensOf(planMarkdown(spoiled(one, texts.join(""))))) {
          expect(["link", "image", "def", "em", "del"]).not.toContain(token.type);
          if (token.type === "html") expect(["<sub>", "</sub>"]).toContain(token.raw);
          if (token.type === "strong") expect(["lost", "Lost", "Note"]).toContain((token as Tokens.Strong).text);
          if (token.type === "heading") expect((token as Tokens.Heading).text).toMatch(/^(DNS names: |Service `)/);
          if (token.type === "text" && !("tokens" in token))
            expect(token.raw).not.toMatch(/[@#<>[\]*_~|\\]|www\.|:\/\//);
        }
      }),
      { numRuns: 300 },
    );
  });

  test("a table keeps its four columns, and as many rows", () => {
    fc.assert(
      fc.property(document, HOSTILE, (one, text) => {
        const shape = (markdown: string) =>
          tokensOf(markdown)
            .filter((token): token is Tokens.Table => token.type === "table")
            .map(({ header, rows }) => [header.length, ...rows.map((row) => row.length)]);
        for (const widths of shape(planMarkdown(spoiled(one, text)))) expect(new Set(widths)).toEqual(new Set([4]));
      }),
    );
  });

  test("steps stay in one block of code", () => {
    fc.assert(
      fc.property(HOSTILE, (text) => {
        const [, rejected] =
          documents.find(([name]) => name === "serviceName cannot be changed, and moves the names") ?? [];
        if (rejected === undefined) throw new Error("the case is gone");
        const blocks = tokensOf(planMarkdown(spoiled(rejected, text))).filter(({ type }) => type === "code");
        expect(blocks).toHaveLength(1);
      }),
    );
  });

  test("a plan of thousands of names fits into a comment", () => {
    const [, one] = documents.find(([name]) => name.startsWith("a StatefulSet that scales down")) ?? [];
    const [change] = one?.changes ?? [];
    if (one === undefined || change === undefined) throw new Error("the case is gone");
    const changes = Array.from({ length: 5_000 }, (_, at) => ({
      ...change,
      name: `n${at}x.mysql.shop.svc.cluster.local.`,
    }));
    const markdown = planMarkdown({ ...one, changes });
    expect(markdown.length).toBeLessThan(60_000);
    expect(markdown).toContain("and 4800 more");
  });
});

describe("as text", () => {
  test.each(documents)("%s: fits 80 columns but for what is to be pasted, and names", (_, one) => {
    const commands = one.effects.flatMap(({ remedy }) => remedy.split("\n"));
    for (const line of planText(one, plain(), false).split("\n")) {
      const pasted = commands.some((command) => command !== "" && line.endsWith(command));
      if (!pasted && line.trim().includes(" ")) expect(line.length, line).toBeLessThanOrEqual(80);
    }
  });

  test("what others wrote cannot act on the terminal", () => {
    fc.assert(
      fc.property(document, HOSTILE, fc.boolean(), fc.boolean(), (one, text, wide, unicode) => {
        const shown = planText(spoiled(one, text), plain({ unicode }), wide);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there.
        expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: the same.
        if (!unicode) expect(shown).not.toMatch(/[^\u0000-\u007e]/);
      }),
    );
  });
});
