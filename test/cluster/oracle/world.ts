// Makes states real and asks about them: the API server takes the objects, the real controllers make the slices, every
// replica of CoreDNS answers.
import { setTimeout as sleep } from "node:timers/promises";
import type { Client } from "../../../src/dns/outcome.ts";
import type { RecordType } from "../../../src/dns/records.ts";
import { predict, type Zone } from "../../../src/dns/zone.ts";
import type { DnsQuestion, ObservedAnswer } from "../../../src/objects/observation.ts";
import type { DnsReplica } from "../../../src/objects/observation-plan.ts";
import type { Snapshot } from "../../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../../src/objects/snapshot-index.ts";
import { readCluster } from "../../../src/sources/cluster/collect.ts";
import { type ClusterConnection, connectCluster } from "../../../src/sources/cluster/connection.ts";
import { askReplicas } from "../../../src/sources/cluster/observe.ts";
import { zoneOf } from "../../../src/trace/zone.ts";
import { type Api, ApiError, type KubeObject, type TestCluster } from "../cluster.ts";
import { differences } from "./judge.ts";
import { questionsAbout } from "./questions.ts";
import { objectsOf, type State } from "./states.ts";

/** A question whose real answer is not the predicted one, twice, with everything read anew in between. */
export interface Mismatch {
  readonly namespace: string;
  readonly question: DnsQuestion;
  readonly replica: string;
  readonly observed: ObservedAnswer;
  readonly differences: readonly string[];
  readonly reason: string;
}

export interface Round {
  /** Answers that were held to a prediction. */
  readonly answers: number;
  /** Questions that the prediction says it cannot know, by cause. */
  readonly unknown: ReadonlyMap<string, number>;
  /** How many answers had which rcode, or NODATA. */
  readonly outcomes: ReadonlyMap<string, number>;
  readonly mismatches: readonly Mismatch[];
  readonly snapshot: Snapshot;
  /** What one of the replicas answered. */
  readonly observed: readonly ObservedAnswer[];
}

export function connect(cluster: TestCluster): Promise<ClusterConnection> {
  return connectCluster({ kubeconfig: cluster.kubeconfig }, {
    env: process.env,
    interactive: false,
    userAgent: "kheadless-oracle",
  } as Parameters<typeof connectCluster>[1]);
}

/** Makes the state's objects. What the API server does not take (families that the cluster lacks) is left out. */
export async function makeReal(api: Api, state: State, namespace: string): Promise<void> {
  const { services, pods, slices, endpoints } = objectsOf(state, namespace);
  await Promise.all([...services, ...slices, ...endpoints].map((object) => createUnlessRefused(api, object)));
  await Promise.all(
    pods.map(async (pod, at) => {
      if (!(await createUnlessRefused(api, pod))) return;
      const plan = state.pods[at];
      if (plan === undefined) return;
      await api.patchStatus(pod, { status: plan.status });
      if (plan.terminating) await api.delete(pod);
    }),
  );
}

async function createUnlessRefused(api: Api, object: KubeObject): Promise<boolean> {
  try {
    await api.create(object);
    return true;
  } catch (error) {
    // 409: the Endpoints controller was faster, for a Service with a selector.
    if (error instanceof ApiError && (error.code === 422 || error.code === 409)) return false;
    throw error;
  }
}

