import type { Errand, ProbeVantage } from "../objects/probe.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot } from "../objects/snapshot-index.ts";
import type { Vantage } from "../probe/ask.ts";
import type { ProbeProgram } from "../probe/errand.ts";
import { makesPod, type Place } from "../probe/place.ts";
import { planDoubts, planErrand, type Wanted } from "../trace/errand-plan.ts";
import { withProbe } from "../trace/probe-facts.ts";
import { observationPlan } from "../trace/questions.ts";
import { type ClusterZone, zoneOf } from "../trace/zone.ts";
import type { Context } from "./context.ts";
import type { Live } from "./live.ts";
import { runAt } from "./probe-run.ts";

/** What to find out, worked out from what was read. */
export type WantedFrom = (snapshot: Snapshot, zone: ClusterZone) => Pick<Wanted, "questions" | "connects" | "rounds">;

/** An errand with the program that runs it. */
export interface PreparedErrand {
  readonly errand: Errand;
  readonly program: ProbeProgram;
  readonly leftOut: readonly string[];
}

/** Seconds: the rest of the time is for the Pod to start and to be read. */
const MOST_BUDGET = 120;
const SHARE = 0.6;

/** Works out what to ask from inside. `timeout` in milliseconds is that of all. */
export async function prepareErrand(
  snapshot: Snapshot,
  place: Place,
  wanted: WantedFrom,
  timeout: number,
): Promise<PreparedErrand> {
  const { errandCommand, randomSuffix } = await import("../probe/index.ts");
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const budget = Math.max(2, Math.min(MOST_BUDGET, Math.floor((timeout * SHARE) / 1000)));
  const nonce = `k${randomSuffix()}${randomSuffix()}`;
  const { errand, leftOut } = planErrand(index, zone, {
    ...wanted(snapshot, zone),
    pastCaches: place.kind === "container",
    nonce,
    budget,
  });
  return { errand, program: errandCommand(errand), leftOut };
}

/**
 * Asks from a place in the cluster, reads everything anew by `reread`, and puts what was seen beside it. What replicas said
 * that cannot be so by what was read is asked once more, past their caches, too. Throws as runAt does; of nodes from which
 * could not be asked it is left out, and said.
 */
export async function askInside(
  live: Live,
  place: Place,
  before: Snapshot,
  { errand, program, leftOut }: PreparedErrand,
  reread: () => Promise<Snapshot>,
  timeout: number,
  context: Context,
): Promise<{ readonly snapshot: Snapshot; readonly runs: readonly Vantage[] }> {
  const { errandCommand, isWholeLog, readErrandLog } = await import("../probe/index.ts");
  const run = (what: Errand) => ({ timeout, isWhole: (log: string) => isWholeLog(log, what) });
  const runs = await runAt(live, place, program, run(errand), context);
  const client = clientOf(place);
  const vantages = runs.flatMap((one): readonly ProbeVantage[] =>
    one.status === "failed" ? [] : [{ ...readErrandLog(one.log, errand), pod: one.pod, node: one.node, client }],
  );
  const failed = runs.flatMap((one) => (one.status === "failed" ? [`node ${one.node}: ${one.because}`] : []));
  const after = await reread();
  const seen = withProbe(before, after, vantages, [...leftOut, ...failed]);
  const doubts = observationPlan(() => []).doubts(seen);
  const again = placeForDoubts(place, vantages);
  if (doubts.length === 0 || again === null) return { snapshot: seen, runs };
  const index = indexSnapshot(after);
  const second = planDoubts(index, zoneOf(index), doubts, errand);
  const [rerun] = await runAt(live, again, errandCommand(second), run(second), context);
  const replies =
    rerun?.status === "ran"
      ? readErrandLog(rerun.log, second).replies.map((reply) => ({ ...reply, round: errand.rounds + 1 }))
      : [];
  const all = vantages.map((vantage, at) =>
    at === 0 ? { ...vantage, replies: [...vantage.replies, ...replies] } : vantage,
  );
  return { snapshot: withProbe(before, await reread(), all, [...leftOut, ...failed]), runs };
}

/** Where to ask again what cannot be so: at the first place. null: a container that stays is not put there twice for it. */
function placeForDoubts(place: Place, [first]: readonly ProbeVantage[]): Place | null {
  if (first === undefined || first.tool.name !== "dig" || place.kind === "container") return null;
  if (place.kind !== "every-node") return place;
  return { kind: "pod", options: { ...place.options, node: first.node === "" ? null : first.node }, like: place.like };
}

/** `pod/web-0`: in whose place is asked. */
function clientOf(place: Place): string | null {
  const pod = makesPod(place) ? place.like : place.pod;
  return pod === null ? null : `pod/${pod.name}`;
}
