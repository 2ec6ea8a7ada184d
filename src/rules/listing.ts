import { byName, listed } from "../trace/words.ts";
import type { RuleFinding } from "./rule.ts";

/**
 * One fault in one place, which several Services' paths may meet each with names of its own: the findings of a place that
 * differ in nothing but their entries are told as one, with the entries of all.
 */
export interface Listing {
  /** What the message says before the list, and behind it. */
  readonly before: string;
  readonly after: string;
  readonly entries: readonly ListingEntry[];
}

interface ListingEntry {
  /** As the message names it. */
  readonly item: string;
  /** Where it stands, by which entries are put in order: what stands in one place is shown once. */
  readonly place: string;
  /** The line of evidence that shows it. */
  readonly shown: string;
}

/** Items by name, and lines of evidence. */
const ITEMS = 3;
const LINES = 5;

/** What a finding says of a list, whichever Services brought the entries in whichever order. */
export function listingText(listing: Listing): Pick<RuleFinding, "message" | "evidence" | "listing"> {
  const { before, after, entries } = listing;
  const sorted = entries.toSorted((a, b) => byName(a.place, b.place) || byName(a.item, b.item));
  const items = [...new Set(sorted.map(({ item }) => item))];
  const lines = sorted.filter(({ place }, at) => place !== sorted[at - 1]?.place).map(({ shown }) => shown);
  const rest = lines.length - LINES;
  return {
    message: `${before}${listed(items, ITEMS)}${after}`,
    evidence: rest > 0 ? [...lines.slice(0, LINES), `and ${rest} more`] : lines,
    listing,
  };
}
