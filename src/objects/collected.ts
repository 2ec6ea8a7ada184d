/**
 * The outcome of trying to collect something. A list that was forbidden, cut short, or that the source
 * cannot hold must never look like an empty list: an absence may only be concluded from `complete`.
 */
export type Collected<T> =
  | { readonly status: "complete"; readonly items: readonly T[] }
  | { readonly status: "partial"; readonly items: readonly T[]; readonly because: string }
  | Unavailable;

/**
 * `byNature` tells a source that cannot hold the thing (readiness in manifests) from one that should have given it
 * (a forbidden list): the first makes a link `skipped`, the second `unknown`.
 */
export interface Unavailable {
  readonly status: "unavailable";
  readonly because: string;
  readonly byNature: boolean;
  /** Nobody asked for it, and an option would bring it: nothing to tell of unasked. */
  readonly unasked?: true;
}

/** Everything there is was read. */
export function complete<T>(items: readonly T[]): Collected<T> {
  return { status: "complete", items };
}

/** What was read holds, but there may be more. */
export function partial<T>(items: readonly T[], because: string): Collected<T> {
  return { status: "partial", items, because };
}

/** The source failed to give it (forbidden, unreachable). */
export function unavailable(because: string): Unavailable {
  return { status: "unavailable", because, byNature: false };
}

/** The source by its nature does not hold it. */
export function notHeld(because: string): Unavailable {
  return { status: "unavailable", because, byNature: true };
}

/** The source could give it, and was not asked to. */
export function notAsked(because: string): Unavailable {
  return { status: "unavailable", because, byNature: true, unasked: true };
}

/** The items, none where unavailable: only for questions about what is present, never about what is absent. */
export function present<T>(collected: Collected<T>): readonly T[] {
  return collected.status === "unavailable" ? [] : collected.items;
}
