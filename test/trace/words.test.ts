import fc from "fast-check";
import { expect, test } from "vitest";
import { byName, count, listed } from "../../src/trace/words.ts";

test("numbers inside names count as numbers", () => {
  const names = ["web-10", "web-2", "db", "web-1a", "web-01", "web", "10.0.0.10", "10.0.0.9", "web-1"];
  expect(names.toSorted(byName)).toEqual([
    "10.0.0.9",
    "10.0.0.10",
    "db",
    "web",
    "web-01",
    "web-1",
    "web-1a",
    "web-2",
    "web-10",
  ]);
});

test("it is an order: only equal names are equal, and sorting knows no other way round", () => {
  const name = fc.stringMatching(/^[a-z0-9.-]{0,12}$/);
  fc.assert(
    fc.property(name, name, name, (a, b, c) => {
      expect(byName(a, b) === 0).toBe(a === b);
      expect(Math.sign(byName(a, b))).toBe(-Math.sign(byName(b, a)) + 0);
      if (byName(a, b) <= 0 && byName(b, c) <= 0) expect(byName(a, c)).toBeLessThanOrEqual(0);
    }),
  );
});

test("counts and lists", () => {
  expect([count(1, "Pod"), count(0, "Pod")]).toEqual(["1 Pod", "0 Pods"]);
  expect([[], ["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d", "e"]].map((items) => listed(items))).toEqual([
    "",
    "a",
    "a and b",
    "a, b and c",
    "a, b, c and 2 more",
  ]);
});
