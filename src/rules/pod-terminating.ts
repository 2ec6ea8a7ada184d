import { hostnameUnder } from "../kubernetes/endpoint-slices.ts";
import { hasEnded, type Pod } from "../objects/pod.ts";
import { hasSelector } from "../objects/service.ts";
import { WORKLOAD_KINDS } from "../objects/workload.ts";
import type { Owner } from "../trace/owners.ts";
import { consequence, isPublishing, leftToAnswer } from "./evidence/consequence.ts";
import { groupEvidence, groupIs, groupPods, ownerFrom, type PodGroup, subjectOf } from "./evidence/pod-groups.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { nodeGone } from "./remedies/pod-remedy.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * From the moment of its deletion a Pod's endpoint is not ready, even while its containers serve to the end of their
 * grace period (endpointslice utils.go podToEndpoint), so CoreDNS leaves it out; not so where the Service publishes
 * not-ready addresses.
 */
export const podTerminating = defineRule({
  id: "pod-terminating",
  link: "pods",
  severity: "warning",
  summary: "Pods that the Service selects are leaving DNS, or hang in their deletion",
  needs: { podStates: "complete", endpointSlices: "optional", workloads: "optional" },
  liveOnly: true,
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName" && hasSelector(service),
  check(context) {
    const { service, podStates, endpointSlices, workloads } = context;
    const publishing = isPublishing(context);
    const left = leftToAnswer(podStates, endpointSlices, publishing);
    const owner = ownerFrom(workloads);
    const troubled = podStates.flatMap(({ pod, state }) => {
      if (state.is !== "terminating") return [];
      const by = owner(pod);
      if (state.trouble.kind !== "leaving") return [{ pod, trouble: state.trouble }];
      // Its endpoint stays ready, and its name is answered until its containers have ended.
      if (publishing && !hasEnded(pod)) return [];
      const rollsOut = isOfOldTemplate(pod, by);
      const named = service !== null && hostnameUnder(service, pod) !== "" && !rollsOut;
      if (!isMissed(pod, by, left, named)) return [];
      return [
        {
          pod,
          trouble: rollsOut ? { ...state.trouble, clause: `${state.trouble.clause}: ${ROLL_OUT}` } : state.trouble,
        },
      ];
    });
    return groupPods(troubled, owner).map(
      (group): RuleFinding => ({
        object: group.trouble.kind === "leaving" ? subjectOf(group) : group.pods[0],
        severity: left === 0 ? "error" : "warning",
        message: `${groupIs(group)} ${group.trouble.clause}. ${consequence(context, group.pods, left)}`,
        evidence: groupEvidence(group),
        remedy: remedy(group),
      }),
    );
  },
});

const ROLL_OUT = "its StatefulSet rolls out a new template, and makes it again";

/** Whether a StatefulSet takes its Pod down to make it from its new template (kubectl rollout restart, a new image). */
function isOfOldTemplate(pod: Pod, owner: Owner | null): boolean {
  const newest = owner?.workload?.status?.updateRevision ?? "";
  const own = pod.metadata.labels["controller-revision-hash"] ?? "";
  return owner?.ref.kind === "StatefulSet" && newest !== "" && own !== "" && own !== newest;
}

/**
 * Whether anybody waits for a Pod that leaves in good time: nobody else answers, or the Pod comes back under the name
 * that just left DNS (a StatefulSet makes it again, and rolls out no new template). Scaling down, and a roll-out whose
 * other Pods answer, are as wanted.
 */
function isMissed(pod: Pod, owner: Owner | null, left: number, named: boolean): boolean {
  const workload = owner?.workload ?? null;
  if (workload?.replicas === 0) return false;
  if (left === 0) return true;
  if (!named || owner === null) return false;
  if (owner.ref.kind !== "StatefulSet") return !WORKLOAD_KINDS.some((kind) => kind === owner.ref.kind);
  const ordinal = Number(pod.metadata.name.slice(pod.metadata.name.lastIndexOf("-") + 1));
  return workload === null || workload.replicas === null || ordinal < workload.ordinalsStart + workload.replicas;
}

function remedy({ pods, trouble }: PodGroup): string {
  const [pod] = pods;
  const { namespace, name } = pod.metadata;
  const names = pods.map(({ metadata }) => metadata.name);
  switch (trouble.kind) {
    case "leaving":
      return kubectl(namespace, "wait", "--for=delete", ...names.map((one) => `pod/${one}`), "--timeout=120s");
    case "finalizers":
      return [
        note("whoever set the finalizer is to remove it when done; where it is gone or has nothing to do:"),
        ...names.map((one) => kubectlPatch(namespace, "pod", one, { metadata: { finalizers: null } }, "merge")),
      ].join("\n");
    case "node":
      return pods.flatMap((one) => nodeGone(one, trouble.word === "NodeMissing")).join("\n");
    default:
      return [
        kubectl(namespace, "describe", "pod", name),
        note("only where its containers are surely gone, because this does not wait for them:"),
        note(kubectl(namespace, "delete", "pod", name, "--grace-period=0", "--force")),
      ].join("\n");
  }
}
