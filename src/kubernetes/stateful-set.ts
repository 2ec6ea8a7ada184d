import type { Labels } from "../objects/meta.ts";
import type { Workload } from "../objects/workload.ts";

/** The label with a StatefulSet Pod's own name. */
const POD_NAME_LABEL = "statefulset.kubernetes.io/pod-name";
/** The label with a StatefulSet Pod's ordinal. */
const POD_INDEX_LABEL = "apps.kubernetes.io/pod-index";

/** What a StatefulSet fixes about its Pod number `ordinal`, whatever the template says. */
export interface StatefulSetIdentity {
  readonly name: string;
  readonly hostname: string;
  /** The governing Service; "" where `serviceName` is empty, and then over the template's subdomain, too. */
  readonly subdomain: string;
  /** Added to the template's. `controller-revision-hash`, which no manifest tells, is not among them. */
  readonly labels: Labels;
}

/**
 * The identity of a StatefulSet's Pod. Mirrors pkg/controller/statefulset/stateful_set_utils.go initIdentity: the
 * hostname is the Pod's name and the subdomain is serviceName, both over what the template holds.
 */
export function statefulSetIdentity(set: Workload, ordinal: number): StatefulSetIdentity {
  const name = `${set.metadata.name}-${ordinal}`;
  return {
    name,
    hostname: name,
    subdomain: set.serviceName ?? "",
    labels: { [POD_NAME_LABEL]: name, [POD_INDEX_LABEL]: String(ordinal) },
  };
}

/** The ordinals of the wanted Pods, first to last: `ordinals.start`, then upwards; at most `limit` of them. */
export function ordinalsOf(set: Workload, limit: number): readonly number[] {
  const count = Math.max(0, Math.min(set.replicas ?? 1, limit));
  return Array.from({ length: count }, (_, step) => set.ordinalsStart + step);
}
