import { describe, expect, test } from "vitest";
import type { RecordType } from "../../src/dns/records.ts";
import { predict } from "../../src/dns/zone.ts";
import { ask, zoneFrom } from "./answers.ts";

const CLUSTER = `
{kind: Namespace, apiVersion: v1, metadata: {name: shop, labels: {dns: "yes"}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: other}}
---
{kind: Service, apiVersion: v1, metadata: {name: db, namespace: shop, labels: {public: "yes"}}, spec: {clusterIP: None}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: db-a, namespace: shop, labels: {kubernetes.io/service-name: db, public: "yes"}}, addressType: IPv4, ports: [{name: sql, port: 3306}], endpoints: [{addresses: [10.0.0.1], conditions: {ready: true}, targetRef: {kind: Pod, namespace: shop, name: db-x}}]}
---
{kind: Service, apiVersion: v1, metadata: {name: hidden, namespace: shop}, spec: {clusterIP: None}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: hidden-a, namespace: shop, labels: {kubernetes.io/service-name: hidden}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.2], conditions: {ready: true}}]}
---
{kind: Service, apiVersion: v1, metadata: {name: vip, namespace: other, labels: {public: "yes"}}, spec: {type: ClusterIP, clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5], ports: [{port: 80}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: client, namespace: shop, labels: {public: "yes"}}, spec: {containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.0.7.7}}
---
{kind: Pod, apiVersion: v1, metadata: {name: done, namespace: shop, labels: {public: "yes"}}, spec: {containers: [{name: c, image: i}]}, status: {phase: Failed, podIP: 10.0.7.8}}
---
{kind: Pod, apiVersion: v1, metadata: {name: leaving, namespace: shop, deletionTimestamp: "2026-01-01T00:00:00Z"}, spec: {containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.0.7.9}}
`;
const DB = "db.shop.svc.cluster.local.";
const VIP = "vip.other.svc.cluster.local.";
const corefile = (options: string, around = "", zones = "cluster.local") =>
  `.:53 {\n${around}\n kubernetes ${zones} {\n${options}\n }\n}`;
const under = (options: string, around = "", zones = "cluster.local") =>
  zoneFrom(CLUSTER, corefile(options, around, zones), { dnsSearch: [] });

