import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { type Body, type BodyReader, collect, cutOff, streamInto } from "./body.ts";
import type { Credential } from "./credentials.ts";
import { ClusterError, connectionError, messageOf, oneLine } from "./errors.ts";
import type { Answer, ApiOptions, Change, Tally } from "./http.ts";
import { readProtobufStatus } from "./protobuf/list-reader.ts";

/** What is sent, and what is wanted back. */
export interface RequestKind {
  readonly method: "GET" | Change["method"];
  /** A JSON text to send, null for none. */
  readonly content: string | null;
  readonly wants: keyof typeof ACCEPT;
  /** Makes what reads protobuf. */
  readonly open: (() => BodyReader) | null;
}
export const JSON_BODY: RequestKind = { method: "GET", content: null, wants: "json", open: null };
export const TEXT_BODY: RequestKind = { ...JSON_BODY, wants: "text" };
const PROTOBUF = "application/vnd.kubernetes.protobuf";
/** An API server that cannot send protobuf says so by sending JSON. */
const ACCEPT = {
  json: "application/json",
  text: "*/*",
  protobuf: `${PROTOBUF},application/json;q=0.5`,
  /** Of each object of a list its metadata alone, which as JSON would cost more than the whole objects. */
  metadata: `${PROTOBUF};as=PartialObjectMetadataList;g=meta.k8s.io;v=v1`,
} as const;

/** A request that sends a value as JSON. */
export function sending(method: Change["method"], body: unknown): RequestKind {
  return { ...JSON_BODY, method, content: JSON.stringify(body) };
}

/** What all requests share. */
export interface Wire extends ApiOptions {
  readonly tally: Tally;
  /** How long the quickest connection took to be made, null before there was one. */
  readonly distance: { milliseconds: number | null };
}

export interface Attempt extends Answer {
  /** Protobuf was asked for, and something else would have come. */
  readonly refused: boolean;
  readonly again: boolean;
  /** Milliseconds, null where the server asks for no pause. */
  readonly retryAfter: number | null;
}

/** One try: sends a request, and says what its answer means. Throws a ClusterError where there is none that makes sense. */
export async function exchange(
  url: URL,
  kind: RequestKind,
  credential: Credential,
  wire: Wire,
  signal: AbortSignal,
): Promise<Attempt> {
  const { response, body } = await send(url, kind, credential, wire, signal);
  const status = response.statusCode ?? 0;
  if (body.kind === "unwanted" || (kind.open !== null && (status === 406 || status === 415))) {
    return { ...DONE, status, body: null, refused: true };
  }
  if (body.kind === "read") return { ...DONE, status, body: body.value };
  if (status >= 300 && status < 400) {
    throw new ClusterError(
      "protocol",
      `${url.origin} redirects (${status}) to ${response.headers.location ?? "nowhere"}: that is not an API server`,
      "does the kubeconfig's server have the right port and path?",
    );
  }
  return status < 300 ? answered(url, kind, response, body.bytes) : failed(url, response, body.bytes);
}

const DONE = { message: "", again: false, retryAfter: null, refused: false } as const;

/** An answer of 2xx, which was read as a whole. */
function answered(
  url: URL,
  { wants }: RequestKind,
  { statusCode = 0, headers }: IncomingMessage,
  bytes: Buffer,
): Attempt {
  if (wants === "text") return { ...DONE, status: statusCode, body: bytes.toString("utf8") };
  const type = headers["content-type"] ?? "";
  if (!isJson(type)) {
    throw new ClusterError(
      "protocol",
      `${url.origin} answered with ${type === "" ? "no content type" : type} instead of JSON: that is not an API server`,
      "does the kubeconfig's server have the right port and path, and does a proxy want a login?",
    );
  }
  return { ...DONE, status: statusCode, body: parse(bytes, url) };
}

/** An answer of 4xx or 5xx. */
function failed(url: URL, response: IncomingMessage, bytes: Buffer): Attempt {
  const status = response.statusCode ?? 0;
  const type = response.headers["content-type"] ?? "";
  const json = isJson(type);
  const body = json ? parse(bytes, url) : isProtobuf(type) ? readProtobufStatus(bytes) : null;
  const said = typeof body === "object" && body !== null && "message" in body ? String(body.message) : "";
  const message = oneLine(
    said !== "" ? said : json || isProtobuf(type) ? "" : bytes.toString("utf8").replace(/<[^>]*>/g, " "),
  );
  if (status === 400 && /HTTP request to an HTTPS server/.test(message)) {
    throw new ClusterError("protocol", `${url.origin}: the server speaks TLS`, "write https:// instead of http://");
  }
  if (status === 403 && /cannot impersonate resource/.test(message)) {
    throw new ClusterError("unauthorized", message, "--as and the kubeconfig's as need the permission to impersonate");
  }
  return {
    status,
    body,
    message: message || (response.statusMessage ?? ""),
    again: PASSING.has(status),
    retryAfter: retryAfterOf(response),
    refused: false,
  };
}

/** Statuses that may pass by themselves. */
const PASSING: ReadonlySet<number> = new Set([429, 500, 502, 503, 504]);

