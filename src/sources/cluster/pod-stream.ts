import { randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Duplex } from "node:stream";
import type { Credential } from "./credentials.ts";
import { connectionError, messageOf, oneLine } from "./errors.ts";
import type { ApiOptions } from "./http.ts";
import { pathOf } from "./resources.ts";
import { acceptOf } from "./websocket.ts";

/** What a request of our own needs of a connection to an API server. */
export type ForwardAccess = Pick<ApiOptions, "server" | "transport" | "credentials" | "userAgent">;

/**
 * Why a Pod could not be reached: `forbidden` the caller may not forward ports or run commands, `gone` no such Pod,
 * `refused` the Pod or its node did not take the connection, `unreachable` the API server did not.
 */
export type PodStreamErrorKind = "forbidden" | "gone" | "refused" | "unreachable";

export class PodStreamError extends Error {
  readonly kind: PodStreamErrorKind;
  constructor(kind: PodStreamErrorKind, message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
    this.name = "PodStreamError";
    this.kind = kind;
  }
}

const MOST_ERROR_BYTES = 64 * 1024;

/** A subresource of a Pod that is a WebSocket: which, and how it is spoken to. */
export interface PodStreamRequest {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly subresource: "portforward" | "exec";
  /** A parameter that occurs several times has several entries. */
  readonly query: readonly (readonly [name: string, value: string])[];
  readonly protocol: string;
  /** For people: `forward ports`. */
  readonly what: string;
}

/**
 * Opens a WebSocket to a Pod's subresource, through the API server; frames are the caller's to write and read. Rejects with a
 * PodStreamError, or with the signal's reason.
 */
export async function openPodStream(
  access: ForwardAccess,
  request: PodStreamRequest,
  signal: AbortSignal,
): Promise<Duplex> {
  const { credentials } = access;
  const credential = await credentials.current(signal);
  const first = await upgrade(access, credential, request, signal);
  if (first instanceof Duplex) return first;
  if (first.status === 401) {
    const renewed = await credentials.renewed(credential, signal);
    const second = renewed === null ? first : await upgrade(access, renewed, request, signal);
    if (second instanceof Duplex) return second;
    throw refusal(second, request.pod);
  }
  throw refusal(first, request.pod);
}

interface Refused {
  readonly status: number;
  /** In the server's words. */
  readonly message: string;
}

function refusal(
  { status, message }: Refused,
  { namespace, name }: { namespace: string; name: string },
): PodStreamError {
  const said = message === "" ? `status ${status}` : message;
  if (status === 401 || status === 403) return new PodStreamError("forbidden", said);
  if (status === 404) return new PodStreamError("gone", `there is no Pod ${namespace}/${name} any more`);
  return new PodStreamError("refused", said);
}

function upgrade(
  { server, transport, userAgent }: ForwardAccess,
  credential: Credential,
  { pod: { namespace, name }, subresource, query, protocol, what }: PodStreamRequest,
  signal: AbortSignal,
): Promise<Duplex | Refused> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex | Refused>();
  const url = new URL(`${server.href.replace(/\/$/, "")}${pathOf("v1", namespace, "pods", name)}/${subresource}`);
  for (const [key, value] of query) url.searchParams.append(key, value);
  const key = randomBytes(16).toString("base64");
  const headers: Record<string, string | string[]> = {};
  for (const [header, value] of Object.entries(credential.headers)) {
    headers[header] = typeof value === "string" ? value : [...value];
  }
  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    agent: transport.agentFor(credential),
    signal,
    headers: {
      ...headers,
      "User-Agent": userAgent,
      Connection: "Upgrade",
      Upgrade: "websocket",
      "Sec-WebSocket-Version": "13",
      "Sec-WebSocket-Key": key,
      "Sec-WebSocket-Protocol": protocol,
    },
  });
  request.on("error", (error) => {
    if (signal.aborted) reject(signal.reason);
    else {
      const { message } = connectionError(error, server.origin);
      reject(new PodStreamError("unreachable", message, { cause: error }));
    }
  });
  request.on("response", (response) => {
    readMessage(response).then(
      (message) => resolve({ status: response.statusCode ?? 0, message }),
      (error: unknown) => reject(new PodStreamError("unreachable", messageOf(error), { cause: error })),
    );
  });
  request.on("upgrade", (response, socket, head) => {
    if (response.headers["sec-websocket-accept"] !== acceptOf(key)) {
      socket.destroy();
      reject(new PodStreamError("unreachable", `${server.origin} does not speak WebSocket`));
    } else if (response.headers["sec-websocket-protocol"] !== protocol) {
      socket.destroy();
      reject(new PodStreamError("unreachable", `${server.origin} does not ${what} over WebSocket (${protocol})`));
    } else {
      if (head.length > 0) socket.unshift(head);
      // A failure before anybody listens waits in `errored`.
      socket.on("error", () => {});
      resolve(socket);
    }
  });
  request.end();
  return promise;
}

/** What a refusal says: the message of the API's Status, or the first bytes of whatever came. */
async function readMessage(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MOST_ERROR_BYTES) break;
  }
  const text = Buffer.concat(chunks).toString("utf8");
  try {
    const body: unknown = JSON.parse(text);
    if (typeof body === "object" && body !== null && "message" in body) return oneLine(String(body.message));
  } catch {
    // Something between here and the API server speaks in its own way.
  }
  return oneLine(text.replace(/<[^>]*>/g, " "));
}
