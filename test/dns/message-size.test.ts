import { encode } from "dns-packet";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { messageSize, sizeBound } from "../../src/dns/message-size.ts";
import type { Answer, ResourceRecord } from "../../src/dns/records.ts";

const NAME = "web.default.svc.cluster.local.";
const base: Answer = {
  known: true,
  name: NAME,
  type: "A",
  rcode: "NOERROR",
  answers: [],
  additional: [],
  authority: null,
  negativeTtl: null,
  cause: "endpoints",
  reason: "a test",
  withheld: [],
  withheldCount: 0,
  incomplete: null,
  askedAs: null,
};
const record = (name: string, type: ResourceRecord["type"], data: ResourceRecord["data"]): ResourceRecord => ({
  name,
  type,
  ttl: 30,
  data,
  pod: null,
  object: null,
});
const many = (count: number, make: (at: number) => ResourceRecord): ResourceRecord[] =>
  Array.from({ length: count }, (_, at) => make(at));
const addresses = (count: number): Answer => ({ ...base, answers: many(count, () => record(NAME, "A", "10.0.0.1")) });
const sixes = (count: number): Answer => ({ ...base, answers: many(count, () => record(NAME, "AAAA", "fd00::1")) });
const srv = (count: number, label: (at: number) => string): Answer => ({
  ...base,
  type: "SRV",
  answers: many(count, (at) =>
    record(NAME, "SRV", { priority: 0, weight: 1, port: 80, target: `${label(at)}.${NAME}` }),
  ),
  additional: many(count, (at) => record(`${label(at)}.${NAME}`, "A", "10.0.0.1")),
});

/** What fits, found by adding records until no more do. */
function most(make: (count: number) => Answer, size: number): number {
  let count = 1;
  while (messageSize(make(count)).bytes + (size > 512 ? 11 : 0) <= size) count += 1;
  return count - 1;
}

describe("records that fit a datagram, as measured with miekg/dns", () => {
  test.each<[string, (count: number) => Answer, readonly [number, number, number]]>([
    ["A", addresses, [29, 73, 252]],
    ["AAAA", sixes, [16, 41, 144]],
    ["SRV web-N + A", (count) => srv(count, (at) => `web-${at % 10}`), [6, 16, 56]],
    [
      "SRV hyphen-IP + A",
      (count) => srv(count, (at) => `10-244-100-${String(at + 100).padStart(3, "0")}`),
      [5, 14, 50],
    ],
  ])("%s", (_title, make, expected) => {
    expect([512, 1232, 4096].map((size) => most(make, size))).toEqual(expected);
  });
});

describe("fitting says how many of an answer's records a datagram takes", () => {
  const exactly = (count: number) => ({ least: count, most: count });

  test("where all are as long", () => {
    const size = messageSize(addresses(100));
    expect([512, 1232, 4096].map((bytes) => size.fitting(bytes))).toEqual([29, 73, 100].map(exactly));
    expect(messageSize(srv(10, (at) => `web-${at}`)).fitting(512)).toEqual(exactly(6));
    expect(messageSize(addresses(3)).fitting(512)).toEqual(exactly(3));
  });

  test("where their names differ in length, whatever their order", () => {
    const labels = Array.from({ length: 10 }, (_, at) => `${at % 2 === 0 ? "w" : "worker-of-the-queue"}-${at}`);
    const fitting = (order: readonly string[]) => messageSize(srv(10, (at) => order[at] ?? "")).fitting(512);
    expect(fitting(labels)).toEqual({ least: 5, most: 6 });
    expect(fitting(labels.toReversed())).toEqual(fitting(labels));
    expect(fitting(labels.toSorted())).toEqual(fitting(labels));
  });

  test("where targets have several ports, and their addresses once", () => {
    const one = srv(8, (at) => `web-${at % 4}`);
    const size = messageSize({ ...one, additional: one.additional.slice(0, 4) });
    const inOtherOrder = messageSize({
      ...one,
      answers: one.answers.toReversed(),
      additional: one.additional.slice(0, 4),
    });
    expect(size.fitting(512)).toEqual(inOtherOrder.fitting(512));
  });
});

test("the bytes are those of a message written without EDNS", () => {
  // dns-packet does not compress names: with one record and nothing to point to but the question, 12 + Q + 4 + record.
  const [question] = [31];
  expect(messageSize(base).bytes).toBe(16 + question);
  expect(messageSize(addresses(1)).bytes).toBe(16 + question + 16);
  const uncompressed = encode({
    type: "response",
    id: 1,
    flags: 0,
    questions: [{ name: "web.default.svc.cluster.local", type: "A" }],
    answers: [{ name: "web.default.svc.cluster.local", type: "A", ttl: 30, data: "10.0.0.1" }],
  });
  expect(uncompressed.length - messageSize(addresses(1)).bytes).toBe(question - 2);
});

test("a negative answer carries its SOA, its names shortened", () => {
  const soa = {
    mname: "ns.dns.cluster.local.",
    rname: "hostmaster.cluster.local.",
    refresh: 7200,
    retry: 1800,
    expire: 86400,
    minimum: 30,
  };
  const negative = messageSize({ ...base, rcode: "NXDOMAIN", authority: { name: "cluster.local.", ttl: 30, soa } });
  // Pointer and fixed part, then `ns.dns` and `hostmaster` each before a pointer, then five numbers.
  expect(negative.bytes).toBe(16 + 31 + 2 + 10 + (3 + 4 + 2) + (11 + 2) + 20);
});

test("targets that are not known yet are counted as long as addresses make them", () => {
  const size = messageSize({ ...base, type: "SRV", answers: [record(NAME, "SRV", null)] });
  expect(size).toMatchObject({ estimated: true, bytes: 16 + 31 + 18 + 46 });
  expect(messageSize(addresses(1)).estimated).toBe(false);
});

test("the bound is never below the size, whatever the records", () => {
  const label = fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?$/);
  const shape = fc.record({ labels: fc.array(label, { maxLength: 30 }), known: fc.boolean() });
  fc.assert(
    fc.property(shape, fc.constantFrom("A", "AAAA", "SRV"), ({ labels, known }, type) => {
      const targets = srv(labels.length, (at) => labels[at] ?? "");
      const answers = targets.answers.map((one) =>
        type === "SRV" ? { ...one, data: known ? one.data : null } : record(NAME, type, known ? "fd00::1:2:3" : null),
      );
      const answer: Answer = { ...base, type, answers, additional: type === "SRV" ? targets.additional : [] };
      expect(sizeBound(answer)).toBeGreaterThanOrEqual(messageSize(answer).bytesWithEdns);
    }),
  );
});
