/** `1 Pod`, `3 Pods`, `2 addresses`. */
export function count(number: number, noun: string): string {
  return number === 1 ? `1 ${noun}` : `${number} ${noun}${noun.endsWith("s") ? "es" : "s"}`;
}

/** `a`, `a and b`, `a, b and c`, `a, b, c and 4 more`: at most `limit` of them by name. */
export function listed(items: readonly string[], limit = 3): string {
  const named = items.slice(0, limit);
  const rest = items.length - named.length;
  const parts = rest > 0 ? [...named, `${rest} more`] : named;
  const last = parts.at(-1) ?? "";
  return parts.length < 2 ? last : `${parts.slice(0, -1).join(", ")} and ${last}`;
}

/** Natural order: `web-2` before `web-10`. */
export function byName(a: string, b: string): number {
  return ORDER.compare(a, b) || (a < b ? -1 : a > b ? 1 : 0);
}

/** One locale for every machine: the order of findings must not depend on where they are made. */
const ORDER = new Intl.Collator("en", { numeric: true });
