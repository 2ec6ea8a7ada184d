import type { ObjectRef } from "../objects/meta.ts";
import type { Location } from "../objects/origin.ts";

/** What of a finding stays the same when lines move: the words that baselines and fingerprints know it by. */
export interface Identity {
  readonly rule: string;
  /** Which of several inputs that were judged apart; null where there was only one. */
  readonly input: string | null;
  /** `Service/shop/mysql`, `Node/worker-1`; null where not even that could be read. */
  readonly object: string | null;
  /** With list positions left out, which change as lines do: `spec.ports[].targetPort`. */
  readonly field: string | null;
  /** Only where there is no object to tell it by. */
  readonly file: string | null;
}

/** Several findings may share one: they are told apart by their number. */
export function identityOf(finding: {
  readonly rule: string;
  readonly input?: string;
  readonly object: ObjectRef | null;
  readonly field: string | null;
  readonly location?: Location | null;
}): Identity {
  const { rule, input, object, field, location } = finding;
  return {
    rule,
    input: input ?? null,
    object: object === null ? null : objectText(object),
    field: field === null ? null : field.replace(/\[[0-9]+\]/g, "[]"),
    file: object === null ? (location?.file ?? null) : null,
  };
}

function objectText({ kind, namespace, name }: ObjectRef): string {
  return namespace === "" ? `${kind}/${name}` : `${kind}/${namespace}/${name}`;
}

/** One string per identity, usable as a map key. */
export function identityKey({ rule, input, object, field, file }: Identity): string {
  return JSON.stringify([rule, object, field, file, ...(input === null ? [] : [input])]);
}
