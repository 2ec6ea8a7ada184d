// A CoreDNS process of this machine, outside of the cluster and with any Corefile, and how it is asked.
import { type ChildProcess, spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { askOverTcp, type Reply } from "../../../src/dns/query.ts";
import type { DnsQuestion } from "../../../src/objects/observation.ts";

export type Transport = "udp" | "tcp";

/** A process that serves; or why CoreDNS did not take the Corefile, in its own words. */
export type Started =
  | {
      readonly serves: true;
      ask(questions: readonly DnsQuestion[], over: Transport, from: string): Promise<readonly Reply[]>;
    }
  | { readonly serves: false; readonly because: string };

/** As long as CoreDNS waits for the API server, and then some. */
const START_SECONDS = 30;
const PATIENCE = { silence: 5_000, total: 60_000 };

/**
 * Lets `work` run beside a CoreDNS with the Corefile, which is made for the port that it is to serve, and ends it. The
 * Corefile must have a server block for that port, where it has any.
 */
export async function withCoreDns<T>(
  program: string,
  corefile: (port: number) => string,
  work: (started: Started, port: number) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "kheadless-coredns-"));
  try {
    for (;;) {
      const port = await freePort();
      writeFileSync(join(folder, "Corefile"), corefile(port));
      const child = spawn(program, ["-conf", "Corefile"], { cwd: folder, stdio: ["ignore", "pipe", "pipe"] });
      try {
        const started = await serving(child, port);
        // Somebody else was faster.
        if (!started.serves && /address already in use/.test(started.because)) continue;
        return await work(started, port);
      } finally {
        if (child.exitCode === null && child.signalCode === null) {
          child.kill("SIGKILL");
          await once(child, "exit");
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** A port that is free for TCP now; UDP is asked with the same number, and nobody else here serves that. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

async function serving(child: ChildProcess, port: number): Promise<Started> {
  let said = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
  }
  const closed = once(child, "close").then(() => "closed" as const);
  const deadline = Date.now() + START_SECONDS * 1_000;
  while (Date.now() < deadline) {
    if ((await Promise.race([closed, isListening(port)])) === "closed") {
      return {
        serves: false,
        because: said
          .split("\n")
          .filter((line) => !/^maxprocs|^\[INFO\]/.test(line))
          .join("\n"),
      };
    }
    // It prints its server blocks once all of them are served.
    if (/^CoreDNS-/m.test(said)) {
      if (/unsynced Kubernetes API/.test(said)) throw new Error(`CoreDNS did not reach the API server:\n${said}`);
      return { serves: true, ask: (questions, over, from) => ask(port, questions, over, from) };
    }
    await sleep(20);
  }
  throw new Error(`CoreDNS does not start within ${START_SECONDS} s:\n${said}`);
}

async function isListening(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** All questions from one address of this machine; `from` decides what `acl` and `autopath` make of them. */
function ask(
  port: number,
  questions: readonly DnsQuestion[],
  over: Transport,
  from: string,
): Promise<readonly Reply[]> {
  const open = over === "tcp" ? () => openTcp(port, from) : () => openUdp(port, from);
  return askOverTcp(open, questions, PATIENCE, new AbortController().signal);
}

async function openTcp(port: number, from: string): Promise<Socket> {
  const socket = connect({ port, host: "127.0.0.1", localAddress: from });
  await once(socket, "connect");
  return socket;
}

/** Datagrams in the clothes of a stream: each message behind its length, as over TCP. */
async function openUdp(port: number, from: string): Promise<Duplex> {
  const socket = createSocket("udp4");
  socket.bind(0, from);
  await once(socket, "listening");
  const stream = new Duplex({
    read: () => {},
    write: (chunk: Buffer, _, done) => socket.send(chunk.subarray(2), port, "127.0.0.1", (error) => done(error)),
    destroy: (error, done) => socket.close(() => done(error)),
  });
  socket.on("message", (message) => {
    const length = Buffer.alloc(2);
    length.writeUInt16BE(message.length);
    stream.push(Buffer.concat([length, message]));
  });
  socket.on("error", (error) => stream.destroy(error));
  return stream;
}
