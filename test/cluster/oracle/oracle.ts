// node test/cluster/oracle/oracle.ts [--answers N] [--seed N]: holds the prediction to N answers of real CoreDNS replicas.
// With --record FILE: keeps the answers about one namespace, to be replayed without a cluster.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { type Api, clusterForTests, type TestCluster, withFakeNodes, withNamespace } from "../cluster.ts";
import { writeRecording } from "./recording.ts";
import { FAKE_NODES, type State, states } from "./states.ts";
import { connect, isMismatch, type Mismatch, makeReal, type Round, round, settle } from "./world.ts";

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
  // The first samples are small otherwise, and hold little that has an address.
  const [state] = fc.sample(fc.noBias(states(namespace, block)), { seed: seed * 1_000 + at, numRuns: 1 });
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
        const done = await withStates(api, own, SIDE_BY_SIDE, async (namespaces) => ({
          namespaces,
          ...(await round(connection, api, namespaces, 6_000, pickWith(own))),
        }));
        total.answers += done.answers;
        add(total.outcomes, done.outcomes);
        add(total.unknown, done.unknown);
        mismatches.push(...done.mismatches);
        say(`seed ${own}: ${done.answers} answers, ${done.mismatches.length} not as predicted`);
        const [worst] = done.mismatches;
        if (worst !== undefined) {
          const state = stateNamed(own, worst.namespace, done.namespaces);
          const smaller = state && (await smallest(connection, api, state, worst));
          await keep(done, own, smaller, say);
        }
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

function stateNamed(seed: number, namespace: string, namespaces: readonly string[]): State | undefined {
  const at = namespaces.indexOf(namespace);
  return at < 0 ? undefined : stateOf(namespace, at, seed);
}

/** Leaves out one object after the other, each time on the real cluster, for as long as the answer stays unpredicted. */
async function smallest(
  connection: Parameters<typeof round>[0],
  api: Api,
  state: State,
  { namespace, question }: Pick<Mismatch, "namespace" | "question">,
): Promise<State> {
  const stillFails = (smaller: State): Promise<boolean> =>
    withNamespace(api, async (own) => {
      // An ExternalName holds the namespace in its target.
      await makeReal(api, JSON.parse(JSON.stringify(smaller).replaceAll(namespace, own)), own);
      await settle(api, [own]);
      return isMismatch(connection, api, { ...question, name: question.name.replaceAll(namespace, own) });
    });
  let current = state;
  for (const kind of ["services", "pods", "slices", "endpoints"] as const) {
    for (let at = 0; at < current[kind].length; ) {
      const smaller: State = { ...current, [kind]: current[kind].filter((_, index) => index !== at) };
      if (await stillFails(smaller)) current = smaller;
      else at++;
    }
  }
  return current;
}

/** Writes down what differed, with the Snapshot that it was predicted from and the smallest state: to be made a fixture. */
async function keep(
  { mismatches, snapshot, namespaces, observed }: Round & { readonly namespaces: readonly string[] },
  seed: number,
  smaller: State | undefined,
  say: (line: string) => void,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), `kheadless-oracle-${seed}-`));
  writeFileSync(join(folder, "recording.json"), writeRecording({ snapshot, namespaces, answers: observed }));
  writeFileSync(join(folder, "mismatches.json"), JSON.stringify(mismatches, null, 2));
  writeFileSync(join(folder, "smallest-state.json"), JSON.stringify(smaller, null, 2));
  say(`kept in ${folder}`);
}

/** Writes what CoreDNS answered about one random namespace to a file that `npm test` replays without a cluster. */
async function record(cluster: TestCluster, seed: number, file: string): Promise<void> {
  const { api } = cluster;
  const connection = await connect(cluster);
  try {
    await withFakeNodes(api, FAKE_NODES, () =>
      withStates(api, seed, 1, async (namespaces) => {
        const { snapshot, observed } = await round(connection, api, namespaces, 600, pickWith(seed));
        writeFileSync(file, writeRecording({ snapshot, namespaces, answers: observed }));
      }),
    );
  } finally {
    connection.close();
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      answers: { type: "string", default: "20000" },
      seed: { type: "string", default: String(Date.now() % 1e6) },
      record: { type: "string" },
    },
  });
  const cluster = await clusterForTests();
  if ("skip" in cluster) {
    console.error(`cannot run here: ${cluster.skip}`);
    process.exit(69);
  }
  if (values.record !== undefined) {
    await record(cluster, Number(values.seed), values.record);
    process.exit(0);
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
