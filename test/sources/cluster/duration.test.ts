import { expect, test } from "vitest";
import { parseDuration } from "../../../src/sources/cluster/duration.ts";

test.each([
  ["0", 0],
  ["30", 30_000],
  ["5s", 5000],
  ["2m30s", 150_000],
  ["1.5h", 5_400_000],
  ["250ms", 250],
  [".5s", 500],
  ["0s", 0],
])("%s is %d ms", (text, milliseconds) => {
  expect(parseDuration(text)).toBe(milliseconds);
});

test.each(["", "s", "5x", "-5s", "5 s", "1m30", "1e3", "soon"])("%j is no duration", (text) => {
  expect(parseDuration(text)).toBeNull();
});
