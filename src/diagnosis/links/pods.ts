import { type Pod, readyCondition } from "../../objects/pod.ts";
import { hasSelector } from "../../objects/service.ts";
import type { StatedPod } from "../../trace/trace.ts";
import { count, listed } from "../../trace/words.ts";
import { ownersOf } from "./owners.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `3 of 3 Running`, `1 of 3 Running, 2 CrashLoopBackOff`. */
export function podsLine({ trace }: LinkView): LinkLine {
  const { service } = trace;
  const { pods } = trace.parts;
  if (service !== null && !hasSelector(service)) return { summary: "the Service selects none", judged: "no" };
  if (pods.status === "unavailable") return { summary: pods.because, judged: pods.byNature ? "no" : "unknown" };
  const { selected, withSubdomain } = pods.value;
  if (selected.length > 0) {
    return {
      summary() {
        const derived = selected.filter((pod) => pod.status === null).length;
        if (derived > 0) return `${madeBy(selected, derived)}, from manifests: not running yet`;
        const { podStates } = trace.parts;
        return podStates.status === "unavailable" ? "" : told(podStates.value);
      },
      // Where none runs and no rule says why here, what holds them up is told of another link.
      judged: trace.live && noneRuns(trace.parts) ? "no" : "yes",
    };
  }
  // Nothing is selected: the Pods that ask for this Service by name are the ones that its author meant.
  if (withSubdomain.length === 0) return { summary: "none selected", judged: "no" };
  const owners = ownersOf(withSubdomain, trace);
  const who = listed(owners.length > 0 ? owners : withSubdomain.map((pod) => `Pod ${pod.metadata.name}`));
  const ready = withSubdomain.filter((pod) => readyCondition(pod)?.status === "True").length;
  const state = withSubdomain.some((pod) => pod.status === null) ? "" : `, ${ready} Ready`;
  return { summary: `none selected; ${count(withSubdomain.length, "Pod")} of ${who}${state}`, judged: "no" };
}

function noneRuns({ podStates }: LinkView["trace"]["parts"]): boolean {
  return podStates.status !== "unavailable" && !podStates.value.some(isRunning);
}

function isRunning({ state }: StatedPod): boolean {
  return state.is === "ready" || state.is === "not-ready" || state.is === "derived";
}

/** `3 Pods`; a stand-in for a number that no manifest tells is not counted. */
function madeBy(selected: readonly Pod[], derived: number): string {
  const kinds = new Set(selected.map((pod) => pod.derivedFrom?.kind ?? ""));
  const counted = !kinds.has("DaemonSet") && !kinds.has("CronJob");
  return counted ? count(derived, "Pod") : "Pods";
}

/** What does not run is told by the word that kubectl shows for it. */
function told(pods: readonly StatedPod[]): string {
  const words = new Map<string, number>();
  let running = 0;
  for (const { state } of pods) {
    if (state.is === "ready" || state.is === "not-ready" || state.is === "derived") running += 1;
    else {
      const word = state.is === "terminating" ? "terminating" : state.trouble.word;
      words.set(word, (words.get(word) ?? 0) + 1);
    }
  }
  const others = [...words].sort(([a, few], [b, many]) => many - few || (a < b ? -1 : 1));
  return [`${running} of ${pods.length} Running`, ...others.map(([word, many]) => `${many} ${word}`)].join(", ");
}