function isJson(type: string): boolean {
  return /^application\/([a-z.-]+\+)?json\b/i.test(type);
}

function isProtobuf(type: string): boolean {
  return type.toLowerCase().startsWith(PROTOBUF);
}

function parse(bytes: Buffer, url: URL): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw cutOff(url, `an answer that is not whole JSON (${oneLine(messageOf(error)).slice(0, 80)})`);
  }
}

function retryAfterOf(response: IncomingMessage): number | null {
  const text = response.headers["retry-after"];
  if (text === undefined) return null;
  const wait = /^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text) - Date.now();
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

/** Sends the request and reads the answer to its end; rejects with a ClusterError where the end never comes. */
function send(
  url: URL,
  { method, content, wants, open }: RequestKind,
  credential: Credential,
  { server, transport, patience, compress, userAgent, tally, distance }: Wire,
  signal: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly body: Body }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ response: IncomingMessage; body: Body }>();
  const headers: Record<string, string | string[]> = {
    Accept: ACCEPT[wants],
    "User-Agent": userAgent,
    ...(content === null
      ? {}
      : {
          "Content-Type": `application/${method === "PATCH" ? "strategic-merge-patch+json" : "json"}`,
          // Node gives a DELETE no length by itself, and what it sends is then taken for the next request.
          "Content-Length": String(Buffer.byteLength(content)),
        }),
  };
  // Where there is hardly a network between, packing a long list takes the server longer than sending it.
  if (compress && !(open !== null && isNear(server, distance.milliseconds))) headers["Accept-Encoding"] = "gzip";
  for (const [name, value] of Object.entries(credential.headers))
    headers[name] = typeof value === "string" ? value : [...value];

  const request = (url.protocol === "https:" ? httpsRequest : httpRequest)(url, {
    method,
    agent: transport.agentFor(credential),
    headers,
    signal,
  });
  const fail = (error: ClusterError) => {
    reject(error);
    request.destroy();
  };
  const late = (text: string) => () =>
    fail(
      new ClusterError(
        "timeout",
        `${server.origin}: ${text} (${url.pathname})`,
        "is it overloaded, or a firewall in between? --request-timeout=2m waits longer",
      ),
    );
  const timers: NodeJS.Timeout[] = [];
  if (patience.total > 0)
    timers.push(setTimeout(late(`no whole answer within ${seconds(patience.total)}`), patience.total));
  const silence = watchSilence(patience.silence, late(`silent for ${seconds(patience.silence)}`));
  promise
    .catch(() => {})
    .finally(() => {
      silence.stop();
      timers.forEach(clearTimeout);
    });

  request.on("error", (error) => {
    if (signal.aborted) reject(signal.reason);
    else reject(connectionError(error, server.origin));
  });
  request.on("socket", (socket) => {
    if (!socket.connecting) return;
    const waited = waitedSince();
    socket.once("connect", () => {
      distance.milliseconds = Math.min(distance.milliseconds ?? Number.POSITIVE_INFINITY, waited());
    });
  });
  request.on("response", (response) => {
    response.on("data", (chunk: Buffer) => {
      silence.heard();
      tally.bytes += chunk.length;
    });
    const status = response.statusCode ?? 0;
    const streams = open !== null && status >= 200 && status < 300;
    const body = !streams
      ? collect(response, url)
      : isProtobuf(response.headers["content-type"] ?? "")
        ? streamInto(response, open(), url)
        : Promise.resolve<Body>({ kind: "unwanted" });
    body.then(
      (one) => {
        if (one.kind === "unwanted") request.destroy();
        resolve({ response, body: one });
      },
      (error: unknown) => {
        reject(error);
        request.destroy();
      },
    );
  });
  request.end(content ?? undefined);
  return promise;
}

/** Tells where nothing was heard for so many milliseconds; 0 for never. Hearing costs little: a long list comes in thousands of pieces. */
function watchSilence(most: number, tell: () => void): { heard(): void; stop(): void } {
  let last = performance.now();
  const look = (): void => {
    const left = last + most - performance.now();
    if (left <= 0) tell();
    else timer = setTimeout(look, left);
  };
  let timer = most > 0 ? setTimeout(look, most) : undefined;
  return {
    heard() {
      last = performance.now();
    },
    stop: () => clearTimeout(timer),
  };
}

/**
 * Milliseconds that went by waiting, without those that this process was busy itself: making the first connection keeps it
 * so for longer than a near server takes. Where it was busy for long, what it waited for may have come long before.
 */
function waitedSince(): () => number {
  const start = performance.now();
  const { idle } = performance.eventLoopUtilization();
  return () => {
    const whole = performance.now() - start;
    const waited = performance.eventLoopUtilization().idle - idle;
    return whole - waited < BUSY ? waited : whole;
  };
}

const BUSY = 5;

/** Milliseconds that making a connection takes within a machine or a data centre. */
const NEAR = 2;

function isNear({ hostname }: URL, milliseconds: number | null): boolean {
  return /^(localhost|127\.[0-9.]+|\[::1\])$/.test(hostname) || (milliseconds !== null && milliseconds < NEAR);
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}
