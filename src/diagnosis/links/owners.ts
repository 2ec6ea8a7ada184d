import type { Pod } from "../../objects/pod.ts";
import { ownerOf } from "../../trace/owners.ts";
import type { ServiceTrace } from "../../trace/trace.ts";

/**
 * The workloads that made these Pods, most Pods first, then by name: `StatefulSet mysql`. Pods that nobody controls are
 * not among them.
 */
export function ownersOf(pods: readonly Pod[], trace: ServiceTrace): readonly string[] {
  const { workloads } = trace.parts;
  const counts = new Map<string, number>();
  for (const pod of pods) {
    const owner = workloads.status === "unavailable" ? ownerOf(pod, () => null) : workloads.value.ownerOf(pod);
    if (owner === null) continue;
    const text = `${owner.ref.kind} ${owner.ref.name}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].sort(([a, many], [b, few]) => few - many || (a < b ? -1 : 1)).map(([owner]) => owner);
}
