import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { CATALOGUE } from "../../src/diagnosis/catalogue.ts";

const pages = new URL("../../docs/rules/", import.meta.url);

test("every rule has a page, and every page a rule", () => {
  const ids = CATALOGUE.map(({ id }) => id);
  expect(readdirSync(pages).sort()).toEqual(ids.map((id) => `${id}.md`).sort());
  expect(new Set(ids).size).toBe(ids.length);
});

test.each(CATALOGUE.map((rule) => [rule.id, rule] as const))("the page of %s says what the rule says", (id, rule) => {
  const page = readFileSync(new URL(`${id}.md`, pages), "utf8");
  expect(page.startsWith(`# ${id}\n\n**`)).toBe(true);
  const head = page.split("\n").slice(2, 4).join(" ");
  expect(head).toContain(`Link: ${rule.link ?? "none"}.`);
  expect(head).toMatch(new RegExp(`Severity: ${rule.severity}\\b`));
  const sections = page.split("\n").filter((line) => line.startsWith("## "));
  expect(sections).toEqual(["## What happens", "## See it by hand", "## Fix", "## Stays silent"]);
});