describe("options of kubernetes", () => {
  // Found by the oracle: a replica that was started after the Pod began to leave says NXDOMAIN, an older one answers.
  test("pods verified claims nothing of a Pod that is being deleted", () => {
    expect(predict(under("pods verified"), "10-0-7-9.shop.pod.cluster.local.", "A")).toMatchObject({
      known: false,
      because: expect.stringContaining("is being deleted"),
    });
  });

  test.each<[string, string, string, RecordType, string[]]>([
    ["pods disabled is the default", "", "10-0-7-7.shop.pod.cluster.local.", "A", ["NXDOMAIN", "soa 5"]],
    ["pods disabled", "", "shop.pod.cluster.local.", "A", ["NXDOMAIN", "soa 5"]],
    [
      "pods verified",
      "pods verified",
      "10-0-7-7.shop.pod.cluster.local.",
      "A",
      ["NOERROR", "10-0-7-7.shop.pod.cluster.local. 5 A 10.0.7.7"],
    ],
    [
      "pods verified: another namespace",
      "pods verified",
      "10-0-7-7.other.pod.cluster.local.",
      "A",
      ["NXDOMAIN", "soa 5"],
    ],
    ["pods verified: a finished Pod", "pods verified", "10-0-7-8.shop.pod.cluster.local.", "A", ["NXDOMAIN", "soa 5"]],
    ["pods verified: nobody's", "pods verified", "10-9-9-9.shop.pod.cluster.local.", "A", ["NXDOMAIN", "soa 5"]],
    ["endpoint_pod_names", "endpoint_pod_names", `db-x.${DB}`, "A", ["NOERROR", `db-x.${DB} 5 A 10.0.0.1`]],
    [
      "endpoint_pod_names takes the address's name away",
      "endpoint_pod_names",
      `10-0-0-1.${DB}`,
      "A",
      ["NXDOMAIN", "soa 5"],
    ],
    ["noendpoints: headless", "noendpoints", DB, "A", ["NXDOMAIN", "soa 5"]],
    ["noendpoints: cluster IP", "noendpoints", VIP, "A", ["NOERROR", `${VIP} 5 A 10.96.0.5`]],
    ["namespaces: one that is left out", "namespaces other", DB, "A", ["NXDOMAIN", "soa 5"]],
    ["namespaces: one that is named", "namespaces shop", DB, "A", ["NOERROR", `${DB} 5 A 10.0.0.1`]],
    ["namespace_labels", "namespace_labels dns=yes", VIP, "A", ["NXDOMAIN", "soa 5"]],
    ["labels: Services and slices that have them", "labels public=yes", DB, "A", ["NOERROR", `${DB} 5 A 10.0.0.1`]],
    ["labels: those that have not", "labels public=yes", "hidden.shop.svc.cluster.local.", "A", ["NXDOMAIN", "soa 5"]],
    ["ignore empty_service: a cluster IP without endpoints", "ignore empty_service", VIP, "A", ["NXDOMAIN", "soa 5"]],
    ["ignore empty_service: headless as ever", "ignore empty_service", DB, "A", ["NOERROR", `${DB} 5 A 10.0.0.1`]],
  ])("%s", (_title, options, name, type, expected) => {
    expect(ask(under(options), name, type)).toEqual(expected);
  });

  test("labels filter slices on their own", () => {
    const zone = zoneFrom(
      CLUSTER.replace('service-name: db, public: "yes"', "service-name: db"),
      corefile("labels public=yes"),
    );
    expect(predict(zone, DB, "A")).toMatchObject({ rcode: "NXDOMAIN", cause: "slice-excluded" });
  });

  test("a second zone answers the same names, each under its own", () => {
    const zone = under("pods insecure", "", "cluster.local second.zone in-addr.arpa");
    expect(ask(zone, "db.shop.svc.second.zone.")).toEqual(["NOERROR", "db.shop.svc.second.zone. 5 A 10.0.0.1"]);
    expect(ask(zone, "_sql._tcp.db.shop.svc.second.zone.", "SRV")[1]).toContain("10-0-0-1.db.shop.svc.second.zone.");
    // PTR records point into the first zone.
    expect(ask(zone, "1.0.0.10.in-addr.arpa.", "PTR")[1]).toContain("10-0-0-1.db.shop.svc.cluster.local.");
  });

  test("a multicluster zone is not worked out", () => {
    expect(
      ask(
        under("multicluster clusterset.local", "", "cluster.local clusterset.local"),
        "db.shop.svc.clusterset.local.",
      ),
    ).toEqual(["unknown: not-modelled"]);
  });

  test("zone transfers are refused", () => {
    expect(ask(under(""), "cluster.local.", "AXFR" as RecordType)).toEqual(["REFUSED"]);
  });
});

describe("TTLs", () => {
  test.each([
    ["ttl 0, no cache", "ttl 0", "", 0, 0],
    ["ttl 0 with cache: the least that it keeps", "ttl 0", "cache 30", 5, 5],
    ["ttl 5", "ttl 5", "", 5, 5],
    ["ttl 300 with cache: capped", "ttl 300", "cache 30", 30, 30],
    [
      "also where cache is disabled",
      "ttl 300",
      "cache 30 {\n disable success cluster.local\n disable denial cluster.local\n }",
      30,
      30,
    ],
    ["ttl 3600: the SOA's is 300 at most", "ttl 3600", "", 3600, 300],
    ["caps of their own", "ttl 300", "cache {\n success 100 60\n denial 100 20\n }", 60, 20],
    ["least ones of their own", "ttl 3", "cache {\n success 100 60 7\n denial 100 20 9\n }", 7, 9],
    ["a cache of other zones", "ttl 300", "cache 30 example.org", 300, 300],
  ])("%s", (_title, options, around, positive, negative) => {
    const zone = under(options, around);
    expect(predict(zone, DB, "A")).toMatchObject({ answers: [{ ttl: positive }] });
    expect(predict(zone, `none.${DB}`, "A")).toMatchObject({ negativeTtl: negative });
  });

  test("what CoreDNS would keep for hours is cut to one hour by any cache", () => {
    expect(predict(under("ttl 300"), "dns-version.cluster.local.", "TXT")).toMatchObject({ answers: [{ ttl: 28800 }] });
    const cached = under("ttl 300", "cache");
    expect(predict(cached, "dns-version.cluster.local.", "TXT")).toMatchObject({ answers: [{ ttl: 3600 }] });
  });
});

