import { once } from "../objects/kept.ts";
import { hasSelector } from "../objects/service.ts";
import { lockedContainer } from "./bootstrap-deadlock.ts";
import { consequence, isPublishing, leftToAnswer } from "./evidence/consequence.ts";
import { groupEvidence, groupIs, groupPods, ownerFrom, subjectOf, wordFor } from "./evidence/pod-groups.ts";
import { waitingBehind } from "./evidence/waiting-behind.ts";
import { podRemedy } from "./remedies/pod-remedy.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * A Pod that runs and is not Ready has an endpoint with ready: false, and CoreDNS leaves it out (plugin/kubernetes
 * object/endpoint.go EndpointSliceToEndpoints). Under publishNotReadyAddresses its endpoint is ready all the same: then
 * the name does not fail, and not-ready-published looks at what is handed out.
 */
export const podNotReady = defineRule({
  id: "pod-not-ready",
  link: "readiness",
  severity: "error",
  summary: "Pods run but are not Ready, so they are not in DNS",
  needs: { podStates: "complete", endpointSlices: "optional", workloads: "optional" },
  liveOnly: true,
  applies: (subject) =>
    subject.service !== null &&
    subject.service.spec.type !== "ExternalName" &&
    hasSelector(subject.service) &&
    !isPublishing(subject),
  check(context) {
    const { podStates, endpointSlices, workloads, now } = context;
    const left = leftToAnswer(podStates, endpointSlices, false);
    const owner = ownerFrom(workloads);
    const selected = podStates.map(({ pod }) => pod);
    const locked = once(() =>
      workloads.status === "unavailable" ? null : lockedContainer(context, workloads.value, selected),
    );
    const troubled = podStates.flatMap(({ pod, state }) => {
      if (state.is !== "not-ready" || (left > 0 && state.trouble.starting)) return [];
      // bootstrap-deadlock tells what the container waits for, and that it waits for ever: its probe fails of that.
      if (state.trouble.container?.name === locked()) return [];
      return [{ pod, trouble: state.trouble }];
    });
    return groupPods(troubled, owner).map((group): RuleFinding => {
      const { pods, trouble } = group;
      const starting = trouble.starting ? " It may still be starting." : "";
      return {
        object: subjectOf(group),
        severity: left === 0 ? "error" : "warning",
        message: `${groupIs(group)} running but not Ready (${wordFor(trouble, now)}): ${trouble.clause}.${starting} ${consequence(context, pods, left)}`,
        evidence: [...groupEvidence(group), ...waitingBehind(group, podStates)],
        remedy: podRemedy(group),
      };
    });
  },
});
