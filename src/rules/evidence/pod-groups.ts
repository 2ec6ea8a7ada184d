import { type KubernetesObject, type ObjectRef, refKey } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import { age } from "../../trace/age.ts";
import { type Owner, ownerOf } from "../../trace/owners.ts";
import type { Part } from "../../trace/part.ts";
import type { Parts } from "../../trace/trace.ts";
import type { Trouble } from "../../trace/trouble.ts";
import { count, listed } from "../../trace/words.ts";

/** Pods of one workload that are in the same trouble: told as one. */
export interface PodGroup {
  /** The workload to mend; null for Pods that nobody controls. */
  readonly owner: Owner | null;
  /** By name; never empty. */
  readonly pods: readonly [Pod, ...Pod[]];
  /** The first Pod's own. */
  readonly trouble: Trouble;
}

/** Finds the workload above a Pod: as the `workloads` part does, or, where they were not read, from the Pod alone. */
export function ownerFrom(workloads: Part<Parts["workloads"]>): (pod: Pod) => Owner | null {
  if (workloads.status !== "unavailable") return workloads.value.ownerOf;
  return (pod) => ownerOf(pod, () => null);
}

/** One group per workload and trouble, in the order of the Pods. Pods that nobody controls are grouped by trouble alone. */
export function groupPods(
  troubled: readonly { readonly pod: Pod; readonly trouble: Trouble }[],
  owner: (pod: Pod) => Owner | null,
): readonly PodGroup[] {
  const groups = new Map<string, { owner: Owner | null; pods: [Pod, ...Pod[]]; trouble: Trouble }>();
  for (const { pod, trouble } of troubled) {
    const by = owner(pod);
    const key = `${by === null ? "" : refKey(by.ref)}\0${trouble.key}`;
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { owner: by, pods: [pod], trouble });
    else known.pods.push(pod);
  }
  return [...groups.values()];
}

/** Whether these Pods were to end, and have done what they were made for: a batch run's, no server's. */
export function isDone({ pods, trouble }: PodGroup): boolean {
  return trouble.kind === "completed" && pods.every(({ spec }) => spec.restartPolicy !== "Always");
}

/** What a finding about the group is about: the workload, or the Pod itself where there is none. */
export function subjectOf({ owner, pods }: PodGroup): KubernetesObject | ObjectRef {
  return owner === null ? pods[0] : (owner.workload ?? owner.ref);
}

/** `Pod web-0 of StatefulSet web is`, `Pods web-0, web-1, web-2 and 97 more of StatefulSet web are`. */
export function groupIs(group: Pick<PodGroup, "owner" | "pods">): string {
  const names = group.pods.map((pod) => pod.metadata.name);
  const of = group.owner === null ? "" : ` of ${group.owner.ref.kind} ${group.owner.ref.name}`;
  return names.length === 1 ? `Pod ${names[0]}${of} is` : `Pods ${listed(names)}${of} are`;
}

/** `CrashLoopBackOff, for 3h`; the word alone where nothing tells since when. */
export function wordFor({ word, since }: Trouble, now: string | null): string {
  const long = age(since, now);
  return long === null ? word : `${word}, for ${long}`;
}

/** What was seen of the group: of its first Pod, named where there are several. */
export function groupEvidence({ pods, trouble }: PodGroup): readonly string[] {
  const [first] = pods;
  return pods.length === 1
    ? trouble.evidence
    : [`${count(pods.length, "Pod")}; seen of ${first.metadata.name}:`, ...trouble.evidence];
}
