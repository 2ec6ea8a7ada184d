/** Plain JSON; undefined values are left out when it is written. */
export type Json = { readonly [key: string]: unknown };

/**
 * Holds writers complete at compile time: called with what is left of a value after all its fields were taken out of
 * it, which must be nothing. A field added to a type is then missed by the compiler, not by the first user.
 */
export function allTaken(_rest: { readonly [key: string]: never }): void {}

/** undefined, so left out, where reading a missing field gives the same. */
export function unless<T>(value: T, missing: T): T | undefined {
  return value === missing ? undefined : value;
}
