import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { indexByLabels, matchesLabels, matchesSelector } from "../../src/kubernetes/label-selector.ts";
import { parseSelectorText } from "../../src/kubernetes/selector-text.ts";
import type { Labels } from "../../src/objects/meta.ts";

const labelled = fc.dictionary(fc.constantFrom("app", "tier", "constructor", "__proto__"), fc.constantFrom("a", "b"), {
  noNullPrototype: false,
});

describe("matchesLabels", () => {
  test("needs every pair", () => {
    expect(matchesLabels({ app: "a", tier: "b" }, { app: "a", tier: "b", more: "c" })).toBe(true);
    expect(matchesLabels({ app: "a", tier: "b" }, { app: "a" })).toBe(false);
    expect(matchesLabels({ app: "a" }, { app: "A" })).toBe(false);
  });

  test("does not take what every object of JavaScript has for a label", () => {
    expect(matchesLabels({ constructor: "a" }, {})).toBe(false);
    expect(matchesLabels({ toString: "" }, {})).toBe(false);
  });

  test("an empty selector matches everything", () => {
    expect(matchesLabels({}, {})).toBe(true);
  });
});

describe("matchesSelector", () => {
  const one = (operator: "In" | "NotIn" | "Exists" | "DoesNotExist", values: readonly string[] = []) => ({
    matchLabels: {},
    matchExpressions: [{ key: "app", operator, values }],
  });

  test.each<[ReturnType<typeof one>, Labels, boolean]>([
    [one("In", ["a", "b"]), { app: "b" }, true],
    [one("In", ["a", "b"]), {}, false],
    [one("NotIn", ["a"]), { app: "b" }, true],
    [one("NotIn", ["a"]), { app: "a" }, false],
    [one("NotIn", ["a"]), {}, true],
    [one("Exists"), { app: "" }, true],
    [one("Exists"), {}, false],
    [one("DoesNotExist"), {}, true],
    [one("DoesNotExist"), { app: "a" }, false],
  ])("%j on %j is %s", (selector, labels, expected) => {
    expect(matchesSelector(selector, labels)).toBe(expected);
  });

  test("labels and expressions must both hold", () => {
    const selector = { matchLabels: { tier: "x" }, matchExpressions: one("Exists").matchExpressions };
    expect(matchesSelector(selector, { app: "a", tier: "x" })).toBe(true);
    expect(matchesSelector(selector, { app: "a", tier: "y" })).toBe(false);
  });
});

describe("indexByLabels", () => {
  test("finds what a walk over everything finds, in the same order", () => {
    fc.assert(
      fc.property(fc.array(labelled, { maxLength: 30 }), labelled, (items, selector) => {
        const index = indexByLabels(items, (item) => item);
        expect(index.matching(selector)).toEqual(items.filter((item) => matchesLabels(selector, item)));
      }),
    );
  });

  test("costs the items with the rarest label, not all of them", () => {
    const read = { count: 0 };
    const items = Array.from({ length: 50_000 }, (_, at): Labels => ({ app: `app-${at % 10_000}`, part: "of" }));
    const index = indexByLabels(items, (labels) => {
      read.count += 1;
      return labels;
    });
    read.count = 0;
    for (let at = 0; at < 10_000; at += 1) expect(index.matching({ part: "of", app: `app-${at}` })).toHaveLength(5);
    expect(read.count).toBe(50_000);
  });

  test("tells the values of a key with how often they occur", () => {
    const index = indexByLabels<Labels>([{ app: "a" }, { app: "b" }, { app: "a" }, {}], (labels) => labels);
    expect([...index.valuesOf("app")]).toEqual([
      ["a", 2],
      ["b", 1],
    ]);
    expect(index.valuesOf("none").size).toBe(0);
  });
});

describe("parseSelectorText", () => {
  test.each<[string, Labels, boolean]>([
    ["app=web", { app: "web" }, true],
    ["app==web", { app: "web" }, true],
    ["app!=web", { app: "web" }, false],
    ["app!=web", {}, true],
    ["app in (a, b),tier notin (x)", { app: "b", tier: "y" }, true],
    ["app in (a, b),tier notin (x)", { app: "b", tier: "x" }, false],
    ["app", { app: "anything" }, true],
    ["!app", { app: "anything" }, false],
    ["example.com/app=web, tier", { "example.com/app": "web", tier: "" }, true],
    ["app=", { app: "" }, true],
    ["app=a,app=b", { app: "a" }, false],
    ["", {}, true],
  ])("%j on %j is %s", (text, labels, expected) => {
    const selector = parseSelectorText(text);
    expect(selector).not.toBeNull();
    expect(selector === null || matchesSelector(selector, labels)).toBe(expected);
  });

  test.each(["app in a", "=web", "!app=web", "app=web,", "a b", "app > 3", "app in (a"])(
    "%j is no selector",
    (text) => {
      expect(parseSelectorText(text)).toBeNull();
    },
  );
});
