import { refOf } from "../objects/meta.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import { objectKey, workloadKey } from "./keys.ts";
import type { Side } from "./side.ts";

/** Who is behind a Service on one side. */
export interface Members {
  /** Keys of workloads whose Pods it selects, or whose names lie below it. */
  readonly workloads: ReadonlySet<string>;
  /** Keys of Pods that it selects and that no workload makes. */
  readonly pods: ReadonlySet<string>;
}

const NOBODY: Members = { workloads: new Set(), pods: new Set() };

/** The Pods that a Service selects, by the workloads that make them, and with them the StatefulSets that name it. */
export function membersOf(service: Service | undefined, side: Side): Members {
  if (service === undefined) return NOBODY;
  const workloads = new Set<string>();
  const pods = new Set<string>();
  for (const pod of side.selected(service)) {
    const owner = side.ownerKey(pod);
    if (owner === null) pods.add(objectKey(pod));
    else workloads.add(owner);
  }
  const { namespace, name } = service.metadata;
  if (isHeadless(service)) for (const set of side.governedBy(namespace, name)) workloads.add(workloadKey(refOf(set)));
  return { workloads, pods };
}
