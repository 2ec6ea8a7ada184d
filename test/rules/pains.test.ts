// docs/pains.md: every row's case fires, in the form that the row claims, and the rule's page names its threads.
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RULES } from "../../src/rules/index.ts";
import { outcomesOf, readCases } from "./table.ts";

const ROWS = readFileSync(new URL("../../docs/pains.md", import.meta.url), "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| ") && line.includes("#"))
  .map((line) => line.slice(2, -2).split(" | "));

test("every row has its five cells", () => {
  expect(ROWS.length).toBeGreaterThan(20);
  for (const row of ROWS) expect(row).toHaveLength(5);
});

describe.each(ROWS)("%s", (threads, _, rule, name, file) => {
  const id = String(rule).replaceAll("`", "");
  test(`is told by ${id}`, () => {
    const found = RULES.find((one) => one.id === id);
    const one = readCases(new URL(`${id}.yaml`, import.meta.url)).find((each) => each.name === name);
    if (found === undefined || one === undefined) throw new Error(`${id} has no case "${name}"`);
    const findings = outcomesOf(found, one).flatMap((outcome) => (outcome.status === "ran" ? outcome.findings : []));
    expect(findings.length).toBeGreaterThan(0);
    expect(one.live === true ? "no" : "yes").toBe(file);
  });

  test("is named on the rule's page", () => {
    const page = readFileSync(new URL(`../../docs/rules/${id}.md`, import.meta.url), "utf8");
    const numbers = String(threads)
      .split(", ")
      .map((thread) => thread.slice(thread.indexOf("#")));
    for (const number of numbers) expect(page).toMatch(new RegExp(`${number}\\b`));
  });
});
