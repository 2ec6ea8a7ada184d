import { type KubernetesObject, refKey, refOf } from "../../objects/meta.ts";
import type { Event } from "../../objects/others.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import type { Owner } from "../../trace/owners.ts";
import type { Part } from "../../trace/part.ts";
import type { Parts, Subject } from "../../trace/trace.ts";
import { eventText, lastEvent } from "../../trace/trouble.ts";
import { count } from "../../trace/words.ts";
import { isTooLongForPods } from "../dns-name-too-long.ts";
import { kubectl } from "../remedies/kubectl.ts";
import { unmadeRemedy } from "../remedies/unmade-remedy.ts";
import type { RuleFinding } from "../rule.ts";
import { consequence } from "./consequence.ts";
import { currentWorkloads } from "./current-workloads.ts";

/** Workloads that keep as many Pods as they were told to; a Job's are gone when it is done. */
const KEEPERS: readonly string[] = ["StatefulSet", "Deployment", "ReplicaSet", "ReplicationController", "DaemonSet"];

/**
 * Selected workloads whose controller does not manage to make the Pods: a quota, an admission webhook or Pod security
 * forbids them (event FailedCreate), or, where there is not one, whatever keeps the controller from it.
 */
export function unmadePods(asked: {
  readonly subject: Subject;
  /** The selected Pods that exist. */
  readonly made: readonly Pod[];
  readonly owner: (pod: Pod) => Owner | null;
  readonly workloads: Part<Parts["workloads"]>;
  readonly events: Part<Parts["events"]>;
  readonly left: number;
}): readonly RuleFinding[] {
  const { subject, made, owner, workloads, events, left } = asked;
  if (workloads.status === "unavailable") return [];
  const { selected, inNamespace } = workloads.value;
  const eventsOf = (object: KubernetesObject): readonly Event[] =>
    events.status === "unavailable" ? [] : events.value.of(object);
  const counts = new Map<string, number>();
  for (const pod of made) {
    const by = owner(pod);
    if (by !== null) counts.set(refKey(by.ref), (counts.get(refKey(by.ref)) ?? 0) + 1);
  }
  return currentWorkloads(selected, workloads.value).flatMap((workload): RuleFinding[] => {
    const { name } = workload.metadata;
    if (!KEEPERS.includes(workload.kind)) {
      return made.length === 0 && left === 0 && !workload.suspended ? [idle(subject, workload)] : [];
    }
    const has = counts.get(refKey(refOf(workload))) ?? 0;
    const wanted = workload.replicas;
    if (wanted === 0 || (wanted !== null && has >= wanted) || (wanted === null && has > 0)) return [];
    // dns-name-too-long tells why there are none.
    if (has === 0 && isTooLongForPods(workload, subject.name)) return [];
    // They are made and not selected: selector-misses-replicas tells what they lack.
    if (has === 0 && (workload.status?.replicas ?? 0) > 0) return [];
    const makers = inNamespace.filter((one) => one === workload || isMadeBy(one, workload));
    const refused = lastEvent(makers.flatMap(eventsOf), ["FailedCreate"]);
    // Fewer than wanted is how every roll-out begins; none at all while nobody else answers is not.
    if (refused === null && (has > 0 || left > 0)) return [];
    const number = wanted === null ? "a Pod on each Node that fits" : count(wanted, "Pod");
    // A DaemonSet for Nodes that the cluster does not have (GPUs, Windows) is as it should be.
    const isFault = left === 0 && (wanted !== null || refused !== null || subject.asked);
    return [
      {
        object: workload,
        severity: isFault ? "error" : "warning",
        message: `${workload.kind} ${name} should have ${number} and has ${has === 0 ? "none" : has}${refused === null ? "" : ": the API server refuses to make them"}. ${consequence(subject, [], left)}`,
        evidence: [
          refused !== null
            ? eventText(refused)
            : wanted === null
              ? "no Event FailedCreate: no Node may fit its nodeSelector, affinity and tolerations"
              : "no Event FailedCreate tells why",
          ...(workload.status === null
            ? []
            : [`its status: ${workload.status.replicas} made, ${workload.status.readyReplicas} ready`]),
        ],
        remedy: unmadeRemedy(workload, refused, subject.now),
      },
    ];
  });
}

/** A Job's Pods are gone once it is done, a CronJob has none between its runs: so it is meant, and so the name goes. */
function idle(subject: Subject, workload: Workload): RuleFinding {
  const { kind, metadata } = workload;
  return {
    object: workload,
    severity: "warning",
    message: `${kind} ${metadata.name} has no Pods now: it is done, or has not begun. ${consequence(subject, [], 0)}`,
    evidence: [
      workload.status === null
        ? `${kind} ${metadata.name} has the labels`
        : `its status: ${workload.status.replicas} active`,
    ],
    remedy: kubectl(metadata.namespace, "describe", kind.toLowerCase(), metadata.name),
  };
}

function isMadeBy(one: Workload, workload: Workload): boolean {
  return one.metadata.ownerReferences.some(
    (owner) => owner.controller && owner.kind === workload.kind && owner.name === workload.metadata.name,
  );
}
