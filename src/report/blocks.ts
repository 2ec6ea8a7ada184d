import type { Location } from "../objects/origin.ts";
import type { Style, Tone } from "./style.ts";
import { widthOf, wrap } from "./width.ts";

/** Lines that belong together. */
export type Block = readonly string[];

/** Blocks with an empty line between them; "" where none has a line. */
export function blocksText(blocks: readonly Block[]): string {
  const texts = blocks.filter((lines) => lines.length > 0).map((lines) => lines.join("\n"));
  return texts.length === 0 ? "" : `${texts.join("\n\n")}\n`;
}

/** What stands between the parts of a headline. */
export function betweenParts({ unicode }: Pick<Style, "unicode">): string {
  return unicode ? " · " : " - ";
}

/** `manifests/mysql.yaml:7:10`, which editors and terminals open. */
export function locationText({ file, line, column }: Location): string {
  return `${file}:${line}:${column}`;
}

/** Lines under one another behind a label of fixed width: `Why   text`, with the following lines aligned. */
export function labelled(label: string, lines: readonly string[], room: number, style: Style): readonly string[] {
  const gap = " ".repeat(Math.max(1, room - widthOf(label)));
  return lines.map((line, at) =>
    at === 0 ? `${style.paint("strong", label)}${gap}${line}` : `${" ".repeat(room)}${line}`.trimEnd(),
  );
}

/** Prose wrapped to what is left of the terminal's width behind `room` columns; never narrower than a readable line. */
export function prose(text: string, room: number, style: Style): readonly string[] {
  return wrap(text, Math.max(30, style.width - room));
}

/**
 * A remedy's lines as they are to be pasted: commands and manifest lines are never wrapped. Prose (`# ...`) is, each
 * line a comment again, so that pasting it does no harm. A command that is only offered (`# kubectl ...`) stays in one piece,
 * and so does an indented line of a manifest.
 */
export function remedyLines(remedy: string, room: number, style: Style): readonly string[] {
  if (remedy === "") return [];
  return remedy.split("\n").flatMap((line) => {
    if (!line.startsWith("# ")) return [line];
    const text = line.slice(2);
    const parts = /^((kubectl|kheadless|printf) | )/.test(text) ? [text] : prose(text, room + 2, style);
    return parts.map((part) => style.paint("dim", `# ${part}`));
  });
}

export const SEVERITY_TONE = { error: "bad", warning: "warn", info: "dim" } as const satisfies Record<string, Tone>;
