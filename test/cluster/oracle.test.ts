import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type TestCluster, withCorefile, withFakeNodes } from "./cluster.ts";
import { COREFILES } from "./oracle/corefiles.ts";
import { pickWith, runOracle, withStates } from "./oracle/oracle.ts";
import { FAKE_NODES } from "./oracle/states.ts";
import { connect, type Mismatch, round } from "./oracle/world.ts";
import { cluster } from "./test-cluster.ts";

/** A seed of each day: every run is repeatable, and in time many states are seen. */
const SEED = Number(process.env.KHEADLESS_ORACLE_SEED ?? Math.floor(Date.now() / 86_400_000));

describe.runIf(cluster !== null)("what CoreDNS answers", () => {
  it("is what was predicted, at least 2,000 times", async () => {
    const started = Date.now();
    const result = await runOracle(cluster as TestCluster, { answers: 10_000, seed: SEED, say: () => {} });
    expect(told(result.mismatches)).toEqual([]);
    expect(result.answers).toBeGreaterThanOrEqual(2_000);
    // A round of nothing but missing names would prove little.
    expect(result.outcomes.get("NOERROR")).toBeGreaterThan(300);
    expect(result.outcomes.get("NODATA")).toBeGreaterThan(300);
    expect(Date.now() - started).toBeLessThan(300_000);
  });
});

describe.runIf(cluster !== null)("what CoreDNS answers with another Corefile", () => {
  // One set of states serves all Corefiles: what is changed is only what CoreDNS makes of them.
  let namespaces: readonly string[] = [];
  let finish: () => void = () => {};
  let states: Promise<void> = Promise.resolve();

  beforeAll(async () => {
    const { api } = cluster as TestCluster;
    await new Promise<void>((ready, failed) => {
      states = withFakeNodes(api, FAKE_NODES, () =>
        withStates(api, SEED + 500, 2, (made) => {
          namespaces = made;
          ready();
          return new Promise<void>((resolve) => {
            finish = resolve;
          });
        }),
      );
      states.catch(failed);
    });
  });

  afterAll(async () => {
    finish();
    await states;
  });

  for (const [name, corefile] of Object.entries(COREFILES)) {
    it(`is what was predicted: ${name}`, async () => {
      const { api } = cluster as TestCluster;
      const connection = await connect(cluster as TestCluster);
      try {
        const done = await withCorefile(api, corefile, () => round(connection, api, namespaces, 2_000, pickWith(SEED)));
        expect(told(done.mismatches)).toEqual([]);
        expect(done.answers).toBeGreaterThan(500);
      } finally {
        connection.close();
      }
    });
  }
});

function told(mismatches: readonly Mismatch[]): readonly string[] {
  return mismatches
    .slice(0, 10)
    .map(({ question, differences }) => `${question.type} ${question.name}: ${differences.join("; ")}`);
}
