import { describe, expect, it } from "vitest";
import { answerText, compareAnswer } from "../../src/dns/compare.ts";
import type { Answer, Prediction, ResourceRecord } from "../../src/dns/records.ts";
import type { ObservedAnswer, ObservedRecord } from "../../src/objects/observation.ts";

const name = "web.shop.svc.cluster.local.";
const target = (host: string) => `${host}.${name}`;

const record = (data: ResourceRecord["data"], type: ResourceRecord["type"] = "A", ttl = 30): ResourceRecord => ({
  name,
  type,
  ttl,
  data,
  pod: null,
  object: null,
});
const predicted = (answers: readonly ResourceRecord[], more: Partial<Answer> = {}): Prediction => ({
  known: true,
  name,
  type: "A",
  rcode: "NOERROR",
  answers,
  additional: [],
  authority: null,
  negativeTtl: null,
  cause: "endpoints",
  reason: "",
  withheld: [],
  withheldCount: 0,
  incomplete: null,
  askedAs: null,
  ...more,
});
const seen = (answers: readonly ObservedRecord[], more: object = {}): ObservedAnswer => ({
  name,
  type: "A",
  checkingDisabled: false,
  askedAt: "2026-01-01T00:00:00Z",
  again: false,
  status: "answered",
  rcode: "NOERROR",
  flags: { aa: true, tc: false, ra: false },
  answers,
  additional: [],
  soa: null,
  rtt: 1,
  ...more,
});
const a = (data: ObservedRecord["data"], ttl = 30, type = "A"): ObservedRecord => ({ name, type, ttl, data });
const soa = (ttl: number) => ({ name: "cluster.local.", ttl, mname: "ns.dns.cluster.local.", serial: 1, minimum: 30 });

