// node test/cluster/corefiles/corefiles.ts [--corefiles N] [--seed N] [--coredns PROGRAM]: lets CoreDNS processes of this machine serve random
// Corefiles over random states of the cluster, and holds whole answers, over UDP and TCP, to the prediction.
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import fc from "fast-check";
import { parseCorefile } from "../../../src/dns/corefile.ts";
import { messageSize } from "../../../src/dns/message-size.ts";
import type { Client } from "../../../src/dns/outcome.ts";
import type { RecordType } from "../../../src/dns/records.ts";
import { buildZone, predict, type Zone } from "../../../src/dns/zone.ts";
import type { DnsQuestion, ObservedAnswer } from "../../../src/objects/observation.ts";
import { indexSnapshot, type SnapshotIndex } from "../../../src/objects/snapshot-index.ts";
import { readCluster } from "../../../src/sources/cluster/collect.ts";
import { zoneOf } from "../../../src/trace/zone.ts";
import { binaries } from "../build.ts";
import { type Api, clusterForTests, type TestCluster, withFakeNodes } from "../cluster.ts";
import { differences } from "../oracle/judge.ts";
import { pickWith, withStates } from "../oracle/oracle.ts";
import { questionsAbout } from "../oracle/questions.ts";
import { FAKE_NODES } from "../oracle/states.ts";
import { choose, connect, REQUEST } from "../oracle/world.ts";
import { run } from "../run.ts";
import { type Transport, withCoreDns } from "./process.ts";
import { corefiles } from "./random.ts";

/** Namespaces with a state of their own; every other is labelled exposed=yes. */
const NAMESPACES = 4;
/** Corefiles over the same states. */
const PER_STATE = 25;
/** Questions put to one Corefile over each transport. */
const QUESTIONS = 700;
/** A Pod is said to have this address of the machine: `autopath` and `acl` take who asks from it for that Pod. */
const POD_ADDRESS = "127.0.0.9";
const CLIENTS = ["127.0.0.1", POD_ADDRESS];

export interface Difference {
  readonly seed: number;
  /** The question as `A web.default.svc.cluster.local. (udp from 127.0.0.1)`, or "" where it is about the start. */
  readonly question: string;
  readonly differences: readonly string[];
  readonly reason: string;
  readonly corefile: string;
}

export interface CorefilesResult {
  readonly corefiles: number;
  readonly answers: number;
  readonly outcomes: ReadonlyMap<string, number>;
  readonly unknown: ReadonlyMap<string, number>;
  readonly differences: readonly Difference[];
}

interface World {
  readonly program: string;
  readonly version: string;
  readonly kubeconfig: string;
  readonly namespaces: readonly string[];
  readonly index: SnapshotIndex;
}

/** A CoreDNS to be run on this machine: the one that the one-machine cluster is built of, or another one at a path. */
export async function builtCoreDns(path?: string): Promise<{ readonly program: string; readonly version: string }> {
  const program = path ?? join(await binaries(), "coredns");
  return { program, version: /CoreDNS-([0-9.]+)/.exec(await run(program, ["-version"]))?.[1] ?? "" };
}

/** Holds `count` Corefiles, from the seed on, to CoreDNS; what differs of each is told. */
export async function runCorefiles(
  cluster: TestCluster,
  {
    count,
    seed,
    say,
    program: path,
  }: {
    readonly count: number;
    readonly seed: number;
    readonly say: (line: string) => void;
    /** Where another CoreDNS is than the one that is built here. */
    readonly program?: string | undefined;
  },
): Promise<CorefilesResult> {
  const { api, kubeconfig } = cluster;
  const { program, version } = await builtCoreDns(path);
  const connection = await connect(cluster);
  const total = { answers: 0, outcomes: new Map<string, number>(), unknown: new Map<string, number>() };
  const found: Difference[] = [];
  try {
    await withFakeNodes(api, FAKE_NODES, async () => {
      for (let done = 0; done < count; done += PER_STATE) {
        await withStates(api, seed + done, NAMESPACES, async (namespaces) => {
          await makeAsker(api, namespaces[0] ?? "default");
          for (let at = done; at < Math.min(count, done + PER_STATE); at++) {
            const hold = async (): Promise<readonly Difference[]> => {
              const snapshot = await readCluster(connection, REQUEST, new AbortController().signal);
              const world = { program, version, kubeconfig, namespaces, index: indexSnapshot(snapshot) };
              return holdOne(world, seed + at, total);
            };
            let differing = await hold();
            if (differing.length > 0) {
              // What differs only once was a change on its way: controllers go on removing what has no node.
              const before = new Set(differing.map(({ question }) => question));
              differing = (await hold()).filter(({ question }) => before.has(question));
            }
            say(`seed ${seed + at}: ${total.answers} answers so far, ${differing.length} not as predicted`);
            found.push(...differing);
          }
        });
      }
    });
  } finally {
    connection.close();
  }
  return { corefiles: count, ...total, differences: found };
}

