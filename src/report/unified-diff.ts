/** Lines that are shown around a change. */
const CONTEXT = 3;

type Line = { readonly sign: " " | "-" | "+"; readonly text: string };

/**
 * The difference of two texts as `diff -u` writes it, which `patch -p0` and `git apply -p0` take; empty where there is
 * none. Lines keep their line ends, so that \r\n stays what it is.
 */
export function unifiedDiff(before: string, after: string, file: string): string {
  const lines = diffLines(linesOf(before), linesOf(after));
  const changed = lines.flatMap(({ sign }, index) => (sign === " " ? [] : [index]));
  const hunks: { start: number; end: number }[] = [];
  for (const index of changed) {
    const last = hunks.at(-1);
    const [start, end] = [Math.max(0, index - CONTEXT), Math.min(lines.length, index + CONTEXT + 1)];
    if (last !== undefined && start <= last.end) last.end = end;
    else hunks.push({ start, end });
  }
  if (hunks.length === 0) return "";
  return [`--- ${file}\n`, `+++ ${file}\n`, ...hunks.map(({ start, end }) => hunkText(lines, start, end))].join("");
}

function hunkText(lines: readonly Line[], start: number, end: number): string {
  const shown = lines.slice(start, end);
  const range = (other: "-" | "+"): string => {
    const counts = (some: readonly Line[]): number => some.filter(({ sign }) => sign !== other).length;
    const [before, size] = [counts(lines.slice(0, start)), counts(shown)];
    return `${size === 0 ? before : before + 1}${size === 1 ? "" : `,${size}`}`;
  };
  const text = shown.map(({ sign, text: line }) =>
    line.endsWith("\n") ? sign + line : `${sign}${line}\n\\ No newline at end of file\n`,
  );
  return [`@@ -${range("+")} +${range("-")} @@\n`, ...text].join("");
}

function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}

/** The shortest way from one to the other: Myers, "An O(ND) Difference Algorithm and Its Variations" (1986). */
function diffLines(before: readonly string[], after: readonly string[]): readonly Line[] {
  const most = before.length + after.length;
  const furthest = new Map<number, number>([[1, 0]]);
  const steps: ReadonlyMap<number, number>[] = [];
  const isDown = (reached: ReadonlyMap<number, number>, diagonal: number, depth: number): boolean =>
    diagonal === -depth ||
    (diagonal !== depth && (reached.get(diagonal - 1) ?? -1) < (reached.get(diagonal + 1) ?? -1));
  search: for (let depth = 0; depth <= most; depth += 1) {
    steps.push(new Map(furthest));
    for (let diagonal = -depth; diagonal <= depth; diagonal += 2) {
      const down = isDown(furthest, diagonal, depth);
      let x = down ? (furthest.get(diagonal + 1) ?? 0) : (furthest.get(diagonal - 1) ?? 0) + 1;
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x += 1;
      furthest.set(diagonal, x);
      if (x >= before.length && x - diagonal >= after.length) break search;
    }
  }
  const lines: Line[] = [];
  let [x, y] = [before.length, after.length];
  for (let depth = steps.length - 1; depth >= 0; depth -= 1) {
    const reached = steps[depth] ?? new Map<number, number>();
    const diagonal = x - y;
    const down = isDown(reached, diagonal, depth);
    const from = down ? diagonal + 1 : diagonal - 1;
    const [fromX, fromY] = [reached.get(from) ?? 0, (reached.get(from) ?? 0) - from];
    while (x > fromX && y > fromY) {
      x -= 1;
      y -= 1;
      lines.push({ sign: " ", text: before[x] ?? "" });
    }
    if (depth === 0) break;
    if (down) lines.push({ sign: "+", text: after[y - 1] ?? "" });
    else lines.push({ sign: "-", text: before[x - 1] ?? "" });
    [x, y] = [fromX, fromY];
  }
  return lines.reverse();
}