/** Waits until the controllers have made no change to the namespaces' slices for a while. */
export async function settle(api: Api, namespaces: readonly string[]): Promise<void> {
  const deadline = Date.now() + 60_000;
  let before = "";
  let calmSince = Date.now();
  while (Date.now() - calmSince < 1_500) {
    if (Date.now() > deadline) throw new Error("the EndpointSlice controller does not come to rest");
    const slices = await api.list({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice" });
    const now = slices
      .filter(({ metadata }) => namespaces.includes(metadata.namespace ?? ""))
      .map(({ metadata }) => `${metadata.namespace}/${metadata.name}@${metadata.resourceVersion}`)
      .sort()
      .join();
    if (now !== before) calmSince = Date.now();
    before = now;
    await sleep(300);
  }
}

export const REQUEST = {
  namespaces: "all",
  resources: ["services", "endpointSlices", "endpoints", "pods", "workloads", "namespaces", "nodes", "configMaps"],
  clusterDns: true,
  clusterDomain: null,
} as const;

async function replicasOf(api: Api): Promise<readonly DnsReplica[]> {
  const pods = await api.list({
    apiVersion: "v1",
    kind: "Pod",
    namespace: "kube-system",
    labelSelector: "k8s-app=kube-dns",
  });
  return pods
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && status?.podIP)
    .map(({ metadata, status }) => ({
      namespace: "kube-system",
      name: metadata.name,
      ip: status.podIP,
      ready: true,
      port: 53,
    }));
}

const PATIENCE = { silence: 5_000, total: 60_000 };

/**
 * Asks everything that there is to ask about the namespaces, each replica at most `limit` questions (a fair share of each
 * namespace's), and holds the answers to the prediction made of what was read just before.
 */
export async function round(
  connection: ClusterConnection,
  api: Api,
  namespaces: readonly string[],
  limit: number,
  pick: <T>(items: readonly T[], count: number) => readonly T[],
): Promise<Round> {
  const signal = new AbortController().signal;
  const snapshot = await readCluster(connection, REQUEST, signal);
  const index = indexSnapshot(snapshot);
  const { zone, domain } = zoneOf(index);
  const unknown = new Map<string, number>();
  const outcomes = new Map<string, number>();
  const share = Math.ceil(limit / namespaces.length);
  const questions = namespaces.flatMap((namespace) =>
    choose(zone, questionsAbout(index, namespace, domain.name), share, pick, unknown),
  );
  const first = await judge(connection, api, snapshot, questions, namespaces, outcomes, signal);
  let mismatches = first.mismatches;
  if (mismatches.length > 0) {
    // What differs only once was a change on its way, or kept in the cache from a state before.
    await sleep(2_000);
    const again = await readCluster(connection, REQUEST, signal);
    const doubtful = new Map(
      mismatches.map(({ question }) => [`${question.name} ${question.type}`, { ...question, checkingDisabled: true }]),
    );
    mismatches = (await judge(connection, api, again, [...doubtful.values()], namespaces, new Map(), signal))
      .mismatches;
  }
  return { answers: first.answers, unknown, outcomes, mismatches, snapshot, observed: first.observed };
}

/**
 * At most `share` of the questions that the prediction knows the answer to; of the others it counts why not. Most names that
 * one can think of do not exist: half of the share is for answers with records, a quarter for those that deny no name.
 */
export function choose(
  zone: Zone,
  questions: readonly DnsQuestion[],
  share: number,
  pick: <T>(items: readonly T[], count: number) => readonly T[],
  unknown: Map<string, number>,
  client: Client | null = null,
): readonly DnsQuestion[] {
  const groups = { full: [] as DnsQuestion[], empty: [] as DnsQuestion[], absent: [] as DnsQuestion[] };
  for (const question of questions) {
    const predicted = predict(zone, question.name, question.type as RecordType, client);
    if (!predicted.known || predicted.incomplete !== null) {
      const cause = predicted.known ? "incomplete" : predicted.cause;
      unknown.set(cause, (unknown.get(cause) ?? 0) + 1);
    } else {
      const group = predicted.rcode === "NXDOMAIN" ? "absent" : predicted.answers.length > 0 ? "full" : "empty";
      groups[group].push(question);
    }
  }
  const full = pick(groups.full, Math.ceil(share / 2));
  const empty = pick(groups.empty, Math.ceil(share / 4));
  return [...full, ...empty, ...pick(groups.absent, Math.max(0, share - full.length - empty.length))];
}

/** Whether one question is answered otherwise than predicted, asked past the cache. */
export async function isMismatch(connection: ClusterConnection, api: Api, question: DnsQuestion): Promise<boolean> {
  const signal = new AbortController().signal;
  const snapshot = await readCluster(connection, REQUEST, signal);
  const asked = [{ ...question, checkingDisabled: true }];
  return (await judge(connection, api, snapshot, asked, [], new Map(), signal)).mismatches.length > 0;
}

async function judge(
  connection: ClusterConnection,
  api: Api,
  snapshot: Snapshot,
  questions: readonly DnsQuestion[],
  namespaces: readonly string[],
  outcomes: Map<string, number>,
  signal: AbortSignal,
): Promise<Pick<Round, "answers" | "mismatches" | "observed">> {
  const { zone } = zoneOf(indexSnapshot(snapshot));
  const replicas = await askReplicas(connection.forward, await replicasOf(api), questions, signal, PATIENCE);
  if (replicas.status !== "complete") throw new Error(`not every replica could be asked: ${replicas.because}`);
  let answers = 0;
  const mismatches: Mismatch[] = [];
  for (const { pod, failure, answers: observedAnswers } of replicas.items) {
    if (failure !== null) throw new Error(`${pod.name} could not be asked: ${failure}`);
    for (const observed of observedAnswers) {
      const predicted = predict(zone, observed.name, observed.type as RecordType);
      if (!predicted.known || predicted.incomplete !== null) continue;
      answers++;
      const outcome = predicted.rcode === "NOERROR" && predicted.answers.length === 0 ? "NODATA" : predicted.rcode;
      outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
      const found = differences(predicted, observed);
      if (found.length === 0) continue;
      mismatches.push({
        namespace: namespaces.find((namespace) => observed.name.includes(`.${namespace}.`)) ?? "",
        question: { name: observed.name, type: observed.type, checkingDisabled: false },
        replica: pod.name,
        observed,
        differences: found,
        reason: predicted.reason,
      });
    }
  }
  return { answers, mismatches, observed: replicas.items[0]?.answers ?? [] };
}
