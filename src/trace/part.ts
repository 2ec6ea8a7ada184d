import type { Unavailable } from "../objects/collected.ts";

/**
 * A piece of a trace, with how far it can be trusted: the same three states as a Collected list, for a value that was
 * put together from one or several lists.
 */
export type Part<T> =
  | { readonly status: "complete"; readonly value: T }
  | { readonly status: "partial"; readonly value: T; readonly because: string }
  | Unavailable;

/** The states of lists that a part is put together from; only what matters of a Collected. */
type State = { readonly status: "complete" } | { readonly status: "partial"; readonly because: string } | Unavailable;

/**
 * A part built from lists: as trustworthy as the least of them. `unavailable` wins over `partial` over `complete`;
 * the value is built only where every list is there.
 */
export function partFrom<T>(states: readonly State[], build: () => T): Part<T> {
  const missing = states.find((state) => state.status === "unavailable");
  if (missing !== undefined) return missing;
  const cut = states.find((state) => state.status === "partial");
  return cut === undefined
    ? { status: "complete", value: build() }
    : { status: "partial", value: build(), because: cut.because };
}