/** A Running Pod that has an address of this machine. */
async function makeAsker(api: Api, namespace: string): Promise<void> {
  const pod = await api.create({
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: "asker", namespace },
    spec: { nodeName: FAKE_NODES[0], containers: [{ name: "main", image: "none" }] },
  });
  const ips = { podIP: POD_ADDRESS, podIPs: [{ ip: POD_ADDRESS }] };
  await api.patchStatus(pod, { status: { phase: "Running", ...ips } });
}

interface Total {
  answers: number;
  readonly outcomes: Map<string, number>;
  readonly unknown: Map<string, number>;
}

function holdOne(world: World, seed: number, total: Total): Promise<readonly Difference[]> {
  const { program, version, kubeconfig, namespaces, index } = world;
  const textFor = (port: number): string => {
    const [text] = fc.sample(corefiles({ port, kubeconfig, namespaces }), { seed, numRuns: 1 });
    if (text === undefined) throw new Error("fast-check gave no sample");
    return text;
  };
  return withCoreDns(program, textFor, async (started, port) => {
    const corefile = textFor(port);
    const read = parseCorefile(corefile, undefined, version);
    const told = (difference: Omit<Difference, "seed" | "corefile">): Difference => ({ seed, corefile, ...difference });
    if (!started.serves) return [told({ question: "", differences: [`not loaded: ${started.because}`], reason: "" })];
    const foretold = [...read.errors, ...read.suspects].map(({ message }) => message);
    if (foretold.length > 0) return [told({ question: "", differences: ["loaded"], reason: foretold.join("; ") })];
    const { zone: asCollected } = zoneOf(index, { corefile });
    // These processes are no replicas of the cluster's.
    const zone = buildZone({
      ...asCollected.input,
      corefile: read,
      port,
      version,
      dnsServers: null,
      dnsSearch: searchOfMachine(),
    });
    const client: Client = { ip: CLIENTS[seed % CLIENTS.length] ?? "" };
    const domains = ["cluster.local", "second.test", "corp.test"].filter((one) => corefile.includes(one));
    const all = namespaces.flatMap((namespace) =>
      domains.flatMap((domain) => [...questionsAbout(index, namespace, domain), ...furtherQuestions(namespace)]),
    );
    const questions = choose(zone, all, QUESTIONS, pickWith(seed), total.unknown, client);
    const differing: Difference[] = [];
    const first = Date.now();
    for (const over of ["udp", "tcp"] as const) {
      const replies = await started.ask(questions, over, client.ip);
      // What this process keeps it has from these questions (cache/item.go counts whole seconds).
      const kept = Math.floor((Date.now() - first) / 1_000);
      for (const reply of replies) {
        total.answers++;
        const observed: ObservedAnswer = { ...reply, again: false };
        const { found, outcome, reason } = judged(zone, observed, { over, client, kept });
        total.outcomes.set(outcome, (total.outcomes.get(outcome) ?? 0) + 1);
        const question = `${observed.type} ${observed.name} (${over} from ${client.ip})`;
        if (found.length > 0) differing.push(told({ question, differences: found, reason }));
      }
    }
    return differing;
  });
}

/** Where `autopath` ends up: the search list of the process's own machine. */
function searchOfMachine(): readonly string[] {
  const lines = readFileSync("/etc/resolv.conf", "utf8").split("\n");
  const words = lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([word]) => word === "search" || word === "domain");
  return (words.at(-1) ?? []).slice(1).map((domain) => `${domain.toLowerCase().replace(/\.$/, "")}.`);
}

