import type { MessageShape } from "./shape.ts";
import { type Cursor, readTag, skipField } from "./wire.ts";

/** Remembers what was made of bytes, so that it is made once of the same ones. */
export interface Seen {
  /**
   * What `make` made before of the same bytes between the cursor and its end; else what it makes now. With a shape, only the
   * fields that it reads make a difference: what is skipped (a container's ID, a mounted token) does not.
   */
  same<T extends object>(shape: MessageShape, cursor: Cursor, make: () => T): T;
}

interface Entry {
  readonly key: Buffer;
  readonly value: object;
}

/** For each kind of message: the objects of a list come by owner, so that those of a thousand owners need not be kept. */
const SLOTS = 1 << 11;
/** Bytes that are looked at to find a slot; all of them are before what stands in it is taken. */
const SAMPLES = 64;
/** From here on comparing is quicker outside of JavaScript. */
const LONG = 64;
/** Parts of a message between fields that are skipped; what comes behind counts as one more. */
const MOST_PARTS = 32;

/** Stands for a message of which every byte makes a difference; each is a kind of its own. */
export function wholeMessage(): MessageShape {
  return [];
}

/** Holds no more than one value for each slot: what takes another's place makes that one be made again, and no more. */
export function seenBytes(): Seen {
  const slotsOf = new Map<MessageShape, (Entry | undefined)[]>();
  /** From where to where each part goes that makes a difference, of the message that is looked for. */
  const parts = new Int32Array(2 * MOST_PARTS);
  let count = 0;

  const findParts = (shape: MessageShape, cursor: Cursor): void => {
    const { at: start, end } = cursor;
    let from = start;
    count = 0;
    while (shape.length > 0 && cursor.at < end && count < 2 * (MOST_PARTS - 1)) {
      const at = cursor.at;
      const tag = readTag(cursor);
      skipField(cursor, tag & 7);
      if (shape[tag >>> 3] !== undefined) continue;
      if (at > from) {
        parts[count++] = from;
        parts[count++] = at;
      }
      from = cursor.at;
    }
    cursor.at = start;
    if (from === end) return;
    parts[count++] = from;
    parts[count++] = end;
  };
  const lengthOf = (): number => {
    let length = 0;
    for (let part = 0; part < count; part += 2) length += (parts[part + 1] ?? 0) - (parts[part] ?? 0);
    return length;
  };
  const hashOf = (bytes: Buffer, length: number): number => {
    const step = Math.ceil(length / SAMPLES);
    let hash = 0x811c9dc5 ^ length;
    for (let part = 0; part < count; part += 2) {
      const end = parts[part + 1] ?? 0;
      for (let at = parts[part] ?? 0; at < end; at += step) hash = Math.imul(hash ^ (bytes[at] ?? 0), 0x01000193);
    }
    return hash ^ (hash >>> 15);
  };
  const isSame = (key: Buffer, bytes: Buffer): boolean => {
    let from = 0;
    for (let part = 0; part < count; part += 2) {
      const start = parts[part] ?? 0;
      const length = (parts[part + 1] ?? 0) - start;
      if (length >= LONG) {
        if (bytes.compare(key, from, from + length, start, start + length) !== 0) return false;
      } else for (let at = 0; at < length; at++) if (key[from + at] !== bytes[start + at]) return false;
      from += length;
    }
    return true;
  };
  const joined = (bytes: Buffer, length: number): Buffer => {
    const key = Buffer.allocUnsafe(length);
    let to = 0;
    for (let part = 0; part < count; part += 2) to += bytes.copy(key, to, parts[part], parts[part + 1]);
    return key;
  };

  return {
    same<T extends object>(shape: MessageShape, cursor: Cursor, make: () => T): T {
      let slots = slotsOf.get(shape);
      if (slots === undefined) {
        slots = new Array(SLOTS).fill(undefined);
        slotsOf.set(shape, slots);
      }
      const { bytes } = cursor;
      findParts(shape, cursor);
      const length = lengthOf();
      const slot = hashOf(bytes, length) & (SLOTS - 1);
      const known = slots[slot];
      // What is kept of the same bytes was made by an equal `make`.
      if (known !== undefined && known.key.length === length && isSame(known.key, bytes)) return known.value as T;
      const key = joined(bytes, length);
      const value = make();
      slots[slot] = { key, value };
      return value;
    },
  };
}
