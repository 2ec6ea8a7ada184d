import { request as httpRequest, type IncomingMessage } from "node:http";
import { request as httpsRequest } from "node:https";
import { setTimeout as sleep } from "node:timers/promises";
import { promisify } from "node:util";
import { gunzip } from "node:zlib";
import type { Credential, Credentials } from "./credentials.ts";
import { ClusterError, type ClusterErrorKind, connectionError, isAbsent, isCut, messageOf, oneLine } from "./errors.ts";
import { MOST_SOCKETS, type Transport } from "./transport.ts";

/** Milliseconds. */
export interface Patience {
  /** How long a request may take in all (`--request-timeout`), 0 for ever. */
  readonly total: number;
  /** How long nothing may come, 0 for ever. */
  readonly silence: number;
  /** Between the first two tries; doubled for each one more. */
  readonly pause: number;
  /** How long a request may wait between its tries, all together; and all of them while the server puts off each one. */
  readonly waiting: number;
}

/** A whole answer, JSON unless it is an error of something between here and the API server. */
export interface Answer {
  /** HTTP's, or 0 where none came. */
  readonly status: number;
  /** The JSON value; null where an error's body is none. */
  readonly body: unknown;
  /** What went wrong in the server's words, "" where the status is 2xx. */
  readonly message: string;
}

