import { randomBytes } from "node:crypto";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { Duplex } from "node:stream";
import type { Credential } from "./credentials.ts";
import { codeOf, connectionError, messageOf, oneLine } from "./errors.ts";
import type { ApiOptions } from "./http.ts";
import { acceptOf, clientFrame, messageReader, OPCODE } from "./websocket.ts";

/** What a request of our own needs of a connection to an API server. */
export type ForwardAccess = Pick<ApiOptions, "server" | "transport" | "credentials" | "userAgent">;

/**
 * Why a port of a Pod could not be reached: `forbidden` the caller may not forward ports, `gone` no such Pod, `refused`
 * the Pod or its node did not take the connection, `unreachable` the API server did not.
 */
export type PortForwardErrorKind = "forbidden" | "gone" | "refused" | "unreachable";

export class PortForwardError extends Error {
  readonly kind: PortForwardErrorKind;
  constructor(kind: PortForwardErrorKind, message: string, options?: ErrorOptions) {
    super(oneLine(message), options);
    this.name = "PortForwardError";
    this.kind = kind;
  }
}

const PROTOCOL = "v4.channel.k8s.io";
/** The channels of the one port that is asked for (kubelet pkg/cri/streaming/portforward/websocket.go). */
const DATA = 0;
const ERROR = 1;
/** In front of what each channel carries stands the port's number, in two bytes. */
const PORT_BYTES = 2;
/** How long the other side may take to end the connection after a goodbye. */
const GOODBYE_MS = 500;
const MOST_ERROR_BYTES = 64 * 1024;

/**
 * A connection to `port` within a Pod, through the API server and the kubelet (kubectl port-forward over WebSocket). The
 * stream ends when the Pod's side ends; it is destroyed with a PortForwardError where the kubelet tells of a failure.
 * Rejects with a PortForwardError, or with the signal's reason.
 */
export async function forwardPort(
  access: ForwardAccess,
  pod: { readonly namespace: string; readonly name: string },
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const { credentials } = access;
  const credential = await credentials.current(signal);
  const first = await upgrade(access, credential, pod, port, signal);
  if (first instanceof Duplex) return first;
  if (first.status === 401) {
    const renewed = await credentials.renewed(credential, signal);
    const second = renewed === null ? first : await upgrade(access, renewed, pod, port, signal);
    if (second instanceof Duplex) return second;
    throw refusal(second, pod);
  }
  throw refusal(first, pod);
}

interface Refused {
  readonly status: number;
  /** In the server's words. */
  readonly message: string;
}

function refusal(
  { status, message }: Refused,
  { namespace, name }: { namespace: string; name: string },
): PortForwardError {
  const said = message === "" ? `status ${status}` : message;
  if (status === 401 || status === 403) return new PortForwardError("forbidden", said);
  if (status === 404) return new PortForwardError("gone", `there is no Pod ${namespace}/${name} any more`);
  return new PortForwardError("refused", said);
}

function upgrade(
  { server, transport, userAgent }: ForwardAccess,
  credential: Credential,
  { namespace, name }: { readonly namespace: string; readonly name: string },
  port: number,
  signal: AbortSignal,
): Promise<Duplex | Refused> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex | Refused>();
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/portforward`;
  const url = new URL(`${server.href.replace(/\/$/, "")}${path}`);
  url.searchParams.set("ports", String(port));
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
      "Sec-WebSocket-Protocol": PROTOCOL,
    },
  });
  request.on("error", (error) => {
    if (signal.aborted) reject(signal.reason);
    else {
      const { message } = connectionError(error, server.origin);
      reject(new PortForwardError("unreachable", message, { cause: error }));
    }
  });
  request.on("response", (response) => {
    readMessage(response).then(
      (message) => resolve({ status: response.statusCode ?? 0, message }),
      (error: unknown) => reject(new PortForwardError("unreachable", messageOf(error), { cause: error })),
    );
  });
  request.on("upgrade", (response, socket, head) => {
    if (response.headers["sec-websocket-accept"] !== acceptOf(key)) {
      socket.destroy();
      reject(new PortForwardError("unreachable", `${server.origin} does not speak WebSocket`));
    } else if (response.headers["sec-websocket-protocol"] !== PROTOCOL) {
      socket.destroy();
      reject(
        new PortForwardError("unreachable", `${server.origin} does not forward ports over WebSocket (${PROTOCOL})`),
      );
    } else {
      if (head.length > 0) socket.unshift(head);
      resolve(forwarded(socket, port));
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

/** What the kubelet says of a failure, without ids and paths. It connects to localhost within the Pod. */
function reported(text: string, port: number): string {
  if (/connection refused/.test(text))
    return `nothing listens on localhost:${port} within the Pod (connection refused)`;
  return text.replace(/^error forwarding port \d+ to pod [^:]*: /, "");
}

/** The data channel of a WebSocket that forwards one port, as a stream of bytes. */
function forwarded(socket: Duplex, port: number): Duplex {
  const read = messageReader();
  const skipped = [0, 0];
  let ended = false;
  const end = () => {
    if (!ended) stream.push(null);
    ended = true;
  };

  const stream = new Duplex({
    read: () => {
      socket.resume();
    },
    write: (chunk: Buffer, _encoding, done) => {
      socket.write(clientFrame(OPCODE.binary, Buffer.concat([Buffer.from([DATA]), chunk])), done);
    },
    // The protocol has no way to end only one direction: the other side goes on until it is told goodbye.
    final: (done) => done(),
    destroy: (error, done) => {
      // A goodbye, for which nobody waits long.
      if (socket.writable) socket.end(clientFrame(OPCODE.close, Buffer.from([0x03, 0xe8])));
      setTimeout(() => socket.destroy(), GOODBYE_MS).unref();
      done(error);
    },
  });

  const receive = (payload: Buffer): void => {
    const channel = payload[0];
    if (channel !== DATA && channel !== ERROR) return;
    const body = payload.subarray(1);
    const skip = Math.min(PORT_BYTES - (skipped[channel] ?? 0), body.length);
    skipped[channel] = (skipped[channel] ?? 0) + skip;
    const content = body.subarray(skip);
    if (content.length === 0) return;
    if (channel === ERROR) stream.destroy(new PortForwardError("refused", reported(content.toString("utf8"), port)));
    else if (!stream.push(content)) socket.pause();
  };

  socket.on("data", (chunk: Buffer) => {
    try {
      for (const { opcode, payload } of read(chunk)) {
        if (stream.destroyed || ended) return;
        if (opcode === OPCODE.ping) socket.write(clientFrame(OPCODE.pong, payload));
        else if (opcode === OPCODE.close) end();
        else if (opcode === OPCODE.binary) receive(payload);
      }
    } catch (error) {
      stream.destroy(new PortForwardError("unreachable", `not WebSocket: ${messageOf(error)}`, { cause: error }));
    }
  });
  socket.on("error", (error) => {
    const text = codeOf(error) || messageOf(error);
    stream.destroy(new PortForwardError("unreachable", `the connection was cut (${text})`, { cause: error }));
  });
  socket.on("close", () => {
    if (!stream.destroyed) end();
  });
  // Nothing is read before somebody listens; a failure before that waits in `errored`.
  socket.pause();
  stream.on("error", () => {});
  return stream;
}
