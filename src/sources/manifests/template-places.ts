import type { Position } from "./positions.ts";

/**
 * Finds where lines of rendered text stand in the template that they were made of. A template's lines come out as they
 * are, more or less indented, or with other values behind the same keys; a line is placed where just one line of the
 * template can have made it, counting only those between its nearest neighbours that are plain. Where none can be told,
 * the plain line before it stands for it, else the template's beginning.
 */
export function placesInTemplate(template: string, rendered: string): (position: Position) => Position {
  let place: ((position: Position) => Position) | null = null;
  return (position) => {
    place ??= placer(template, rendered);
    return place(position);
  };
}

function placer(template: string, rendered: string): (position: Position) => Position {
  const written = template.split("\n");
  const made = rendered.split("\n");
  const byText = Map.groupBy(written.keys(), (index) => textOf(written[index]));
  const byKey = Map.groupBy(written.keys(), (index) => keyOf(written[index]) ?? "");
  /** The one template line with the text of a rendered line. */
  const plain = made.map((line) => {
    const same = textOf(line) === "" ? undefined : byText.get(textOf(line));
    return same?.length === 1 ? (same[0] ?? null) : null;
  });

  const templateLine = (at: number): number | null => {
    const own = plain[at];
    if (own !== null && own !== undefined) return own;
    const before = plain.slice(0, at).findLast((line) => line !== null) ?? -1;
    const after = plain.slice(at + 1).find((line) => line !== null && line > before) ?? written.length;
    const key = keyOf(made[at]);
    for (const candidates of [byText.get(textOf(made[at])), key === null ? undefined : byKey.get(key)]) {
      const between = candidates?.filter((line) => line > before && line < after) ?? [];
      if (between.length === 1) return between[0] ?? null;
    }
    return before < 0 ? null : before;
  };

  return ({ line, column }) => {
    const found = templateLine(line - 1);
    if (found === null) return { line: 1, column: 1 };
    const [from, to] = [made[line - 1] ?? "", written[found] ?? ""];
    // Behind the same beginning the column moves with the indentation; elsewhere the line's first word is meant.
    const same = textOf(from) === textOf(to) || (keyOf(from) !== null && keyOf(from) === keyOf(to));
    const column0 = column - 1 - indentOf(from) + indentOf(to);
    return { line: found + 1, column: 1 + (same ? Math.max(0, Math.min(column0, to.length)) : indentOf(to)) };
  };
}

function textOf(line: string | undefined): string {
  return line?.trim() ?? "";
}

/** What stands before the first colon: `- name` of `  - name: x`; null where there is none. */
function keyOf(line: string | undefined): string | null {
  return /^((?:-\s+)*[\w./"'-]+)\s*:(?:\s|$)/.exec(textOf(line))?.[1] ?? null;
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
