import { once } from "../objects/kept.ts";
import { refKey } from "../objects/meta.ts";
import { hasEnded, type Pod } from "../objects/pod.ts";
import { hasSelector } from "../objects/service.ts";
import type { StatedPod } from "../trace/trace.ts";
import type { Trouble } from "../trace/trouble.ts";
import { lockedContainer } from "./bootstrap-deadlock.ts";
import { isTooLongToStart } from "./dns-name-too-long.ts";
import { answeredPods, consequence, isPublishable, isPublishing, leftToAnswer } from "./evidence/consequence.ts";
import { isLeftover } from "./evidence/leftover-pods.ts";
import {
  groupEvidence,
  groupIs,
  groupPods,
  isDone,
  ownerFrom,
  type PodGroup,
  subjectOf,
  wordFor,
} from "./evidence/pod-groups.ts";
import { unmadePods } from "./evidence/unmade-pods.ts";
import { waitingBehind } from "./evidence/waiting-behind.ts";
import { podRemedy } from "./remedies/pod-remedy.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * A Pod whose containers do not run is never Ready, so its endpoint is not ready and CoreDNS leaves it out; without an
 * address, or once it has ended, it is in no EndpointSlice at all (endpointslice utils.go podToEndpoint,
 * controller_utils.go ShouldPodBeInEndpoints).
 */
export const podNotRunning = defineRule({
  id: "pod-not-running",
  link: "pods",
  severity: "error",
  summary: "Pods that the Service selects do not run",
  needs: { podStates: "complete", endpointSlices: "optional", workloads: "optional", events: "optional" },
  liveOnly: true,
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName" && hasSelector(service),
  check(context) {
    const { asked, podStates, endpointSlices, workloads, events, now, name, namespace, clusterDomain } = context;
    const left = leftToAnswer(podStates, endpointSlices, isPublishing(context));
    const owner = ownerFrom(workloads);
    const answered = answeredPods(endpointSlices);
    // What has ended is in a slice only where the controller was not told of its end.
    const isPublished = (pod: Pod): boolean => isPublishable(pod) || (hasEnded(pod) && answered(pod));
    const selected = podStates.map(({ pod }) => pod);
    const locked = once(() =>
      workloads.status === "unavailable" ? null : lockedContainer(context, workloads.value, selected),
    );
    const troubled = podStates.flatMap((stated) => {
      const found = troubleOf(stated, podStates, owner);
      if (found === null || (left > 0 && found.starting)) return [];
      // dns-name-too-long tells it, at the field.
      if (found.kind === "creating" && isTooLongToStart(stated.pod, `${name}.${namespace}.svc.${clusterDomain}`))
        return [];
      // bootstrap-deadlock tells what it waits for, and that it waits for ever.
      if (found.kind === "init-running" && found.container?.name === locked()) return [];
      return [{ pod: stated.pod, trouble: found }];
    });
    const stopped = groupPods(troubled, owner);
    const groups = stopped.map((group): RuleFinding => {
      const { pods, trouble } = group;
      return {
        object: subjectOf(group),
        // Unasked, a batch run that is over is no fault: its names go with it.
        severity: left === 0 && (asked || !isDone(group)) ? "error" : "warning",
        message: `${groupIs(group)} not running (${wordFor(trouble, now)}): ${trouble.clause}. ${consequence(context, pods, left, isPublished)}`,
        evidence: [...groupEvidence(group), ...waitingBehind(group, podStates)],
        remedy: podRemedy(group),
      };
    });
    const restless = podStates.flatMap(({ pod, state }) =>
      state.is === "ready" && state.restless !== null ? [{ pod, trouble: state.restless }] : [],
    );
    const flickering = groupPods(restless, owner)
      .filter((group) => !stopped.some((one) => one.trouble.key === group.trouble.key && isSameOwner(one, group)))
      .map(
        (group): RuleFinding => ({
          object: subjectOf(group),
          severity: "warning",
          message: `${groupIs(group)} Ready at this moment, and ${group.pods.length === 1 ? "keeps" : "keep"} crashing (${wordFor(group.trouble, now)}): ${group.trouble.clause}. Addresses and names in DNS come and go with every restart.`,
          evidence: groupEvidence(group),
          remedy: podRemedy(group),
        }),
      );
    return [
      ...groups,
      ...flickering,
      ...unmadePods({ subject: context, made: selected, owner, workloads, events, left }),
    ];
  },
});

function isSameOwner(one: PodGroup, other: PodGroup): boolean {
  if (one.owner === null || other.owner === null) return one.owner === other.owner;
  return refKey(one.owner.ref) === refKey(other.owner.ref);
}

function troubleOf(
  { pod, state }: StatedPod,
  all: readonly StatedPod[],
  owner: Parameters<typeof isLeftover>[2],
): Trouble | null {
  if (state.is === "not-running") return state.trouble;
  return state.is === "finished" && !isLeftover(pod, all, owner) ? state.trouble : null;
}
