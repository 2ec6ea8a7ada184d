import { createReadStream, readFileSync, statSync } from "node:fs";
import { readFault } from "./file-fault.ts";
import { InputError } from "./input-error.ts";

/** What may be read of one file or stream, in bytes. */
export const MAX_BYTES = 128 * 1024 * 1024;
/** Where standard input is named in places and messages. */
export const STDIN = "<stdin>";

export type Bytes = AsyncIterable<Uint8Array | string>;

/** A file that is there and cannot be read. */
export class UnreadableError extends InputError {
  readonly reason: string;

  constructor(file: string, reason: string) {
    super(`cannot read ${file}: ${reason}`);
    this.reason = reason;
  }
}

/** The bytes of a file, a pipe or standard input. Throws InputError where they are more than `limit`, UnreadableError where they cannot be read. */
export async function bytesOf(file: string, stdin: Bytes, limit: number = MAX_BYTES): Promise<Buffer> {
  try {
    // A stream takes ten times as long, which thousands of small files feel; pipes (`<(helm template ...)`) need one.
    const found = file === STDIN ? null : statSync(file);
    const bytes = found?.isFile()
      ? found.size > limit
        ? null
        : readFileSync(file)
      : await collect(file === STDIN ? stdin : createReadStream(file), limit);
    if (bytes === null) throw new InputError(`${file} is too large: at most ${MAX_BYTES / 1024 / 1024} MB are read`);
    return bytes;
  } catch (error) {
    throw error instanceof InputError ? error : new UnreadableError(file, readFault(error));
  }
}

/** Null where there is more than `limit`. */
async function collect(stream: Bytes, limit: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    const bytes =
      typeof chunk === "string" ? Buffer.from(chunk) : Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
    size += bytes.length;
    if (size > limit) return null;
    chunks.push(bytes);
  }
  return Buffer.concat(chunks);
}
