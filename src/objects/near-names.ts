import { distance } from "fastest-levenshtein";

/** The candidates that a typo away could have been meant, nearest first, at most three. */
export function nearNames(name: string, candidates: Iterable<string>): readonly string[] {
  const reach = Math.max(1, Math.floor(name.length / 3));
  return [...new Set(candidates)]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({
      candidate,
      away: isNear(name, candidate) ? 1 : distance(name, candidate),
    }))
    .filter(({ away }) => away <= reach)
    .sort((a, b) => a.away - b.away || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, 3)
    .map(({ candidate }) => candidate);
}

/** What to try where nothing has the name: `did you mean web-0 or web-1?`; `otherwise` where nothing is near. */
export function meantInstead(name: string, candidates: Iterable<string>, otherwise: string): string {
  const near = nearNames(name, candidates);
  return near.length === 0 ? otherwise : `did you mean ${near.join(" or ")}?`;
}

/** One is the other with more behind a dash, or with two neighbouring letters swapped. */
function isNear(name: string, candidate: string): boolean {
  return candidate.startsWith(`${name}-`) || name.startsWith(`${candidate}-`) || isSwapped(name, candidate);
}

/** Two neighbouring letters of one stand the other way round in the other. */
export function isSwapped(name: string, candidate: string): boolean {
  const at = [...name].findIndex((letter, index) => letter !== candidate[index]);
  const swapped = `${name.slice(0, at)}${name[at + 1] ?? ""}${name[at] ?? ""}${name.slice(at + 2)}`;
  return at >= 0 && swapped === candidate;
}
