import type { KubernetesObject, Labels, ObjectMeta } from "../objects/meta.ts";
import type { Pod, PodTemplate } from "../objects/pod.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { UpdateNote } from "../objects/snapshot.ts";
import type { LabelSelector, Workload } from "../objects/workload.ts";
import { type AdmissionNote, note } from "./admission-note.ts";
import { updateClusterIp } from "./service-defaults.ts";

/** What an object is after `kubectl apply`. */
export interface AppliedObject<T> {
  /** What was there before, where the API server rejects the update. */
  readonly object: T;
  readonly rejected: UpdateNote | null;
  /** A field that the manifest dropped, and that stays. */
  readonly kept?: UpdateNote;
}

/** Where kubectl notes what it applied. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/**
 * A Service manifest applied over the Service of that name. Only a change of its cluster IP is rejected here: what the
 * manifest breaks by itself is told as of one that is new (admitService). What the API server gave out (cluster IPs, families) stays
 * where the manifest leaves it out; other fields that it leaves out have their defaults again, as those of a manifest
 * that was applied before. `live` is false where the EndpointSlice controller will make its slices anew.
 */
export function applyService(before: Service, after: Service): AppliedObject<Service> {
  const update = updateClusterIp(before, after);
  if (update.rejected !== null) return refused(before, after, update.rejected);
  const external = before.spec.type === "ExternalName" || after.spec.type === "ExternalName";
  const kept = external || update.clusterIp === "" ? null : before.spec;
  const merged: Service = {
    ...after,
    metadata: mergedMeta(before, after),
    spec: {
      ...after.spec,
      clusterIP: kept?.clusterIP ?? after.spec.clusterIP,
      clusterIPs: kept?.clusterIPs ?? after.spec.clusterIPs,
      ipFamilies: after.spec.ipFamilies.length > 0 || kept === null ? after.spec.ipFamilies : kept.ipFamilies,
      ipFamilyPolicy: after.spec.ipFamilyPolicy ?? kept?.ipFamilyPolicy ?? null,
    },
  };
  const dropped = update.clusterIp === "None" && (after.spec.clusterIP ?? "") === "" && wasApplied(before, "None");
  return {
    object: { ...merged, live: !external && !changesSlices(before, merged) },
    rejected: null,
    ...(dropped ? { kept: { object: after, ...note(["spec"], "no longer says clusterIP: None, and it stays") } } : {}),
  };
}

/** Whether kubectl applied the Service with this cluster IP the last time; false where others apply. */
function wasApplied({ metadata }: Service, clusterIp: string): boolean {
  try {
    const last: { spec?: { clusterIP?: unknown } } = JSON.parse(metadata.annotations[LAST_APPLIED] ?? "{}");
    return last.spec?.clusterIP === clusterIp;
  } catch {
    return false;
  }
}

function changesSlices(before: Service, after: Service): boolean {
  // Without a selector nobody makes slices, and nobody takes away what is there.
  return hasSelector(after) && slicesKey(before) !== slicesKey(after);
}

/** All of a Service that its slices depend on. */
function slicesKey({ metadata, spec }: Service): string {
  const { type, selector, ports, publishNotReadyAddresses, ipFamilies, clusterIPs } = spec;
  return JSON.stringify([
    sorted(metadata.labels),
    type,
    sorted(selector ?? {}),
    ports.map(({ name, protocol, port, targetPort }) => [name, protocol, port, targetPort]),
    publishNotReadyAddresses,
    ipFamilies,
    clusterIPs[0] === "None",
  ]);
}

/** A workload's manifest applied over the workload of that name, with whether its Pods are made anew. */
export function applyWorkload(
  before: Workload,
  after: Workload,
): AppliedObject<Workload> & { readonly rollsOut: boolean } {
  const rejection = immutableChange(before, after);
  if (rejection !== null) return { ...refused(before, after, rejection), rollsOut: false };
  const rollsOut = !isSameTemplate(before.template, after.template);
  const object: Workload = {
    ...after,
    metadata: mergedMeta(before, after),
    // Who leaves replicas out lets an autoscaler, or kubectl scale, have its way.
    replicas: after.replicasGiven ? after.replicas : before.replicas,
    status: rollsOut ? null : before.status,
  };
  return { object, rejected: null, rollsOut };
}

/** Mirrors pkg/apis/apps and batch validation, of the fields that we read: what an update may not change. */
function immutableChange(before: Workload, after: Workload): AdmissionNote | null {
  const differs = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
  const fixed = "cannot be changed once it is set";
  switch (after.kind) {
    case "StatefulSet":
      if (differs(before.serviceName, after.serviceName)) return note(["spec", "serviceName"], fixed);
      if (differs(before.podManagementPolicy, after.podManagementPolicy))
        return note(["spec", "podManagementPolicy"], fixed);
      break;
    case "Job": {
      // Of a suspended Job that never ran its labels and annotations can change (validatePodTemplateUpdate).
      const { labels, annotations } = before.suspended ? after.template : before.template;
      const isSame = isSameTemplate({ ...before.template, labels, annotations }, after.template);
      return isSame ? null : note(["spec", "template"], fixed);
    }
    case "Deployment":
    case "ReplicaSet":
    case "DaemonSet":
      break;
    default:
      return null;
  }
  if (after.selector === null) return null;
  return differs(selectorKey(before.selector), selectorKey(after.selector)) ? note(["spec", "selector"], fixed) : null;
}

function selectorKey(selector: LabelSelector | null): unknown {
  return selector === null ? null : [sorted(selector.matchLabels), selector.matchExpressions];
}

/** Labels that the API server writes into a Job's template. */
const JOB_LABELS: ReadonlySet<string> = new Set([
  "controller-uid",
  "job-name",
  "batch.kubernetes.io/controller-uid",
  "batch.kubernetes.io/job-name",
]);

/** Whether Pods of both templates are the same in all that we read; what others added to the annotations stays on an update. */
function isSameTemplate(before: PodTemplate, after: PodTemplate): boolean {
  const added = Object.entries(after.annotations).some(([key, value]) => before.annotations[key] !== value);
  const key = ({ labels, spec }: PodTemplate): string =>
    JSON.stringify([sorted(labels).filter(([label]) => !JOB_LABELS.has(label)), spec]);
  return !added && key(before) === key(after);
}

/** A written Pod applied over the Pod of that name: of what DNS depends on only its labels can change. */
export function applyPod(before: Pod, after: Pod): AppliedObject<Pod> {
  const fixed = ["hostname", "subdomain", "hostNetwork", "dnsPolicy", "setHostnameAsFQDN"] as const;
  const changed = fixed.find((field) => before.spec[field] !== after.spec[field]);
  if (changed !== undefined)
    return refused(before, after, note(["spec", changed], "cannot be changed on a Pod that exists"));
  return { object: { ...before, metadata: mergedMeta(before, after), origin: after.origin }, rejected: null };
}

/** Labels and annotations of others stay on an update, as does what the API server stamped. */
export function mergedMeta(before: KubernetesObject, after: KubernetesObject): ObjectMeta {
  return {
    ...before.metadata,
    labels: { ...before.metadata.labels, ...after.metadata.labels },
    annotations: { ...before.metadata.annotations, ...after.metadata.annotations },
  };
}

function refused<T extends UpdateNote["object"]>(before: T, after: T, { field, message }: AdmissionNote) {
  return { object: before, rejected: { object: after, field, message } };
}

function sorted(labels: Labels): readonly (readonly [string, string])[] {
  return Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
}
