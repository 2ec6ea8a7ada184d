import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { RULES } from "../../src/rules/index.ts";
import { describeRule } from "./table.ts";

for (const rule of RULES) describeRule(rule);

test("every table belongs to a rule", () => {
  const tables = readdirSync(import.meta.dirname).filter((file) => file.endsWith(".yaml"));
  const ids = RULES.map(({ id }) => `${id}.yaml`);
  expect(tables.filter((file) => !ids.includes(file))).toEqual([]);
});
