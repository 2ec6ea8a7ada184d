import type { FieldPath } from "../../objects/origin.ts";
import { formatPath } from "../../objects/origin.ts";
import type { Workload } from "../../objects/workload.ts";
import { at, type Effect } from "../effect.ts";

/** What clients meet while a workload behind headless Services is brought from one version to the other. */
export function rolloutEffects(before: Workload, after: Workload, services: readonly string[]): readonly Effect[] {
  return [...gap(before, after, services), ...newPods(before, after, services)];
}

/** Pods that go before the new ones come. */
function gap(before: Workload, after: Workload, services: readonly string[]): readonly Effect[] {
  const { rollout, replicas, kind, metadata } = after;
  const changed = templateDifference(before, after);
  const running = Math.min(before.replicas ?? 1, replicas ?? 1);
  if (changed === null || rollout === null || running === 0) return [];
  const named = `${kind} ${metadata.name}`;
  const base = { effect: "rollout-gap", services, ...at(after, changed), steps: "" } as const;
  const because = `${named} makes its Pods again (${formatPath(changed)})`;
  const gone = "its names answer NXDOMAIN until new ones are Ready";
  if (rollout.type === "Recreate") {
    const message = `${because}, all at once (strategy Recreate): ${gone}.`;
    return [{ ...base, severity: "warning", message }];
  }
  if (rollout.type === "OnDelete") {
    const message = `${named} does not make its Pods again by itself (updateStrategy OnDelete): what changes in its template (${formatPath(changed)}) reaches a name when its Pod is deleted.`;
    return [{ ...base, severity: "info", message }];
  }
  if (kind === "DaemonSet") return [];
  const missing = podsMissing(rollout.maxUnavailable, running, kind === "Deployment");
  if (missing >= running && kind === "Deployment") {
    const message = `${because}, and lets all ${running} be missing at a time (maxUnavailable ${rollout.maxUnavailable}): ${gone}.`;
    return [{ ...base, severity: "warning", message }];
  }
  if (kind !== "StatefulSet" || rollout.partition >= after.ordinalsStart + running) return [];
  if (missing >= running) {
    const what =
      running === 1 ? "its only Pod" : `all ${running} Pods at a time (maxUnavailable ${rollout.maxUnavailable})`;
    const message = `${because}: it deletes ${what} before it makes the new, and ${gone}.`;
    return [{ ...base, severity: "warning", message }];
  }
  const message = `${because}, ${missing === 1 ? "one" : missing} at a time from the last to the first: each Pod's own name answers NXDOMAIN until the new one is Ready.`;
  return [{ ...base, severity: "info", message }];
}

/** Mirrors pkg/controller/deployment/util ResolveFenceposts and statefulset's getStatefulSetMaxUnavailable, which rounds up to 1. */
function podsMissing(maxUnavailable: number | string, replicas: number, mayBeNone: boolean): number {
  const percent = typeof maxUnavailable === "string" ? /^([0-9]+)%$/.exec(maxUnavailable)?.[1] : undefined;
  const wanted = percent === undefined ? Number(maxUnavailable) : Math.floor((Number(percent) * replicas) / 100);
  return Math.max(mayBeNone ? 0 : 1, Number.isNaN(wanted) ? 0 : wanted);
}

/** In which order the names of a StatefulSet's new Pods come. */
function newPods(before: Workload, after: Workload, services: readonly string[]): readonly Effect[] {
  if (after.kind !== "StatefulSet") return [];
  const [from, to] = [before.replicas ?? 1, after.replicas ?? 1];
  if (to <= from || after.ordinalsStart !== before.ordinalsStart) return [];
  const { name } = after.metadata;
  const first = after.ordinalsStart + from;
  const pods = to - from === 1 ? `${name}-${first} comes` : `${name}-{${first}..${first + to - from - 1}} come`;
  const parallel = after.podManagementPolicy === "Parallel";
  if (to - from === 1 && parallel) return [];
  const order = parallel
    ? "together, each name once its Pod is Ready (podManagementPolicy Parallel)"
    : `${to - from === 1 ? "once" : "one after the other, once"} the Pods before are Ready (podManagementPolicy OrderedReady)`;
  const message = `${pods} ${order}.`;
  return [{ effect: "names-come", severity: "info", services, ...at(after, ["spec", "replicas"]), message, steps: "" }];
}

/**
 * Where two templates differ first, as the path in the new manifest; null where nothing differs of what is read of them:
 * resources and other fields that no name depends on are not.
 */
function templateDifference(before: Workload, after: Workload): FieldPath | null {
  const base = after.kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];
  const [old, now] = [before.template, after.template];
  const labels = firstDifference(old.labels, now.labels);
  if (labels !== null) return [...base, "metadata", "labels", ...labels];
  // In a cluster others add some (kubectl rollout restart), and an update leaves those alone.
  const others = before.metadata.uid === "" ? {} : old.annotations;
  const annotations = firstDifference(old.annotations, { ...others, ...now.annotations });
  if (annotations !== null) return [...base, "metadata", "annotations", ...annotations];
  const spec = firstDifference(old.spec, now.spec);
  if (spec === null) return null;
  // Deeper down our own names of things are not always the API's.
  const depth = spec[0] === "containers" || spec[0] === "initContainers" ? 3 : 1;
  const [first, ...rest] = spec.slice(0, depth);
  return [...base, "spec", first === "configMapVolumes" ? "volumes" : (first ?? ""), ...rest];
}

function firstDifference(a: unknown, b: unknown): FieldPath | null {
  if (a === b) return null;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return [];
  const [left, right] = [a, b] as readonly Readonly<Record<string, unknown>>[] as [Entries, Entries];
  for (const key of new Set([...Object.keys(right), ...Object.keys(left)])) {
    const deeper = firstDifference(left[key], right[key]);
    if (deeper !== null) return [Array.isArray(b) ? Number(key) : key, ...deeper];
  }
  return null;
}

type Entries = Readonly<Record<string, unknown>>;
