import { describe, expect, test } from "vitest";
import { type CandidateOutcome, expandName, type Resolver, walkSearch } from "../../src/dns/search.ts";
import { namespaceResolvConf, type ResolvConf } from "../../src/kubernetes/kubelet-resolv-conf.ts";

const CLIENT = namespaceResolvConf("shop", { clusterDomain: "cluster.local", nameservers: null });
const withNdots = (ndots: number): ResolvConf => ({ ...CLIENT, ndots });

function names(text: string, client = CLIENT, resolver: Resolver = "glibc") {
  const expansion = expandName(text, client, resolver);
  if (!expansion.ok) throw new Error(expansion.error.message);
  return expansion.candidates.map(({ name }) => name);
}

describe("expandName", () => {
  const searched = (name: string) => [
    `${name}.shop.svc.cluster.local.`,
    `${name}.svc.cluster.local.`,
    `${name}.cluster.local.`,
    null,
  ];

  test("few dots: the search list first, the name itself last", () => {
    expect(names("db")).toEqual([...searched("db"), "db."]);
    expect(names("db-0.db.shop.svc")).toEqual([...searched("db-0.db.shop.svc"), "db-0.db.shop.svc."]);
  });

  test("ndots dots or more: the name itself first", () => {
    const name = "db-0.db.shop.svc.cluster.local";
    expect(names(name)).toEqual([`${name}.`, ...searched(name)]);
    expect(names("db.shop", withNdots(1))).toEqual(["db.shop.", ...searched("db.shop")]);
  });

  test("musl does not search such a name at all", () => {
    expect(names("db.shop", withNdots(1), "musl")).toEqual(["db.shop."]);
    expect(names("db", CLIENT, "musl")).toEqual([...searched("db"), "db."]);
  });

  test("a dot at the end: that name alone", () => {
    expect(names("db.shop.")).toEqual(["db.shop."]);
  });

  test("says why each is asked", () => {
    const expansion = expandName("db", CLIENT);
    expect(expansion.ok && expansion.candidates.map(({ because }) => because)).toEqual([
      "search domain 1 of 3",
      "search domain 2 of 3",
      "search domain 3 of 3",
      "search domains of the Node, which were not read",
      "as it is, after the search list (0 dots, ndots 5)",
    ]);
  });

  test("names that would be too long are left out", () => {
    const long = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(50)}`;
    expect(names(long)).toEqual([null, `${long}.`]);
  });

  test("what is no name is told", () => {
    expect(expandName("a..b", CLIENT)).toMatchObject({ ok: false, error: { kind: "empty-label" } });
  });
});

describe("walkSearch", () => {
  test.each<[CandidateOutcome[], Resolver, ReturnType<typeof walkSearch>]>([
    [["nxdomain", "answers"], "glibc", { status: "answers", at: 1 }],
    [["nodata", "servfail", "answers"], "glibc", { status: "answers", at: 2 }],
    [["nodata", "answers"], "musl", { status: "stopped", at: 0 }],
    [["servfail", "answers"], "musl", { status: "stopped", at: 0 }],
    [["nxdomain", "answers"], "musl", { status: "answers", at: 1 }],
    [["refused", "answers"], "glibc", { status: "stopped", at: 0 }],
    [["nxdomain", "unknown", "answers"], "glibc", { status: "unknown", at: 1 }],
    [["nxdomain", "nodata"], "glibc", { status: "none" }],
    [["nodata"], "musl", { status: "none" }],
    [[], "glibc", { status: "none" }],
  ])("%j with %s", (outcomes, resolver, walk) => {
    expect(walkSearch(outcomes, resolver)).toEqual(walk);
  });
});
