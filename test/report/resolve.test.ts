import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type {
  CandidateDocument,
  ObservedDocument,
  PredictedDocument,
  ResolutionDocument,
} from "../../src/diagnosis/resolution/document.ts";
import { resolveText } from "../../src/report/resolve.ts";
import { widthOf } from "../../src/report/width.ts";
import { plain } from "./documents.ts";

const NAME = "mysql-0.mysql.shop.svc.cluster.local.";

function predicted(given: Partial<PredictedDocument>): PredictedDocument {
  return {
    type: "A",
    rcode: "NXDOMAIN",
    cause: "not-ready",
    answers: [],
    additional: [],
    negativeTtl: 30,
    reason: "mysql-0 is not ready",
    withheld: [],
    ...given,
  };
}

const ANSWER = predicted({
  rcode: "NOERROR",
  cause: "endpoints",
  answers: [
    { name: NAME, type: "A", ttl: 30, data: "10.244.0.34", pod: "mysql-0", object: "EndpointSlice shop/mysql-x7k2p" },
  ],
  negativeTtl: null,
  reason: "1 ready endpoint",
});
const NODATA = predicted({ type: "AAAA", rcode: "NOERROR", cause: "other-family", reason: "only IPv4" });
const UPSTREAM = predicted({ rcode: null, cause: "forwarded", reason: "CoreDNS forwards it" });

function candidate(given: Partial<CandidateDocument>): CandidateDocument {
  return { name: NAME, because: "search domain 1 of 3", asked: true, predicted: [ANSWER, NODATA], ...given };
}

function document(given: Partial<ResolutionDocument>): ResolutionDocument {
  return {
    apiVersion: "kheadless/v1",
    kind: "Resolution",
    question: { name: "mysql-0.mysql", types: ["A", "AAAA"], namespace: "shop", from: null },
    candidates: [candidate({}), candidate({ name: "mysql-0.mysql.", asked: false, predicted: [UPSTREAM] })],
    resolves: true,
    notes: ["The Corefile is not known."],
    ...given,
  };
}

const text = (given: Partial<ResolutionDocument>, wide = false) => resolveText([document(given)], plain(), wide);

test("what resolves is told with its records, and with nothing that was not asked", () => {
  expect(text({})).toBe(`mysql-0.mysql · asked by a client in shop · resolves

  ✓ mysql-0.mysql.shop.svc.cluster.local.  (search domain 1 of 3)
      A  10.244.0.34  30s  Pod mysql-0 (EndpointSlice shop/mysql-x7k2p)
`);
});

test("what resolves says what makes it doubtful, and no other note", () => {
  const told = text({ doubts: ["Nobody was asked."], notes: ["Nobody was asked.", "The Corefile is not known."] });
  expect(told).toContain("EndpointSlice shop/mysql-x7k2p)\n\nNobody was asked.\n");
  expect(told).not.toContain("The Corefile is not known.");
});

test("wide leaves nothing out", () => {
  const wide = text({}, true);
  expect(wide).toContain("      1 ready endpoint\n      AAAA: NODATA, kept by caches for up to 30s\n      only IPv4\n");
  expect(wide).toContain("? mysql-0.mysql.  (search domain 1 of 3, not asked any more)\n");
  expect(wide).toContain("The Corefile is not known.");
});

test("what does not resolve is told by the candidate that an object decided; the others in a line", () => {
  const denied = [predicted({}), predicted({ type: "AAAA" })];
  const beside = [predicted({ cause: "name-shape", reason: "no such zone" })];
  const candidates = [
    candidate({ name: "a.b.", predicted: beside }),
    candidate({ predicted: denied, because: "search domain 2 of 3" }),
    candidate({ name: "mysql-0.mysql.", predicted: [UPSTREAM], because: "as it is" }),
  ];
  expect(text({ candidates, resolves: false })).toBe(`mysql-0.mysql · asked by a client in shop · does not resolve

  ✗ a.b.  NXDOMAIN  (search domain 1 of 3)
  ✗ mysql-0.mysql.shop.svc.cluster.local.  (search domain 2 of 3)
      A, AAAA: NXDOMAIN, kept by caches for up to 30s
      mysql-0 is not ready
  ? mysql-0.mysql.  asked upstream  (as it is)

The Corefile is not known.
`);
});

