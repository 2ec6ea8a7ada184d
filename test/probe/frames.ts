import type { FrameLine } from "../../src/probe/errand-frames.ts";

/** Text as the script writes it: without the lines that it leaves out. */
export function toolLines(text: string): readonly FrameLine[] {
  return text
    .split("\n")
    .filter((line) => !/^$|^;; (?:WARNING: |You are currently testing|Got answer:)/.test(line))
    .map((line) => ({ kind: "tool", text: line }));
}