describe("compareAnswer", () => {
  it("takes the same records in any order for the same answer", () => {
    const prediction = predicted([record("10.0.0.1"), record("10.0.0.2")]);
    expect(compareAnswer(prediction, seen([a("10.0.0.2"), a("10.0.0.1")]))).toEqual({ agrees: true, cached: false });
  });

  it("compares SRV by everything in it", () => {
    const srv = { priority: 0, weight: 50, port: 3306, target: target("web-0") };
    const prediction = predicted([record(srv, "SRV")], { type: "SRV" });
    expect(compareAnswer(prediction, seen([a({ ...srv }, 30, "SRV")]))).toMatchObject({ agrees: true });
    expect(compareAnswer(prediction, seen([a({ ...srv, weight: 100 }, 30, "SRV")]))).toEqual({
      agrees: false,
      differences: [`without 0 50 3306 ${target("web-0")}`, `with 0 100 3306 ${target("web-0")} besides`],
      onlyTtl: false,
    });
  });

  it("a lower TTL tells of a cache, a higher one differs", () => {
    const prediction = predicted([record("10.0.0.1")]);
    expect(compareAnswer(prediction, seen([a("10.0.0.1", 12)]))).toEqual({ agrees: true, cached: true });
    expect(compareAnswer(prediction, seen([a("10.0.0.1", 300)]))).toEqual({
      agrees: false,
      differences: ["TTL 300 instead of 30"],
      onlyTtl: true,
    });
    const negative = predicted([], { rcode: "NXDOMAIN", negativeTtl: 30 });
    expect(compareAnswer(negative, seen([], { rcode: "NXDOMAIN", soa: soa(4) }))).toEqual({
      agrees: true,
      cached: true,
    });
  });

  it("another code, other records, or none at all differ", () => {
    const prediction = predicted([record("10.0.0.1"), record("10.0.0.2")]);
    expect(compareAnswer(prediction, seen([], { rcode: "NXDOMAIN" }))).toEqual({
      agrees: false,
      differences: ["NXDOMAIN instead of NOERROR"],
      onlyTtl: false,
    });
    expect(compareAnswer(prediction, seen([]))).toMatchObject({
      agrees: false,
      differences: ["without 10.0.0.1, 10.0.0.2"],
    });
    expect(compareAnswer(prediction, seen([a("10.0.0.1"), a("10.0.0.2"), a("10.0.0.9")]))).toEqual({
      agrees: false,
      differences: ["with 10.0.0.9 besides"],
      onlyTtl: false,
    });
    const { name: asked, type, checkingDisabled, askedAt, again } = seen([]);
    const silent: ObservedAnswer = {
      name: asked,
      type,
      checkingDisabled,
      askedAt,
      again,
      status: "failed",
      because: "no answer within 3 s",
    };
    expect(compareAnswer(prediction, silent)).toEqual({
      agrees: false,
      differences: ["no answer within 3 s"],
      onlyTtl: false,
    });
  });

  it("of an answer that was cut only what is too much can be told", () => {
    const prediction = predicted([record("10.0.0.1"), record("10.0.0.2")]);
    const cut = { flags: { aa: true, tc: true, ra: false } };
    expect(compareAnswer(prediction, seen([a("10.0.0.1")], cut))).toEqual({
      agrees: null,
      because: "the answer was cut to fit into its message",
    });
    // Additional records alone were left out.
    expect(compareAnswer(prediction, seen([a("10.0.0.1"), a("10.0.0.2")], cut))).toMatchObject({ agrees: true });
    expect(compareAnswer(prediction, seen([a("10.0.0.9")], cut))).toMatchObject({
      agrees: false,
      differences: ["with 10.0.0.9 besides"],
    });
  });

  it("many differences are told by the first few", () => {
    const prediction = predicted(Array.from({ length: 8 }, (_, index) => record(`10.0.0.${index}`)));
    expect(compareAnswer(prediction, seen([]))).toMatchObject({
      differences: ["without 10.0.0.0, 10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.4 and 3 more"],
    });
  });

  it("claims nothing where there is no whole prediction", () => {
    const unknown: Prediction = { known: false, name, type: "A", cause: "forwarded", because: "it is forwarded" };
    expect(compareAnswer(unknown, seen([]))).toEqual({ agrees: null, because: "it is forwarded" });
    expect(compareAnswer(predicted([], { incomplete: "the target is external" }), seen([]))).toMatchObject({
      agrees: null,
    });
    expect(compareAnswer(predicted([record(null)]), seen([]))).toMatchObject({ agrees: null });
  });

  it("the apex answers with a SOA whose serial nobody can tell", () => {
    const data = {
      mname: "ns.dns.cluster.local.",
      rname: "hostmaster.cluster.local.",
      refresh: 7200,
      retry: 1800,
      expire: 86400,
      minimum: 30,
    };
    const prediction = predicted([record(data, "SOA")], { type: "SOA" });
    const observed = seen([a("ns.dns.cluster.local. hostmaster.cluster.local. 17", 30, "SOA")], { soa: soa(30) });
    expect(compareAnswer(prediction, observed)).toEqual({ agrees: true, cached: false });
  });
});

describe("answerText", () => {
  it("is the same for answers that are the same to a client", () => {
    expect(answerText(seen([a("10.0.0.2", 3), a("10.0.0.1", 3)]))).toBe(
      answerText(seen([a("10.0.0.1"), a("10.0.0.2")])),
    );
    expect(answerText(seen([a("10.0.0.2"), a("10.0.0.1")]))).toBe("10.0.0.1, 10.0.0.2");
  });

  it("tells codes, NODATA, failures and CNAMEs apart", () => {
    expect(answerText(seen([]))).toBe("NODATA");
    expect(answerText(seen([], { rcode: "SERVFAIL" }))).toBe("SERVFAIL");
    expect(answerText(seen([a("db.example.", 30, "CNAME"), a("10.0.0.1")]))).toBe("10.0.0.1, CNAME db.example.");
    expect(answerText(seen([], { status: "failed", because: "no answer within 3 s" }))).toBe("no answer within 3 s");
  });
});