test("what cannot be told says so, and for whom it was asked", () => {
  const unread = [predicted({ rcode: null, cause: "not-collected", reason: "no permission", negativeTtl: null })];
  const question = { name: "mysql-0.mysql", types: ["A"], namespace: "shop", from: "pod/web-0" } as const;
  expect(text({ question, candidates: [candidate({ predicted: unread })], resolves: null })).toBe(
    `mysql-0.mysql · asked by pod/web-0 in shop · cannot be told

  ? mysql-0.mysql.shop.svc.cluster.local.  (search domain 1 of 3)
      A: not known
      no permission

The Corefile is not known.
`,
  );
});

describe("records", () => {
  const records = (answers: PredictedDocument["answers"], width = 80) => {
    const candidates = [candidate({ predicted: [{ ...ANSWER, answers }] })];
    return resolveText([document({ candidates })], plain({ width }), false)
      .split("\n")
      .slice(3, -1);
  };
  const srv = (pod: string) => ({
    name: NAME,
    type: "SRV" as const,
    ttl: 30,
    data: { priority: 0, weight: 50, port: 3306, target: `${pod}.mysql.shop.svc.cluster.local.` },
    pod,
    object: "EndpointSlice shop/mysql-x7k2p",
  });

  test("of Pods to come are told by the Pod", () => {
    expect(
      records([{ name: NAME, type: "A", ttl: 30, data: null, pod: "mysql-0", object: "Service shop/mysql" }]),
    ).toEqual(["      A  address of mysql-0  30s  Service shop/mysql"]);
  });

  test("stay within the terminal: what made them is left out first, the record never", () => {
    expect(records([srv("mysql-0"), srv("mysql-1")], 110)[0]).toMatch(
      /30s {2}Pod mysql-0 \(EndpointSlice shop\/mysql-x7k2p\)$/,
    );
    expect(records([srv("mysql-0")], 80)[0]).toMatch(/30s {2}Pod mysql-0$/);
    expect(records([srv("mysql-0")], 60)[0]).toMatch(/mysql-0\.mysql\.shop\.svc\.cluster\.local\. {2}30s$/);
    for (const line of records([srv("mysql-0"), srv("mysql-10")], 80)) expect(widthOf(line)).toBeLessThanOrEqual(80);
  });
});

describe("what the servers said", () => {
  const seen = (given: Partial<ObservedDocument>): ObservedDocument => ({
    type: "A",
    server: "coredns-a (10.244.0.2)",
    rcode: "NOERROR",
    answers: [{ name: NAME, type: "A", ttl: 30, data: "10.244.0.34" }],
    agrees: true,
    differences: [],
    cached: false,
    failure: null,
    ...given,
  });
  const lines = (observed: readonly ObservedDocument[]) =>
    text({ candidates: [candidate({ observed })] })
      .split("\n")
      .slice(4, -1);

  test("is one line where all agree", () => {
    expect(lines([seen({}), seen({ server: "coredns-b (10.244.0.3)" })])).toEqual([
      "      all 2 servers that were asked answered so",
    ]);
  });

  test("is a line for each that does not", () => {
    const other = seen({
      server: "coredns-b (10.244.0.3)",
      agrees: false,
      differences: ["NXDOMAIN instead of NOERROR"],
    });
    const dead = seen({
      server: "coredns-c (10.244.0.4)",
      agrees: null,
      rcode: null,
      answers: [],
      failure: "timed out",
    });
    expect(lines([seen({}), other, dead])).toEqual([
      "      coredns-b (10.244.0.3) A: NXDOMAIN instead of NOERROR",
      "      coredns-c (10.244.0.4) A: no answer (timed out)",
    ]);
  });

  test("is told as it is where nothing was predicted", () => {
    expect(lines([seen({ agrees: null })])).toEqual(["      coredns-a (10.244.0.2) A: 10.244.0.34"]);
  });
});

test("without UTF-8 it is ASCII, and no text of a cluster acts on the terminal", () => {
  expect(resolveText([document({})], plain({ unicode: false }), true)).toMatch(/^[\n -~]*$/);
  fc.assert(
    fc.property(fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("\u001b[2J", "\u202e", "\n")), (dirty) => {
      const answers = [{ name: dirty, type: "A" as const, ttl: 30, data: dirty, pod: dirty, object: dirty }];
      const candidates = [
        candidate({ name: dirty, because: dirty, predicted: [{ ...ANSWER, answers, reason: dirty }] }),
      ];
      const question = { name: dirty, types: ["A" as const], namespace: dirty, from: dirty };
      const shown = resolveText([document({ question, candidates, notes: [dirty] })], plain(), true);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
      expect(shown).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\p{Cf}]/u);
    }),
  );
});
