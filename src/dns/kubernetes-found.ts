import { possibleFamilyOf } from "../kubernetes/endpoint-slices.ts";
import type { IPFamily, Service } from "../objects/service.ts";
import { NONE_WITHHELD, type Unknown, type WithheldPods } from "./outcome.ts";
import * as reasons from "./reasons.ts";
import type { Cause } from "./records.ts";
import type { Tuple } from "./service-endpoints.ts";

/** A record before it is one: a Tuple with the name that an SRV record points to. */
export interface Item extends Pick<Tuple, "host" | "kind" | "data" | "port" | "pod" | "object"> {
  /** Absolute; null where it is not known yet. */
  readonly target: string | null;
  /** What tells such targets apart. */
  readonly labelToCome?: string;
}

/** What the plugin finds for a name, whatever the type. */
export type Lookup =
  /** The name exists, maybe without any item. */
  | {
      readonly status: "found";
      readonly items: readonly Item[];
      readonly cause: Cause;
      readonly reason: string;
      readonly withheld: WithheldPods;
      /** Why there may be more items; null where there are not. */
      readonly incomplete: string | null;
      /** Addresses of a family that there may be, too: the cluster decides, and was not read. */
      readonly unsureOf?: { readonly kind: "A" | "AAAA"; readonly because: string } | null;
    }
  /** It does not (errNoItems, errNsNotExposed, errInvalidRequest). */
  | { readonly status: "missing"; readonly cause: Cause; readonly reason: string; readonly withheld: WithheldPods }
  | Unknown;

export function missing(cause: Cause, reason: string, withheld: WithheldPods = NONE_WITHHELD): Lookup {
  return { status: "missing", cause, reason, withheld };
}

export function found(
  cause: Cause,
  reason: string,
  items: readonly Item[],
  withheld: WithheldPods = NONE_WITHHELD,
): Lookup {
  return { status: "found", items, cause, reason, withheld, incomplete: null };
}

/** What a manifest leaves to the cluster: whether a Service gets addresses of a second family. */
export function withUnsureFamily(service: Service, lookup: Lookup): Lookup {
  const family = possibleFamilyOf(service);
  if (lookup.status !== "found" || family === null) return lookup;
  const because = reasons.familyUnsure(service, family);
  return { ...lookup, unsureOf: { kind: kindOf(family), because } };
}

export function kindOf(family: IPFamily): "A" | "AAAA" {
  return family === "IPv6" ? "AAAA" : "A";
}
