import { Duplex } from "node:stream";
import { codeOf, messageOf } from "./errors.ts";
import { type ForwardAccess, openPodStream, PodStreamError } from "./pod-stream.ts";
import { clientFrame, messageReader, OPCODE } from "./websocket.ts";

const PROTOCOL = "v4.channel.k8s.io";
/** The channels of the one port that is asked for (kubelet pkg/cri/streaming/portforward/websocket.go). */
const DATA = 0;
const ERROR = 1;
/** In front of what each channel carries stands the port's number, in two bytes. */
const PORT_BYTES = 2;
/** How long the other side may take to end the connection after a goodbye. */
const GOODBYE_MS = 500;

/**
 * A connection to `port` within a Pod, through the API server and the kubelet (kubectl port-forward over WebSocket). The
 * stream ends when the Pod's side ends; it is destroyed with a PodStreamError where the kubelet tells of a failure.
 * Rejects with a PodStreamError, or with the signal's reason.
 */
export async function forwardPort(
  access: ForwardAccess,
  pod: { readonly namespace: string; readonly name: string },
  port: number,
  signal: AbortSignal,
): Promise<Duplex> {
  const query = [["ports", String(port)]] as const;
  const request = { pod, subresource: "portforward", query, protocol: PROTOCOL, what: "forward ports" } as const;
  return forwarded(await openPodStream(access, request, signal), port);
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
    if (channel === ERROR) stream.destroy(new PodStreamError("refused", reported(content.toString("utf8"), port)));
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
      stream.destroy(new PodStreamError("unreachable", `not WebSocket: ${messageOf(error)}`, { cause: error }));
    }
  });
  socket.on("error", (error) => {
    const text = codeOf(error) || messageOf(error);
    stream.destroy(new PodStreamError("unreachable", `the connection was cut (${text})`, { cause: error }));
  });
  socket.on("close", () => {
    if (!stream.destroyed) end();
  });
  if (socket.destroyed) end();
  // Nothing is read before somebody listens; a failure before that waits in `errored`.
  socket.pause();
  stream.on("error", () => {});
  return stream;
}
