/** Makes texts of what is read, each as seldom as it can: those of a cluster repeat (namespaces, images, labels, nodes). */
export interface Texts {
  /** The text of UTF-8 bytes. */
  text(bytes: Buffer, start: number, end: number): string;
  /** Seconds since 1970 as RFC 3339. */
  time(seconds: number): string;
  /** The value that was made before for the same key, else what `make` gives. */
  same<T extends object>(of: object, key: string, make: () => T): T;
}

/** Keeps nothing: for single answers. */
export const PLAIN_TEXTS: Texts = {
  text: (bytes, start, end) => bytes.toString("utf8", start, end),
  time: rfc3339,
  same: (_of, _key, make) => make(),
};

/** Longer texts are rarely the same. */
const LONGEST = 96;
const SLOTS = 1 << 16;
const TIMES = 10_000;
/** Beyond, what is kept is forgotten: the objects that were made hold on to what they share. */
const VALUES = 20_000;

/** Finding a text costs less than making it: each is made once, as long as no other one takes its slot. */
export function internTexts(): Texts {
  const slots: (string | undefined)[] = new Array(SLOTS);
  const times = new Map<number, string>();
  const values = new Map<object, Map<string, object>>();
  return {
    text(bytes, start, end) {
      const length = end - start;
      if (length === 0) return "";
      if (length > LONGEST) return bytes.toString("utf8", start, end);
      let hash = 0x811c9dc5 ^ length;
      let all = 0;
      for (let at = start; at < end; at++) {
        const byte = bytes[at] ?? 0;
        all |= byte;
        hash = Math.imul(hash ^ byte, 0x01000193);
      }
      if (all >= 0x80) return bytes.toString("utf8", start, end);
      const slot = (hash ^ (hash >>> 15)) & (SLOTS - 1);
      const known = slots[slot];
      if (known !== undefined && known.length === length && isSame(known, bytes, start)) return known;
      const made = bytes.toString("latin1", start, end);
      slots[slot] = made;
      return made;
    },
    time(seconds) {
      let known = times.get(seconds);
      if (known === undefined) {
        known = rfc3339(seconds);
        if (times.size >= TIMES) times.clear();
        times.set(seconds, known);
      }
      return known;
    },
    same<T extends object>(of: object, key: string, make: () => T): T {
      let kept = values.get(of);
      if (kept === undefined) {
        kept = new Map();
        values.set(of, kept);
      }
      const known = kept.get(key);
      // What is kept for a key was made by an equal `make`.
      if (known !== undefined) return known as T;
      if (kept.size >= VALUES) kept.clear();
      const made = make();
      kept.set(key, made);
      return made;
    },
  };
}

function isSame(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}

function rfc3339(seconds: number): string {
  return `${new Date(seconds * 1000).toISOString().slice(0, -5)}Z`;
}
