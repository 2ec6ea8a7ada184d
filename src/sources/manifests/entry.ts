/** An own entry of a parsed value; undefined where it has none, or is no map. */
export function entryOf(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, key))
    return undefined;
  return (value as { readonly [key: string]: unknown })[key];
}
