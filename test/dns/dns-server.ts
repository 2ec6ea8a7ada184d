import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import { decode, encode, type Packet } from "dns-packet";

/** A question as it came in, and the means to answer it in whatever way a test wants. */
export interface Received {
  readonly packet: Packet;
  readonly name: string;
  readonly type: string;
  /** How many streams were opened before the one that it came on. */
  readonly stream: number;
  /** Sends an answer; what is not given is a plain NOERROR without records. */
  answer(packet?: Partial<Packet>): void;
  /** Sends these bytes as they are, without a length before them. */
  raw(bytes: Buffer): void;
  /** Cuts the connection. */
  cut(): void;
}

export interface DnsServer {
  readonly port: number;
  readonly received: readonly Received[];
  streams(): number;
  close(): Promise<void>;
}

/** A frame of DNS over TCP. */
export function frame(message: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(message.length);
  return Buffer.concat([length, message]);
}

/** The answer to a question, encoded. */
export function response(question: Packet, packet: Partial<Packet> = {}): Buffer {
  return encode({ type: "response", ...packet, id: question.id ?? 0, questions: question.questions ?? [] });
}

/** A name server over TCP on this machine whose every answer is up to `behave`. */
export async function startDnsServer(behave: (question: Received) => void): Promise<DnsServer> {
  const received: Received[] = [];
  const sockets = new Set<Socket>();
  let streams = 0;
  const server: Server = createServer((socket) => {
    const stream = streams++;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    serveStream(socket, stream, received, behave);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    port: (server.address() as AddressInfo).port,
    received,
    streams: () => streams,
    close: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** What one stream of bytes carries, for servers that get it in other ways than TCP. */
export function serveStream(
  stream: {
    on(event: "data", listener: (chunk: Buffer) => void): unknown;
    write(bytes: Buffer): unknown;
    destroy(): unknown;
  },
  number: number,
  received: Received[],
  behave: (question: Received) => void,
): void {
  let kept = Buffer.alloc(0);
  stream.on("data", (chunk) => {
    kept = Buffer.concat([kept, chunk]);
    while (kept.length >= 2 && kept.length >= 2 + kept.readUInt16BE(0)) {
      const end = 2 + kept.readUInt16BE(0);
      const packet = decode(kept.subarray(2, end));
      kept = kept.subarray(end);
      const [asked] = packet.questions ?? [];
      const question: Received = {
        packet,
        name: asked?.name ?? "",
        type: asked?.type ?? "",
        stream: number,
        answer: (given) => stream.write(frame(response(packet, given))),
        raw: (bytes) => stream.write(bytes),
        cut: () => stream.destroy(),
      };
      received.push(question);
      behave(question);
    }
  });
}
