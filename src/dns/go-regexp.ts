/**
 * A regular expression of Go's as JavaScript's, for the patterns that Corefiles hold. null where it cannot be taken
 * over: then nothing may be concluded from it.
 */
export function goRegExp(pattern: string): RegExp | null {
  const flags = /^\(\?([imsU]+)\)/.exec(pattern);
  if (flags?.[1]?.includes("U")) return null;
  const source = pattern
    .slice(flags?.[0].length ?? 0)
    .replaceAll("(?P<", "(?<")
    .replace(/^\\A/, "^")
    .replace(/\\z$/, "$");
  // Classes, scoped flags and anchors that JavaScript lacks, or reads in another way.
  if (/\[\[:|\(\?[imsU-]+[:)]|\\[ACQEzpP]/.test(source)) return null;
  try {
    return new RegExp(source, flags?.[1] ?? "");
  } catch {
    return null;
  }
}
