import type { IncomingMessage } from "node:http";
import { promisify } from "node:util";
import { ClusterError, messageOf, oneLine } from "./errors.ts";

/** Reads a body as its bytes arrive. Both functions throw where the bytes make no sense. */
export interface BodyReader {
  push(chunk: Buffer): void;
  end(): unknown;
}

export type Body =
  | { readonly kind: "bytes"; readonly bytes: Buffer }
  /** What a BodyReader made of it. */
  | { readonly kind: "read"; readonly value: unknown }
  /** It was not read, for it is none of what was asked for. */
  | { readonly kind: "unwanted" };

/** Far above a page of 500 of the largest objects that occur; a body beyond it is not read into memory. */
const MOST_BYTES = 256 * 1024 * 1024;
/** Bytes that are unpacked at a time. */
const PIECE = 128 * 1024;
/** Not imported: small answers come unpacked, and loading it takes milliseconds. */
const zlib = () => process.getBuiltinModule("node:zlib");

/** The whole body in memory, unpacked. Rejects with a ClusterError where its end never comes. */
export function collect(response: IncomingMessage, url: URL): Promise<Body> {
  const { promise, resolve, reject } = Promise.withResolvers<Body>();
  const chunks: Buffer[] = [];
  let size = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_BYTES) reject(tooLarge(url));
  });
  whenCut(response, () => reject(cutOff(url, CUT)));
  response.on("end", () => {
    const bytes = Buffer.concat(chunks);
    if (!isGzip(response)) return resolve({ kind: "bytes", bytes });
    promisify(zlib().gunzip)(bytes, { maxOutputLength: MOST_BYTES }).then(
      (whole) => resolve({ kind: "bytes", bytes: whole }),
      (error: { code?: string }) =>
        reject(error.code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(url) : cutOff(url, NO_GZIP)),
    );
  });
  return promise;
}

/** Hands the body on as it arrives, unpacked. Rejects with a ClusterError where its end never comes or the reader makes no sense of it. */
export function streamInto(response: IncomingMessage, reader: BodyReader, url: URL): Promise<Body> {
  const { promise, resolve, reject } = Promise.withResolvers<Body>();
  const source = isGzip(response) ? response.pipe(zlib().createGunzip({ chunkSize: PIECE })) : response;
  let failed = false;
  const guarded = (step: () => void) => {
    if (failed) return;
    try {
      step();
    } catch (error) {
      failed = true;
      if (!(error instanceof Error) || error.name !== "MalformedProtobuf") return reject(error);
      reject(cutOff(url, `an answer that is not whole protobuf (${oneLine(messageOf(error))})`));
    }
  };
  whenCut(response, () => reject(cutOff(url, CUT)));
  if (source !== response) source.on("error", () => reject(cutOff(url, NO_GZIP)));
  source.on("data", (chunk: Buffer) => guarded(() => reader.push(chunk)));
  source.on("end", () => guarded(() => resolve({ kind: "read", value: reader.end() })));
  return promise;
}

/** Also where the connection ends before Content-Length or the last chunk: then `complete` is false. */
function whenCut(response: IncomingMessage, tell: () => void): void {
  response.on("error", tell);
  response.on("close", () => {
    if (!response.complete) tell();
  });
}

function isGzip(response: IncomingMessage): boolean {
  return /gzip/i.test(response.headers["content-encoding"] ?? "");
}

const CUT = "the connection was cut in the middle of an answer";
const NO_GZIP = "an answer that is not whole gzip";

/** An answer that ended early; the cause makes it worth another try. */
export function cutOff(url: URL, what: string): ClusterError {
  return new ClusterError(
    "protocol",
    `${url.origin}${url.pathname}: ${what}`,
    "a proxy on the way may cut answers off",
    {
      cause: Object.assign(new Error(what), { code: "ECONNRESET" }),
    },
  );
}

function tooLarge(url: URL): ClusterError {
  return new ClusterError("protocol", `${url.origin}${url.pathname}: an answer of over ${MOST_BYTES / 1024 / 1024} MB`);
}
