import { refKey } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Owner } from "../../trace/owners.ts";
import type { StatedPod } from "../../trace/trace.ts";

/** Helm's marker of Pods that run once, at an installation or as `helm test`. */
const HOOK_ANNOTATION = "helm.sh/hook";

/**
 * Whether a Pod that has ended is only what is left of it: a finished task beside Pods that serve, or a Pod that its
 * controller has replaced (evicted, or ended by its Node's shutdown). Such Pods are in no slice and are missed by nobody.
 */
export function isLeftover(pod: Pod, all: readonly StatedPod[], owner: (pod: Pod) => Owner | null): boolean {
  const alive = all.filter((one) => one.state.is !== "finished" && one.state.is !== "terminating");
  if (pod.status?.phase === "Succeeded" || Object.hasOwn(pod.metadata.annotations, HOOK_ANNOTATION)) {
    return alive.length > 0;
  }
  const by = owner(pod);
  if (by === null) return false;
  const key = refKey(by.ref);
  const siblings = [...alive.map((one) => one.pod), ...all.map((one) => one.pod).filter(hasSucceeded)];
  return siblings.some((one) => {
    const other = owner(one);
    return other !== null && refKey(other.ref) === key;
  });
}

function hasSucceeded(pod: Pod): boolean {
  return pod.status?.phase === "Succeeded";
}
