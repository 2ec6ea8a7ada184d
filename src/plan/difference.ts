import { type KubernetesObject, type ObjectRef, refOf } from "../objects/meta.ts";
import type { FieldPath, Location } from "../objects/origin.ts";

/** What of a Service's records a difference of two objects can account for. */
export type Reach =
  /** Any of them. */
  | { readonly of: "service" }
  /** Which Pods answer. */
  | { readonly of: "members" }
  /** SRV records. */
  | { readonly of: "ports" }
  /** Records of one workload's Pods: `gone` where only those that are on one side, `names` where only their own names. */
  | { readonly of: "pods"; readonly workload: string; readonly which: "all" | "gone" | "names" }
  /** Records of one Pod that no workload makes. */
  | { readonly of: "pod"; readonly pod: string };

/** One difference between the objects of both sides, as the reason for changes of records. */
export interface Difference {
  readonly object: ObjectRef;
  /** null where the object as a whole came or went. */
  readonly field: FieldPath | null;
  /** `StatefulSet mysql scales from 5 to 3`: a sentence without its full stop. */
  readonly text: string;
  /** Where it stands in the new manifests, or where what is gone stood in the old ones; null where it came from no file. */
  readonly location: Location | null;
  readonly reach: Reach;
}

/** A field that differs. `object` is the one to look at: the new one, where there is one. */
export function fieldDiffers(object: KubernetesObject, field: FieldPath, text: string, reach: Reach): Difference {
  return { object: refOf(object), field, text, location: object.origin?.locate(field) ?? null, reach };
}

/** An object that is on one side only. */
export function onOneSide(object: KubernetesObject, text: string, reach: Reach): Difference {
  return { object: refOf(object), field: null, text, location: object.origin?.start ?? null, reach };
}
