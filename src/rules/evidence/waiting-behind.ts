import type { StatedPod } from "../../trace/trace.ts";
import { listed } from "../../trace/words.ts";
import type { PodGroup } from "./pod-groups.ts";

/** The Pods that an OrderedReady StatefulSet will not make until this one is Ready. */
export function waitingBehind({ owner, pods }: PodGroup, all: readonly StatedPod[]): readonly string[] {
  const set = owner?.workload ?? null;
  if (set === null || set.podManagementPolicy !== "OrderedReady" || set.replicas === null) return [];
  const names = Array.from(
    { length: Math.min(set.replicas, 1000) },
    (_, step) => `${set.metadata.name}-${set.ordinalsStart + step}`,
  );
  const made = new Set(all.map(({ pod }) => pod.metadata.name));
  const waiting = names.filter((name) => !made.has(name));
  if (waiting.length === 0) return [];
  return [
    `StatefulSet ${set.metadata.name} is OrderedReady: ${listed(waiting)} will be made only after ${pods[0].metadata.name} is Ready`,
  ];
}
