import { cleanLine } from "./clean.ts";

/**
 * Foreign text as one line of Markdown that shows just that text, in prose, table cells and HTML elements: as entities no
 * character is markup, a link or a reference. An empty comment behind `@` and `#` keeps hosts from making mentions of
 * people and issues out of what is shown.
 */
export function markdownText(text: string): string {
  return cleanLine(text).replace(/[^\p{L}\p{N}\p{M} ,;/'"-]/gu, (char) => {
    const entity = `&#${char.codePointAt(0) ?? 0};`;
    return char === "@" || char === "#" ? `${entity}<!-- -->` : entity;
  });
}

/** The same in the type of code. */
export function markdownCode(text: string): string {
  return `<code>${markdownText(text)}</code>`;
}
