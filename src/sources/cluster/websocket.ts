import { createHash, randomBytes } from "node:crypto";

/** RFC 6455 section 5.2. */
export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

export interface WebSocketMessage {
  readonly opcode: number;
  readonly payload: Buffer;
}

/** Larger messages are not believed: what we read comes in pieces of at most 64 KiB. */
const MOST_BYTES = 1 << 20;

/** The value of Sec-WebSocket-Accept that answers a key (RFC 6455 section 1.3). */
export function acceptOf(key: string): string {
  return createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
}

/** One whole message as a client sends it: a single frame, masked. */
export function clientFrame(opcode: number, payload: Buffer): Buffer {
  const head = payload.length < 126 ? Buffer.alloc(2) : payload.length < 0x10000 ? Buffer.alloc(4) : Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  if (head.length === 2) head[1] = 0x80 | payload.length;
  else if (head.length === 4) {
    head[1] = 0x80 | 126;
    head.writeUInt16BE(payload.length, 2);
  } else {
    head[1] = 0x80 | 127;
    head.writeBigUInt64BE(BigInt(payload.length), 2);
  }
  const mask = randomBytes(4);
  const masked = Buffer.alloc(payload.length);
  for (let at = 0; at < payload.length; at++) masked[at] = (payload[at] ?? 0) ^ (mask[at % 4] ?? 0);
  return Buffer.concat([head, mask, masked]);
}

/**
 * Puts together what a server sends: frames out of chunks, messages out of fragments. Control frames may stand between
 * fragments. Throws where the bytes break the protocol.
 */
export function messageReader(): (chunk: Buffer) => readonly WebSocketMessage[] {
  let kept: Buffer = Buffer.alloc(0);
  let fragments: { readonly opcode: number; readonly parts: Buffer[]; size: number } | null = null;

  const accept = (frame: Frame, messages: WebSocketMessage[]): void => {
    const { final, opcode, payload } = frame;
    if (opcode >= OPCODE.close) {
      if (!final || payload.length > 125) throw new Error("a control frame in fragments");
      messages.push({ opcode, payload });
    } else if (opcode === OPCODE.continuation) {
      if (fragments === null) throw new Error("a fragment of nothing");
      fragments.parts.push(payload);
      fragments.size += payload.length;
      if (fragments.size > MOST_BYTES) throw new Error(`a message of over ${MOST_BYTES} bytes`);
      if (!final) return;
      messages.push({ opcode: fragments.opcode, payload: Buffer.concat(fragments.parts) });
      fragments = null;
    } else {
      if (fragments !== null) throw new Error("a message within another");
      if (final) messages.push({ opcode, payload });
      else fragments = { opcode, parts: [payload], size: payload.length };
    }
  };

  return (chunk) => {
    kept = kept.length === 0 ? chunk : Buffer.concat([kept, chunk]);
    const messages: WebSocketMessage[] = [];
    for (let frame = readFrame(kept); frame !== null; frame = readFrame(kept)) {
      kept = kept.subarray(frame.size);
      accept(frame, messages);
    }
    return messages;
  };
}

interface Frame {
  readonly final: boolean;
  readonly opcode: number;
  readonly payload: Buffer;
  /** Bytes that the whole frame takes. */
  readonly size: number;
}

/** The frame at the start of `bytes`, null where it is not whole yet. */
function readFrame(bytes: Buffer): Frame | null {
  if (bytes.length < 2) return null;
  const [first = 0, second = 0] = bytes;
  if ((first & 0x70) !== 0) throw new Error("reserved bits are set");
  if ((second & 0x80) !== 0) throw new Error("a masked frame from a server");
  const short = second & 0x7f;
  const start = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < start) return null;
  const length = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  if (length > MOST_BYTES) throw new Error(`a frame of ${length} bytes`);
  const size = start + length;
  if (bytes.length < size) return null;
  return { final: (first & 0x80) !== 0, opcode: first & 0x0f, payload: bytes.subarray(start, size), size };
}
