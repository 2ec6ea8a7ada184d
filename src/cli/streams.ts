import type { Writable } from "node:stream";

/** What of a process the program uses; `process` itself is one, tests give others. */
export interface Streams {
  readonly stdin: AsyncIterable<Uint8Array | string> & { readonly isTTY?: boolean; destroy?(): unknown };
  readonly stdout: Terminal;
  readonly stderr: Terminal;
  readonly env: Readonly<Record<string, string | undefined>>;
  cwd(): string;
  /** How it was started: the second entry tells whether as a kubectl plugin. */
  readonly argv?: readonly string[];
  on?(signal: StopSignal, listener: () => void): unknown;
  off?(signal: StopSignal, listener: () => void): unknown;
}

/** What asks a process to end, and lets it. */
export type StopSignal = "SIGINT" | "SIGTERM" | "SIGHUP";

export type Terminal = Pick<Writable, "write" | "on"> & { readonly isTTY?: boolean; readonly columns?: number };

/**
 * Watches a stream for failures and tells of the first. A reader that went away (`| head -1`) is none: what is written after
 * that is lost, as the reader wanted. A full disk is one.
 */
export function watchStream(stream: Terminal): () => Error | null {
  let failure: Error | null = null;
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE" && error.code !== "ERR_STREAM_DESTROYED") failure ??= error;
  });
  return () => failure;
}
