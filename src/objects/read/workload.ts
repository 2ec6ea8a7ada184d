import type { LabelSelector, Rollout, VolumeClaimTemplate, Workload, WorkloadKind } from "../workload.ts";
import {
  each,
  type Field,
  fault,
  flag,
  has,
  integer,
  integerOr,
  integerOrText,
  labels,
  map,
  maps,
  oneOf,
  oneOfOr,
  optionalLabels,
  optionalMap,
  text,
  textOr,
  texts,
} from "./fields.ts";
import { readPodTemplate } from "./pod.ts";

type WorkloadBody = Omit<Workload, "apiVersion" | "kind" | "metadata" | "origin">;

/** What a workload holds beside its metadata, in whatever API version it is written. */
export function readWorkload(root: Field, kind: WorkloadKind): WorkloadBody {
  const spec = map(root, "spec");
  if (kind === "CronJob") {
    const job = map(map(spec, "jobTemplate"), "spec");
    return { ...readJob(job), replicas: null, suspended: flag(spec, "suspend") ?? false, status: null };
  }
  if (kind === "Job") return { ...readJob(spec), status: readStatus(root, "active", "ready") };
  const stateful = kind === "StatefulSet";
  return {
    ...base(spec, readSelector(spec, kind)),
    replicas: kind === "DaemonSet" ? null : integerOr(spec, "replicas", 1),
    replicasGiven: kind !== "DaemonSet" && has(spec, "replicas"),
    serviceName: stateful ? textOr(spec, "serviceName", "") : null,
    ordinalsStart: stateful ? integerOr(map(spec, "ordinals"), "start", 0) : 0,
    podManagementPolicy: stateful
      ? oneOfOr(spec, "podManagementPolicy", ["OrderedReady", "Parallel"], "OrderedReady")
      : null,
    volumeClaimTemplates: stateful ? each(spec, "volumeClaimTemplates", readClaimTemplate) : [],
    rollout: readRollout(spec, kind),
    status:
      kind === "DaemonSet"
        ? readStatus(root, "currentNumberScheduled", "numberReady")
        : readStatus(root, "replicas", "readyReplicas", stateful),
  };
}

function base(spec: Field, selector: LabelSelector | null): WorkloadBody {
  if (!has(spec, "template")) {
    fault(
      spec,
      ["template"],
      "expected a Pod template, found nothing (a patch is read only through its kustomization)",
    );
  }
  return {
    replicas: null,
    replicasGiven: false,
    selector,
    template: readPodTemplate(spec, "template"),
    serviceName: null,
    ordinalsStart: 0,
    podManagementPolicy: null,
    volumeClaimTemplates: [],
    rollout: null,
    indexed: false,
    suspended: false,
    status: null,
  };
}

/** With the defaults of pkg/apis/apps/v1/defaults.go. */
function readRollout(spec: Field, kind: WorkloadKind): Rollout | null {
  if (kind === "Deployment") {
    const strategy = map(spec, "strategy");
    const type = oneOfOr(strategy, "type", ["RollingUpdate", "Recreate"], "RollingUpdate");
    const maxUnavailable = integerOrText(map(strategy, "rollingUpdate"), "maxUnavailable") ?? "25%";
    return { type, maxUnavailable, partition: 0 };
  }
  if (kind !== "StatefulSet" && kind !== "DaemonSet") return null;
  const strategy = map(spec, "updateStrategy");
  const rolling = map(strategy, "rollingUpdate");
  return {
    type: oneOfOr(strategy, "type", ["RollingUpdate", "OnDelete"], "RollingUpdate"),
    maxUnavailable: integerOrText(rolling, "maxUnavailable") ?? 1,
    // A DaemonSet has no such field.
    partition: kind === "StatefulSet" ? integerOr(rolling, "partition", 0) : 0,
  };
}

function readClaimTemplate(claim: Field): VolumeClaimTemplate {
  const spec = map(claim, "spec");
  // A quantity may be written as any number.
  const { storage } = map(map(spec, "resources"), "requests").entries;
  return {
    name: textOr(map(claim, "metadata"), "name", ""),
    accessModes: texts(spec, "accessModes"),
    storageClassName: text(spec, "storageClassName"),
    volumeMode: textOr(spec, "volumeMode", "Filesystem"),
    storage: typeof storage === "string" || typeof storage === "number" ? String(storage) : "",
  };
}

/** Mirrors pkg/controller/job manageJob: as many Pods at a time as `parallelism`, never more than `completions`. */
function readJob(spec: Field): WorkloadBody {
  const parallelism = integerOr(spec, "parallelism", 1);
  const completions = integer(spec, "completions");
  return {
    ...base(spec, readLabelSelector(spec, "selector")),
    replicas: completions === null ? parallelism : Math.min(parallelism, completions),
    replicasGiven: true,
    indexed: text(spec, "completionMode") === "Indexed",
    suspended: flag(spec, "suspend") ?? false,
  };
}

/** A ReplicationController's selector is a plain map, and defaults to the template's labels. */
function readSelector(spec: Field, kind: WorkloadKind): LabelSelector | null {
  if (kind !== "ReplicationController") return readLabelSelector(spec, "selector");
  const matchLabels = optionalLabels(spec, "selector");
  return { matchLabels: matchLabels ?? labels(map(map(spec, "template"), "metadata"), "labels"), matchExpressions: [] };
}

/** A LabelSelector, null where not given. */
export function readLabelSelector(field: Field, key: string): LabelSelector | null {
  const selector = optionalMap(field, key);
  if (selector === null) return null;
  return {
    matchLabels: labels(selector, "matchLabels"),
    matchExpressions: maps(selector, "matchExpressions").flatMap((expression) => {
      const operator = oneOf(expression, "operator", ["In", "NotIn", "Exists", "DoesNotExist"]);
      if (operator === null) {
        if (!has(expression, "operator")) fault(expression, ["operator"], "expected an operator, found nothing");
        return [];
      }
      return [{ key: textOr(expression, "key", ""), operator, values: texts(expression, "values") }];
    }),
  };
}

/** Only a cluster knows it: a manifest's status is dropped by the API server. */
function readStatus(root: Field, wanted: string, ready: string, revised = false): Workload["status"] {
  if (!root.reading.live) return null;
  const status = map(root, "status");
  return {
    replicas: integerOr(status, wanted, 0),
    readyReplicas: integerOr(status, ready, 0),
    updateRevision: revised ? textOr(status, "updateRevision", "") : "",
  };
}
