import { perKey } from "../objects/kept.ts";
import { widthOf } from "./width.ts";

/**
 * How much of a short name is its beginning: names of one release begin alike and end in what they are for, so that more is
 * left of their ends; where that makes two names one, other shares are tried.
 */
const SHARES = [0.4, 0.2, 0.6, 0.8] as const;

/**
 * Shortens names to `width` columns, with `mark` in the middle of those that are longer. null where that would leave two
 * different names the same.
 */
export function shortNames(names: readonly string[], width: number, mark: string): ((name: string) => string) | null {
  const distinct = [...new Set(names)];
  for (const share of SHARES) {
    const shorten = perKey((name: string) => shortened(name, width, mark, share));
    if (new Set(distinct.map(shorten)).size === distinct.length) return shorten;
  }
  return null;
}

function shortened(name: string, width: number, mark: string, share: number): string {
  if (widthOf(name) <= width) return name;
  // Kubernetes' names are ASCII; what else stands there takes two columns at most.
  const step = widthOf(name) > name.length ? 2 : 1;
  const kept = Math.floor((width - widthOf(mark)) / step);
  const head = Math.floor(kept * share);
  return `${name.slice(0, head)}${mark}${name.slice(name.length - (kept - head))}`;
}
