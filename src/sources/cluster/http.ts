import { setTimeout as sleep } from "node:timers/promises";
import type { BodyReader } from "./body.ts";
import type { Credentials } from "./credentials.ts";
import { ClusterError, type ClusterErrorKind, isAbsent, isCut } from "./errors.ts";
import { type Attempt, exchange, JSON_BODY, type RequestKind, sending, TEXT_BODY, type Wire } from "./exchange.ts";
import { expiredPart } from "./expiry.ts";
import { internTexts, type Texts } from "./protobuf/texts.ts";
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
  /**
   * A GET of protobuf, read as its bytes arrive by what `open` makes: anew for each try, so that nothing half-read counts. The
   * body of a 2xx is what the reader makes of it. null where the server does not speak protobuf here.
   */
  stream(
    path: string,
    query: Readonly<Record<string, string>>,
    open: () => BodyReader,
    signal: AbortSignal,
    wants?: "protobuf" | "metadata",
  ): Promise<Answer | null>;
  /** What was read so far by all requests; who reads lists counts the objects. */
  readonly tally: Tally;
  /** Makes the texts of everything that is read as protobuf. */
  readonly texts: Texts;
}

export interface Change {
  /** PATCH: a strategic merge patch. */
  readonly method: "POST" | "PATCH" | "DELETE";
  readonly path: string;
  readonly body: unknown;
}

export interface Tally {
  /** As they came over the wire. */
  bytes: number;
  objects: number;
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

/** Requests over one set of connections, at most as many at a time as it has sockets. */
export function openApi(options: ApiOptions): Api {
  const { server, credentials } = options;
  const turns = turnstile(MOST_SOCKETS);
  let answered = 0;
  /** Since when every answer was one to be tried again; null while there are others. */
  let putOffSince: number | null = null;
  const tally: Tally = { bytes: 0, objects: 0 };
  const wire: Wire = { ...options, tally, distance: { milliseconds: null } };

  const attempt = async (url: URL, kind: RequestKind, signal: AbortSignal): Promise<Attempt> => {
    const credential = await credentials.current(signal);
    const first = await exchange(url, kind, credential, wire, signal);
    if (first.status !== 401) return first;
    const renewed = await credentials.renewed(credential, signal);
    const second = renewed === null ? first : await exchange(url, kind, renewed, wire, signal);
    if (second.status !== 401) return second;
    const over = expiredPart(renewed ?? credential, Date.now()) ?? "the token or certificate may have expired";
    throw new ClusterError(
      "unauthorized",
      `${server.origin} refuses the kubeconfig's credentials (401${second.message === "" ? "" : `: ${second.message}`})`,
      `${over}: log in again, then try kubectl auth whoami`,
    );
  };

  const ask = async (
    path: string,
    query: Readonly<Record<string, string>>,
    kind: RequestKind,
    signal: AbortSignal,
  ): Promise<{ readonly answer: Answer; readonly refused: boolean }> => {
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
          const { status, body, message, refused } = outcome;
          return { answer: { status, body, message }, refused };
        }
        if (answered === before || !HERE_ONLY.has(outcome.kind)) throw outcome;
        return { answer: { status: 0, body: null, message: outcome.message }, refused: false };
      }
    } finally {
      leave();
    }
  };

  return {
    get: async (path, query, signal) => (await ask(path, query, JSON_BODY, signal)).answer,
    text: async (path, query, signal) => (await ask(path, query, TEXT_BODY, signal)).answer,
    review: async (path, body, signal) => (await ask(path, {}, sending("POST", body), signal)).answer,
    change: async ({ method, path, body }, signal) => (await ask(path, {}, sending(method, body), signal)).answer,
    async stream(path, query, open, signal, wants = "protobuf") {
      const { refused, answer } = await ask(path, query, { ...JSON_BODY, wants, open }, signal);
      return refused ? null : answer;
    },
    tally,
    texts: internTexts(),
  };
}

/** Milliseconds before the next try: what the server asks for, else twice the last, up to a quarter more by chance. */
function pauseAfter(tries: number, first: number, retryAfter: number | null): number {
  return retryAfter ?? first * 2 ** (tries - 1) * (1 + Math.random() / 4);
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
