import { once } from "node:events";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { PodStreamError } from "../../../src/sources/cluster/pod-stream.ts";
import { forwardPort } from "../../../src/sources/cluster/port-forward.ts";
import { type Forwarded, type ForwardOptions, type ForwardServer, serveForwards } from "./forward-server.ts";
import { connectTo, never } from "./setup.ts";

const pod = { namespace: "kube-system", name: "coredns-1" };

async function forward(
  behave: (forwarded: Forwarded) => void = () => {},
  options: ForwardOptions = {},
  signal = never,
): Promise<{ readonly stream: Duplex; readonly server: ForwardServer }> {
  const server = await serveForwards(behave, options);
  const connection = await connectTo(server, { user: { as: "jane" } });
  return { stream: await forwardPort(connection.forward, pod, 53, signal), server };
}

async function failure(work: Promise<unknown>): Promise<PodStreamError> {
  const error = await work.then(
    () => new Error("it did not fail"),
    (reason: unknown) => reason,
  );
  if (error instanceof PodStreamError) return error;
  throw error;
}

async function all(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const refusedWith = (code: number, message: string): ForwardOptions => ({
  refuse: () => ({ status: code, body: JSON.stringify({ kind: "Status", status: "Failure", message, code }) }),
});

describe("forwardPort", () => {
  it("carries bytes both ways, as the caller that the kubeconfig names", async () => {
    const echoed: Buffer[] = [];
    const sent = Buffer.alloc(200_000, "0123456789");
    const { stream, server } = await forward((forwarded) => {
      forwarded.on("data", (chunk) => {
        echoed.push(chunk);
        forwarded.write(chunk, 1000);
        if (Buffer.concat(echoed).length === sent.length) forwarded.end();
      });
    });
    stream.write(sent.subarray(0, 100));
    stream.write(sent.subarray(100, 130_000));
    stream.end(sent.subarray(130_000));
    expect((await all(stream)).equals(sent)).toBe(true);
    expect(server.forwarded).toHaveLength(1);
    expect(server.forwarded[0]).toMatchObject({ namespace: "kube-system", pod: "coredns-1", port: "53" });
    expect(server.forwarded[0]?.headers).toMatchObject({
      "impersonate-user": "jane",
      "user-agent": "kheadless/test",
    });
  });

  it("reads frames cut anywhere, messages in fragments, and answers pings in between", async () => {
    const { stream, server } = await forward((forwarded) => {
      forwarded.frame(2, Buffer.from([0, 97, 98]), false);
      forwarded.frame(9, Buffer.from("are you there?"));
      forwarded.frame(0, Buffer.from("cd"), true);
      const bytes = Buffer.from([0x82, 3, 0, 101, 102, 0x82, 2, 0, 103]);
      void (async () => {
        for (const byte of bytes) {
          forwarded.raw(Buffer.from([byte]));
          await sleep(2);
        }
        forwarded.frame(2, Buffer.from([7, 120]));
        forwarded.frame(2, Buffer.alloc(0));
        forwarded.end();
      })();
    });
    expect((await all(stream)).toString()).toBe("abcdefg");
    expect(server.control).toContainEqual({ opcode: 10, payload: "are you there?" });
  });

  it("ends the connection, with a goodbye, when it is no longer wanted", async () => {
    const { stream, server } = await forward();
    stream.destroy();
    await once(stream, "close");
    await expect.poll(() => server.control.map(({ opcode }) => opcode)).toContain(8);
    await expect.poll(() => server.open()).toBe(0);
  });

  it("waits for a reader that is slow", async () => {
    const { stream } = await forward((forwarded) => {
      forwarded.write(Buffer.alloc(3_000_000, "x"), 60_000);
      forwarded.end();
    });
    await sleep(50);
    expect(stream.readableLength).toBeLessThan(1_000_000);
    expect(await all(stream)).toHaveLength(3_000_000);
  });

  it("tells what the kubelet reports", async () => {
    const said = "error forwarding port 53 to pod abc, uid 1: unable to do port forwarding: socat not found";
    const { stream } = await forward((forwarded) => forwarded.fail(said));
    expect(await failure(all(stream))).toMatchObject({
      kind: "refused",
      message: "unable to do port forwarding: socat not found",
    });
    const refused =
      'error forwarding port 53 to pod abc, uid : failed to execute portforward in network namespace "/x": failed to connect to localhost:53 inside namespace "abc", IPv4: dial tcp4 127.0.0.1:53: connect: connection refused';
    const other = await forward((forwarded) => forwarded.fail(refused));
    expect((await failure(all(other.stream))).message).toBe(
      "nothing listens on localhost:53 within the Pod (connection refused)",
    );
  });

  it.each([
    [403, 'pods "coredns-1" is forbidden: User "dev" cannot get resource "pods/portforward"', "forbidden"],
    [401, "Unauthorized", "forbidden"],
    [404, 'pods "coredns-1" not found', "gone"],
    [500, "error dialing backend: no route to host", "refused"],
  ])("a %d is told in the server's words", async (code, message, kind) => {
    const error = await failure(forward(() => {}, refusedWith(code, message)));
    expect(error.kind).toBe(kind);
    expect(error.message).toContain(code === 404 ? "coredns-1" : message);
  });

  it("a refusal that is not the API server's own is one line of text", async () => {
    const refuse = () => ({ status: 502, body: "<html><h1>Bad\nGateway</h1></html>" });
    const error = await failure(forward(() => {}, { refuse }));
    expect(error).toMatchObject({ kind: "refused", message: "Bad Gateway" });
  });

  it("a server that says yes and means something else is not believed", async () => {
    expect(await failure(forward(() => {}, { accept: "bm8=" }))).toMatchObject({ kind: "unreachable" });
    expect(await failure(forward(() => {}, { protocol: "v5.channel.k8s.io" }))).toMatchObject({ kind: "unreachable" });
  });

  it.each<[string, (forwarded: Forwarded) => void]>([
    ["a masked frame", (forwarded) => forwarded.raw(Buffer.from([0x82, 0x81, 1, 2, 3, 4, 5]))],
    ["reserved bits", (forwarded) => forwarded.raw(Buffer.from([0xf2, 1, 0]))],
    ["a frame of a terabyte", (forwarded) => forwarded.raw(Buffer.from([0x82, 127, 0, 0, 1, 0, 0, 0, 0, 0]))],
    ["a fragment of nothing", (forwarded) => forwarded.frame(0, Buffer.from("x"))],
    [
      "endless fragments",
      (forwarded) => {
        forwarded.frame(2, Buffer.alloc(60_000), false);
        for (let part = 0; part < 20; part++) forwarded.frame(0, Buffer.alloc(60_000), false);
      },
    ],
  ])("%s ends the stream with an error", async (_name, behave) => {
    const { stream } = await forward(behave);
    expect(await failure(all(stream))).toMatchObject({
      kind: "unreachable",
      message: expect.stringMatching(/^not WebSocket/),
    });
  });

  it("a connection that is cut ends the stream", async () => {
    const { stream } = await forward((forwarded) => {
      forwarded.write(Buffer.from("half"));
      setTimeout(() => forwarded.destroy(), 20);
    });
    expect((await all(stream)).toString()).toBe("half");
  });

  it("can be interrupted while it waits, and a server that is not there is told", async () => {
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error("interrupted")), 50);
    await expect(forward(() => {}, { silent: true }, stop.signal)).rejects.toThrow("interrupted");
    const gone = await serveForwards(() => {});
    const connection = await connectTo({ ...gone, url: "http://127.0.0.1:1" });
    expect(await failure(forwardPort(connection.forward, pod, 53, never))).toMatchObject({ kind: "unreachable" });
  });
});