export interface Api {
  /**
   * One GET below the server's address. Answers of 2xx and of 4xx and 5xx come back as they are, 429 and 5xx after a few
   * tries. Where no whole answer comes (no connection, a body cut off, silence) that is an answer of status 0 if other
   * requests were answered meanwhile, so that they go on; if none was, a ClusterError. Refused credentials always throw, and
   * an interruption throws the signal's reason.
   */
  get(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
  /** The same for what is no JSON, such as a log: the body of a 2xx is its text. */
  text(path: string, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<Answer>;
  /** A POST that changes nothing and may be tried again: a review of access. */
  review(path: string, body: unknown, signal: AbortSignal): Promise<Answer>;
  /**
   * A request that changes something. Where the connection is cut under it, it may be sent again: the change must be one
   * that can be made twice, such as an object of a given name.
   */
  change(change: Change, signal: AbortSignal): Promise<Answer>;
}

export interface Change {
  /** PATCH: a strategic merge patch. */
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body: unknown;
}

export interface ApiOptions {
  readonly server: URL;
  readonly transport: Transport;
  readonly credentials: Credentials;
  readonly patience: Patience;
  readonly compress: boolean;
  readonly userAgent: string;
}

/** Faults that may be one request's own. */
const HERE_ONLY: ReadonlySet<ClusterErrorKind> = new Set(["unreachable", "timeout", "protocol"]);
const TRIES = 5;
/** Far above a page of 500 of the largest objects that occur; a body beyond it is not read into memory. */
const MOST_BYTES = 256 * 1024 * 1024;
const unzip = promisify(gunzip);

/** Requests over one set of connections, at most as many at a time as it has sockets. */
export function openApi(options: ApiOptions): Api {
  const { server, credentials } = options;
  const turns = turnstile(MOST_SOCKETS);
  let answered = 0;
  /** Since when every answer was one to be tried again; null while there are others. */
  let putOffSince: number | null = null;

  const attempt = async (url: URL, kind: RequestKind, signal: AbortSignal): Promise<Attempt> => {
    const credential = await credentials.current(signal);
    const first = await exchange(url, kind, credential, options, signal);
    if (first.status !== 401) return first;
    const renewed = await credentials.renewed(credential, signal);
    const second = renewed === null ? first : await exchange(url, kind, renewed, options, signal);
    if (second.status !== 401) return second;
    throw new ClusterError(
      "unauthorized",
      `${server.origin} refuses the kubeconfig's credentials (401${second.message === "" ? "" : `: ${second.message}`})`,
      "the token or certificate may have expired: log in again, then try kubectl auth whoami",
    );
  };

  const ask = async (
    path: string,
    query: Readonly<Record<string, string>>,
    kind: RequestKind,
    signal: AbortSignal,
  ): Promise<Answer> => {
    const url = new URL(`${server.href.replace(/\/$/, "")}${path}`);
    for (const [key, value] of Object.entries(query)) url.searchParams.set(key, value);
    const leave = await turns.enter(signal);
    const before = answered;
    try {
      let waited = 0;
      for (let tries = 1; ; tries++) {
        const outcome = await attempt(url, kind, signal).catch((error: unknown) => {
          signal.throwIfAborted();
          if (error instanceof ClusterError) return error;
          throw error;
        });
        const failed = outcome instanceof ClusterError;
        // A server that nobody has heard of yet is rather not there than about to come back.
        const again = failed ? isCut(outcome.cause) || (answered > 0 && isAbsent(outcome.cause)) : outcome.again;
        const wait = again ? pauseAfter(tries, options.patience.pause, failed ? null : outcome.retryAfter) : 0;
        if (again) putOffSince ??= Date.now();
        else if (!failed) putOffSince = null;
        const late = Date.now() - (putOffSince ?? Date.now()) + wait > options.patience.waiting;
        if (again && tries < TRIES && waited + wait <= options.patience.waiting && !late) {
          waited += wait;
          await sleep(wait, undefined, { signal }).catch(() => signal.throwIfAborted());
          continue;
        }
        if (!failed) {
          answered++;
          return { status: outcome.status, body: outcome.body, message: outcome.message };
        }
        if (answered === before || !HERE_ONLY.has(outcome.kind)) throw outcome;
        return { status: 0, body: null, message: outcome.message };
      }
    } finally {
      leave();
    }
  };

  return {
    get: (path, query, signal) => ask(path, query, JSON_BODY, signal),
    text: (path, query, signal) => ask(path, query, TEXT_BODY, signal),
    review: (path, body, signal) => ask(path, {}, sending("POST", body), signal),
    change: ({ method, path, body }, signal) => ask(path, {}, sending(method, body), signal),
  };
}

/** Milliseconds before the next try: what the server asks for, else twice the last, up to a quarter more by chance. */
function pauseAfter(tries: number, first: number, retryAfter: number | null): number {
  return retryAfter ?? first * 2 ** (tries - 1) * (1 + Math.random() / 4);
}

/** What is sent, and what is wanted back. */
interface RequestKind {
  readonly method: "GET" | Change["method"];
  /** A JSON text to send, null for none. */
  readonly content: string | null;
  readonly wants: "json" | "text";
}
const JSON_BODY: RequestKind = { method: "GET", content: null, wants: "json" };
const TEXT_BODY: RequestKind = { method: "GET", content: null, wants: "text" };

function sending(method: Change["method"], body: unknown): RequestKind {
  return { method, content: JSON.stringify(body), wants: "json" };
}

interface Attempt extends Answer {
  readonly again: boolean;
  /** Milliseconds, null where the server asks for no pause. */
  readonly retryAfter: number | null;
}

async function exchange(
  url: URL,
  kind: RequestKind,
  credential: Credential,
  options: ApiOptions,
  signal: AbortSignal,
): Promise<Attempt> {
  const { response, bytes } = await send(url, kind, credential, options, signal);
  const status = response.statusCode ?? 0;
  const type = response.headers["content-type"] ?? "";
  const json = /^application\/([a-z.-]+\+)?json\b/i.test(type);
  if (status >= 300 && status < 400) {
    throw new ClusterError(
      "protocol",
      `${url.origin} redirects (${status}) to ${response.headers.location ?? "nowhere"}: that is not an API server`,
      "does the kubeconfig's server have the right port and path?",
    );
  }
  if (status < 300) {
    if (kind.wants === "text") {
      return { status, body: bytes.toString("utf8"), message: "", again: false, retryAfter: null };
    }
    if (!json) {
      throw new ClusterError(
        "protocol",
        `${url.origin} answered with ${type === "" ? "no content type" : type} instead of JSON: that is not an API server`,
        "does the kubeconfig's server have the right port and path, and does a proxy want a login?",
      );
    }
    return { status, body: parse(bytes, url), message: "", again: false, retryAfter: null };
  }
  const body = json ? parse(bytes, url) : null;
  const said = typeof body === "object" && body !== null && "message" in body ? String(body.message) : "";
  const message = oneLine(said !== "" ? said : json ? "" : bytes.toString("utf8").replace(/<[^>]*>/g, " "));
  if (status === 400 && /HTTP request to an HTTPS server/.test(message)) {
    throw new ClusterError("protocol", `${url.origin}: the server speaks TLS`, "write https:// instead of http://");
  }
  if (status === 403 && /cannot impersonate resource/.test(message)) {
    throw new ClusterError("unauthorized", message, "--as and the kubeconfig's as need the permission to impersonate");
  }
  const again = status === 429 || status === 500 || status === 502 || status === 503 || status === 504;
  return {
    status,
    body,
    message: message || (response.statusMessage ?? ""),
    again,
    retryAfter: retryAfterOf(response),
  };
}

function parse(bytes: Buffer, url: URL): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw cutOff(url, `an answer that is not whole JSON (${oneLine(messageOf(error)).slice(0, 80)})`);
  }
}

