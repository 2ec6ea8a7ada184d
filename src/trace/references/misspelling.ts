import { firstFrom } from "../../objects/sorted.ts";

/** Names of one kind in one namespace, by what a slip of the hand would have left of them. */
export interface Spellings {
  /** The one name that was surely meant by this one, which is none of them; null where it is not sure. */
  meant(name: string): string | null;
}

/** Shorter words are a letter apart by intention as often as by mistake: `app` and `api`. */
const SHORTEST_WORD = 5;
/** A name that ends in the middle of a word was cut only where this much of it is left. */
const SHORTEST_CUT = 12;

/**
 * Indexes names so that a misspelling is found without comparing it with all of them. Sure is only: one letter of one long
 * word is wrong, missing, too many or swapped with the next; or the name was cut inside its last word. Digits are never
 * mistaken: `zoo-3` is most likely another Service that is not here.
 */
export function spellings(names: Iterable<string>): Spellings {
  const sorted = [...names].sort();
  let buckets: ReadonlyMap<string, readonly string[]> | null = null;
  return {
    meant(name) {
      buckets ??= bucketsOf(sorted);
      const near = new Set<string>();
      for (const key of keysOf(name)) {
        for (const candidate of buckets.get(key) ?? []) if (isSlip(name, candidate)) near.add(candidate);
      }
      for (const candidate of cutFrom(name, sorted)) near.add(candidate);
      const [only, ...others] = near;
      return only === undefined || others.length > 0 ? null : only;
    },
  };
}

function bucketsOf(names: readonly string[]): ReadonlyMap<string, readonly string[]> {
  const buckets = new Map<string, string[]>();
  for (const name of names) {
    for (const key of keysOf(name)) {
      const bucket = buckets.get(key);
      if (bucket === undefined) buckets.set(key, [name]);
      else bucket.push(name);
    }
  }
  return buckets;
}

/** The name with each of its long words cut down to the first letter. */
function keysOf(name: string): readonly string[] {
  const words = name.split("-");
  return words.flatMap((word, index) =>
    isLongWord(word, SHORTEST_WORD - 1) ? [words.map((one, at) => (at === index ? `${one[0]}?` : one)).join("-")] : [],
  );
}

function isLongWord(word: string, length: number): boolean {
  return word.length >= length && /^[a-z]+$/.test(word);
}

function isSlip(name: string, candidate: string): boolean {
  const [left, right] = [name.split("-"), candidate.split("-")];
  if (left.length !== right.length) return false;
  const apart = left.flatMap((word, at) => (word === right[at] ? [] : [[word, right[at] ?? ""] as const]));
  const [only, ...others] = apart;
  if (only === undefined || others.length > 0) return false;
  const [wrong, meant] = only;
  return isLongWord(meant, SHORTEST_WORD) && isLongWord(wrong, SHORTEST_WORD - 1) && isOneLetterApart(wrong, meant);
}

/** One letter wrong, missing or too many, or two neighbours swapped. */
export function isOneLetterApart(a: string, b: string): boolean {
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start += 1;
  let [endA, endB] = [a.length, b.length];
  while (endA > start && endB > start && a[endA - 1] === b[endB - 1]) {
    endA -= 1;
    endB -= 1;
  }
  const [inA, inB] = [a.slice(start, endA), b.slice(start, endB)];
  if (inA.length + inB.length === 0) return false;
  if (inA.length <= 1 && inB.length <= 1) return true;
  return inA.length === 2 && inB.length === 2 && inA[0] === inB[1] && inA[1] === inB[0];
}

/** The names that go on with a letter where this one ends. */
function cutFrom(name: string, sorted: readonly string[]): readonly string[] {
  if (name.length < SHORTEST_CUT || !/-[a-z]+$/.test(name)) return [];
  const found: string[] = [];
  for (let at = firstFrom(sorted, name); at < sorted.length; at += 1) {
    const candidate = sorted[at] ?? "";
    if (!candidate.startsWith(name)) break;
    if (/^[a-z]+$/.test(candidate.slice(name.length))) found.push(candidate);
    if (found.length > 1) break;
  }
  return found;
}
