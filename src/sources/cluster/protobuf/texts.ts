import { perKey } from "../../../objects/kept.ts";
import { type Seen, seenBytes } from "./seen.ts";

/** Makes texts of what is read, each as seldom as it can: those of a cluster repeat (namespaces, images, labels, nodes). */
export interface Texts extends Seen {
  /** The text of UTF-8 bytes. */
  text(bytes: Buffer, start: number, end: number): string;
  /** Seconds since 1970 as RFC 3339. */
  time(seconds: number): string;
}

/** Keeps nothing: for single answers. */
export const PLAIN_TEXTS: Texts = {
  text: (bytes, start, end) => bytes.toString("utf8", start, end),
  time: rfc3339,
  same: (_shape, _cursor, make) => make(),
};

/** Longer texts are rarely the same. */
const LONGEST = 96;
const SLOTS = 1 << 16;
const TIMES = 10_000;

/** Finding a text costs less than making it: each is made once, as long as no other one takes its slot. */
export function internTexts(): Texts {
  const slots: (string | undefined)[] = new Array(SLOTS);
  const timeOf = perKey(rfc3339, TIMES);
  let lastSeconds = Number.NaN;
  let lastTime = "";
  return {
    ...seenBytes(),
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
      // Most of an object's times are the same.
      if (seconds === lastSeconds) return lastTime;
      lastSeconds = seconds;
      lastTime = timeOf(seconds);
      return lastTime;
    },
  };
}

function isSame(text: string, bytes: Buffer, start: number): boolean {
  for (let at = 0; at < text.length; at++) if (text.charCodeAt(at) !== bytes[start + at]) return false;
  return true;
}

/** Written into one place: a text that is put together of others keeps them all, and a Date takes longer than the rest. */
function rfc3339(seconds: number): string {
  const ofSeconds = Math.floor(seconds / A_DAY);
  if (ofSeconds !== day) {
    day = ofSeconds;
    const midnight = new Date(day * A_DAY * 1000).toISOString();
    scratch.write(midnight, "latin1");
    hours = midnight.indexOf("T") + 1;
  }
  const rest = seconds - day * A_DAY;
  writeTwo(Math.floor(rest / 3600), hours);
  writeTwo(Math.floor(rest / 60) % 60, hours + 3);
  writeTwo(rest % 60, hours + 6);
  scratch[hours + 8] = 0x5a;
  return scratch.toString("latin1", 0, hours + 9);
}

const A_DAY = 86_400;
/** Years beyond 9999 have a sign and six digits. */
const scratch = Buffer.alloc("+000000-00-00T00:00:00.000Z".length);
/** What `scratch` begins with, in days since 1970, and where its hours stand. */
let day = Number.NaN;
let hours = 0;

function writeTwo(number: number, at: number): void {
  scratch[at] = 0x30 + Math.floor(number / 10);
  scratch[at + 1] = 0x30 + (number % 10);
}
