// What is derived from manifests, held to what real controllers make of the same manifests.
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { SnapshotIndex } from "../../src/objects/snapshot-index.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { readCluster } from "../../src/sources/cluster/collect.ts";
import { snapshotOfManifests } from "../../src/sources/manifests.ts";
import { type KubeObject, type TestCluster, withFakeNodes, withNamespace } from "./cluster.ts";
import { compareNames, expectedEndpoints, identitiesOf, realEndpoints } from "./derived/compare.ts";
import { serviceNetwork } from "./derived/dry-run.ts";
import { manifests, NODE, NODE_LABEL } from "./derived/manifests.ts";
import { withReality } from "./derived/reality.ts";
import { connect } from "./oracle/world.ts";
import { cluster } from "./test-cluster.ts";

/** A seed of each day: every run is repeatable, and in time many manifests are seen. */
const SEED = Number(process.env.KHEADLESS_ORACLE_SEED ?? Math.floor(Date.now() / 86_400_000));
/** Namespaces, each with manifests of its own, that are up side by side. */
const SIDE_BY_SIDE = 5;
/** The oracle's Pods have addresses in the blocks below. */
const FIRST_BLOCK = 200;

const REQUEST = {
  resources: ["services", "endpointSlices", "endpoints", "pods", "workloads", "namespaces"],
  clusterDns: true,
  clusterDomain: null,
} as const;

describe.runIf(cluster !== null)("what manifests become", () => {
  it("is what is derived from them", async () => {
    const { api } = cluster as TestCluster;
    const connection = await connect(cluster as TestCluster);
    const total = { pods: 0, endpoints: 0, compared: 0, answered: 0, unknown: 0 };
    const mismatches: string[] = [];

    const compare = async (namespace: string, at: number): Promise<void> => {
      const { families } = await serviceNetwork(api, namespace);
      const [objects = []] = fc.sample(manifests(families), { seed: SEED * 1_000 + at, numRuns: 1 });
      const derived = derivedFrom(objects, namespace);
      const read = () => readCluster(connection, { ...REQUEST, namespaces: [namespace] }, new AbortController().signal);
      const real = indexSnapshot(await withReality(api, objects, { namespace, block: FIRST_BLOCK + at }, read));
      const endpoints = expectedEndpoints(derived, namespace);
      const names = compareNames(derived, real, namespace);
      const found = [
        ...unlike("Pod", identitiesOf(derived, namespace), identitiesOf(real, namespace)),
        ...unlike("endpoint", endpoints, realEndpoints(real, namespace, derived)),
        ...names.mismatches,
      ];
      if (found.length > 0) mismatches.push(...found.slice(0, 10), `of ${JSON.stringify(objects)}`);
      total.pods += derived.all("pods").length;
      total.endpoints += endpoints.length;
      total.compared += names.compared;
      total.answered += names.answered;
      total.unknown += names.unknown.length;
    };
    const scenarios = Array.from({ length: SIDE_BY_SIDE }, (_, at) => at);
    try {
      // Each is waited for, also where one fails: its Pods are on the node, and its namespace is to be removed.
      const work = () =>
        Promise.allSettled(scenarios.map((at) => withNamespace(api, (namespace) => compare(namespace, at))));
      for (const done of await withFakeNodes(api, [NODE], work, { [NODE_LABEL]: "" })) {
        if (done.status === "rejected") throw done.reason;
      }
    } finally {
      connection.close();
    }
    expect(mismatches).toEqual([]);
    // Manifests that make nothing, or names that nobody can know, would prove little.
    expect(total.pods).toBeGreaterThan(25);
    expect(total.endpoints).toBeGreaterThan(25);
    expect(total.compared).toBeGreaterThan(2_000);
    expect(total.answered).toBeGreaterThan(20);
    expect(total.unknown).toBeLessThan(total.compared / 20);
  });
});

/** What only one side has; what is there several times counts as often. */
function unlike(what: string, derived: readonly string[], real: readonly string[]): readonly string[] {
  const counts = new Map<string, number>();
  for (const one of real) counts.set(one, (counts.get(one) ?? 0) + 1);
  for (const one of derived) counts.set(one, (counts.get(one) ?? 0) - 1);
  return [...counts].flatMap(([one, more]) =>
    more === 0 ? [] : [`${what} ${more > 0 ? "made" : "derived"} ${Math.abs(more)} times too often: ${one}`],
  );
}

function derivedFrom(objects: readonly KubeObject[], namespace: string): SnapshotIndex {
  // JSON is YAML: the documents go through the same reader as those that people write.
  const text = objects.map((object) => JSON.stringify(object)).join("\n---\n");
  const options = { defaultNamespace: namespace, clusterDomain: null, description: "a test" };
  const snapshot = snapshotOfManifests([{ file: "derived.yaml", text, found: false, damaged: false }], options);
  expect(snapshot.invalid).toEqual([]);
  return indexSnapshot(snapshot);
}
