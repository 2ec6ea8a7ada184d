/** The bytes are not what an API server sends. */
export class MalformedProtobuf extends Error {
  override readonly name = "MalformedProtobuf";
}

/** A place in bytes, and where what is being read must end. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  end: number;
}

export const VARINT = 0;
const FIXED64 = 1;
export const BYTES = 2;
const FIXED32 = 5;

/**
 * A varint as a signed number of 64 bits, exact up to 2^53 either side: negative numbers are sent as ten bytes. Throws where
 * it does not end.
 */
export function readVarint(cursor: Cursor): number {
  const { bytes, end } = cursor;
  // Most are short: tags, and lengths of names.
  const first = bytes[cursor.at] ?? 0x80;
  if (first < 0x80 && cursor.at < end) {
    cursor.at++;
    return first;
  }
  let low = 0;
  let high = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    if (cursor.at >= end) throw new MalformedProtobuf("a number goes beyond its message");
    const byte = bytes[cursor.at++] ?? 0;
    const bits = byte & 0x7f;
    if (shift < 28) low |= bits << shift;
    else if (shift === 28) {
      low |= bits << 28;
      high |= bits >>> 4;
    } else high |= bits << (shift - 32);
    if (byte < 0x80) return high * 0x1_0000_0000 + (low >>> 0);
  }
  throw new MalformedProtobuf("a number of more than 64 bits");
}

/** The length of what follows, which must lie within the message. */
export function readLength(cursor: Cursor): number {
  const length = readVarint(cursor);
  if (length < 0 || length > cursor.end - cursor.at) {
    throw new MalformedProtobuf("a field's length goes beyond its message");
  }
  return length;
}

/** Passes over a field whose tag was read. Groups and what is no wire type at all are never sent. */
export function skipField(cursor: Cursor, wireType: number): void {
  if (wireType === BYTES) {
    const length = readLength(cursor);
    cursor.at += length;
  } else if (wireType === VARINT) readVarint(cursor);
  else cursor.at += fixedSize(wireType);
  if (cursor.at > cursor.end) throw new MalformedProtobuf("a field goes beyond its message");
}

/** How many bytes a field of a fixed size takes. Throws for every other wire type. */
export function fixedSize(wireType: number): 4 | 8 {
  if (wireType === FIXED64) return 8;
  if (wireType === FIXED32) return 4;
  throw new MalformedProtobuf(`a field of the unknown wire type ${wireType}`);
}

/** A field's tag: its number times 8, and how it is written. */
export function readTag(cursor: Cursor): number {
  const tag = readVarint(cursor);
  if (tag < 8 || tag > 0xffff_ffff) throw new MalformedProtobuf("a field without a number");
  return tag;
}
