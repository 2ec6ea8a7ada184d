import type { Pod } from "../../objects/pod.ts";
import { hasSelector } from "../../objects/service.ts";
import { count, listed } from "../../trace/words.ts";
import { ownersOf } from "./owners.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `3 of 3 Running`, `1 of 3 Running, 2 Pending`. */
export function podsLine({ trace }: LinkView): LinkLine {
  const { service } = trace;
  const { pods } = trace.parts;
  if (service !== null && !hasSelector(service)) return { summary: "the Service selects none", judged: "no" };
  if (pods.status === "unavailable") return { summary: pods.because, judged: pods.byNature ? "no" : "unknown" };
  const { selected, withSubdomain } = pods.value;
  if (selected.length > 0) {
    const derived = selected.filter((pod) => pod.status === null).length;
    return derived > 0
      ? { summary: `${madeBy(selected, derived)}, from manifests: not running yet`, judged: "yes" }
      : { summary: phases(selected), judged: "yes" };
  }
  // Nothing is selected: the Pods that ask for this Service by name are the ones that its author meant.
  if (withSubdomain.length === 0) return { summary: "none selected", judged: "no" };
  const owners = ownersOf(withSubdomain, trace);
  const who = `${listed(owners.length > 0 ? owners : withSubdomain.map((pod) => `Pod ${pod.metadata.name}`))}`;
  const state = withSubdomain.some((pod) => pod.status === null) ? "" : `, ${phases(withSubdomain)}`;
  return { summary: `none selected; ${count(withSubdomain.length, "Pod")} of ${who}${state}`, judged: "no" };
}

/** `3 of StatefulSet mysql`; a stand-in for a number that no manifest tells is not counted. */
function madeBy(selected: readonly Pod[], derived: number): string {
  const kinds = new Set(selected.map((pod) => pod.derivedFrom?.kind ?? ""));
  const counted = ![...kinds].some((kind) => kind === "DaemonSet" || kind === "CronJob");
  return counted ? count(derived, "Pod") : "Pods";
}

function phases(pods: readonly Pod[]): string {
  const states = new Map<string, number>();
  for (const pod of pods) {
    const state = pod.metadata.deletionTimestamp !== null ? "terminating" : (pod.status?.phase ?? "Unknown");
    states.set(state, (states.get(state) ?? 0) + 1);
  }
  const running = states.get("Running") ?? 0;
  const others = [...states].filter(([state]) => state !== "Running").sort(([a], [b]) => (a < b ? -1 : 1));
  return [`${running} of ${pods.length} Running`, ...others.map(([state, many]) => `${many} ${state}`)].join(", ");
}
