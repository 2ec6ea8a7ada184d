import { perKey } from "../../../objects/kept.ts";
import { controllerOf } from "../../../objects/meta.ts";
import type { Pod, PodSpec, PodStatus } from "../../../objects/pod.ts";
import type { Workload } from "../../../objects/workload.ts";
import { specAsWritten } from "./made-spec.ts";
import type { PodMetadata } from "./pod-metadata.ts";
import type { ToldPod } from "./slice-facts.ts";

/** What is known around the Pods. */
export interface Known {
  told(uid: string): ToldPod | null;
  /** The workload of that uid whose Pods of now are made from the template that was read; null where that is not sure. */
  maker(uid: string): Workload | null;
  /** Whether servers of cluster DNS may be in the namespace: of those more is judged. */
  isDns(namespace: string): boolean;
  /** Whether all Services of the namespace that select Pods are of this address family alone. */
  isOnly(family: string, namespace: string): boolean;
  readonly now: Date;
}

/**
 * Seconds since the last change of a Pod's status from which on nothing of it is young: longer than a container counts as
 * restless (trace/container-trouble.ts), a start as under way (trace/pod-state.ts), or the controller may be behind
 * (trace/answered.ts).
 */
const CALM_SECONDS = 90;

/**
 * Makes Pods of what their metadata, their workload and their slices tell: each null where that leaves a question open.
 *
 * The spec is the template's, where the workload's controller says that the Pod was made of it, and nobody added a field on
 * the way (metadata.managedFields). The status is Ready, at the slices' address, where the EndpointSlice controller says so
 * (`serving` is the Pod's Ready condition: endpointslice utils.go podToEndpoint) and wrote the slice after the Pod's status
 * was last written, so that it has seen it; a container that restarts, a probe that fails and a new address all write it.
 */
export function standIns(known: Known): (pod: PodMetadata) => Pod | null {
  const writtenBy = perKey((spec: PodSpec) => specAsWritten(spec));
  return (pod) => {
    const { metadata, statusAt, made } = pod;
    const owner = controllerOf(pod);
    if (owner === null || metadata.deletionTimestamp !== null || statusAt === null || made === null) return null;
    const told = known.told(metadata.uid);
    if (told === null || !told.healthy || told.followedAt === null || told.followedAt < statusAt) return null;
    if (known.now.getTime() - Date.parse(statusAt) < CALM_SECONDS * 1000) return null;
    if (known.isDns(metadata.namespace) || !known.isOnly(told.family, metadata.namespace)) return null;
    const workload = known.maker(owner.uid);
    if (workload === null || !isOfTemplate(workload, metadata) || made !== writtenBy(workload.template.spec))
      return null;
    if (workload.template.spec.hostNetwork) return null;
    return {
      apiVersion: "v1",
      kind: "Pod",
      metadata,
      origin: null,
      spec: { ...workload.template.spec, ...identityOf(workload, metadata), nodeName: told.nodeName },
      status: statusOf(told.address, statusAt),
      derivedFrom: null,
    };
  };
}

/** Whether the Pod was made from the newest template: of older ones only their hash is known. */
function isOfTemplate({ kind, template, status }: Workload, { labels }: PodMetadata["metadata"]): boolean {
  for (const key in template.labels) if (labels[key] !== template.labels[key]) return false;
  return kind === "ReplicaSet" || labels["controller-revision-hash"] === status?.updateRevision;
}

/** What a StatefulSet gives each of its Pods (pkg/controller/statefulset stateful_set_utils.go initIdentity). */
function identityOf(workload: Workload, { name }: PodMetadata["metadata"]): Partial<PodSpec> {
  return workload.kind === "StatefulSet" ? { hostname: name, subdomain: workload.serviceName ?? "" } : {};
}

const READY = { type: "Ready", status: "True", reason: "", message: "" } as const;

/** Nothing is said of containers: they run, and since longer than matters. */
function statusOf(address: string, since: string): PodStatus {
  return {
    phase: "Running",
    reason: "",
    message: "",
    podIPs: [address],
    hostIPs: [],
    conditions: [{ ...READY, lastTransitionTime: since }],
    containerStatuses: [],
    initContainerStatuses: [],
    startTime: null,
  };
}
