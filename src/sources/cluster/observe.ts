import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type AskPatience, askOverTcp } from "../../dns/query.ts";
import { type Collected, complete, partial, unavailable } from "../../objects/collected.ts";
import type { DnsQuestion, ObservedAnswer, ReplicaObservation } from "../../objects/observation.ts";
import type { DnsReplica, ObservationPlan } from "../../objects/observation-plan.ts";
import type { Snapshot } from "../../objects/snapshot.ts";
import { messageOf } from "./errors.ts";
import { type ForwardAccess, PodStreamError } from "./pod-stream.ts";
import { forwardPort } from "./port-forward.ts";

const PATIENCE: AskPatience = { silence: 3_000, total: 15_000 };
/** Larger clusters run some dozens of replicas; those beyond are not asked, and it is said. */
const MOST_REPLICAS = 16;
const AT_ONCE = 8;
/** What changed lately has reached every replica by then: watches deliver within milliseconds. */
const SETTLE_MS = 1_000;

/**
 * Asks every replica of cluster DNS what it answers, and puts that into the Snapshot. Where some answer is not what was to be
 * expected, everything is read anew by `reread` and asked once more, then also past the replicas' caches; and what is still
 * not as expected is held to one more reading, from after the asking. So only what fits neither, while the two agree, counts
 * (`again`): a change under way is not taken for a fault.
 */
