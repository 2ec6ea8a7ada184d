import { describe, expect, test } from "vitest";
import { longestZone, splitKey, zonesOf } from "../../src/dns/zones.ts";

test.each([
  ["cluster.local", ["cluster.local."]],
  ["Cluster.LOCAL.:53", ["cluster.local."]],
  [".:53", ["."]],
  ["dns://example.org:1053", ["example.org."]],
  ["10.0.0.0/8", ["10.in-addr.arpa."]],
  ["10.0.0.0/15", ["0.10.in-addr.arpa.", "1.10.in-addr.arpa."]],
  ["192.168.1.1/23", ["0.168.192.in-addr.arpa.", "1.168.192.in-addr.arpa."]],
  ["2001:db8::/31", ["8.b.d.0.1.0.0.2.ip6.arpa.", "9.b.d.0.1.0.0.2.ip6.arpa."]],
  ["10.0.0.1/32", ["1.0.0.10.in-addr.arpa."]],
  ["a..b", []],
])("%s means %j", (text, zones) => {
  expect(zonesOf(text)).toEqual(zones);
});

test("a key has a transport, a host and a port", () => {
  expect(splitKey("tls://a.b:853")).toEqual({ transport: "tls", host: "a.b", port: 853 });
  expect(splitKey("a.b")).toEqual({ transport: "dns", host: "a.b", port: null });
});

describe("longestZone", () => {
  test("the most specific wins, whatever the order", () => {
    expect(longestZone([".", "svc.cluster.local.", "cluster.local."], "web.a.svc.cluster.local.")).toBe(
      "svc.cluster.local.",
    );
  });
  test("labels count, not letters", () => {
    expect(longestZone(["local."], "xlocal.")).toBeNull();
  });
});
