import { expect, test } from "vitest";
import { exitCode, type FailOn, type Judged } from "../../src/cli/exit-code.ts";
import type { Severity } from "../../src/rules/rule.ts";

const judged = (given: Partial<Judged>): Judged => ({
  findings: [],
  unchecked: [],
  services: [],
  notRead: [],
  crashes: [],
  ...given,
});
const blind = judged({ unchecked: [{ byNature: false }] });

test.each<[Severity, FailOn, number]>([
  ["error", "error", 1],
  ["warning", "error", 0],
  ["info", "error", 0],
  ["error", "warning", 1],
  ["warning", "warning", 1],
  ["info", "warning", 0],
  ["info", "info", 1],
  ["error", "never", 0],
])("a finding of severity %s with --fail-on %s ends with %i", (severity, failOn, code) => {
  expect(exitCode("doctor", judged({ findings: [{ severity }] }), failOn)).toBe(code);
  expect(exitCode("lint", judged({ findings: [{ severity }] }), failOn)).toBe(code);
});

test("what could not be judged ends doctor with 3, and is only listed by lint", () => {
  expect(exitCode("doctor", blind, "error")).toBe(3);
  expect(exitCode("lint", blind, "error")).toBe(0);
  expect(exitCode("doctor", judged({ services: [{ verdict: "healthy" }, { verdict: "unknown" }] }), "error")).toBe(3);
});

test("Services that could not be listed may be broken", () => {
  expect(exitCode("doctor", judged({ notRead: [{}] }), "error")).toBe(3);
});

test("what the source by its nature does not hold is no failure", () => {
  expect(exitCode("doctor", judged({ unchecked: [{ byNature: true }] }), "error")).toBe(0);
});

test("findings weigh more than what could not be judged", () => {
  expect(exitCode("doctor", { ...blind, findings: [{ severity: "error" }] }, "error")).toBe(1);
  expect(exitCode("doctor", { ...blind, findings: [{ severity: "warning" }] }, "error")).toBe(3);
  expect(exitCode("doctor", blind, "never")).toBe(3);
});

test("a rule that crashed could not judge, in lint either", () => {
  expect(exitCode("lint", judged({ crashes: [new Error("boom")] }), "error")).toBe(3);
});

test("nothing found is 0", () => {
  expect(exitCode("doctor", judged({ services: [{ verdict: "degraded" }] }), "error")).toBe(0);
});
