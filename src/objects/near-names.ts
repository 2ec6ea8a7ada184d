import { distance } from "fastest-levenshtein";

/** The candidates that a typo away could have been meant, nearest first, at most three. */
export function nearNames(name: string, candidates: Iterable<string>): readonly string[] {
  const reach = Math.max(1, Math.floor(name.length / 3));
  return [...new Set(candidates)]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({
      candidate,
      away: candidate.startsWith(`${name}-`) || name.startsWith(`${candidate}-`) ? 1 : distance(name, candidate),
    }))
    .filter(({ away }) => away <= reach)
    .sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}
