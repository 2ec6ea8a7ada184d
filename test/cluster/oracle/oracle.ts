// node test/cluster/oracle/oracle.ts [--answers N] [--seed N]: holds the prediction to N answers of real CoreDNS replicas.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { writeSnapshot } from "../../../src/sources/snapshot-file.ts";
import { type Api, clusterForTests, type TestCluster, withFakeNodes, withNamespace } from "../cluster.ts";
import { FAKE_NODES, type State, states } from "./states.ts";
import { connect, type Mismatch, makeReal, type Round, round, settle } from "./world.ts";

/** How many namespaces, each with a state of its own, are up side by side. */
const SIDE_BY_SIDE = 6;

export interface OracleResult {
  readonly answers: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly unknown: ReadonlyMap<string, number>;
  readonly mismatches: readonly Mismatch[];
}

/** Runs `work` while random states, made from the seed, are real in namespaces of their own. */
export async function withStates<T>(
  api: Api,
  seed: number,
  count: number,
  work: (namespaces: readonly string[]) => Promise<T>,
): Promise<T> {
  const make = (namespaces: readonly string[]): Promise<T> =>
    namespaces.length === count
      ? fill(namespaces)
      : withNamespace(api, (namespace) => make([...namespaces, namespace]), {
          exposed: namespaces.length % 2 === 0 ? "yes" : "no",
        });
  const fill = async (namespaces: readonly string[]): Promise<T> => {
    await Promise.all(namespaces.map((namespace, at) => makeReal(api, stateOf(namespace, at, seed), namespace)));
    await settle(api, namespaces);
    return work(namespaces);
  };
  return make([]);
}

/** Reverse names stay in CoreDNS's cache for 30 s: no address comes again before that. */
const BLOCKS = 200;

function stateOf(namespace: string, at: number, seed: number): State {
  const block = (seed * SIDE_BY_SIDE + at) % BLOCKS;
  const [state] = fc.sample(states(namespace, block), { seed: seed * 1_000 + at, numRuns: 1 });
  if (state === undefined) throw new Error("fast-check gave no sample");
  return state;
}

/** Picks the same share of questions for the same seed. */
export function pickWith(seed: number): <T>(items: readonly T[], count: number) => readonly T[] {
  let state = seed >>> 0 || 1;
  const random = (): number => {
    // xorshift32: which questions are asked must only depend on the seed.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
  return (items, count) =>
    items
      .map((item) => ({ item, at: random() }))
      .sort((a, b) => a.at - b.at)
      .slice(0, count)
      .map(({ item }) => item);
}

/** Goes on with new states until as many answers were held to their predictions. */
export async function runOracle(
  cluster: TestCluster,
  { answers, seed, say }: { readonly answers: number; readonly seed: number; readonly say: (line: string) => void },
): Promise<OracleResult> {
  const { api } = cluster;
  const connection = await connect(cluster);
  const total = { answers: 0, outcomes: new Map<string, number>(), unknown: new Map<string, number>() };
  const mismatches: Mismatch[] = [];
  try {
    await withFakeNodes(api, FAKE_NODES, async () => {
      for (let at = 0; total.answers < answers; at++) {
        const own = seed + at;
        const done: Round = await withStates(api, own, SIDE_BY_SIDE, (namespaces) =>
          round(connection, api, namespaces, 6_000, pickWith(own)),
        );
        total.answers += done.answers;
        add(total.outcomes, done.outcomes);
        add(total.unknown, done.unknown);
        mismatches.push(...done.mismatches);
        say(`seed ${own}: ${done.answers} answers, ${done.mismatches.length} not as predicted`);
        if (done.mismatches.length > 0) keep(done, own, say);
      }
    });
  } finally {
    connection.close();
  }
  return { ...total, mismatches };
}

function add(into: Map<string, number>, more: ReadonlyMap<string, number>): void {
  for (const [key, count] of more) into.set(key, (into.get(key) ?? 0) + count);
}

/** Writes down what differed, with the Snapshot that it was predicted from: to be made a fixture of its smallest state. */
function keep({ mismatches, snapshot }: Round, seed: number, say: (line: string) => void): void {
  const folder = `${process.env.TMPDIR ?? "/tmp"}/kheadless-oracle-${seed}`;
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/snapshot.json`, writeSnapshot(snapshot));
  writeFileSync(`${folder}/mismatches.json`, JSON.stringify(mismatches, null, 2));
  say(`kept in ${folder}`);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      answers: { type: "string", default: "20000" },
      seed: { type: "string", default: String(Date.now() % 1e6) },
    },
  });
  const cluster = await clusterForTests();
  if ("skip" in cluster) {
    console.error(`cannot run here: ${cluster.skip}`);
    process.exit(69);
  }
  const result = await runOracle(cluster, {
    answers: Number(values.answers),
    seed: Number(values.seed),
    say: (line) => console.error(line),
  });
  console.log(`${result.answers} answers held to their predictions: ${told(result.outcomes)}`);
  console.log(`questions not asked, as what was read does not tell the answer: ${told(result.unknown) || "none"}`);
  for (const { namespace, question, replica, differences, reason } of result.mismatches.slice(0, 40)) {
    console.log(`\n${question.type} ${question.name} (${namespace}, ${replica})`);
    for (const difference of differences) console.log(`  ${difference}`);
    console.log(`  predicted because: ${reason}`);
  }
  console.log(`\n${result.mismatches.length} mismatches`);
  cluster.api.close();
  process.exitCode = result.mismatches.length === 0 ? 0 : 1;
}

function told(counts: ReadonlyMap<string, number>): string {
  return [...counts].map(([key, count]) => `${count} ${key}`).join(", ");
}
