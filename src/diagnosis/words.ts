/** `app=mysql,tier=db`, as kubectl writes a selector; at most `limit` pairs by name. */
export function labelText(labels: Readonly<Record<string, string>>, limit = 3): string {
  const pairs = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const rest = pairs.length - limit;
  return rest > 0 ? `${pairs.slice(0, limit).join(",")},... (${rest} more)` : pairs.join(",");
}

/**
 * Names that differ in a number only, as one: `mysql-{0..2}`; gaps split the run: `web-{0..1}, web-4`. Names without a
 * number at their end are kept. Sorted by name, then number.
 */
export function runsOf(names: readonly string[]): readonly string[] {
  const numbers = new Map<string, number[]>();
  const whole: string[] = [];
  for (const name of names) {
    const match = /^(.*-)(0|[1-9][0-9]{0,8})$/.exec(name);
    if (match?.[1] === undefined) whole.push(name);
    else numbers.set(match[1], [...(numbers.get(match[1]) ?? []), Number(match[2])]);
  }
  const runs = [...numbers].flatMap(([stem, ordinals]) => {
    const sorted = [...new Set(ordinals)].sort((a, b) => a - b);
    const found: string[] = [];
    let first = 0;
    sorted.forEach((ordinal, at) => {
      if (sorted[at + 1] === ordinal + 1) return;
      const start = sorted[first] ?? ordinal;
      found.push(start === ordinal ? `${stem}${ordinal}` : `${stem}{${start}..${ordinal}}`);
      first = at + 1;
    });
    return found;
  });
  return [...runs, ...whole].sort();
}
