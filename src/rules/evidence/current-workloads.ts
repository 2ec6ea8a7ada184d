import type { Workload } from "../../objects/workload.ts";
import type { Parts } from "../../trace/trace.ts";

/**
 * Workloads whose own templates Pods are made from now, out of those given: an old ReplicaSet keeps labels and ports that
 * its Deployment has dropped.
 */
export function currentWorkloads(from: readonly Workload[], workloads: Parts["workloads"]): readonly Workload[] {
  return from.filter((workload) => {
    const above = workloads.makerOf(workload)?.workload ?? null;
    return above === null || above === workload;
  });
}
