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

/** Natural order: `web-2` before `web-10`. By hand, because the first Intl.Collator of a process costs as much as its start. */
export function byName(a: string, b: string): number {
  // What they begin with alike is passed over, up to a number that may go on differently.
  let at = 0;
  while (at < a.length && a.charCodeAt(at) === b.charCodeAt(at)) at += 1;
  while (at > 0 && isDigit(a.charCodeAt(at - 1))) at -= 1;
  let bt = at;
  while (at < a.length && bt < b.length) {
    const left = numberAt(a, at);
    const right = numberAt(b, bt);
    if (left !== "" && right !== "") {
      const difference = byNumber(left, right);
      if (difference !== 0) return difference;
      at += left.length;
      bt += right.length;
    } else {
      const difference = a.charCodeAt(at) - b.charCodeAt(bt);
      if (difference !== 0) return difference;
      at += 1;
      bt += 1;
    }
  }
  return a.length - at - (b.length - bt) || (a < b ? -1 : a > b ? 1 : 0);
}

/** The digits that stand there; "" where none do. */
function numberAt(text: string, at: number): string {
  let end = at;
  while (end < text.length && isDigit(text.charCodeAt(end))) end += 1;
  return text.slice(at, end);
}

function isDigit(code: number): boolean {
  return code >= 48 && code <= 57;
}

function byNumber(a: string, b: string): number {
  const left = a.startsWith("0") ? a.replace(/^0+(?=.)/, "") : a;
  const right = b.startsWith("0") ? b.replace(/^0+(?=.)/, "") : b;
  return left.length - right.length || (left < right ? -1 : left > right ? 1 : 0);
}
