import { once } from "../../objects/kept.ts";
import { firstFrom } from "../../objects/sorted.ts";
import type { Position } from "./positions.ts";

/** Where a place of rendered text stands in what it was made of. */
export type Place = (position: Position) => Position;

/**
 * Finds where lines of rendered text stand in the template that they were made of. A template's lines come out as they
 * are, more or less indented, or with other values behind the same keys; what helpers make stands nowhere in it. Lines
 * that are the only ones of their text on both sides, and in the same order, tell where the others must be; one is placed
 * where just one line of the template between them can have made it. Where none can be told, the line before it stands
 * for it, else the template's beginning.
 */
export function placesInTemplate(template: string, rendered: string): Place {
  const place = once(() => placer(template, rendered));
  return (position) => place()(position);
}

function placer(template: string, rendered: string): Place {
  const written = template.split("\n");
  const made = rendered.split("\n");
  const byText = Map.groupBy(written.keys(), (index) => textOf(written[index]));
  const byKey = Map.groupBy(written.keys(), (index) => keyOf(written[index]) ?? "");
  const copies = Map.groupBy(made, textOf);

  let known: readonly (number | null)[] = inOrder(
    made.map((line) => {
      const text = textOf(line);
      const same = text === "" || copies.get(text)?.length !== 1 ? undefined : byText.get(text);
      return same?.length === 1 ? (same[0] ?? null) : null;
    }),
  );
  // First between those lines alone, as loops make a template's line again; then also between those that this placed.
  for (const _ of ["by order", "by neighbours"]) {
    const bounds = boundsOf(known, written.length);
    known = known.map((line, at) => line ?? candidate(made[at], bounds[at] as Bounds));
  }

  function candidate(line: string | undefined, { before, after }: Bounds): number | null {
    const [text, key] = [textOf(line), keyOf(line)];
    for (const candidates of [text === "" ? [] : byText.get(text), key === null ? [] : byKey.get(key)]) {
      if (candidates === undefined) continue;
      const at = firstFrom(candidates, before + 1);
      const [first = after, second = after] = candidates.slice(at, at + 2);
      if (first < after && second >= after) return first;
    }
    return null;
  }

  return ({ line, column }) => {
    const found = known.slice(0, line).findLast((one) => one !== null) ?? null;
    if (found === null) return { line: 1, column: 1 };
    const [from, to] = [made[line - 1] ?? "", written[found] ?? ""];
    // Behind the same beginning the column moves with the indentation; elsewhere the line's first word is meant.
    const same = textOf(from) === textOf(to) || (keyOf(from) !== null && keyOf(from) === keyOf(to));
    const column0 = column - 1 - indentOf(from) + indentOf(to);
    return { line: found + 1, column: 1 + (same ? Math.max(0, Math.min(column0, to.length)) : indentOf(to)) };
  };
}

/** The longest run of lines that rise, null for those out of order: a text may stand alone on both sides by chance. */
function inOrder(lines: readonly (number | null)[]): readonly (number | null)[] {
  /** For each length of a rising run the line and the place where the one ends that ends lowest. */
  const lowest: number[] = [];
  const ends: number[] = [];
  const earlier = new Map<number, number | undefined>();
  for (const [at, line] of lines.entries()) {
    if (line === null) continue;
    const length = firstFrom(lowest, line);
    earlier.set(at, ends[length - 1]);
    lowest[length] = line;
    ends[length] = at;
  }
  const kept = new Set<number>();
  for (let at = ends.at(-1); at !== undefined; at = earlier.get(at)) kept.add(at);
  return lines.map((line, at) => (kept.has(at) ? line : null));
}

/** The nearest lines that are known before and behind one; -1 and the number of lines where there are none. */
interface Bounds {
  readonly before: number;
  readonly after: number;
}

function boundsOf(known: readonly (number | null)[], count: number): readonly Bounds[] {
  const afters: number[] = [];
  let next = count;
  for (let at = known.length - 1; at >= 0; at -= 1) {
    afters[at] = next;
    next = known[at] ?? next;
  }
  let before = -1;
  return known.map((line, at) => {
    const after = afters[at] ?? count;
    const bounds = { before, after: after > before ? after : count };
    before = line ?? before;
    return bounds;
  });
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
