import type { ObjectRef } from "../../objects/meta.ts";
import type { Origin } from "../../objects/origin.ts";
import { groupOf } from "../../objects/read/kinds.ts";
import type { ScaleTarget } from "../../objects/snapshot.ts";
import { entryOf } from "./entry.ts";

/** An object of a kind that we do not read, with the little of it that says something of the objects that we do. */
export interface PassedOver {
  readonly ref: ObjectRef;
  readonly origin: Origin;
  /** The workload whose number of Pods it sets; null for all but autoscalers. */
  readonly scales: ScaleTarget | null;
  /** Fields of a kustomization that change the objects beside it; none for all other kinds. */
  readonly changes: readonly string[];
}

/** Kubernetes' own autoscaler, and KEDA's, which makes one. */
const AUTOSCALERS: ReadonlySet<string> = new Set(["HorizontalPodAutoscaler", "ScaledObject"]);
const CHANGING_FIELDS = [
  "commonLabels",
  "labels",
  "namePrefix",
  "nameSuffix",
  "namespace",
  "patches",
  "patchesJson6902",
  "patchesStrategicMerge",
  "replacements",
  "replicas",
  "transformers",
] as const;

export function passedOver(ref: ObjectRef, origin: Origin, value: unknown, defaultNamespace: string): PassedOver {
  return {
    ref,
    origin,
    scales: AUTOSCALERS.has(ref.kind) ? scaleTarget(value, ref.namespace || defaultNamespace) : null,
    changes: ref.kind === "Kustomization" ? CHANGING_FIELDS.filter((field) => isGiven(entryOf(value, field))) : [],
  };
}

function scaleTarget(value: unknown, namespace: string): ScaleTarget | null {
  const target = entryOf(entryOf(value, "spec"), "scaleTargetRef");
  const [kind, name] = [entryOf(target, "kind") ?? "Deployment", entryOf(target, "name")];
  return typeof kind === "string" && typeof name === "string" ? { kind, namespace, name } : null;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

/** Flux has a kind of that name, too. */
function isKustomization({ apiVersion, kind }: ObjectRef): boolean {
  return kind === "Kustomization" && groupOf(apiVersion) === "kustomize.config.k8s.io";
}

/** Kustomizations that are told; in a tree of hundreds the first ones show what is meant. */
const MOST_NOTICES = 3;

/**
 * A kustomization's files are no manifests yet: told where they were read as if they were, or (`alone`) where nothing but
 * kustomizations was.
 */
export function kustomizationNotices(passed: readonly PassedOver[], alone: boolean): readonly string[] {
  const changing = passed.filter(({ ref, changes }) => changes.length > 0 || (alone && isKustomization(ref)));
  const told = changing.slice(0, MOST_NOTICES).map(({ origin, changes }) => {
    const folder = origin.file.replace(/[^/\\]*$/, "").replace(/[/\\]$/, "") || ".";
    return alone
      ? `${origin.file} names resources, and none of them is read here: -k ${folder} reads what is applied`
      : `${origin.file} changes the objects of its resources (${changes.join(", ")}), which are read here as they are written: -k ${folder} reads what is applied`;
  });
  const left = changing.length - told.length;
  return left === 0 ? told : [...told, `and ${left} more kustomizations do`];
}
