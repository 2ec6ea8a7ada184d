// Stands between kheadless and a real API server, and spoils what passes: for tests that hold what kheadless makes of it.
import type { IncomingMessage, ServerResponse } from "node:http";
import { Agent, createServer, request as httpsRequest, type RequestOptions } from "node:https";
import { type AddressInfo, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { makeAuthority } from "../api-server/certificates.ts";
import { readAccess } from "./api.ts";

/** A request on its way to the API server. */
export interface Passing {
  /** Counted from 0, in the order in which they come. */
  readonly index: number;
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** What came as `Authorization: Bearer`, "" without. */
  readonly token: string;
}

/** What happens to a request or its answer. Shares are of the answer's body, from 0 to 1. */
export type Fault =
  /** The connection ends after so much of the answer. */
  | { readonly kind: "cut"; readonly share: number }
  /** The answer ends after so much of it, as if that were all. */
  | { readonly kind: "truncated"; readonly share: number }
  /** The answer waits after so much of it. */
  | { readonly kind: "stall"; readonly share: number; readonly milliseconds: number }
  /** Another answer in its place. */
  | {
      readonly kind: "answer";
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string | object;
    }
  /** What another path holds, as if it were of another version: of what old API servers serve. */
  | { readonly kind: "older"; readonly path: string; readonly version: string }
  /** A forwarded port breaks after so many bytes from the API server: with a reset, as if all were said, or unsaid. */
  | { readonly kind: "break"; readonly bytes: number; readonly how: "reset" | "end" | "silence" };

export interface FaultProxy {
  /** Of a kubeconfig's cluster. */
  readonly cluster: object;
  /** All that passed since `spoil` was called. */
  readonly passed: readonly Passing[];
  /** How often a fault was put in since then. */
  faults(): number;
  /** From now on these faults; null lets a request pass. */
  spoil(fault: (passing: Passing) => Fault | null): void;
  close(): Promise<void>;
}

/** Asks for lists in small pages, so that small namespaces have several: the API server then writes real `continue`s. */
const PAGE = "2";

/** Listens on this machine with a certificate of its own authority; passes on as the user of `kubeconfig`. */
export async function startFaultProxy(kubeconfig: string): Promise<FaultProxy> {
  const { server, options } = await readAccess(kubeconfig);
  const agent = new Agent({ keepAlive: true, maxSockets: 8 });
  const authority = makeAuthority("kheadless fault proxy");
  const open = new Set<Duplex>();
  let passed: Passing[] = [];
  let faults = 0;
  let spoils: (passing: Passing) => Fault | null = () => null;

  const upstream = (incoming: IncomingMessage, path: string, more: RequestOptions) =>
    httpsRequest({
      ...options,
      host: server.hostname.replace(/^\[|\]$/g, ""),
      port: server.port || 443,
      method: incoming.method,
      path,
      ...more,
      headers: { ...withoutHop(incoming), ...(options.headers as Record<string, string> | undefined), ...more.headers },
    });

  const noted = (incoming: IncomingMessage): { readonly url: URL; readonly fault: Fault | null } => {
    const url = new URL(incoming.url ?? "/", "https://proxy");
    const token = /^Bearer (.*)$/.exec(incoming.headers.authorization ?? "")?.[1] ?? "";
    const { method = "GET" } = incoming;
    const passing = { index: passed.length, method, path: url.pathname, query: new URLSearchParams(url.search), token };
    passed.push(passing);
    const fault = spoils(passing);
    if (fault !== null) faults++;
    return { url, fault };
  };

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { url, fault } = noted(incoming);
    const content = await readAll(incoming);
    if (fault?.kind === "answer") return give(response, fault);
    if (url.searchParams.get("limit") === "500") url.searchParams.set("limit", PAGE);
    const older = fault?.kind === "older";
    const path = older ? fault.path : url.pathname;
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = upstream(incoming, `${path}${url.search}`, {
        agent,
        ...(older ? { headers: { "accept-encoding": "identity" } } : {}),
      });
      request.on("response", resolve);
      request.on("error", reject);
      request.end(content);
    });
    const read = await readAll(answer);
    const body = older ? Buffer.from(withVersion(read.toString("utf8"), fault.version)) : read;
    const { "transfer-encoding": _, connection: __, ...headers } = answer.headers;
    const at = Math.floor(body.length * (fault !== null && "share" in fault ? fault.share : 1));
    const status = answer.statusCode ?? 502;
    if (fault?.kind === "truncated") {
      response.writeHead(status, { ...headers, "content-length": at }).end(body.subarray(0, at));
      return;
    }
    response.writeHead(status, { ...headers, "content-length": body.length });
    // What is written is on its way before the connection goes.
    await new Promise<void>((done) => response.write(body.subarray(0, at), () => done()));
    if (fault?.kind === "cut") {
      response.socket?.destroy();
      return;
    }
    if (fault?.kind === "stall") await sleep(fault.milliseconds, undefined, { ref: false });
    response.end(body.subarray(at));
  };

  const upgrade = (incoming: IncomingMessage, socket: Duplex, head: Buffer): void => {
    const { url, fault } = noted(incoming);
    const hop = { connection: "Upgrade", upgrade: "websocket" };
    const request = upstream(incoming, `${url.pathname}${url.search}`, { agent: false, headers: hop });
    socket.on("error", () => request.destroy());
    request.on("error", () => socket.destroy());
    request.on("response", (answer) => {
      readAll(answer).then(
        (body) => {
          socket.end(`${statusLine(answer)}content-length: ${body.length}\r\n\r\n${body.toString("utf8")}`);
        },
        () => socket.destroy(),
      );
    });
    request.on("upgrade", (answer, other, first) => {
      open.add(other);
      socket.write(`${statusLine(answer)}\r\n`);
      if (head.length > 0) other.write(head);
      let left = fault?.kind === "break" ? fault.bytes : Number.POSITIVE_INFINITY;
      const pass = (chunk: Buffer): void => {
        if (left <= 0) return;
        socket.write(chunk.subarray(0, Math.min(left, chunk.length)));
        left -= chunk.length;
        if (left > 0) return;
        if (fault?.kind === "break" && fault.how === "silence") return;
        if (fault?.kind === "break" && fault.how === "reset") reset(socket as Socket);
        else socket.end();
        other.destroy();
      };
      if (left <= 0) pass(Buffer.alloc(0));
      pass(first);
      other.on("data", pass);
      other.on("end", () => socket.end());
      other.on("error", () => socket.destroy());
      socket.on("data", (chunk: Buffer) => other.write(chunk));
      socket.on("close", () => other.destroy());
    });
    request.end();
  };

  /** TLS has no way to say it: the connection below does. */
  const reset = ({ remotePort }: Socket): void => {
    for (const socket of open)
      if (socket instanceof Socket && socket.remotePort === remotePort) socket.resetAndDestroy();
  };

  const proxy = createServer(authority.issue({ name: "fault-proxy", hosts: ["127.0.0.1"] }), (incoming, response) => {
    handle(incoming, response).catch(() => response.socket?.destroy());
  });
  proxy.on("upgrade", upgrade);
  proxy.on("connection", (socket) => {
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    cluster: {
      server: `https://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
      "certificate-authority-data": Buffer.from(authority.cert).toString("base64"),
    },
    get passed() {
      return passed;
    },
    faults: () => faults,
    spoil(fault) {
      passed = [];
      faults = 0;
      spoils = fault;
    },
    close() {
      agent.destroy();
      for (const socket of open) socket.destroy();
      return new Promise((resolve) => proxy.close(() => resolve()));
    },
  };
}

/** The caller's own credentials end here, and Node writes these headers itself. */
function withoutHop({ headers }: IncomingMessage): Record<string, string | string[] | undefined> {
  const { host: _, connection: __, authorization: ___, ...others } = headers;
  return others;
}

function withVersion(list: string, apiVersion: string): string {
  return JSON.stringify({ ...JSON.parse(list), apiVersion });
}

function statusLine({ statusCode, statusMessage, headers }: IncomingMessage): string {
  const kept = Object.entries(headers).filter(([name]) => name !== "transfer-encoding" && name !== "content-length");
  return [`HTTP/1.1 ${statusCode} ${statusMessage}`, ...kept.map(([name, value]) => `${name}: ${value}`), ""].join(
    "\r\n",
  );
}

function give(
  response: ServerResponse,
  { status, headers = {}, body = "" }: Fault & { readonly kind: "answer" },
): void {
  const json = typeof body === "object";
  const type = json ? "application/json" : "text/plain";
  response.writeHead(status, { "content-type": type, ...headers }).end(json ? JSON.stringify(body) : body);
}

async function readAll(stream: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}
