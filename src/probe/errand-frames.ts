/** A line of a frame, or a hole where lines are missing. */
export type FrameLine =
  | { readonly kind: "script" | "tool"; readonly text: string }
  | { readonly kind: "hole"; readonly text: "" };

/** Lines that belong together, in the order in which they were written. */
export interface Frame {
  readonly lines: readonly FrameLine[];
  /** The script's last word (`end done`); null where the frame was cut. */
  readonly end: string | null;
}

const HOLE: FrameLine = { kind: "hole", text: "" };
/** More lines than any frame of ours has: a number beyond is no number of ours. */
const MOST_LINES = 1_000_000;

/**
 * The frames of a log by their names. Lines that are not ours are passed over; those of ours that were torn, cut or lost
 * leave holes, so that what stands around a hole is not taken for the whole.
 */
export function readFrames(log: string, nonce: string): ReadonlyMap<string, Frame> {
  const found = new Map<string, Map<number, FrameLine>>();
  const mark = `${nonce} `;
  // Something else may have been written without a line's end before ours, or into it.
  for (let at = log.indexOf(mark); at !== -1; ) {
    const next = log.indexOf(mark, at + mark.length);
    const feed = log.indexOf("\n", at);
    const ends = [next, feed].filter((end) => end !== -1);
    addFragment(found, log.slice(at + mark.length, ends.length === 0 ? log.length : Math.min(...ends)));
    at = next;
  }
  return new Map([...found].map(([name, lines]) => [name, frameOf(lines)]));
}

function addFragment(found: Map<string, Map<number, FrameLine>>, fragment: string): void {
  const parts = /^(\S{1,40}) ([1-9][0-9]{0,6}) ([co]) ([0-9]{1,7}) (.*)$/s.exec(fragment);
  if (parts === null) return;
  const [, name = "", sequence = "", kind = "", bytes = "", text = ""] = parts;
  // The length tells a line that was torn, or into which something else was written.
  if (Buffer.byteLength(text) !== Number(bytes) || Number(sequence) > MOST_LINES) return;
  const lines = found.get(name) ?? new Map<number, FrameLine>();
  found.set(name, lines);
  if (!lines.has(Number(sequence))) lines.set(Number(sequence), { kind: kind === "c" ? "script" : "tool", text });
}

function frameOf(numbered: ReadonlyMap<number, FrameLine>): Frame {
  const lines: FrameLine[] = [];
  let expected = 1;
  for (const [number, line] of [...numbered].sort(([a], [b]) => a - b)) {
    if (number !== expected) lines.push(HOLE);
    lines.push(line);
    expected = number + 1;
  }
  const last = lines.at(-1);
  const end = last?.kind === "script" && /^end\b/.test(last.text) ? last.text : null;
  if (end === null) lines.push(HOLE);
  return { lines, end };
}