/** Names that Corefiles here rewrite, hold or search for. */
function furtherQuestions(namespace: string): readonly DnsQuestion[] {
  const names = [
    `web.${namespace}.corp.test.`,
    `hand-0.manual.${namespace}.corp.test.`,
    `_http._tcp.db.${namespace}.corp.test.`,
    `nowhere.${namespace}.svc.cluster.local.`,
    `gone.${namespace}.svc.cluster.local.`,
    "printer.corp.test.",
    "shadow.second.test.",
    "nothing.cluster.local.",
    "7.7.18.198.in-addr.arpa.",
    // A client's search list over names of other namespaces and of the cluster's top.
    `kubernetes.default.${namespace}.svc.cluster.local.`,
    `kubernetes.default.svc.${namespace}.svc.cluster.local.`,
    `web.${namespace}.svc.cluster.local.${namespace}.svc.cluster.local.`,
    `dns-version.${namespace}.svc.cluster.local.`,
  ];
  return names.flatMap((name) =>
    ["A", "AAAA", "SRV", "TXT", "PTR"].map((type) => ({ name, type, checkingDisabled: false })),
  );
}

function judged(
  zone: Zone,
  observed: ObservedAnswer,
  { over, client, kept }: { readonly over: Transport; readonly client: Client; readonly kept: number },
): { readonly found: readonly string[]; readonly outcome: string; readonly reason: string } {
  const predicted = predict(zone, observed.name, observed.type as RecordType, client);
  if (!predicted.known) throw new Error(`only what is predicted is asked: ${observed.name}`);
  const outcome = predicted.rcode === "NOERROR" && predicted.answers.length === 0 ? "NODATA" : predicted.rcode;
  const { reason } = predicted;
  if (over === "tcp" || observed.status === "failed") {
    return { found: differences(predicted, observed, kept), outcome, reason };
  }
  const { bytes } = messageSize(predicted);
  const cut = bytes > 512;
  // A rule for EDNS0 makes CoreDNS take the client for one that has it (plugin/rewrite/edns0.go setupEdns0Opt).
  if (cut && zone.input.corefile.blocks.some(({ rewrites }) => rewrites.some(({ text }) => text.includes("edns0")))) {
    return { found: [], outcome: "cut", reason };
  }
  if (cut !== observed.flags.tc) {
    return {
      found: [`${observed.flags.tc ? "" : "not "}cut at 512 bytes, predicted ${bytes}`],
      outcome: "cut",
      reason,
    };
  }
  return cut
    ? { found: [], outcome: "cut", reason }
    : { found: differences(predicted, observed, kept), outcome, reason };
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      corefiles: { type: "string", default: "200" },
      seed: { type: "string", default: String(Date.now() % 1e6) },
      coredns: { type: "string" },
    },
  });
  const cluster = await clusterForTests();
  if ("skip" in cluster) {
    console.error(`cannot run here: ${cluster.skip}`);
    process.exit(69);
  }
  const result = await runCorefiles(cluster, {
    count: Number(values.corefiles),
    seed: Number(values.seed),
    program: values.coredns,
    say: (line) => console.error(line),
  });
  const told = (counts: ReadonlyMap<string, number>): string =>
    [...counts].map(([key, count]) => `${count} ${key}`).join(", ");
  console.log(`${result.corefiles} Corefiles`);
  console.log(`${result.answers} answers held to their predictions: ${told(result.outcomes)}`);
  console.log(`questions not asked, as what was read does not tell the answer: ${told(result.unknown) || "none"}`);
  for (const { seed, question, differences, reason } of result.differences.slice(0, 40)) {
    console.log(`\nseed ${seed}: ${question}`);
    for (const difference of differences) console.log(`  ${difference}`);
    console.log(`  predicted because: ${reason}`);
  }
  if (result.differences.length > 0) {
    const folder = mkdtempSync(join(tmpdir(), "kheadless-corefiles-"));
    for (const { seed, corefile } of result.differences) writeFileSync(join(folder, `${seed}.Corefile`), corefile);
    console.log(`\ntheir Corefiles are kept in ${folder}`);
  }
  console.log(`\n${result.differences.length} differences`);
  cluster.api.close();
  process.exitCode = result.differences.length === 0 ? 0 : 1;
}
