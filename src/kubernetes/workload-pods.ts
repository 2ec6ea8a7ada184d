import { type Labels, type OwnerReference, refOf } from "../objects/meta.ts";
import type { Pod, PodSpec } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { ordinalsOf, statefulSetIdentity } from "./stateful-set.ts";

/** The label and the annotation with the completion index of an Indexed Job's Pod. */
const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";

/** Pods made from a workload; `cut` where `limit` ended the list before the workload's own number did. */
export interface DerivedPods {
  readonly pods: readonly Pod[];
  readonly cut: boolean;
}

/**
 * The Pods that a workload's controller would make of it: status null, `derivedFrom` the workload, `origin` the
 * workload's. A suspended Job or CronJob makes none; a DaemonSet and a CronJob, whose number no manifest tells, are
 * represented by one Pod.
 *
 * Where the API server would complete a name by random letters, the Pod's name is a stand-in with angle brackets
 * (`web-<1>`, `agent-<node>`), which no object can have: see isStandIn. Labels whose values only the cluster knows
 * (`pod-template-hash`, `controller-revision-hash`, `controller-uid`) are left out.
 */
export function derivePods(workload: Workload, limit: number): DerivedPods {
  const wanted = workload.suspended ? 0 : (workload.replicas ?? 1);
  const count = Math.max(0, Math.min(wanted, limit));
  if (workload.kind === "StatefulSet") {
    return {
      pods: ordinalsOf(workload, limit).map((ordinal) => {
        const { name, hostname, subdomain, labels } = statefulSetIdentity(workload, ordinal);
        return podOf(workload, { name, labels, spec: { hostname, subdomain } });
      }),
      cut: wanted > limit,
    };
  }
  const pods = Array.from({ length: count }, (_, index) => podOf(workload, identityOf(workload, index)));
  return { pods, cut: wanted > limit };
}

/**
 * Whether a Pod's name or hostname is only a stand-in for one that a controller will choose. It names the Pod to a
 * reader; it is never a DNS name.
 */
export function isStandIn(name: string): boolean {
  return name.includes("<");
}

interface Identity {
  readonly name: string;
  readonly labels?: Labels;
  readonly annotations?: Labels;
  readonly spec?: Partial<PodSpec>;
}

function identityOf(workload: Workload, index: number): Identity {
  const name = workload.metadata.name;
  switch (workload.kind) {
    case "DaemonSet":
      return { name: `${name}-<node>` };
    case "Job":
      return jobIdentity(workload, name, index);
    case "CronJob":
      // Each run is a Job of its own, named after the minute of its schedule.
      return jobIdentity(workload, `${name}-<run>`, index);
    default:
      return { name: `${name}-<${index + 1}>` };
  }
}

/** Mirrors pkg/controller/job/job_controller.go manageJob: an Indexed Job sets the hostname, over the template's, and no subdomain. */
function jobIdentity(workload: Workload, job: string, index: number): Identity {
  const jobLabels: Labels = isStandIn(job) ? {} : { "batch.kubernetes.io/job-name": job, "job-name": job };
  if (!workload.indexed) return { name: `${job}-<${index + 1}>`, labels: jobLabels };
  const completion = { [COMPLETION_INDEX]: String(index) };
  return {
    name: `${job}-${index}-<random>`,
    labels: { ...jobLabels, ...completion },
    annotations: completion,
    spec: { hostname: `${job}-${index}` },
  };
}

function podOf(workload: Workload, { name, labels, annotations, spec }: Identity): Pod {
  const { template, metadata } = workload;
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: {
      name,
      namespace: metadata.namespace,
      uid: "",
      labels: { ...template.labels, ...labels },
      annotations: { ...template.annotations, ...annotations },
      ownerReferences: ownersOf(workload),
      creationTimestamp: null,
      deletionTimestamp: null,
      finalizers: [],
    },
    origin: workload.origin,
    spec: { ...template.spec, ...spec },
    status: null,
    derivedFrom: refOf(workload),
  };
}

/** A Deployment owns its Pods by way of a ReplicaSet, a CronJob by way of a Job, whose names are not known yet. */
function ownersOf({ apiVersion, kind, metadata }: Workload): readonly OwnerReference[] {
  if (kind === "Deployment" || kind === "CronJob") return [];
  return [{ apiVersion, kind, name: metadata.name, uid: metadata.uid, controller: true }];
}
