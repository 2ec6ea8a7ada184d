import type { KubernetesObject, Labels } from "./meta.ts";
import type { PodTemplate } from "./pod.ts";

export const WORKLOAD_KINDS = [
  "StatefulSet",
  "Deployment",
  "ReplicaSet",
  "DaemonSet",
  "Job",
  "CronJob",
  "ReplicationController",
] as const;
export type WorkloadKind = (typeof WORKLOAD_KINDS)[number];

export interface LabelSelector {
  readonly matchLabels: Labels;
  readonly matchExpressions: readonly {
    readonly key: string;
    readonly operator: "In" | "NotIn" | "Exists" | "DoesNotExist";
    readonly values: readonly string[];
  }[];
}

/** How a controller replaces its Pods once their template has changed. */
export interface Rollout {
  readonly type: "RollingUpdate" | "Recreate" | "OnDelete";
  /** Pods that may be missing at a time: a number, or a percentage of the replicas; the API's default where not given. */
  readonly maxUnavailable: number | string;
  /** StatefulSet: Pods of a lower ordinal keep the template that they were made from; 0 where not given. */
  readonly partition: number;
}

/** A volume claim that a StatefulSet makes for each of its Pods, as far as it is compared. */
export interface VolumeClaimTemplate {
  readonly name: string;
  readonly accessModes: readonly string[];
  /** null where not given: the cluster's default class, chosen for each claim. */
  readonly storageClassName: string | null;
  /** "Filesystem" where not given, as the API server defaults it. */
  readonly volumeMode: string;
  /** The quantity asked for, as written; "" where not given. */
  readonly storage: string;
}

export interface WorkloadStatus {
  readonly replicas: number;
  readonly readyReplicas: number;
  /** StatefulSet: what the label controller-revision-hash of Pods of the newest template says; "" where not told. */
  readonly updateRevision: string;
}

/** A controller that makes Pods from a template. Fields of one kind only are null on the others. */
export interface Workload extends KubernetesObject {
  readonly kind: WorkloadKind;
  /**
   * Pods wanted: `spec.replicas` (1 where not given); for a Job its parallelism, capped by completions. null for a
   * DaemonSet and a CronJob, whose number no manifest tells.
   */
  readonly replicas: number | null;
  /** Whether `spec.replicas` is written: an update that leaves it out keeps what is there. */
  readonly replicasGiven: boolean;
  readonly selector: LabelSelector | null;
  readonly template: PodTemplate;
  /** StatefulSet: the governing Service, "" where not given; null on other kinds. */
  readonly serviceName: string | null;
  /** StatefulSet: `spec.ordinals.start`, 0 where not given. */
  readonly ordinalsStart: number;
  /** StatefulSet: OrderedReady (the default) makes Pod N wait until N-1 is Ready; null on other kinds. */
  readonly podManagementPolicy: "OrderedReady" | "Parallel" | null;
  /** StatefulSet; empty on other kinds. */
  readonly volumeClaimTemplates: readonly VolumeClaimTemplate[];
  /** Deployment, StatefulSet and DaemonSet; null on other kinds, which leave Pods of an old template alone. */
  readonly rollout: Rollout | null;
  /** Job and CronJob with `completionMode: Indexed`. */
  readonly indexed: boolean;
  readonly suspended: boolean;
  /** null in manifests. */
  readonly status: WorkloadStatus | null;
}
