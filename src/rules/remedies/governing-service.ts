import { isWritten } from "../../objects/meta.ts";
import type { Service } from "../../objects/service.ts";
import type { Workload } from "../../objects/workload.ts";
import { kubectlApply, note } from "./kubectl.ts";
import { governingService } from "./new-service.ts";
import { changeServiceName } from "./recreate.ts";
import { yamlLines } from "./yaml-lines.ts";

/**
 * What gives StatefulSets Service `name` as their governing one. Where `services`, those of the namespace, have none of
 * that name, it is made first, for the Pods of the first set.
 */
export function governOtherwise(sets: readonly Workload[], name: string, services: readonly Service[]): string {
  const [first] = sets;
  const missing = first !== undefined && !services.some(({ metadata }) => metadata.name === name);
  return [
    ...(missing ? [newService(first, name)] : []),
    ...sets.flatMap((set) => [
      ...(isWritten(set) ? [note(`in StatefulSet ${set.metadata.name}`)] : []),
      changeServiceName(set, name),
    ]),
  ].join("\n");
}

function newService(set: Workload, name: string): string {
  const made = governingService(set, name);
  return isWritten(set) ? yamlLines(made) : kubectlApply(set.metadata.namespace, made);
}
