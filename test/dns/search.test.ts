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

  test("musl passes over a search line of more than 255 characters", () => {
    const search = (length: number): ResolvConf => ({
      ...CLIENT,
      search: [
        { domain: `${"a".repeat(62)}.${"b".repeat(62)}`, from: "seen" },
        { domain: `${"c".repeat(60)}.${"d".repeat(length - 187)}`, from: "seen" },
      ],
    });
    // search, a space and the end of the line are 8 of them.
    expect(names("db", search(247), "musl")).toHaveLength(3);
    expect(names("db", search(248), "musl")).toEqual(["db."]);
    expect(names("db", search(248))).toHaveLength(3);
  });

  test("the root as a search domain is the name as it is, and not asked for again", () => {
    const client: ResolvConf = { ...CLIENT, search: ["a.b", ".", "c.d"].map((domain) => ({ domain, from: "seen" })) };
    expect(names("db", client)).toEqual(["db.a.b.", "db.", "db.c.d."]);
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

  test("a name that would be too long ends glibc's search list, and is left out of musl's", () => {
    const long = `${"a".repeat(63)}.${"b".repeat(63)}.${"c".repeat(63)}.${"d".repeat(56)}`;
    const client: ResolvConf = {
      ...CLIENT,
      search: ["x.yz", "x.yz1", "y.z"].map((domain) => ({ domain, from: "seen" })),
    };
    expect(names(long, client)).toEqual([`${long}.x.yz.`, `${long}.`]);
    expect(names(long, client, "musl")).toEqual([`${long}.x.yz.`, `${long}.y.z.`, `${long}.`]);
  });

  test("what is no name is told", () => {
    expect(expandName("a..b", CLIENT)).toMatchObject({ ok: false, error: { kind: "empty-label" } });
  });
});

describe("walkSearch", () => {
  /** `*` behind an outcome: it is that of the name as it was written. */
  const walk = (text: string, resolver: Resolver) =>
    walkSearch(
      text.split(" ").map((one) => ({ outcome: one.replace("*", "") as CandidateOutcome, asIs: one.endsWith("*") })),
      resolver,
    );

  // Each was seen of a real resolver: glibc 2.36, musl 1.2.3.
  test.each<[string, Resolver, ReturnType<typeof walkSearch>]>([
    ["nxdomain answers", "glibc", { status: "answers", at: 1, asked: [0, 1] }],
    ["nodata servfail answers", "glibc", { status: "answers", at: 2, asked: [0, 1, 2] }],
    ["nodata answers", "musl", { status: "stopped", at: 0, asked: [0] }],
    ["servfail answers", "musl", { status: "stopped", at: 0, asked: [0] }],
    ["nxdomain answers", "musl", { status: "answers", at: 1, asked: [0, 1] }],
    ["refused answers answers*", "musl", { status: "stopped", at: 0, asked: [0] }],
    ["refused answers", "glibc", { status: "stopped", at: 0, asked: [0] }],
    ["refused answers answers*", "glibc", { status: "answers", at: 2, asked: [0, 2] }],
    ["refused answers nxdomain*", "glibc", { status: "stopped", at: 0, asked: [0, 2] }],
    ["nxdomain refused nxdomain*", "glibc", { status: "none", asked: [0, 1, 2] }],
    ["refused* nxdomain answers", "glibc", { status: "answers", at: 2, asked: [0, 1, 2] }],
    ["refused* refused answers", "glibc", { status: "stopped", at: 1, asked: [0, 1] }],
    ["nxdomain unknown answers", "glibc", { status: "unknown", at: 1, asked: [0, 1] }],
    ["refused nodata unknown*", "glibc", { status: "unknown", at: 2, asked: [0, 2] }],
    ["nxdomain nodata", "glibc", { status: "none", asked: [0, 1] }],
    ["nodata", "musl", { status: "none", asked: [0] }],
  ])("%j with %s", (text, resolver, expected) => {
    expect(walk(text, resolver)).toEqual(expected);
  });

  test("nothing to ask", () => {
    expect(walkSearch([])).toEqual({ status: "none", asked: [] });
  });
});
