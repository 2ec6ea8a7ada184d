import { describe, expect, it } from "vitest";
import type { TestCluster } from "./cluster.ts";
import { runCorefiles } from "./corefiles/corefiles.ts";
import { cluster } from "./test-cluster.ts";

/** Of states that have answers too large for UDP without EDNS, too. */
const SEED = 1075;

describe.runIf(cluster !== null)("what CoreDNS makes of random Corefiles", () => {
  it("is what was predicted, whole answers over UDP and TCP", async () => {
    const done = await runCorefiles(cluster as TestCluster, { count: 25, seed: SEED, say: () => {} });
    const told = done.differences.map(({ seed, question, differences, reason }) => ({
      seed,
      question,
      differences,
      reason,
    }));
    expect(told.slice(0, 10)).toEqual([]);
    expect(done.answers).toBeGreaterThan(10_000);
    // Corefiles that answer nothing would prove little.
    expect(done.outcomes.get("NOERROR")).toBeGreaterThan(1_000);
    expect(done.outcomes.get("NODATA")).toBeGreaterThan(100);
    expect(done.outcomes.get("cut")).toBeGreaterThan(0);
  });
});
