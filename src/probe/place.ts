import type { ProbePodOptions } from "./pod.ts";
import type { PodName } from "./vantage.ts";

/** Where to ask from. */
export type Place =
  /** A Pod of our own, under the same NetworkPolicies as the client `like`, where there is one. */
  | { readonly kind: "pod"; readonly options: ProbePodOptions; readonly like: PodName | null }
  /** One on each ready node, so many at a time. */
  | {
      readonly kind: "every-node";
      readonly options: ProbePodOptions;
      readonly like: PodName | null;
      readonly atOnce: number;
    }
  /** A container of our own in a client's Pod. */
  | { readonly kind: "container"; readonly pod: PodName; readonly image: string }
  /** A client's own container; null: its Pod's default one. */
  | { readonly kind: "exec"; readonly pod: PodName; readonly container: string | null };

/** Whether Pods of our own are made for it. */
export function makesPod<P extends Place>(place: P): place is Extract<P, { readonly kind: "pod" | "every-node" }> {
  return place.kind === "pod" || place.kind === "every-node";
}
