import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { RULES } from "../../src/rules/index.ts";
import { LINKS, type Rule, SEVERITIES } from "../../src/rules/rule.ts";
import { outcomesOf, readCases } from "./table.ts";

const RULES_FOLDER = new URL("../../src/rules/", import.meta.url);
const PAGES = new URL("../../docs/rules/", import.meta.url);
const SECTIONS = ["## What happens", "## See it by hand", "## Fix", "## Stays silent"];

/** The rules that the modules of src/rules export, by their file's name. */
async function exportedRules(): Promise<ReadonlyMap<string, readonly (readonly [string, Rule])[]>> {
  const found = new Map<string, readonly (readonly [string, Rule])[]>();
  for (const file of readdirSync(RULES_FOLDER).filter((name) => name.endsWith(".ts"))) {
    const module: Record<string, unknown> = await import(new URL(file, RULES_FOLDER).href);
    const rules = Object.entries(module).flatMap(([name, value]) => (isRule(value) ? [[name, value] as const] : []));
    if (rules.length > 0) found.set(file, rules);
  }
  return found;
}

function isRule(value: unknown): value is Rule {
  return typeof value === "object" && value !== null && "id" in value && "check" in value && "needs" in value;
}

function inCamelCase(id: string): string {
  return id.replace(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
}

const ids = RULES.map(({ id }) => id);

test("ids are unique, in kebab case", () => {
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(id).toMatch(/^[a-z]+(-[a-z]+)*$/);
});

test("every rule of the folder is in the list, under its file's name, and the list has no other", async () => {
  const rules = await exportedRules();
  expect([...rules.keys()].sort()).toEqual(ids.map((id) => `${id}.ts`).sort());
  for (const [file, exported] of rules) {
    const id = file.replace(/\.ts$/, "");
    expect(exported.map(([name, rule]) => [name, rule.id])).toEqual([[inCamelCase(id), id]]);
    expect(RULES).toContain(exported[0]?.[1]);
  }
});

test("the list is in the order of the path, alphabetical inside a link", () => {
  const place = ({ id, link }: Rule): string => `${LINKS.indexOf(link)} ${id}`;
  expect(RULES.map(place)).toEqual(RULES.map(place).sort());
});

test("every rule has a table, and every table a rule", () => {
  const tables = readdirSync(new URL(".", import.meta.url)).filter((file) => file.endsWith(".yaml"));
  expect(tables.sort()).toEqual(ids.map((id) => `${id}.yaml`).sort());
});

describe.each(RULES.map((rule) => [rule.id, rule] as const))("%s", (id, rule) => {
  test("says in one line what it finds", () => {
    expect(SEVERITIES).toContain(rule.severity);
    expect(rule.summary).toMatch(/^[^\s.].{9,119}[^.\s]$/);
  });

  test("has a page with every section, none of them empty", () => {
    const page = readFileSync(new URL(`${id}.md`, PAGES), "utf8");
    const [head = "", ...sections] = page.split(/^(?=## )/m);
    expect(head).toMatch(new RegExp(`^# ${id}\\n\\n\\*\\*`));
    expect(head.replaceAll("\n", " ")).toContain(`Link: ${rule.link}. Severity: ${rule.severity}`);
    expect(sections.map((section) => section.split("\n")[0])).toEqual(SECTIONS);
    for (const section of sections) expect(section.split("\n").slice(1).join("").trim()).not.toBe("");
  });

  test("gives evidence and a remedy with every finding of its table, told on one line each", () => {
    const findings = readCases(new URL(`${id}.yaml`, import.meta.url)).flatMap((one) =>
      outcomesOf(rule, one).flatMap((outcome) => (outcome.status === "ran" ? outcome.findings : [])),
    );
    expect(findings.length).toBeGreaterThan(0);
    for (const { message, evidence, remedy } of findings) {
      expect(message).toMatch(/^\S.*\.$/);
      expect(evidence.length).toBeGreaterThan(0);
      for (const line of evidence) expect(line).toMatch(/^\S.*\S$|^\S$/);
      expect(remedy.trim()).not.toBe("");
      for (const line of remedy.split("\n")) expect(line.trim()).not.toBe("");
    }
  });
});
