import { answerText, type Comparison, compareAnswer } from "../dns/compare.ts";
import type { Prediction, RecordType } from "../dns/records.ts";
import { notAsked } from "../objects/collected.ts";
import type { DnsQuestion, ObservedAnswer, ReplicaObservation } from "../objects/observation.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Part } from "./part.ts";

/** What one replica said to a question, held to the prediction. */
export interface ObservedReply {
  readonly replica: ReplicaObservation;
  readonly answer: ObservedAnswer;
  readonly comparison: Comparison;
  /** The same asked past the replica's cache; null where it was not. */
  readonly past: { readonly answer: ObservedAnswer; readonly comparison: Comparison } | null;
}

/** A question, and what all replicas said that clients are led to. */
export interface ObservedQuestion {
  readonly name: string;
  readonly type: string;
  readonly prediction: Prediction;
  readonly replies: readonly ObservedReply[];
}

/** What was seen of a Service's names. */
export interface Observed {
  /** All that were asked, Ready or not. */
  readonly replicas: readonly ReplicaObservation[];
  readonly questions: readonly ObservedQuestion[];
}

/** What the replies come to. Only what was asked a second time, after everything was read anew, counts against anybody. */
export type Reading =
  | { readonly is: "as-predicted" }
  /** There is no prediction, and the replicas say the same. */
  | { readonly is: "unknown"; readonly because: string }
  /** These replicas serve an answer of the past from their caches; behind them all is as predicted. */
  | { readonly is: "cached"; readonly by: readonly ObservedReply[] }
  /** These say other than the rest, or nothing. */
  | { readonly is: "split"; readonly odd: readonly ObservedReply[]; readonly rest: readonly ObservedReply[] }
  /** All say the same, and it is not what was predicted. */
  | { readonly is: "differs"; readonly replies: readonly ObservedReply[]; readonly onlyTtl: boolean };

/** Puts the answers of all Ready replicas beside the predictions; of names that `concerns` takes. */
export function observedQuestions(
  replicas: readonly ReplicaObservation[],
  predict: (name: string, type: RecordType) => Prediction,
  concerns: (name: string) => boolean,
): readonly ObservedQuestion[] {
  const replies = new Map<
    string,
    { readonly question: DnsQuestion; readonly answers: Map<ReplicaObservation, ObservedAnswer[]> }
  >();
  for (const replica of replicas) {
    if (!replica.ready) continue;
    for (const answer of replica.answers) {
      if (!concerns(answer.name)) continue;
      const key = `${answer.type} ${answer.name}`;
      const found = replies.get(key) ?? { question: answer, answers: new Map<ReplicaObservation, ObservedAnswer[]>() };
      replies.set(key, found);
      found.answers.set(replica, [...(found.answers.get(replica) ?? []), answer]);
    }
  }
  return [...replies.values()].map(({ question: { name, type }, answers }) => {
    // Whatever was asked is a type that predictions know, or its prediction is unknown.
    const prediction = predict(name, type as RecordType);
    const compared = (answer: ObservedAnswer) => ({ answer, comparison: compareAnswer(prediction, answer) });
    return {
      name,
      type,
      prediction,
      replies: [...answers].flatMap(([replica, given]): readonly ObservedReply[] => {
        const answer = given.find((one) => !one.checkingDisabled);
        const past = given.find((one) => one.checkingDisabled);
        return answer === undefined
          ? []
          : [{ replica, ...compared(answer), past: past === undefined ? null : compared(past) }];
      }),
    };
  });
}

/** What the replies to a question come to. */
export function readReplies({ prediction, replies }: ObservedQuestion): Reading {
  const wrong = replies.filter(({ comparison }) => comparison.agrees === false);
  const settled = wrong.filter(({ answer }) => answer.again);
  const cached = settled.filter(({ past }) => past?.comparison.agrees === true);
  const odd = settled.filter((reply) => !cached.includes(reply));
  if (odd.length === 0) {
    if (cached.length > 0) return { is: "cached", by: cached };
    return prediction.known && replies.every(({ comparison }) => comparison.agrees !== null)
      ? { is: "as-predicted" }
      : unpredicted(replies, prediction);
  }
  const texts = new Set(odd.map(({ answer }) => answerText(answer)));
  if (odd.length === replies.length && texts.size === 1) {
    return {
      is: "differs",
      replies: odd,
      onlyTtl: odd.every(({ comparison }) => comparison.agrees === false && comparison.onlyTtl),
    };
  }
  return { is: "split", odd, rest: replies.filter((reply) => !odd.includes(reply)) };
}

/** Without a prediction the replicas can still be held to each other, by what most of them say; not for names of elsewhere. */
function unpredicted(all: readonly ObservedReply[], prediction: Prediction): Reading {
  const [because = ""] = all.flatMap(({ comparison }) => (comparison.agrees === null ? [comparison.because] : []));
  // Which records are left out of a message that is too small, each replica's shuffling decides.
  const replies = all.filter(({ answer }) => answer.status === "failed" || !answer.flags.tc);
  const foreign = (prediction.known && prediction.incomplete !== null) || prediction.cause === "forwarded";
  const groups = [...Map.groupBy(replies, ({ answer }) => answerText(answer)).values()].sort(
    (a, b) => b.length - a.length,
  );
  const [most = []] = groups;
  const odd = replies.filter((reply) => !most.includes(reply) && reply.answer.again);
  if (foreign || odd.length === 0) return { is: "unknown", because };
  return { is: "split", odd, rest: most };
}

/** The questions whose answers are not as expected, or not the same everywhere: to be asked again before they count. */
export function doubtful(questions: readonly ObservedQuestion[]): readonly DnsQuestion[] {
  return questions
    .filter((question) => {
      const again = question.replies.map((reply) => ({ ...reply, answer: { ...reply.answer, again: true } }));
      const reading = readReplies({ ...question, replies: again });
      return reading.is !== "as-predicted" && reading.is !== "unknown";
    })
    .map(({ name, type }) => ({ name, type, checkingDisabled: false }));
}

const NOT_ASKED = "the replicas of cluster DNS were not asked (--observe asks them)";

/** What was seen of the names that `concerns` takes. */
export function observed(
  index: SnapshotIndex,
  predict: (name: string, type: RecordType) => Prediction,
  concerns: (name: string) => boolean,
): Part<Observed> {
  const observations = index.snapshot.clusterDns?.observations ?? null;
  if (observations === null) return notAsked(NOT_ASKED);
  if (observations.status === "unavailable") return observations;
  const value = {
    replicas: observations.items,
    questions: observedQuestions(observations.items, predict, concerns),
  };
  const missed = observations.items.flatMap(({ pod, ready, failure }) =>
    ready && failure !== null ? [`replica ${pod.name} could not be asked: ${failure}`] : [],
  );
  const because = [...(observations.status === "partial" ? [observations.because] : []), ...missed].join("; ");
  return because === "" ? { status: "complete", value } : { status: "partial", value, because };
}

/** The serial of the zone as a replica gives it: the second of the last change that it saw; null where it gave none. */
export function serialOf(replica: ReplicaObservation): number | null {
  for (const answer of replica.answers) {
    if (answer.status === "answered" && !answer.checkingDisabled && answer.soa?.mname.startsWith("ns.dns.")) {
      return answer.soa.serial;
    }
  }
  return null;
}
