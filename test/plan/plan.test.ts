import { describe, expect, test } from "vitest";
import { planOf } from "../../src/plan/plan.ts";
import { type PlanDocument, planDocument } from "../../src/report/plan-document.ts";
import { serviceLines } from "../../src/report/plan-lines.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { manifests, type PlanCase, planCases, textOf } from "./cases.ts";

function documentOf({ before, after }: PlanCase): PlanDocument {
  const [base, target] = [
    deepFreeze(manifests("before.yaml", textOf(before))),
    deepFreeze(manifests("after.yaml", textOf(after))),
  ];
  const applying = { command: "kubectl apply -f after.yaml" };
  return planDocument(planOf({ before: base, after: target, applying }));
}

describe("what a change of manifests does to names", () => {
  test.each(planCases().map((one) => [one.name, one] as const))("%s", (_, one) => {
    const plan = documentOf(one);
    const lines = serviceLines(plan).flatMap(({ changes }) =>
      changes.map(({ sign, names, type, what }) => `${sign} ${names} ${type}${what === "" ? "" : `: ${what}`}`),
    );
    expect(lines).toEqual(one.changes ?? []);
    const because = plan.changes.flatMap((change) => change.because.map(({ message }) => message));
    expect([...new Set(because)].sort()).toEqual(one.because ?? []);
    expect({ names: plan.summary.names.lost, records: plan.summary.records.removed }).toEqual(
      one.lost ?? { names: 0, records: 0 },
    );
    const effects = plan.effects.map(({ effect, severity }) => `${effect} ${severity}`);
    expect(effects).toEqual((one.effects ?? []).map(([effect]) => effect));
    (one.effects ?? []).forEach(([, message, steps], at) => {
      expect(plan.effects[at]?.message).toContain(message);
      if (steps !== undefined) expect(plan.effects[at]?.remedy).toContain(steps);
    });
    const reasons = plan.unchecked.map(({ reason }) => reason);
    expect(reasons).toEqual((one.unchecked ?? []).map((part) => expect.stringContaining(part)));
  });
});

test("every change says what makes it, and where that stands", () => {
  for (const one of planCases()) {
    for (const change of documentOf(one).changes) {
      expect(change.because, `${one.name}: ${change.name}`).not.toEqual([]);
      for (const { location } of change.because) expect(location?.file).toMatch(/^(before|after)\.yaml$/);
    }
  }
});