describe("server blocks", () => {
  test("no block: REFUSED; no plugin that answers: SERVFAIL", () => {
    const zone = zoneFrom(CLUSTER, "cluster.local:53 {\n kubernetes\n}");
    expect(ask(zone, "example.com.")).toEqual(["REFUSED"]);
    expect(ask(under(""), "example.com.")).toEqual(["SERVFAIL"]);
  });

  test("a block without plugins refuses, one whose plugins answer nothing fails", () => {
    const more = (plugins: string) => zoneFrom(CLUSTER, `${corefile("")}\nshop.svc.cluster.local:53 {\n${plugins}\n}`);
    expect(ask(more(""), DB)).toEqual(["REFUSED"]);
    expect(ask(more("debug\nbind 127.0.0.1\nreload"), DB)).toEqual(["REFUSED"]);
    expect(ask(more("errors"), DB)).toEqual(["SERVFAIL"]);
  });

  test("a more specific block takes the name away from kubernetes", () => {
    const zone = zoneFrom(CLUSTER, `${corefile("")}\nshop.svc.cluster.local:53 {\n forward . 1.1.1.1\n}`);
    expect(ask(zone, DB)).toEqual(["unknown: forwarded"]);
    expect(ask(zone, VIP)[0]).toBe("NOERROR");
  });

  test("names that fall through go to the next plugin", () => {
    expect(ask(under("fallthrough"), `none.${DB}`)).toEqual(["SERVFAIL"]);
    expect(ask(under("fallthrough other.zone"), `none.${DB}`)).toEqual(["NXDOMAIN", "soa 5"]);
    expect(ask(under("fallthrough", "forward . 1.1.1.1"), `none.${DB}`)).toEqual(["unknown: forwarded"]);
  });

  test("a domain that forward leaves out is nobody's", () => {
    expect(ask(under("", "forward . 1.1.1.1 {\n except example.com\n }"), "a.example.com.")).toEqual(["SERVFAIL"]);
  });
});

describe("rewrite", () => {
  test("an exact name is asked as another, and the answer turned back", () => {
    const zone = under("", `rewrite name old.test ${DB}`);
    expect(ask(zone, "old.test.")).toEqual(["NOERROR", "old.test. 5 A 10.0.0.1"]);
    expect(predict(zone, "old.test.", "A")).toMatchObject({
      askedAs: DB,
      reason: expect.stringContaining(`asked as ${DB}`),
    });
    expect(ask(zone, "old.test.", "SRV")).toEqual([
      "NOERROR",
      "old.test. 5 SRV 0 100 3306 10-0-0-1.old.test.",
      "+ 10-0-0-1.old.test. 5 A 10.0.0.1",
    ]);
  });

  test("a regular expression leaves the owner as it was asked, unless answers are rewritten", () => {
    const rule = "rewrite name regex (.*)\\.short {1}.shop.svc.cluster.local";
    expect(ask(under("", rule), "db.short.")).toEqual(["NOERROR", `${DB} 5 A 10.0.0.1`]);
    expect(ask(under("", `${rule} answer auto`), "db.short.")).toEqual(["NOERROR", "db.short. 5 A 10.0.0.1"]);
  });

  test("a suffix, with the answer turned back", () => {
    const zone = under("", "rewrite stop {\n name suffix .my.zone .svc.cluster.local\n answer auto\n }");
    expect(ask(zone, "db.shop.my.zone.")).toEqual(["NOERROR", "db.shop.my.zone. 5 A 10.0.0.1"]);
  });

  test("rules stop at the first that applies, unless they say continue", () => {
    const two = (mode: string) => `rewrite ${mode} name a.test b.test\nrewrite name b.test ${DB}`;
    expect(ask(under("", two("continue")), "a.test.")[0]).toBe("NOERROR");
    expect(ask(under("", two("stop")), "a.test.")).toEqual(["SERVFAIL"]);
  });

  test("an EDNS0 rule that did something ends the others, too, unless it says continue", () => {
    const rules = (first: string) => `rewrite ${first}\nrewrite name old.test ${DB}`;
    expect(ask(under("", rules("edns0 local set 0xffee 0x61")), "old.test.")).toEqual(["SERVFAIL"]);
    expect(ask(under("", rules("edns0 nsid append")), "old.test.")).toEqual(["SERVFAIL"]);
    expect(ask(under("", rules("edns0 local unset 0xffee")), "old.test.")).toEqual(["SERVFAIL"]);
    expect(ask(under("", rules("edns0 local set 0xffee {client_ip}")), "old.test.")).toEqual(["SERVFAIL"]);
    expect(ask(under("", rules("continue edns0 local set 0xffee 0x61")), "old.test.")[0]).toBe("NOERROR");
    expect(ask(under("", rules("edns0 local replace 0xffee 0x61")), "old.test.")[0]).toBe("NOERROR");
    expect(ask(under("", rules("edns0 local set 0xffee {kubernetes/client-namespace}")), "old.test.")).toEqual([
      "unknown: rewritten",
    ]);
  });

  // Seen of 1.13.2: the question came back as it was rewritten, and the answer is nobody's.
  test("without a rule that stops, an answer is turned back only where a rule says how", () => {
    const rule = (more: string) => `rewrite continue name suffix .my.test .svc.cluster.local${more}`;
    expect(ask(under("", rule("")), "db.shop.my.test.")).toEqual(["unknown: rewritten"]);
    expect(ask(under("", rule(" answer auto")), "db.shop.my.test.")[0]).toBe("NOERROR");
    const toNobody = "rewrite continue name suffix .my.test .other.test answer auto";
    expect(ask(under("", toNobody), "db.my.test.")).toEqual(["unknown: rewritten"]);
    expect(ask(under("", toNobody), DB)[0]).toBe("NOERROR");
    expect(ask(under("", `${rule("")}\nrewrite stop ttl suffix . 9`), "db.shop.my.test.")[0]).toBe("NOERROR");
  });

  test("TTLs and types", () => {
    expect(ask(under("", "rewrite ttl suffix .svc.cluster.local 60-"), DB)).toEqual(["NOERROR", `${DB} 60 A 10.0.0.1`]);
    expect(ask(under("", "rewrite ttl exact other.test 60"), DB)).toEqual(["NOERROR", `${DB} 5 A 10.0.0.1`]);
    expect(ask(under("", "rewrite type ANY A"), DB, "ANY")).toEqual(["NOERROR", `${DB} 5 A 10.0.0.1`]);
  });

  test("what is not worked out is said", () => {
    expect(ask(under("", "rewrite cname exact a.b c.d"), DB)).toEqual(["unknown: rewritten"]);
    expect(ask(under("", "rewrite name regex [[:alpha:]]+ x"), DB)).toEqual(["unknown: rewritten"]);
  });

  test("an invalid name after rewriting fails", () => {
    expect(ask(under("", "rewrite name substring shop a..b"), DB)).toEqual(["SERVFAIL"]);
  });
});

