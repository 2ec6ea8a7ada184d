import { answerText } from "../dns/compare.ts";
import { type Collected, complete, partial, unavailable } from "../objects/collected.ts";
import type { ObservedAnswer, ReplicaObservation } from "../objects/observation.ts";
import type { ProbeReply, ProbeVantage } from "../objects/probe.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { asObserved } from "./probed.ts";
import { observationPlan } from "./questions.ts";

/**
 * The Snapshot that was read after the asking, with what was seen from inside. Where the replicas were not asked otherwise,
 * what they said from there counts as their observation, too.
 */
export function withProbe(
  before: Snapshot,
  after: Snapshot,
  vantages: readonly ProbeVantage[],
  leftOut: readonly string[],
): Snapshot {
  const asked = new Map(
    vantages.flatMap(({ replies }) =>
      replies.map(({ name, type }) => [`${type} ${name}`, { name, type, checkingDisabled: false }] as const),
    ),
  );
  const questions = [...asked.values()];
  const steady = new Set(
    observationPlan(() => [])
      .steady(before, after, questions)
      .map(({ name, type }) => `${type} ${name}`),
  );
  const changing = questions.filter(({ name, type }) => !steady.has(`${type} ${name}`));
  const { access = null, logs = null, observations = null } = after.clusterDns ?? {};
  return {
    ...after,
    clusterDns: {
      access,
      logs,
      observations: observations ?? replicaObservations(after, vantages, steady),
      probe: { vantages, changing: changing.map(({ name, type }) => ({ name, type })), leftOut },
    },
  };
}

/**
 * What each replica said to a question put to its own address, over TCP where it answered so. Only what is the same in every
 * round and at every place counts as asked again. Where no replica answers at its own address the way there is closed, which
 * says nothing of the replicas.
 */
function replicaObservations(
  snapshot: Snapshot,
  vantages: readonly ProbeVantage[],
  steady: ReadonlySet<string>,
): Collected<ReplicaObservation> | null {
  const { replicas, because } = observationPlan(() => []).replicas(snapshot);
  if (replicas.length === 0) return unavailable(because);
  const digging = vantages.filter(({ tool }) => tool.name === "dig");
  if (vantages.length > 0 && digging.length === 0) return unavailable("no dig was there to ask it from inside");
  const replies = digging.flatMap((vantage) => vantage.replies);
  const items = replicas.flatMap(({ namespace, name, ip, ready }): readonly ReplicaObservation[] => {
    const own = replies.filter(({ server, status }) => server === ip && status !== "missing");
    if (own.length === 0) return [];
    const answers = [...Map.groupBy(own, keyOf).values()].flatMap((given) => answerOf(given, steady));
    return [{ pod: { namespace, name }, ip, ready, failure: null, answers }];
  });
  if (items.every(({ answers }) => answers.every(({ status }) => status === "failed"))) {
    return unavailable("no replica of cluster DNS answers at its own address from inside");
  }
  const missed = replicas.filter(({ ready, ip }) => ready && !items.some((item) => item.ip === ip));
  if (missed.length === 0) return complete(items);
  return partial(items, `not asked from inside: ${missed.map(({ name }) => name).join(", ")}`);
}

function keyOf({ name, type, checkingDisabled }: ProbeReply): string {
  return `${type} ${name} ${checkingDisabled}`;
}

function answerOf(replies: readonly ProbeReply[], steady: ReadonlySet<string>): readonly ObservedAnswer[] {
  const all = replies.flatMap((reply) => asObserved(reply) ?? []);
  const whole = all.filter((one) => one.status === "answered" && !one.flags.tc);
  const told = whole.length > 0 ? whole : all.filter(({ status }) => status === "failed");
  const last = told.at(-1);
  if (last === undefined) return [];
  const same = new Set(told.map(answerText)).size === 1;
  return [{ ...last, again: same && steady.has(`${last.type} ${last.name}`) }];
}
