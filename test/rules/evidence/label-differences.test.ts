import { describe, expect, test } from "vitest";
import {
  differencesOf,
  differenceText,
  nearness,
  selectorChanges,
} from "../../../src/rules/evidence/label-differences.ts";
import { isRunTimeLabel } from "../../../src/trace/run-time-labels.ts";

const textOf = (selector: Record<string, string>, labels: Record<string, string>): readonly string[] =>
  differencesOf(selector, labels).map((one) => differenceText(one, "the Pods", labels));

describe("differences", () => {
  test("none where every pair is there", () => {
    expect(differencesOf({ app: "web" }, { app: "web", tier: "front" })).toEqual([]);
  });

  test.each([
    [{ app: "mysq1" }, { app: "mysql" }, "selector app=mysq1, but the Pods have app=mysql"],
    [{ App: "web" }, { app: "web" }, "selector App=web, but the Pods have app=web and no label App"],
    [
      { app: "web" },
      { "app.kubernetes.io/name": "web" },
      "selector app=web, but the Pods have app.kubernetes.io/name=web and no label app",
    ],
    [{ tier: "db" }, { app: "mysql" }, "selector tier=db, but the Pods have no label tier"],
    [{ tier: "db" }, {}, "selector tier=db, but the Pods have no label tier"],
  ])("%j against %j", (selector, labels, text) => {
    expect(textOf(selector, labels)).toEqual([text]);
  });

  test("labels of controllers are never what was meant", () => {
    expect(textOf({ name: "web-0" }, { "statefulset.kubernetes.io/pod-name": "web-0" })).toEqual([
      "selector name=web-0, but the Pods have no label name",
    ]);
  });

  test("keys of Object.prototype are keys like others", () => {
    expect(textOf({ constructor: "x" }, {})).toEqual([
      "selector constructor=x, but the Pods have no label constructor",
    ]);
  });
});

describe("nearness", () => {
  const selector = { app: "mysql", release: "my" };
  test("the nearer, the higher", () => {
    const both = nearness(selector, { app: "mysql", release: "my" });
    const typo = nearness(selector, { app: "mysq1", release: "my" });
    const lacking = nearness(selector, { release: "my" });
    expect(both).toBeGreaterThan(typo);
    expect(typo).toBeGreaterThan(lacking);
    expect(lacking).toBeGreaterThan(0);
  });

  test("another application of the same release is not near", () => {
    expect(nearness(selector, { app: "redis", release: "my" })).toBe(0);
  });
});

describe("changes to the selector", () => {
  test("only what differs", () => {
    expect(selectorChanges({ app: "mysq1", tier: "db" }, { app: "mysql", tier: "db" }, {})).toEqual({ app: "mysql" });
  });

  test("a key goes, the one that was meant comes", () => {
    expect(selectorChanges({ App: "web" }, { app: "web" }, {})).toEqual({ App: null, app: "web" });
  });

  test("never to a selector of nothing", () => {
    expect(selectorChanges({ tier: "db" }, { run: "x" }, { run: "x" })).toEqual({ tier: null, run: "x" });
  });
});

test.each([
  ["vault-active", "true", true],
  ["operator", "leader", true],
  ["role", "primary", true],
  ["spilo-role", "master", true],
  ["strimzi.io/cluster", "my", true],
  ["app.kubernetes.io/component", "primary", true],
  ["app.kubernetes.io/component", "server", false],
  ["app", "web", false],
  ["release", "stable", false],
  ["apps.kubernetes.io/pod-index", "0", false],
])("%s=%s is put on at run time: %s", (key, value, expected) => {
  expect(isRunTimeLabel(key, value)).toBe(expected);
});