describe("autopath", () => {
  const zone = under("pods verified", "autopath @kubernetes");
  const client = { ip: "10.0.7.7" };
  const first = (name: string) => `${name}.shop.svc.cluster.local.`;

  test("a client Pod's search path is tried for it, behind a CNAME", () => {
    expect(ask(zone, first("vip.other"), "A", client)).toEqual([
      "NOERROR",
      `${first("vip.other")} 5 CNAME ${VIP}`,
      `${VIP} 5 A 10.96.0.5`,
    ]);
  });

  test("a name that exists as it is needs none", () => {
    expect(ask(zone, DB, "A", client)).toEqual(["NOERROR", `${DB} 5 A 10.0.0.1`]);
  });

  test("others get what they asked for", () => {
    expect(ask(zone, first("vip.other"), "A", { ip: "10.0.99.99" })).toEqual(["NXDOMAIN", "soa 5"]);
    expect(ask(zone, first("vip.other"))).toEqual(["NXDOMAIN", "soa 5"]);
    expect(ask(zone, "vip.other.other.svc.cluster.local.", "A", client)).toEqual(["NXDOMAIN", "soa 5"]);
  });

  test("only pods verified makes it work", () => {
    expect(ask(under("pods insecure", "autopath @kubernetes"), first("vip.other"), "A", client)).toEqual([
      "NXDOMAIN",
      "soa 5",
    ]);
  });

  test("the search domain itself fails", () => {
    expect(ask(zone, "shop.svc.cluster.local.", "A", client)).toEqual(["SERVFAIL"]);
  });

  test("where CoreDNS's own search list is not known, nothing is promised of names that nobody has", () => {
    const unread = zoneFrom(CLUSTER, corefile("pods verified", "autopath @kubernetes\nforward . 1.1.1.1"));
    expect(ask(unread, first("none"), "A", client)).toEqual(["unknown: forwarded"]);
  });
});

