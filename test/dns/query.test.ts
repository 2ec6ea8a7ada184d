import { connect } from "node:net";
import type { Duplex } from "node:stream";
import { AUTHORITATIVE_ANSWER, TRUNCATED_RESPONSE } from "dns-packet";
import { afterEach, describe, expect, it } from "vitest";
import { askOverTcp, type Reply } from "../../src/dns/query.ts";
import type { DnsQuestion } from "../../src/objects/observation.ts";
import { type DnsServer, frame, type Received, response, startDnsServer } from "./dns-server.ts";

let server: DnsServer | null = null;
afterEach(async () => {
  await server?.close();
  server = null;
});

const question = (name: string, type = "A", checkingDisabled = false): DnsQuestion => ({
  name,
  type,
  checkingDisabled,
});
const many = (count: number) =>
  Array.from({ length: count }, (_, index) => question(`pod-${index}.web.shop.svc.cluster.local.`));
const address = (name: string, data: string) => ({ answers: [{ name, type: "A" as const, ttl: 30, data }] });
const quick = { silence: 300, total: 5000 };

async function ask(
  questions: readonly DnsQuestion[],
  behave: (received: Received) => void,
  patience = quick,
): Promise<readonly Reply[]> {
  const started = await startDnsServer(behave);
  server = started;
  const open = (signal: AbortSignal) =>
    new Promise<Duplex>((resolve, reject) => {
      const socket = connect({ port: started.port, host: "127.0.0.1", signal });
      socket.on("connect", () => resolve(socket)).on("error", reject);
    });
  return askOverTcp(open, questions, patience, new AbortController().signal);
}

const statuses = (replies: readonly Reply[]) => replies.map((reply) => reply.status);

