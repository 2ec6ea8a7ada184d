import type { Pod } from "../objects/pod.ts";
import { duration, secondsBetween } from "./age.ts";
import type { Surroundings } from "./pod-state.ts";
import { type Trouble, trouble } from "./trouble.ts";
import { count, listed } from "./words.ts";

/**
 * Seconds after a Pod's deletionTimestamp (which holds the grace period already) in which it may still be there: the
 * kubelet kills what is left, unmounts volumes and confirms. After them something holds it.
 */
const CLEANUP_SECONDS = 30;
/** Finalizers are taken off by controllers, which need no more than their usual lag once all containers have ended. */
const FINALIZER_SECONDS = 10;

/** A Pod that is being deleted: leaving within its time, or held by finalizers, by a Node that cannot confirm, or by something untold. */
export function deletionTrouble(pod: Pod, { now, nodeNamed }: Surroundings): Trouble {
  const { deletionTimestamp: due, finalizers } = pod.metadata;
  const overdue = secondsBetween(due, now) ?? 0;
  const running = (pod.status?.containerStatuses ?? []).filter(({ state }) => state?.type === "running").length;
  const containers = running === 0 ? "all its containers have ended" : `${count(running, "container")} still running`;
  const isHeld = finalizers.length > 0 && running === 0 && overdue > FINALIZER_SECONDS;
  const held = finalizers.length === 0 ? [] : [`metadata.finalizers: ${finalizers.join(", ")}`];
  if (overdue <= CLEANUP_SECONDS && !isHeld) {
    return trouble({
      kind: "leaving",
      word: "Terminating",
      clause: "being deleted, which takes a Pod out of DNS at once, though it may serve to the end of its grace period",
      evidence: [containers, ...(due === null ? [] : [`deletionTimestamp ${due}`]), ...held],
      since: due,
      starting: true,
    });
  }
  const late = `stuck in deletion, overdue for ${duration(overdue)}`;
  const evidence = [containers, `deletionTimestamp ${due}`];
  if (finalizers.length > 0) {
    return trouble({
      kind: "finalizers",
      word: "Terminating",
      clause: `${late}: ${finalizers.length === 1 ? "finalizer" : "finalizers"} ${listed(finalizers)} ${finalizers.length === 1 ? "keeps" : "keep"} the object`,
      detail: finalizers.join(" "),
      evidence: [...evidence, ...held],
      since: due,
    });
  }
  const name = pod.spec.nodeName;
  const node = name === "" ? undefined : nodeNamed(name);
  const ready = node?.conditions.find((condition) => condition.type === "Ready");
  if (node === null || (ready !== undefined && ready.status !== "True")) {
    return trouble({
      kind: "node",
      word: node === null ? "NodeMissing" : "NodeNotReady",
      clause: `${late}: Node ${name} ${node === null ? "does not exist any more" : "is not heard of"}, so nobody confirms that the containers have ended`,
      detail: name,
      evidence,
      since: due,
    });
  }
  return trouble({
    kind: "overdue",
    word: "Terminating",
    clause: `${late}: its kubelet has not confirmed that the containers have ended and the volumes are unmounted`,
    evidence: [...evidence, ...(name === "" ? [] : [`on Node ${name}`])],
    since: due,
  });
}