describe("acl", () => {
  test.each([
    ["block", ["REFUSED"]],
    ["filter", ["NOERROR"]],
    ["drop", ["unknown: acl"]],
    ["allow", ["NOERROR", `${DB} 5 A 10.0.0.1`]],
  ])("%s for everyone", (action, expected) => {
    expect(ask(under("", `acl {\n ${action}\n }`), DB)).toEqual(expected);
  });

  test("by network: known only with the client", () => {
    const zone = under("", "acl cluster.local {\n block type A net 10.0.0.0/13\n }");
    expect(ask(zone, DB)).toEqual(["unknown: acl"]);
    expect(ask(zone, DB, "A", { ip: "10.7.255.1" })).toEqual(["REFUSED"]);
    expect(ask(zone, DB, "A", { ip: "10.8.0.1" })[0]).toBe("NOERROR");
    expect(ask(zone, DB, "TXT")).toEqual(["NOERROR", "soa 5"]);
  });
});

describe("plugins in front", () => {
  test("template: its code, without a SOA", () => {
    const zone = under("", "template IN AAAA {\n rcode NXDOMAIN\n }");
    expect(ask(zone, DB, "AAAA")).toEqual(["NXDOMAIN"]);
    expect(ask(zone, DB, "A")[0]).toBe("NOERROR");
  });

  test("template: one of another class says nothing", () => {
    expect(ask(under("", "template CH A {\n rcode NXDOMAIN\n }"), DB)[0]).toBe("NOERROR");
    expect(ask(under("", "template ANY A {\n rcode NXDOMAIN\n }"), DB)).toEqual(["NXDOMAIN"]);
  });

  test("template: its pattern decides, and whether the rest falls through", () => {
    const rule = (more: string) => `template IN A cluster.local {\n match ^ads\\.\n rcode NXDOMAIN\n ${more}\n }`;
    expect(ask(under("", rule("fallthrough")), DB)[0]).toBe("NOERROR");
    expect(ask(under("", rule("")), DB)).toEqual(["SERVFAIL"]);
    expect(ask(under("", rule("answer x")), "ads.cluster.local.")).toEqual(["unknown: template"]);
  });

  test("hosts: its addresses, and its NODATA", () => {
    const zone = under("", `hosts {\n 9.9.9.9 ${DB}\n fallthrough\n }`);
    expect(ask(zone, DB)).toEqual(["NOERROR", `${DB} 3600 A 9.9.9.9`]);
    expect(ask(zone, DB, "AAAA")).toEqual(["NOERROR"]);
    expect(ask(zone, VIP)).toEqual(["NOERROR", `${VIP} 5 A 10.96.0.5`]);
    expect(ask(zone, "9.9.9.9.in-addr.arpa.", "PTR")).toEqual(["NOERROR", `9.9.9.9.in-addr.arpa. 3600 PTR ${DB}`]);
    expect(ask(under("", `hosts {\n 9.9.9.9 ${DB}\n }`), VIP)).toEqual(["SERVFAIL"]);
  });

  test("minimal leaves out what was not asked for", () => {
    expect(ask(under("", "minimal"), DB, "SRV").filter((line) => line.startsWith("+"))).toEqual([]);
  });

  test.each([
    ["k8s_external cluster.local", "A"],
    ["any", "ANY"],
    ["dns64", "AAAA"],
    ["route53 example.org.:Z1", "A"],
    ["tsig", "A"],
    // Not one of CoreDNS's own: a build that has it may answer whatever it likes.
    ["kubernetai cluster.local", "A"],
  ])("%s is not worked out, and says so", (plugin, type) => {
    expect(ask(under("", plugin), DB, type as RecordType)).toEqual(["unknown: not-modelled"]);
  });
});

test("local answers names of the machine in whatever zone, and no others", () => {
  const zone = under("", "local");
  expect(ask(zone, "localhost.shop.svc.cluster.local.")).toEqual(["unknown: not-modelled"]);
  expect(ask(zone, "1.0.0.127.in-addr.arpa.", "PTR")).toEqual(["unknown: not-modelled"]);
  expect(ask(zone, DB)).toEqual(["NOERROR", `${DB} 5 A 10.0.0.1`]);
});

test("plugins that change no records leave the answer alone", () => {
  const without =
    "errors\nlog\nhealth\nready\nreload\nloop\nloadbalance\nheader {\n response set ra\n}\nbufsize 1232\nnsid";
  expect(ask(under("", without), DB)).toEqual(["NOERROR", `${DB} 5 A 10.0.0.1`]);
});

