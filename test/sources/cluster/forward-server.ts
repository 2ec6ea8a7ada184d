// An API server that forwards ports and runs commands over WebSocket, as the kubelet does it, with every fault that a test wants.
import { createHash } from "node:crypto";
import { EventEmitter } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { onTestFinished } from "vitest";
import { makeAuthority } from "../../api-server/certificates.ts";

/** One forwarded port or one command, seen from the Pod's side. */
export interface Forwarded {
  readonly namespace: string;
  readonly pod: string;
  readonly port: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage["headers"];
  on(event: "data", listener: (chunk: Buffer) => void): unknown;
  /** Sends bytes of the Pod, in frames of at most `most` bytes each. */
  write(bytes: Buffer, most?: number): void;
  /** Sends the kubelet's report of a failure, then ends as it does. */
  fail(message: string): void;
  /** Sends one WebSocket frame as given. */
  frame(opcode: number, payload: Buffer, final?: boolean): void;
  /** Sends bytes that are no frame. */
  raw(bytes: Buffer): void;
  /** Ends in order. */
  end(): void;
  /** Cuts the connection. */
  destroy(): void;
}

export interface ForwardServer {
  readonly url: string;
  readonly authority: ReturnType<typeof makeAuthority>;
  readonly forwarded: readonly Forwarded[];
  /** Payloads of pongs and closes that came from the client. */
  readonly control: readonly { readonly opcode: number; readonly payload: string }[];
  open(): number;
}

export interface ForwardOptions {
  /** Another answer than the upgrade. */
  readonly refuse?: (request: IncomingMessage) => { readonly status: number; readonly body: string } | null;
  readonly accept?: string;
  readonly protocol?: string;
  /** Leaves the request without any answer. */
  readonly silent?: boolean;
}

/** A server on this machine, ended with the test; `behave` is what each Pod does with its connection. */
export async function serveForwards(
  behave: (forwarded: Forwarded) => void,
  options: ForwardOptions = {},
): Promise<ForwardServer> {
  const forwarded: Forwarded[] = [];
  const control: { opcode: number; payload: string }[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((_request, response) => response.writeHead(404).end());
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
  });
  server.on("upgrade", (request, socket: Socket) => {
    if (options.silent) return;
    const refused = options.refuse?.(request) ?? null;
    if (refused !== null) {
      const head = `HTTP/1.1 ${refused.status} Refused\r\nContent-Type: application/json\r\nContent-Length: ${Buffer.byteLength(refused.body)}\r\n\r\n`;
      socket.write(head + refused.body);
      return;
    }
    const key = createHash("sha1").update(
      `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`,
    );
    const accept = options.accept ?? key.digest("base64");
    const protocol = options.protocol ?? "v4.channel.k8s.io";
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    lines.push(`Sec-WebSocket-Accept: ${accept}`, `Sec-WebSocket-Protocol: ${protocol}`);
    // The first frames come in one packet with the answer's head.
    const url = new URL(request.url ?? "/", "http://server");
    const port = url.searchParams.get("ports") ?? "";
    const portBytes = Buffer.from([Number(port) & 255, Number(port) >> 8]);
    const isForward = url.pathname.endsWith("/portforward");
    const first = (isForward ? [0, 1] : []).map((channel) =>
      serverFrame(2, Buffer.concat([Buffer.from([channel]), portBytes])),
    );
    socket.write(Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\n\r\n`), ...first]));

    const events = new EventEmitter();
    const [, namespace = "", pod = ""] =
      /namespaces\/([^/]+)\/pods\/([^/]+)\/(?:portforward|exec)$/.exec(url.pathname) ?? [];
    const one: Forwarded = {
      namespace,
      pod,
      port,
      query: url.searchParams,
      headers: request.headers,
      on: (event, listener) => events.on(event, listener),
      write(bytes, most = 32 * 1024) {
        for (let at = 0; at < bytes.length; at += most) {
          this.frame(2, Buffer.concat([Buffer.from([0]), bytes.subarray(at, at + most)]));
        }
      },
      fail(message) {
        this.frame(2, Buffer.concat([Buffer.from([1]), Buffer.from(message)]));
        this.end();
      },
      frame: (opcode, payload, final = true) => socket.write(serverFrame(opcode, payload, final)),
      raw: (bytes) => socket.write(bytes),
      end: () => socket.end(serverFrame(8, Buffer.from([0x03, 0xe8]))),
      destroy: () => socket.destroy(),
    };
    forwarded.push(one);
    readClient(socket, (opcode, payload) => {
      if (opcode !== 2) control.push({ opcode, payload: payload.toString("latin1") });
      if (opcode === 8) socket.end();
      if (payload[0] === 0) events.emit("data", payload.subarray(1));
    });
    behave(one);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  );
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    authority: makeAuthority("unused"),
    forwarded,
    control,
    open: () => sockets.size,
  };
}

function serverFrame(opcode: number, payload: Buffer, final = true): Buffer {
  const { length } = payload;
  const first = (final ? 0x80 : 0) | opcode;
  if (length < 126) return Buffer.concat([Buffer.from([first, length]), payload]);
  if (length < 0x10000) return Buffer.concat([Buffer.from([first, 126, length >> 8, length & 255]), payload]);
  const head = Buffer.alloc(10);
  head[0] = first;
  head[1] = 127;
  head.writeBigUInt64BE(BigInt(length), 2);
  return Buffer.concat([head, payload]);
}

/** Takes a client's frames apart; each must be whole, final and masked. */
function readClient(socket: Socket, message: (opcode: number, payload: Buffer) => void): void {
  let kept = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    kept = Buffer.concat([kept, chunk]);
    for (;;) {
      if (kept.length < 2) return;
      const [first = 0, second = 0] = kept;
      if ((first & 0x80) === 0 || (second & 0x80) === 0) throw new Error("a frame that is not final, or not masked");
      const short = second & 127;
      const start = short === 126 ? 4 : short === 127 ? 10 : 2;
      if (kept.length < start) return;
      const length = short === 126 ? kept.readUInt16BE(2) : short === 127 ? Number(kept.readBigUInt64BE(2)) : short;
      if (kept.length < start + 4 + length) return;
      const mask = kept.subarray(start, start + 4);
      const payload = Buffer.from(
        kept.subarray(start + 4, start + 4 + length).map((byte, at) => byte ^ (mask[at % 4] ?? 0)),
      );
      kept = kept.subarray(start + 4 + length);
      message(first & 15, payload);
    }
  });
}
