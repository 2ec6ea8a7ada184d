import { type Decoded, decode } from "./decode.ts";
import { LIST_META, STATUS, TYPE_META } from "./meta-shapes.ts";
import type { MessageShape } from "./shape.ts";
import { PLAIN_TEXTS, type Texts } from "./texts.ts";
import { BYTES, type Cursor, fixedSize, MalformedProtobuf, readTag, readVarint, VARINT } from "./wire.ts";

/** What every protobuf body of the API begins with (apimachinery runtime/serializer/protobuf: "k8s\0"). */
const MAGIC = Buffer.from([0x6b, 0x38, 0x73, 0x00]);
/** etcd takes objects of 1.5 MB; what is far above is no object of a cluster, and must not be gathered in memory. */
const MOST_OBJECT = 32 * 1024 * 1024;
/** A tag and a length. */
const HEAD = 20;
/** Room for most objects. */
const SMALL = 16 * 1024;

export interface ListReader {
  /** Takes the next bytes, and hands on every item that is whole. Throws MalformedProtobuf. */
  push(chunk: Buffer): void;
  /** Where the bytes end: the list's `continue`, "" for the last page. Throws where it is not whole. */
  end(): { readonly next: string };
}

/**
 * Reads the protobuf body of a list as its bytes arrive (runtime.Unknown around metadata = 1 and items = 2), holding no more
 * than one item. `kind` is the list's (`PodList`), `item` the shape of its items.
 */
export function readProtobufList(
  kind: string,
  item: MessageShape,
  texts: Texts,
  take: (item: Decoded) => void,
): ListReader {
  /** What came of something that is not whole yet, always in the same memory: lists of megabytes must not be copied to new one. */
  let held = Buffer.allocUnsafe(0);
  let size = 0;
  /** No use in looking before so many bytes are there. */
  let wanted = MAGIC.length;
  let begun = false;
  let kindSeen = "";
  /** Bytes that the list still has; null outside of it. */
  let left: number | null = null;
  let whole = false;
  let skipping = 0;
  let next = "";

  const stop = (at: number, more: number): number => {
    wanted = more;
    return at;
  };
  /** Reads as many fields as are whole; where the first one that is not begins. */
  const consume = (bytes: Buffer): number => {
    let at = 0;
    if (!begun) {
      if (bytes.length < MAGIC.length) return stop(0, MAGIC.length);
      if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) throw new MalformedProtobuf("it does not begin as such");
      begun = true;
      at = MAGIC.length;
    }
    for (;;) {
      if (skipping > 0) {
        const step = Math.min(skipping, bytes.length - at);
        skipping -= step;
        at += step;
        if (left !== null) left -= step;
        if (skipping > 0) return stop(at, 1);
      }
      if (left === 0) {
        left = null;
        whole = true;
      }
      if (at === bytes.length) return stop(at, 1);
      const head = headAt(bytes, at, left);
      if (head === null) return stop(at, bytes.length - at + 1);
      const { number, length, start } = head;
      if (left !== null && length > left - (start - at))
        throw new MalformedProtobuf("a field's length goes beyond the list");
      const inside = left !== null;
      if (!inside && number === 2) {
        if (whole) throw new MalformedProtobuf("a second list behind the first");
        if (kindSeen !== kind)
          throw new MalformedProtobuf(`it holds ${kindSeen === "" ? "nothing known" : `a ${kindSeen}`}`);
        left = length;
        at = start;
        continue;
      }
      const wantedHere = inside ? number === 1 || number === 2 : number === 1 || number === 3;
      if (!wantedHere) {
        if (left !== null) left -= start - at;
        at = start;
        skipping = length;
        continue;
      }
      if (length > MOST_OBJECT) throw new MalformedProtobuf(`an object of ${Math.round(length / 1024 / 1024)} MB`);
      if (start + length > bytes.length) return stop(at, start + length - at);
      const cursor: Cursor = { bytes, at: start, end: start + length };
      if (!inside) {
        if (number === 3) {
          if (length > 0) throw new MalformedProtobuf("it is packed in a way that nobody asked for");
        } else kindSeen = String(decode(TYPE_META, cursor, texts).kind ?? "");
      } else if (number === 2) take(decode(item, cursor, texts));
      else next = String(decode(LIST_META, cursor, texts).continue ?? "");
      if (left !== null) left -= start + length - at;
      at = start + length;
    }
  };
  const hold = (bytes: Buffer, from: number, to: number): void => {
    if (held.length < size + to - from) {
      const more = Buffer.allocUnsafe(Math.max(size + to - from, 2 * held.length, SMALL));
      held.copy(more, 0, 0, size);
      held = more;
    }
    size += bytes.copy(held, size, from, to);
  };
  return {
    push(chunk) {
      let at = 0;
      // What is held is made whole with as little of the chunk as that takes.
      while (size > 0 && at < chunk.length) {
        const to = Math.min(at + wanted - size, chunk.length);
        hold(chunk, at, to);
        at = to;
        if (size < wanted) return;
        const done = consume(held.subarray(0, size));
        held.copyWithin(0, done, size);
        size -= done;
      }
      if (at === chunk.length) return;
      const rest = chunk.subarray(at);
      hold(rest, consume(rest), rest.length);
    },
    end() {
      if (!whole || left !== null || skipping > 0 || size > 0) throw new MalformedProtobuf("it ends in the middle");
      return { next };
    },
  };
}

/**
 * Where a field's content lies. Fields that are not length-delimited have none: their bytes count to the head. null where the
 * bytes end within the head.
 */
function headAt(
  bytes: Buffer,
  at: number,
  left: number | null,
): { readonly number: number; readonly start: number; readonly length: number } | null {
  const most = left === null ? bytes.length : Math.min(bytes.length, at + left);
  const cut = bytes.length - at < HEAD && (left === null || left > bytes.length - at);
  const cursor: Cursor = { bytes, at, end: most };
  try {
    const tag = readTag(cursor);
    const wireType = tag & 7;
    const number = tag >>> 3;
    if (wireType === BYTES) {
      const length = readVarint(cursor);
      if (length < 0) throw new MalformedProtobuf("a field of a negative length");
      return { number, start: cursor.at, length };
    }
    if (wireType !== VARINT) return { number: 0, start: cursor.at, length: fixedSize(wireType) };
    readVarint(cursor);
    return { number: 0, start: cursor.at, length: 0 };
  } catch (error) {
    if (cut && cursor.at >= most) return null;
    throw error;
  }
}

/** Decodes the whole protobuf body of an error; null where it is none. */
export function readProtobufStatus(bytes: Buffer): Decoded | null {
  let status: Decoded | null = null;
  try {
    if (!bytes.subarray(0, MAGIC.length).equals(MAGIC)) return null;
    const cursor: Cursor = { bytes, at: MAGIC.length, end: bytes.length };
    while (cursor.at < cursor.end) {
      const tag = readTag(cursor);
      if ((tag & 7) !== BYTES) return null;
      const length = readVarint(cursor);
      const end = cursor.at + length;
      if (length < 0 || end > bytes.length) return null;
      if (tag >>> 3 === 2) status = decode(STATUS, { bytes, at: cursor.at, end }, PLAIN_TEXTS);
      cursor.at = end;
    }
  } catch (error) {
    if (error instanceof MalformedProtobuf) return null;
    throw error;
  }
  return status === null ? null : { kind: "Status", ...(status as Decoded) };
}