test("what older versions answered otherwise (kubernetes.go of each; seen of 1.9.3)", () => {
  const alias = `{kind: Service, apiVersion: v1, metadata: {name: out, namespace: shop}, spec: {type: ExternalName, externalName: db.shop.svc.cluster.local}}`;
  const zone = (version: string | null) => zoneFrom(`${CLUSTER}---\n${alias}`, corefile(""), { version });
  const port = "_sql._tcp.out.shop.svc.cluster.local.";
  const endpoint = "x.out.shop.svc.cluster.local.";
  const resolved = (name: string) => ["NOERROR", `${name} 5 CNAME ${DB}`, `${DB} 5 A 10.0.0.1`].sort();
  expect([...ask(zone("1.10.0"), endpoint)].sort()).toEqual(resolved(endpoint));
  expect(ask(zone("1.10.1"), endpoint)).toEqual(["NXDOMAIN", "soa 5"]);
  expect([...ask(zone("1.10.1"), port)].sort()).toEqual(resolved(port));
  expect(ask(zone("1.11.0"), port)).toEqual(["NXDOMAIN", "soa 5"]);
  expect(ask(zone(null), port)).toEqual(["NXDOMAIN", "soa 5"]);
  expect(ask(zone("1.10.0"), "gone.shop.svc.cluster.local.", "TXT")).toEqual(["NOERROR", "soa 5"]);
  expect(ask(zone("1.10.1"), "gone.shop.svc.cluster.local.", "TXT")).toEqual(["NXDOMAIN", "soa 5"]);
});

test("the label of an IPv6 address that ends in colons takes a 0 since 1.12.3 (seen of 1.11.3 and 1.13.2)", () => {
  const objects = `${CLUSTER}---
{kind: Service, apiVersion: v1, metadata: {name: six, namespace: shop}, spec: {clusterIP: None}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: six-a, namespace: shop, labels: {kubernetes.io/service-name: six}}, addressType: IPv6, endpoints: [{addresses: ["fd00::"], conditions: {ready: true}}], ports: [{name: x, port: 1}]}`;
  const zone = (version: string) => zoneFrom(objects, corefile("", "", "cluster.local ip6.arpa"), { version });
  const [old, later] = ["fd00--.six.shop.svc.cluster.local.", "fd00--0.six.shop.svc.cluster.local."];
  const reverse = `${"0.".repeat(28)}0.0.d.f.ip6.arpa.`;
  expect(ask(zone("1.12.2"), old, "AAAA")).toEqual(["NOERROR", `${old} 5 AAAA fd00::`]);
  expect(ask(zone("1.12.2"), later, "AAAA")).toEqual(["NXDOMAIN", "soa 5"]);
  expect(ask(zone("1.12.2"), reverse, "PTR")).toEqual(["NOERROR", `${reverse} 5 PTR ${old}`]);
  expect(ask(zone("1.12.3"), old, "AAAA")).toEqual(["NXDOMAIN", "soa 5"]);
  expect(ask(zone("1.12.3"), later, "AAAA")).toEqual(["NOERROR", `${later} 5 AAAA fd00::`]);
});

test("pods verified goes by all addresses of a Pod since 1.15.0 (seen of 1.13.2 and 1.15.0)", () => {
  const objects = `${CLUSTER}---
{kind: Pod, apiVersion: v1, metadata: {name: both, namespace: shop}, spec: {containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.0.7.5, podIPs: [{ip: 10.0.7.5}, {ip: "fd00::5"}]}}`;
  const zone = (version: string) => zoneFrom(objects, corefile("pods verified"), { version });
  const [first, second] = ["10-0-7-5.shop.pod.cluster.local.", "fd00--5.shop.pod.cluster.local."];
  for (const version of ["1.14.7", "1.15.0"]) {
    expect(ask(zone(version), first)).toEqual(["NOERROR", `${first} 5 A 10.0.7.5`]);
  }
  expect(ask(zone("1.14.7"), second, "AAAA")).toEqual(["NXDOMAIN", "soa 5"]);
  expect(ask(zone("1.15.0"), second, "AAAA")).toEqual(["NOERROR", `${second} 5 AAAA fd00::5`]);
});

test("what order plugins run in depends on the version", () => {
  const text = corefile("ttl 300", `cache 30 cluster.local\nrewrite name old.test ${DB}`);
  const ttl = (version: string) => {
    const prediction = predict(zoneFrom(CLUSTER, text, { version }), "old.test.", "A");
    return prediction.known ? prediction.answers[0]?.ttl : null;
  };
  // Before 1.14.7, cache stood in front of rewrite and saw the name that was asked.
  expect(ttl("1.12.1")).toBe(300);
  expect(ttl("1.14.6")).toBe(300);
  expect(ttl("1.14.7")).toBe(30);
  expect(ttl("1.15.0")).toBe(30);
});