export async function observe(
  access: ForwardAccess,
  snapshot: Snapshot,
  plan: ObservationPlan,
  reread: () => Promise<Snapshot>,
  signal: AbortSignal,
): Promise<Snapshot> {
  const first = await ask(access, snapshot, plan, [], signal);
  const doubts = plan.doubts(first);
  if (doubts.length === 0) return first;
  await sleep(SETTLE_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
  const second = await ask(access, await reread(), plan, doubts, signal);
  const left = plan.doubts(second).filter((doubt) => doubts.some((one) => keyOf(one) === keyOf(doubt)));
  if (left.length === 0) return second;
  const third = await reread();
  const again = new Set(plan.steady(second, third, left).map(keyOf));
  return withObservations(third, marked(second.clusterDns?.observations ?? null, again));
}

async function ask(
  access: ForwardAccess,
  snapshot: Snapshot,
  plan: ObservationPlan,
  doubts: readonly DnsQuestion[],
  signal: AbortSignal,
): Promise<Snapshot> {
  const { replicas, because } = plan.replicas(snapshot);
  const past = doubts.map((question) => ({ ...question, checkingDisabled: true }));
  const questions = distinct([...plan.questions(snapshot), ...doubts, ...past]);
  if (replicas.length === 0) return withObservations(snapshot, unavailable(because));
  return withObservations(snapshot, await askReplicas(access, replicas, questions, signal));
}

function withObservations(snapshot: Snapshot, observations: Collected<ReplicaObservation> | null): Snapshot {
  return { ...snapshot, clusterDns: { access: null, logs: null, ...snapshot.clusterDns, observations } };
}

function keyOf({ name, type }: DnsQuestion): string {
  return `${type} ${name}`;
}

function distinct(questions: readonly DnsQuestion[]): readonly DnsQuestion[] {
  const seen = new Map(questions.map((question) => [`${keyOf(question)} ${question.checkingDisabled}`, question]));
  return [...seen.values()];
}

function marked(
  observations: Collected<ReplicaObservation> | null,
  again: ReadonlySet<string>,
): Collected<ReplicaObservation> | null {
  if (observations === null || observations.status === "unavailable") return observations;
  const items = observations.items.map((replica) => ({
    ...replica,
    answers: replica.answers.map((answer): ObservedAnswer => ({ ...answer, again: again.has(keyOf(answer)) })),
  }));
  return { ...observations, items };
}

/**
 * Puts the same questions to every replica, some side by side, through the API server's port-forward: no Pod of ours is
 * needed. A replica that cannot be reached is an observation, too. Unavailable where ports may not be forwarded, or where
 * the API server cannot.
 */
export async function askReplicas(
  access: ForwardAccess,
  replicas: readonly DnsReplica[],
  questions: readonly DnsQuestion[],
  signal: AbortSignal,
  patience: AskPatience = PATIENCE,
): Promise<Collected<ReplicaObservation>> {
  const asked = replicas.slice(0, MOST_REPLICAS);
  const results: (Asked | PodStreamError)[] = [];
  for (let at = 0; at < asked.length; at += AT_ONCE) {
    const batch = asked.slice(at, at + AT_ONCE);
    results.push(...(await Promise.all(batch.map((one) => askReplica(access, one, questions, signal, patience)))));
  }
  const namespace = replicas[0]?.namespace ?? "";
  const items = results.flatMap((result) => (result instanceof PodStreamError ? [] : [result.observation]));
  if (items.length > 0 && items.every(isMute)) {
    return unavailable(
      "no replica of cluster DNS says anything over a forwarded port: they may hang, or the way to them may carry nothing",
    );
  }
  const lacks = [
    ...new Set(
      results.flatMap((result) => (result instanceof PodStreamError ? [lackOf(result, namespace)] : result.lacks)),
    ),
    ...(replicas.length > asked.length
      ? [`only the first ${asked.length} of ${replicas.length} replicas were asked`]
      : []),
  ];
  if (lacks.length === 0) return complete(items);
  return items.length === 0 ? unavailable(lacks.join("; ")) : partial(items, lacks.join("; "));
}

interface Asked {
  readonly observation: ReplicaObservation;
  /** Why some answers never came that say nothing of the replica. */
  readonly lacks: readonly string[];
}

/** It took the questions, and gave no answer. */
function isMute({ failure, answers }: ReplicaObservation): boolean {
  return failure === null && answers.length > 0 && answers.every(({ status }) => status === "failed");
}

/** A PodStreamError where the way to the replica failed: that says nothing of what it answers. */
async function askReplica(
  access: ForwardAccess,
  { namespace, name, ip, ready, port }: DnsReplica,
  questions: readonly DnsQuestion[],
  signal: AbortSignal,
  patience: AskPatience,
): Promise<Asked | PodStreamError> {
  const observed = { pod: { namespace, name }, ip, ready };
  const broken: PodStreamError[] = [];
  const open = async (until: AbortSignal): Promise<Duplex> => {
    const stream = await forwardPort(access, { namespace, name }, port, until);
    // The kubelet connects to the Pod only after it has said yes.
    return stream.on("error", (error) => {
      if (error instanceof PodStreamError) broken.push(error);
    });
  };
  try {
    const replies = await askOverTcp(open, questions, patience, signal);
    const lost = replies.find((reply) => reply.lost);
    const why = lost?.status === "failed" ? lost.because : "";
    if (lost !== undefined && replies.every(({ status }) => status === "failed")) {
      return onReplica(broken[0] ?? new PodStreamError("refused", why), name);
    }
    const answers = replies.flatMap(({ lost: gone, ...reply }) => (gone ? [] : [{ ...reply, again: false }]));
    const lacks = lost === undefined ? [] : [`replica ${name} of cluster DNS was not asked everything: ${why}`];
    return { observation: { ...observed, failure: null, answers }, lacks };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof PodStreamError && error.kind !== "gone") return onReplica(error, name);
    const late = error instanceof DOMException && error.name === "TimeoutError";
    const failure = late ? `no connection within ${patience.total / 1000} s` : messageOf(error);
    return { observation: { ...observed, failure, answers: [] }, lacks: [] };
  }
}

function onReplica(error: PodStreamError, name: string): PodStreamError {
  if (error.kind !== "refused") return error;
  return new PodStreamError(error.kind, `replica ${name}: ${error.message}`, { cause: error });
}

/** What one lacks, and what to ask one's administrator for. From Kubernetes 1.35 on a forwarded port needs `create`, before `get`. */
function lackOf({ kind, message }: PodStreamError, namespace: string): string {
  if (kind !== "forbidden") return `cluster DNS could not be asked: ${message}`;
  const user = /User "((?:[^"\\]|\\.)*)"/.exec(message)?.[1];
  const who = user === undefined ? ` (${message})` : ` (user ${user})`;
  return `no permission to forward ports to Pods in ${namespace}${who}: ask for get and create on pods/portforward there (docs/rbac.yaml)`;
}
