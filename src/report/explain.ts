import type { RuleEntry } from "../diagnosis/catalogue.ts";
import { prose, SEVERITY_TONE } from "./blocks.ts";
import { cleanLine } from "./clean.ts";
import type { Style } from "./style.ts";
import { wrappedTable } from "./table.ts";

/** Every rule in a table, in the order of the path. */
export async function rulesText(rules: readonly RuleEntry[], style: Style): Promise<string> {
  const rows = rules.map(({ id, link, severity, summary }) => [
    { text: link ?? "-" },
    { text: id },
    { text: severity, tone: SEVERITY_TONE[severity] },
    { text: summary },
  ]);
  return `${(await wrappedTable(["LINK", "RULE", "SEVERITY", "FINDS"], rows, style)).join("\n")}\n`;
}

/**
 * A page of documentation for a terminal: headings stand out, paragraphs and list items are wrapped, code keeps its
 * lines. Knows only the Markdown that the rules' pages use.
 */
export function pageText(markdown: string, style: Style): string {
  const lines: string[] = [];
  for (const block of blocksOf(markdown)) {
    if (lines.length > 0 && !(block.kind === "item" && block.follows)) lines.push("");
    lines.push(...blockLines(block, style));
  }
  return `${lines.join("\n")}\n`;
}

type Block =
  | { readonly kind: "heading" | "paragraph"; readonly text: string }
  | { readonly kind: "item"; readonly text: string; readonly mark: string; readonly follows: boolean }
  | { readonly kind: "code"; readonly lines: readonly string[] };

function blocksOf(markdown: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const part of markdown.split(/\n(?:[ \t]*\n)+/)) {
    const lines = part.replace(/\n+$/, "").split("\n").map(cleanLine);
    const [first = ""] = lines;
    const before = blocks.at(-1);
    if (/^ {4}/.test(first) && !(before?.kind === "item"))
      blocks.push({ kind: "code", lines: lines.map((line) => line.slice(4)) });
    else if (first.startsWith("```"))
      blocks.push({ kind: "code", lines: lines.filter((line) => !line.startsWith("```")) });
    else if (/^\|/.test(first)) blocks.push({ kind: "code", lines });
    else if (first.startsWith("#")) {
      blocks.push({ kind: "heading", text: first.replace(/^#+ */, "") });
      const rest = lines.slice(1).join(" ").trim();
      if (rest !== "") blocks.push({ kind: "paragraph", text: rest });
    } else blocks.push(...itemsOf(lines));
  }
  return blocks;
}

/** A paragraph, or the items of a list. */
function itemsOf(lines: readonly string[]): readonly Block[] {
  const blocks: Block[] = [];
  for (const line of lines) {
    const item = /^\s*([-*]|\d+\.) +(.*)$/.exec(line);
    const before = blocks.at(-1);
    if (item?.[1] !== undefined) {
      blocks.push({
        kind: "item",
        mark: item[1] === "*" ? "-" : item[1],
        text: item[2] ?? "",
        follows: before?.kind === "item",
      });
    } else if (before === undefined || before.kind === "code") blocks.push({ kind: "paragraph", text: line.trim() });
    else blocks[blocks.length - 1] = { ...before, text: `${before.text} ${line.trim()}` };
  }
  return blocks;
}

function blockLines(block: Block, style: Style): readonly string[] {
  switch (block.kind) {
    case "heading":
      return [style.paint("strong", block.text)];
    case "code":
      return block.lines.map((line) => `    ${line}`.trimEnd());
    case "paragraph":
      return prose(plain(block.text), 0, style);
    case "item": {
      const room = block.mark.length + 1;
      return prose(plain(block.text), room, style).map(
        (line, at) => `${at === 0 ? `${block.mark} ` : " ".repeat(room)}${line}`,
      );
    }
  }
}

/** Text without the marks of bold and code; a link keeps its address. */
function plain(text: string): string {
  return text
    .replace(/\*\*([^*]+)\*\*/g, "$1")
    .replace(/\[([^\]]+)\]\((\S+)\)/g, "$1 ($2)")
    .replaceAll("`", "");
}
