import { isUtf8 } from "node:buffer";
import { readFileSync, statSync } from "node:fs";
import { MAX_BYTES } from "../bytes.ts";

export interface DecodedText {
  readonly text: string;
  /** Bytes that are not UTF-8 were replaced by U+FFFD. */
  readonly damaged: boolean;
}

/** Text of UTF-8, or of UTF-16 that begins with its byte order mark, as PowerShell writes it. The mark is left out. */
export function decodeText(bytes: Buffer): DecodedText {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) return { text: decodeWith("utf-16le", bytes), damaged: false };
  if (bytes[0] === 0xfe && bytes[1] === 0xff) return { text: decodeWith("utf-16be", bytes), damaged: false };
  const marked = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
  return { text: bytes.toString("utf8", marked ? 3 : 0), damaged: !isUtf8(bytes) };
}

function decodeWith(encoding: string, bytes: Buffer): string {
  return new TextDecoder(encoding).decode(bytes);
}

/** The text of a file; null where there is none here, or one that is too large. */
export function textOf(file: string): string | null {
  try {
    const found = statSync(file);
    return found.isFile() && found.size <= MAX_BYTES ? decodeText(readFileSync(file)).text : null;
  } catch {
    return null;
  }
}
