import { beforeAll, describe, expect, it } from "vitest";
import { type TestCluster, withNamespace } from "../cluster.ts";
import { cluster } from "../test-cluster.ts";
import { HEALTHY_SCENARIOS, type HealthyScenario } from "./healthy-scenarios.ts";
import { doctor, install } from "./program.ts";
import { worldIn } from "./world.ts";

describe.runIf(cluster !== null).concurrent("what doctor says where nothing is wrong", () => {
  beforeAll(install);

  for (const scenario of HEALTHY_SCENARIOS) {
    it(`${scenario.title}: nothing`, () => look(cluster as TestCluster, scenario));
  }
});

async function look(
  { api, kubeconfig }: Pick<TestCluster, "api" | "kubeconfig">,
  scenario: HealthyScenario,
): Promise<void> {
  await withNamespace(api, async (namespace) => {
    const world = worldIn({ api, kubeconfig }, namespace);
    await world.create(...scenario.objects);
    await scenario.settles(world);
    await holdToNothing(scenario, kubeconfig, namespace, []);

    if (scenario.meanwhile === undefined) return;
    let ended = false;
    const going = scenario.meanwhile(world).finally(() => {
      ended = true;
    });
    going.catch(() => {});
    let looks = 0;
    while (!ended) {
      await holdToNothing(scenario, kubeconfig, namespace, scenario.passing ?? []);
      looks++;
    }
    await going;
    expect(looks).toBeGreaterThan(0);
  });
}

async function holdToNothing(
  { asks = [] }: HealthyScenario,
  kubeconfig: string,
  namespace: string,
  passing: readonly string[],
): Promise<void> {
  const { report, serious, code } = await doctor(kubeconfig, namespace, asks);
  const told = serious.filter(({ rule, severity }) => severity === "error" || !passing.includes(rule));
  expect(told).toEqual([]);
  expect(report.unchecked.filter(({ byNature }) => !byNature)).toEqual([]);
  expect(code).toBe(0);
  if (passing.length > 0) return;
  expect(report.services.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(
    report.services.map(({ name }) => `${name} healthy`),
  );
}
