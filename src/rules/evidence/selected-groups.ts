import { asLast } from "../../objects/kept.ts";
import { type Labels, type ObjectRef, refKey } from "../../objects/meta.ts";
import { hasEnded, type Pod, type PodSpec } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import type { Parts } from "../../trace/trace.ts";
import { byName, count } from "../../trace/words.ts";

/** Selected Pods of one maker. */
export interface SelectedGroup {
  /** null for Pods that nobody controls, all of them together. */
  readonly ref: ObjectRef | null;
  readonly workload: Workload | null;
  readonly pods: readonly Pod[];
  /** Of the template, else of the first Pod. */
  readonly labels: Labels;
  readonly spec: PodSpec;
}

/** Pods that hooks of Helm and Argo CD run once, such as a chart's tests: they are gone again before anybody meets them. */
const HOOKS = ["helm.sh/hook", "argocd.argoproj.io/hook"] as const;

/**
 * The selected Pods by who made them, as far as they can be anybody's peers: finished and terminating Pods and hooks are
 * left out. Static Pods are made by the Node that they are on, and count as one group. Sorted by name.
 */
export const selectedGroups = asLast(groupsOf);

function groupsOf(pods: readonly Pod[], workloads: Parts["workloads"] | null): readonly SelectedGroup[] {
  const groups = new Map<string, { ref: ObjectRef | null; workload: Workload | null; pods: Pod[] }>();
  for (const pod of pods) {
    if (!isPeer(pod)) continue;
    const maker = workloads?.makerOf(pod) ?? null;
    if (maker?.workload != null && isHook(maker.workload.metadata.annotations)) continue;
    const ref = maker?.ref ?? pod.derivedFrom;
    const key = ref === null ? "" : ref.kind === "Node" ? "Node" : refKey(ref);
    const known = groups.get(key);
    if (known === undefined) groups.set(key, { ref, workload: maker?.workload ?? null, pods: [pod] });
    else known.pods.push(pod);
  }
  const found = [...groups.values()].flatMap((group) => {
    const [first] = group.pods.sort((a, b) => byName(a.metadata.name, b.metadata.name));
    if (first === undefined) return [];
    const { workload } = group;
    return [{ ...group, labels: workload?.template.labels ?? first.metadata.labels, spec: first.spec }];
  });
  return found.sort((a, b) => byName(groupName(a), groupName(b)));
}

/** Whether the Pod can be an endpoint for long: neither finished, nor leaving, nor a hook's. */
export function isPeer(pod: Pod): boolean {
  return !hasEnded(pod) && pod.metadata.deletionTimestamp === null && !isHook(pod.metadata.annotations);
}

function isHook(annotations: Labels): boolean {
  return HOOKS.some((hook) => Object.hasOwn(annotations, hook));
}

/** `StatefulSet mysql`, `Pod mysql-0`, `static Pods`. */
export function groupName({ ref, pods }: SelectedGroup): string {
  const [first] = pods;
  if (ref === null)
    return pods.length === 1 && first !== undefined
      ? `Pod ${first.metadata.name}`
      : `${count(pods.length, "Pod")} without a workload`;
  return ref.kind === "Node" ? "static Pods" : `${ref.kind} ${ref.name}`;
}
