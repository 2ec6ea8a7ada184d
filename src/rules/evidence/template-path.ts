import type { FieldPath } from "../../objects/origin.ts";
import type { Workload } from "../../objects/workload.ts";

/** Where a workload's Pod template stands in it. */
export function templatePath({ kind }: Workload): FieldPath {
  return kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];
}