describe("askOverTcp", () => {
  it("asks for HTTPS and SVCB, which dns-packet has no names for", async () => {
    const seen: string[] = [];
    const name = "web.shop.svc.cluster.local.";
    const replies = await ask([question(name, "HTTPS"), question(name, "SVCB"), question(name, "ANY")], (received) => {
      seen.push(received.type);
      const data = Buffer.from("000100", "hex");
      received.answer({ answers: [{ name, type: received.type as "NULL", ttl: 30, data }] });
    });
    expect(seen).toEqual(["UNKNOWN_65", "UNKNOWN_64", "ANY"]);
    expect(statuses(replies)).toEqual(["answered", "answered", "answered"]);
    expect(replies[0]).toMatchObject({ answers: [{ name, type: "HTTPS", data: "000100" }] });
  });

  it("asks everything on one stream and gives each question its own answer, whatever their order", async () => {
    const waiting: Received[] = [];
    const questions = many(250);
    const replies = await ask(questions, (received) => {
      waiting.push(received);
      // The last of each hundred lets them all go, backwards.
      if (waiting.length === 100 || received.name.startsWith("pod-249.")) {
        for (const one of waiting.splice(0).reverse())
          one.answer(address(one.name, `10.0.0.${one.name.match(/\d+/)?.[0]}`));
      }
    });
    expect(server?.streams()).toBe(1);
    expect(statuses(replies)).toEqual(questions.map(() => "answered"));
    for (const [index, reply] of replies.entries()) {
      expect(reply.name).toBe(questions[index]?.name);
      expect(reply.status === "answered" && reply.answers[0]?.data).toBe(`10.0.0.${index}`);
    }
  });

  it("reads records of every kind that it asks for, the SOA, the flags and the CD bit", async () => {
    const replies = await ask(
      [
        question("_mysql._tcp.db.shop.svc.cluster.local.", "SRV", true),
        question("gone.shop.svc.cluster.local."),
        question("v6.shop.svc.cluster.local.", "AAAA"),
        question("dns-version.cluster.local.", "TXT"),
        question("1.0.0.10.in-addr.arpa.", "PTR"),
      ],
      (received) => {
        const { name } = received;
        if (received.type === "SRV") {
          expect(received.packet.flags).toBe(0x0110);
          received.answer({
            flags: AUTHORITATIVE_ANSWER | TRUNCATED_RESPONSE,
            answers: [
              {
                name,
                type: "SRV",
                ttl: 5,
                data: { priority: 0, weight: 100, port: 3306, target: "DB-0.db.shop.svc.cluster.local" },
              },
            ],
            additionals: [{ name: "db-0.db.shop.svc.cluster.local", type: "A", ttl: 5, data: "10.0.0.7" }],
          });
        } else if (received.type === "AAAA") {
          received.answer({ answers: [{ name, type: "AAAA", ttl: 5, data: "fd00:0:0:0:0:0:0:1" }] });
        } else if (received.type === "TXT") {
          received.answer({ answers: [{ name, type: "TXT", ttl: 28800, data: "1.1.0" }] });
        } else if (received.type === "PTR") {
          received.answer({ answers: [{ name, type: "PTR", ttl: 5, data: "db-0.db.shop.svc.cluster.local" }] });
        } else {
          received.answer({
            flags: AUTHORITATIVE_ANSWER | 3,
            authorities: [
              {
                name: "cluster.local",
                type: "SOA",
                ttl: 30,
                data: {
                  mname: "ns.dns.cluster.local",
                  rname: "hostmaster.cluster.local",
                  serial: 17,
                  refresh: 7200,
                  retry: 1800,
                  expire: 86400,
                  minimum: 30,
                },
              },
            ],
          });
        }
      },
    );
    const target = "db-0.db.shop.svc.cluster.local.";
    expect(replies[0]).toMatchObject({
      status: "answered",
      rcode: "NOERROR",
      checkingDisabled: true,
      flags: { aa: true, tc: true, ra: false },
      answers: [
        {
          name: "_mysql._tcp.db.shop.svc.cluster.local.",
          type: "SRV",
          ttl: 5,
          data: { priority: 0, weight: 100, port: 3306, target },
        },
      ],
      additional: [{ name: target, type: "A", ttl: 5, data: "10.0.0.7" }],
      soa: null,
    });
    expect(replies[1]).toMatchObject({
      rcode: "NXDOMAIN",
      answers: [],
      soa: { name: "cluster.local.", ttl: 30, mname: "ns.dns.cluster.local.", serial: 17, minimum: 30 },
    });
    expect(replies.slice(2).map((reply) => reply.status === "answered" && reply.answers[0]?.data)).toEqual([
      "fd00::1",
      "1.1.0",
      "db-0.db.shop.svc.cluster.local.",
    ]);
  });

  it("takes answers apart that come byte by byte, and several in one piece", async () => {
    const held: Buffer[] = [];
    const byBytes = (received: Received) => {
      const bytes = frame(response(received.packet, address(received.name, "10.0.0.1")));
      held.push(bytes);
      if (held.length < 3) return;
      const [first = Buffer.alloc(0), ...rest] = held;
      const drip = (at: number) => {
        if (at < first.length) {
          received.raw(first.subarray(at, at + 1));
          setTimeout(drip, 1, at + 1);
        } else received.raw(Buffer.concat(rest));
      };
      drip(0);
    };
    // The first answer is whole after some eighty turns of a timer, which a busy machine makes slow.
    const replies = await ask(many(3), byBytes, { silence: 5_000, total: 20_000 });
    expect(statuses(replies)).toEqual(["answered", "answered", "answered"]);
  });

  it("asks on with a fresh stream where the server ends one early", async () => {
    const replies = await ask(many(30), (received) => {
      const before = server?.received.filter(({ stream }) => stream === received.stream).length ?? 0;
      if (before > 12) received.cut();
      else received.answer(address(received.name, "10.0.0.1"));
    });
    expect(statuses(replies)).toEqual(many(30).map(() => "answered"));
    expect(server?.streams()).toBe(3);
  });

  it("gives up only the question on which a server that works in order gets stuck", async () => {
    const stuck = new Set<number>();
    const replies = await ask(many(20), (received) => {
      if (received.name.startsWith("pod-7.")) stuck.add(received.stream);
      if (!stuck.has(received.stream)) received.answer(address(received.name, "10.0.0.1"));
    });
    expect(replies.flatMap((reply, index) => (reply.status === "failed" ? [index] : []))).toEqual([7]);
    expect(replies[7]).toMatchObject({ because: "no answer within 0.3 s", lost: false });
  });

  it("asks a question on which a server fell silent once more, alone, before it counts", async () => {
    const replies = await ask(many(20), (received) => {
      const before = server?.received.filter(({ stream }) => stream === received.stream).length ?? 0;
      // Whatever comes late on a stream is lost on the way.
      if (before <= 12) received.answer(address(received.name, "10.0.0.1"));
    });
    expect(statuses(replies)).toEqual(many(20).map(() => "answered"));
  });

  it("tells what was lost with a connection from what a server does not answer", async () => {
    const breaking = await ask(many(5), (received) => {
      if (received.name.startsWith("pod-0.")) received.answer(address(received.name, "10.0.0.1"));
      else received.cut();
    });
    expect(breaking.map(({ status, lost }) => [status, lost])).toEqual([
      ["answered", false],
      ...many(4).map(() => ["failed", true]),
    ]);
    const mute = await ask(many(2), () => {});
    expect(mute.map(({ status, lost }) => [status, lost])).toEqual(many(2).map(() => ["failed", false]));
  });

  it("is done in bounded time with a server that never answers", async () => {
    const begun = Date.now();
    const replies = await ask(many(300), () => {});
    expect(statuses(replies)).toEqual(many(300).map(() => "failed"));
    expect(replies[299]).toMatchObject({ because: "no answer within 0.3 s" });
    expect(Date.now() - begun).toBeLessThan(1500);
  });

  it("is done within the time for all of them with a server that answers ever so slowly", async () => {
    const replies = await ask(
      many(50),
      (received) => void setTimeout(() => received.answer(), 100 * Number(received.name.match(/\d+/)?.[0])),
      {
        silence: 300,
        total: 700,
      },
    );
    expect(statuses(replies.slice(0, 4))).toEqual(["answered", "answered", "answered", "answered"]);
    expect(replies[49]).toMatchObject({ status: "failed", because: "no answer within 0.7 s" });
  });

  it("reports what is no answer to the question, and goes on", async () => {
    const replies = await ask(many(6), (received) => {
      const whole = response(received.packet, address(received.name, "10.0.0.1"));
      switch (received.name.slice(0, 5)) {
        case "pod-0":
          // Only half of the message, in a frame of its own.
          return received.raw(frame(whole.subarray(0, whole.length - 9)));
        case "pod-1":
          return received.raw(
            frame(response({ ...received.packet, questions: [{ name: "other.example", type: "A" }] })),
          );
        case "pod-2":
          // An id that nobody used, then the answer twice.
          return received.raw(
            Buffer.concat([
              frame(response({ ...received.packet, id: ((received.packet.id ?? 0) + 1000) % 65536 })),
              frame(whole),
              frame(whole),
            ]),
          );
        case "pod-3":
          // The question sent back.
          return received.raw(frame(Buffer.concat([whole.subarray(0, 2), Buffer.from([1, 0]), whole.subarray(4)])));
        case "pod-4":
          // A pointer that leads to itself where a record's name should be.
          return received.raw(
            frame(
              Buffer.concat([response(received.packet).subarray(0, 6), Buffer.from([0, 1, 0, 0, 0, 0, 0xc0, 0x0c])]),
            ),
          );
        default:
          return received.answer(address(received.name, "10.0.0.6"));
      }
    });
    expect(statuses(replies)).toEqual(["failed", "failed", "answered", "failed", "failed", "answered"]);
    const because = replies.map((reply) => (reply.status === "failed" ? reply.because : ""));
    expect(because[0]).toMatch(/^an answer that cannot be read/);
    expect(because[1]).toBe("the answer is for other.example. A");
    expect(because[3]).toBe("a question came instead of an answer");
    expect(because[4]).toMatch(/^an answer that cannot be read/);
    expect(replies[5]).toMatchObject({ answers: [{ data: "10.0.0.6" }] });
  });

  it("takes an error without the question in it for the answer that it is", async () => {
    const [reply] = await ask(many(1), (received) =>
      received.raw(frame(response({ ...received.packet, questions: [] }, { flags: 1 }))),
    );
    expect(reply).toMatchObject({ status: "answered", rcode: "FORMERR" });
  });

  it("does not send names that the wire would change", async () => {
    const replies = await ask(
      [question("a\\.b.shop.svc."), question(`${"x".repeat(64)}.shop.svc.`), question("web.shop.svc.")],
      (received) => received.answer(),
    );
    expect(statuses(replies)).toEqual(["failed", "failed", "answered"]);
    expect(server?.received.map(({ name }) => name)).toEqual(["web.shop.svc"]);
  });

  it("rejects where no connection can be had at all, and where it is interrupted", async () => {
    const none = () => Promise.reject(new Error("no way"));
    await expect(askOverTcp(none, many(1), quick, new AbortController().signal)).rejects.toThrow("no way");
    const interrupted = new AbortController();
    const started = await startDnsServer(() => interrupted.abort(new Error("interrupted")));
    server = started;
    const open = async () => connect({ port: started.port, host: "127.0.0.1" });
    await expect(askOverTcp(open, many(1), { silence: 60_000, total: 60_000 }, interrupted.signal)).rejects.toThrow(
      "interrupted",
    );
  });
});
