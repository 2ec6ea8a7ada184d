import type { KubernetesObject, ObjectRef } from "../objects/meta.ts";
import { refOf } from "../objects/meta.ts";
import type { FieldPath, Location } from "../objects/origin.ts";
import type { Severity } from "../rules/rule.ts";

/** What a change means for clients and for whoever applies it. */
export const EFFECTS = [
  "names-lost",
  "records-lost",
  "apply-rejected",
  "headless-lost",
  "headless-gained",
  "cluster-ip-kept",
  "port-moved",
  "target-moved",
  "published-later",
  "published-earlier",
  "rollout-gap",
  "names-come",
  "ttl-changed",
  "cluster-domain-changed",
] as const;
export type EffectId = (typeof EFFECTS)[number];

export interface Effect {
  readonly effect: EffectId;
  /** Only lost records are errors. */
  readonly severity: Severity;
  /** The Services whose names it concerns, `namespace/name`; empty where it concerns all. */
  readonly services: readonly string[];
  readonly object: ObjectRef;
  readonly field: FieldPath | null;
  readonly location: Location | null;
  /** Whole sentences. */
  readonly message: string;
  /** What to do: lines that can be pasted into a shell, prose lines beginning with "# "; "" where nothing is to be done. */
  readonly steps: string;
}

/** Where an effect comes from: an object, and the field of it. */
export function at(object: KubernetesObject, field: FieldPath | null): Pick<Effect, "object" | "field" | "location"> {
  const location = field === null ? object.origin?.start : object.origin?.locate(field);
  return { object: refOf(object), field, location: location ?? null };
}

/** How the new manifests get into the cluster. */
export interface Applying {
  /** As one line for a shell: `kubectl apply -f deploy/`. */
  readonly command: string;
}
