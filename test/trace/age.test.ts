import { describe, expect, test } from "vitest";
import { age, duration, secondsBetween } from "../../src/trace/age.ts";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;

describe("age", () => {
  test.each([
    [0, "0s"],
    [119, "119s"],
    [2 * MINUTE, "2m"],
    [3 * MINUTE + 20, "3m20s"],
    [9 * MINUTE + 59, "9m59s"],
    [10 * MINUTE + 5, "10m"],
    [3 * HOUR - 1, "179m"],
    [3 * HOUR, "3h"],
    [5 * HOUR + 30 * MINUTE, "5h30m"],
    [8 * HOUR + 30 * MINUTE, "8h"],
    [47 * HOUR, "47h"],
    [3 * DAY + 4 * HOUR, "3d4h"],
    [8 * DAY + 4 * HOUR, "8d"],
    [729 * DAY, "729d"],
    [730 * DAY, "2y"],
    [2 * 365 * DAY + 10 * DAY, "2y10d"],
    [8 * 365 * DAY + 10 * DAY, "8y"],
  ])("tells %d seconds as kubectl does: %s", (seconds, told) => {
    expect(duration(seconds)).toBe(told);
    const from = "2020-01-01T00:00:00Z";
    expect(age(from, new Date(Date.parse(from) + seconds * 1000).toISOString())).toBe(told);
  });

  test("a time to come is now", () => {
    expect(age("2026-01-01T00:00:05Z", "2026-01-01T00:00:00Z")).toBe("0s");
  });

  test("what is not known, or no time, has no age", () => {
    expect(age(null, "2026-01-01T00:00:00Z")).toBeNull();
    expect(age("2026-01-01T00:00:00Z", null)).toBeNull();
    expect(age("yesterday", "2026-01-01T00:00:00Z")).toBeNull();
  });

  test("zones and fractions of seconds are read", () => {
    expect(secondsBetween("2026-01-01T01:00:00+01:00", "2026-01-01T00:00:01.500Z")).toBe(1.5);
  });
});
