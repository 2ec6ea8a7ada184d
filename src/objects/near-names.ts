import { distance } from "fastest-levenshtein";

/** The candidates that a typo away could have been meant, nearest first, at most three. */
export function nearNames(name: string, candidates: Iterable<string>): readonly string[] {
  const reach = Math.max(1, Math.floor(name.length / 3));
  return [...new Set(candidates)]
    .filter((candidate) => candidate !== name)
    .map((candidate) => ({ candidate, away: awayFrom(name, candidate, reach) }))
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

/** Edits from one to the other; of what is beyond `reach` by its length alone no more is worked out. */
function awayFrom(name: string, candidate: string, reach: number): number {
  // One is the other with more behind a dash.
  if (candidate.startsWith(`${name}-`) || name.startsWith(`${candidate}-`)) return 1;
  const difference = Math.abs(name.length - candidate.length);
  if (difference > reach) return difference;
  return typosBetween(name, candidate);
}

/** How many slips of the keyboard make one of the other: letters too many, too few or other ones; two that changed places are one. */
export function typosBetween(name: string, candidate: string): number {
  return isSwapped(name, candidate) ? 1 : distance(name, candidate);
}

/** Two neighbouring letters of one stand the other way round in the other. */
function isSwapped(name: string, candidate: string): boolean {
  if (name.length !== candidate.length) return false;
  let at = 0;
  while (at < name.length && name[at] === candidate[at]) at += 1;
  return (
    at + 1 < name.length &&
    name[at] === candidate[at + 1] &&
    name[at + 1] === candidate[at] &&
    name.slice(at + 2) === candidate.slice(at + 2)
  );
}