/** An answer that ended early; the cause makes it worth another try. */
function cutOff(url: URL, what: string): ClusterError {
  return new ClusterError(
    "protocol",
    `${url.origin}${url.pathname}: ${what}`,
    "a proxy on the way may cut answers off",
    {
      cause: Object.assign(new Error(what), { code: "ECONNRESET" }),
    },
  );
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
  { method, content, wants }: RequestKind,
  credential: Credential,
  { server, transport, patience, compress, userAgent }: ApiOptions,
  signal: AbortSignal,
): Promise<{ readonly response: IncomingMessage; readonly bytes: Buffer }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ response: IncomingMessage; bytes: Buffer }>();
  const headers: Record<string, string | string[]> = {
    Accept: wants === "json" ? "application/json" : "*/*",
    "User-Agent": userAgent,
    ...(content === null
      ? {}
      : { "Content-Type": `application/${method === "PATCH" ? "strategic-merge-patch+json" : "json"}` }),
  };
  if (compress) headers["Accept-Encoding"] = "gzip";
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
  const silence =
    patience.silence > 0 ? setTimeout(late(`silent for ${seconds(patience.silence)}`), patience.silence) : null;
  if (silence !== null) timers.push(silence);
  promise.catch(() => {}).finally(() => timers.forEach(clearTimeout));

  request.on("error", (error) => {
    if (signal.aborted) reject(signal.reason);
    else reject(connectionError(error, server.origin));
  });
  request.on("response", (response) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on("data", (chunk: Buffer) => {
      silence?.refresh();
      chunks.push(chunk);
      size += chunk.length;
      if (size > MOST_BYTES) fail(tooLarge(url));
    });
    // Also where the connection ends before Content-Length or the last chunk: then `complete` is false.
    response.on("error", () => reject(cutOff(url, "the connection was cut in the middle of an answer")));
    response.on("close", () => {
      if (!response.complete) reject(cutOff(url, "the connection was cut in the middle of an answer"));
    });
    response.on("end", () => {
      const bytes = Buffer.concat(chunks);
      if (!/gzip/i.test(response.headers["content-encoding"] ?? "")) return resolve({ response, bytes });
      unzip(bytes, { maxOutputLength: MOST_BYTES }).then(
        (whole) => resolve({ response, bytes: whole }),
        (error: { code?: string }) =>
          reject(
            error.code === "ERR_BUFFER_TOO_LARGE" ? tooLarge(url) : cutOff(url, "an answer that is not whole gzip"),
          ),
      );
    });
  });
  request.end(content ?? undefined);
  return promise;
}

function tooLarge(url: URL): ClusterError {
  return new ClusterError("protocol", `${url.origin}${url.pathname}: an answer of over ${MOST_BYTES / 1024 / 1024} MB`);
}

function seconds(milliseconds: number): string {
  return `${milliseconds / 1000} s`;
}

/** Lets at most `most` in at a time, in the order in which they came. */
function turnstile(most: number) {
  let inside = 0;
  const waiting: (() => void)[] = [];
  // Who leaves hands the place on, so that nobody slips in between.
  const leave = () => {
    const next = waiting.shift();
    if (next === undefined) inside--;
    else next();
  };
  return {
    async enter(signal: AbortSignal): Promise<() => void> {
      if (inside >= most) await new Promise<void>((resolve) => waiting.push(resolve));
      else inside++;
      if (signal.aborted) leave();
      signal.throwIfAborted();
      return leave;
    },
  };
}
