import { controllerOf } from "../../objects/meta.ts";
import { hasEnded } from "../../objects/pod.ts";
import type { HeadlessNeed } from "../../trace/trace.ts";
import { byName } from "../../trace/words.ts";

/** Who needs a Service headless, each once: `StatefulSet mysql (spec.serviceName)`, `Pods of ReplicaSet web (spec.subdomain)`. */
export function needers(neededBy: readonly HeadlessNeed[]): readonly string[] {
  const told = neededBy.flatMap(({ by }) => {
    if (by.kind !== "Pod") return [`${by.kind} ${by.metadata.name} (spec.serviceName)`];
    if (hasEnded(by)) return [];
    const maker = by.derivedFrom ?? controllerOf(by);
    return [
      maker === null
        ? `Pod ${by.metadata.name} (spec.subdomain)`
        : `Pods of ${maker.kind} ${maker.name} (spec.subdomain)`,
    ];
  });
  return [...new Set(told)].sort(byName);
}
