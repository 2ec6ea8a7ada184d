import { describe, expect, test } from "vitest";
import type { RecordType } from "../../src/dns/records.ts";
import { predict } from "../../src/dns/zone.ts";
import { ask, zoneFrom } from "./answers.ts";

const CLUSTER = `
{kind: Namespace, apiVersion: v1, metadata: {name: shop, labels: {team: x}}}
---
{kind: Namespace, apiVersion: v1, metadata: {name: other}}
---
kind: Service
apiVersion: v1
metadata: {name: db, namespace: shop}
spec: {clusterIP: None, clusterIPs: [None], selector: {app: db}, ports: [{name: sql, port: 3306, targetPort: 3307}]}
---
kind: EndpointSlice
apiVersion: discovery.k8s.io/v1
metadata: {name: db-a, namespace: shop, labels: {kubernetes.io/service-name: db}}
addressType: IPv4
ports: [{name: sql, port: 3307, protocol: TCP}, {name: "", port: 9, protocol: UDP}]
endpoints:
- {addresses: [10.0.0.1], hostname: db-0, conditions: {ready: true}, targetRef: {kind: Pod, namespace: shop, name: db-0}}
- {addresses: [10.0.0.2], conditions: {}, targetRef: {kind: Pod, namespace: shop, name: db-x}}
- {addresses: [10.0.0.3], hostname: db-2, conditions: {ready: false, terminating: true}, targetRef: {kind: Pod, namespace: shop, name: db-2}}
---
{kind: Service, apiVersion: v1, metadata: {name: six, namespace: shop}, spec: {clusterIP: None}}
---
kind: EndpointSlice
apiVersion: discovery.k8s.io/v1
metadata: {name: six-a, namespace: shop, labels: {kubernetes.io/service-name: six}}
addressType: IPv6
ports: []
endpoints: [{addresses: ["fd00::1"], conditions: {ready: true}}, {addresses: ["2001:db8::"], conditions: {ready: true}}]
---
{kind: Service, apiVersion: v1, metadata: {name: empty, namespace: shop}, spec: {clusterIP: None, selector: {app: none}}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: empty-a, namespace: shop, labels: {kubernetes.io/service-name: empty}}, addressType: IPv4, endpoints: []}
---
{kind: Service, apiVersion: v1, metadata: {name: sick, namespace: shop}, spec: {clusterIP: None}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: sick-a, namespace: shop, labels: {kubernetes.io/service-name: sick}}, addressType: IPv4, endpoints: [{addresses: [10.0.0.9], conditions: {ready: false}}]}
---
{kind: Service, apiVersion: v1, metadata: {name: none, namespace: shop}, spec: {clusterIP: None}}
---
kind: Service
apiVersion: v1
metadata: {name: web, namespace: shop}
spec: {type: ClusterIP, clusterIP: 10.96.0.5, clusterIPs: [10.96.0.5, "fd01::5"], ports: [{name: http, port: 80}, {name: metrics, port: 90}]}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: web-a, namespace: shop, labels: {kubernetes.io/service-name: web}}, addressType: IPv4, ports: [{name: http, port: 8080}], endpoints: [{addresses: [10.0.0.7], conditions: {ready: true}}]}
---
{kind: Service, apiVersion: v1, metadata: {name: alias, namespace: shop}, spec: {type: ExternalName, externalName: db.shop.svc.cluster.local}}
---
{kind: Service, apiVersion: v1, metadata: {name: away, namespace: shop}, spec: {type: ExternalName, externalName: example.com}}
---
{kind: Service, apiVersion: v1, metadata: {name: dead, namespace: shop}, spec: {type: ExternalName, externalName: none.shop.svc.cluster.local}}
---
{kind: Service, apiVersion: v1, metadata: {name: address, namespace: shop}, spec: {type: ExternalName, externalName: 10.1.2.3}}
---
{kind: Service, apiVersion: v1, metadata: {name: trick, namespace: shop}, spec: {clusterIP: None, externalName: example.com}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: lost, namespace: shop}, addressType: IPv4, endpoints: [{addresses: [10.0.0.50], conditions: {ready: true}}]}
---
{kind: Pod, apiVersion: v1, metadata: {name: db-0, namespace: shop}, spec: {containers: [{name: c, image: i}]}, status: {phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}]}}
---
{kind: Pod, apiVersion: v1, metadata: {name: done, namespace: shop}, spec: {containers: [{name: c, image: i}]}, status: {phase: Succeeded, podIP: 10.0.0.4}}
`;
const D = "svc.cluster.local.";
const zone = zoneFrom(CLUSTER);

describe("headless Service", () => {
  test.each<[string, string, RecordType, string[]]>([
    ["every ready address", "db.shop", "A", ["NOERROR", `db.shop.${D} 30 A 10.0.0.1`, `db.shop.${D} 30 A 10.0.0.2`]],
    ["only the other family: NODATA", "db.shop", "AAAA", ["NOERROR", "soa 30"]],
    ["IPv6", "six.shop", "AAAA", ["NOERROR", `six.shop.${D} 30 AAAA 2001:db8::`, `six.shop.${D} 30 AAAA fd00::1`]],
    ["no ports: no SRV, and the name exists", "six.shop", "SRV", ["NOERROR", "soa 30"]],
    ["no endpoints: NXDOMAIN", "empty.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["no slices: NXDOMAIN", "none.shop", "SRV", ["NXDOMAIN", "soa 30"]],
    ["none ready: NXDOMAIN", "sick.shop", "TXT", ["NXDOMAIN", "soa 30"]],
    ["an endpoint by its hostname", "db-0.db.shop", "A", ["NOERROR", `db-0.db.shop.${D} 30 A 10.0.0.1`]],
    [
      "by its address where it has no hostname",
      "10-0-0-2.db.shop",
      "A",
      ["NOERROR", `10-0-0-2.db.shop.${D} 30 A 10.0.0.2`],
    ],
    ["but not where it has one", "10-0-0-1.db.shop", "A", ["NXDOMAIN", "soa 30"]],
    [
      "an IPv6 address that ends in colons takes a 0",
      "2001-db8--0.six.shop",
      "AAAA",
      ["NOERROR", `2001-db8--0.six.shop.${D} 30 AAAA 2001:db8::`],
    ],
    ["not by its Pod's name", "db-x.db.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["not while it is not ready", "db-2.db.shop", "A", ["NXDOMAIN", "soa 30"]],
    [
      "a port gives addresses, too",
      "_sql._tcp.db.shop",
      "A",
      ["NOERROR", `_sql._tcp.db.shop.${D} 30 A 10.0.0.1`, `_sql._tcp.db.shop.${D} 30 A 10.0.0.2`],
    ],
    [
      "underscores are optional",
      "sql.tcp.db.shop",
      "A",
      ["NOERROR", `sql.tcp.db.shop.${D} 30 A 10.0.0.1`, `sql.tcp.db.shop.${D} 30 A 10.0.0.2`],
    ],
    ["the wrong protocol: NXDOMAIN", "_sql._udp.db.shop", "SRV", ["NXDOMAIN", "soa 30"]],
    ["only the protocol is read as an endpoint", "_tcp.db.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["three labels are too many", "a.b.c.db.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["no wildcard", "*.db.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["other types: NODATA", "db.shop", "TXT", ["NOERROR", "soa 30"]],
    ["other types: NODATA", "db.shop", "HTTPS", ["NOERROR", "soa 30"]],
    ["PTR at a forward name: NODATA", "db.shop", "PTR", ["NOERROR", "soa 30"]],
    ["SOA: NODATA even where nothing is", "no.such.thing", "SOA", ["NOERROR", "soa 30"]],
    ["clusterIP None with an externalName is no CNAME", "trick.shop", "CNAME", ["NXDOMAIN", "soa 30"]],
  ])("%s (%s %s)", (_title, name, type, expected) => {
    expect(ask(zone, `${name}.${D}`, type)).toEqual(expected);
  });

  test("SRV of a port: the endpoint's own port, weights by the number of endpoints, targets' addresses besides", () => {
    expect(ask(zone, `_sql._tcp.db.shop.${D}`, "SRV")).toEqual([
      "NOERROR",
      `_sql._tcp.db.shop.${D} 30 SRV 0 50 3307 10-0-0-2.db.shop.${D}`,
      `_sql._tcp.db.shop.${D} 30 SRV 0 50 3307 db-0.db.shop.${D}`,
      `+ 10-0-0-2.db.shop.${D} 30 A 10.0.0.2`,
      `+ db-0.db.shop.${D} 30 A 10.0.0.1`,
    ]);
  });

  test("SRV of the Service: every port, unnamed ones, too; the weight counts them all", () => {
    const lines = ask(zone, `db.shop.${D}`, "SRV");
    expect(lines.filter((line) => line.includes(" SRV "))).toEqual([
      `db.shop.${D} 30 SRV 0 25 3307 10-0-0-2.db.shop.${D}`,
      `db.shop.${D} 30 SRV 0 25 3307 db-0.db.shop.${D}`,
      `db.shop.${D} 30 SRV 0 25 9 10-0-0-2.db.shop.${D}`,
      `db.shop.${D} 30 SRV 0 25 9 db-0.db.shop.${D}`,
    ]);
  });

  test("the name is taken in any case, with or without its dot", () => {
    expect(ask(zone, "DB.Shop.svc.cluster.LOCAL")).toEqual(ask(zone, `db.shop.${D}`));
  });
});

describe("other Services", () => {
  test.each<[string, string, RecordType, string[]]>([
    ["the cluster IP", "web.shop", "A", ["NOERROR", `web.shop.${D} 30 A 10.96.0.5`]],
    ["of both families", "web.shop", "AAAA", ["NOERROR", `web.shop.${D} 30 AAAA fd01::5`]],
    ["a port", "_metrics._tcp.web.shop", "A", ["NOERROR", `_metrics._tcp.web.shop.${D} 30 A 10.96.0.5`]],
    ["a port that is none", "_none._tcp.web.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["an endpoint", "10-0-0-7.web.shop", "A", ["NOERROR", `10-0-0-7.web.shop.${D} 30 A 10.0.0.7`]],
    [
      "an ExternalName inside",
      "alias.shop",
      "A",
      ["NOERROR", `alias.shop.${D} 30 CNAME db.shop.${D}`, `db.shop.${D} 30 A 10.0.0.1`, `db.shop.${D} 30 A 10.0.0.2`],
    ],
    ["the CNAME goes where the target has no such record", "alias.shop", "AAAA", ["NOERROR", "soa 30"]],
    ["or does not exist", "dead.shop", "A", ["NOERROR", "soa 30"]],
    [
      "asked for itself, the CNAME is there",
      "dead.shop",
      "CNAME",
      ["NOERROR", `dead.shop.${D} 30 CNAME none.shop.${D}`],
    ],
    ["SRV leaves it out", "alias.shop", "SRV", ["NOERROR", "soa 30"]],
    ["nothing lies below it", "db-0.alias.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["an address as its target: NXDOMAIN", "address.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["no such Service", "nosuch.shop", "A", ["NXDOMAIN", "soa 30"]],
    ["no such namespace", "db.nowhere", "A", ["NXDOMAIN", "soa 30"]],
  ])("%s (%s %s)", (_title, name, type, expected) => {
    expect(ask(zone, `${name}.${D}`, type)).toEqual(expected);
  });

  test("a target outside: the CNAME is sure, what comes behind is not", () => {
    const prediction = predict(zone, `away.shop.${D}`, "A");
    expect(prediction).toMatchObject({
      known: true,
      rcode: "NOERROR",
      answers: [{ type: "CNAME", data: "example.com." }],
      incomplete: expect.stringContaining("example.com."),
    });
  });

  test("SRV of a cluster IP points to the Service itself, one a port", () => {
    expect(ask(zone, `web.shop.${D}`, "SRV")).toEqual([
      "NOERROR",
      `web.shop.${D} 30 SRV 0 25 80 web.shop.${D}`,
      `web.shop.${D} 30 SRV 0 25 90 web.shop.${D}`,
      `+ web.shop.${D} 30 A 10.96.0.5`,
      `+ web.shop.${D} 30 AAAA fd01::5`,
    ]);
  });
});

describe("names of the zone", () => {
  test.each<[string, RecordType, string[]]>([
    ["cluster.local.", "A", ["NOERROR", "soa 30"]],
    ["cluster.local.", "TXT", ["NXDOMAIN", "soa 30"]],
    ["cluster.local.", "SOA", ["NOERROR", "cluster.local. 30 SOA ns.dns.cluster.local. 30"]],
    ["svc.cluster.local.", "A", ["NOERROR", "soa 30"]],
    ["shop.svc.cluster.local.", "A", ["NOERROR", "soa 30"]],
    ["shop.svc.cluster.local.", "TXT", ["NXDOMAIN", "soa 30"]],
    ["nowhere.svc.cluster.local.", "A", ["NXDOMAIN", "soa 30"]],
    ["shop.pod.cluster.local.", "A", ["NOERROR", "soa 30"]],
    ["db.shop.cluster.local.", "A", ["NXDOMAIN", "soa 30"]],
    ["dns-version.cluster.local.", "TXT", ["NOERROR", "dns-version.cluster.local. 28800 TXT 1.1.0"]],
    ["dns-version.cluster.local.", "A", ["NXDOMAIN", "soa 30"]],
    ["10-9-8-7.shop.pod.cluster.local.", "A", ["NOERROR", "10-9-8-7.shop.pod.cluster.local. 30 A 10.9.8.7"]],
    ["x.y.fd00--1.shop.pod.cluster.local.", "AAAA", ["NOERROR", "x.y.fd00--1.shop.pod.cluster.local. 30 AAAA fd00::1"]],
    ["010-9-8-7.shop.pod.cluster.local.", "A", ["NXDOMAIN", "soa 30"]],
    ["10-9-8-7.nowhere.pod.cluster.local.", "A", ["NXDOMAIN", "soa 30"]],
  ])("%s %s", (name, type, expected) => {
    // dns-version's TTL is what `cache 30` of the default Corefile would flatten: asked here without a cache.
    const plain = zoneFrom(CLUSTER, ".:53 {\n kubernetes cluster.local {\n pods insecure\n ttl 30\n }\n}");
    expect(ask(plain, name, type)).toEqual(expected);
  });

  test("names elsewhere are forwarded, and so not known", () => {
    expect(ask(zone, "example.com.")).toEqual(["unknown: forwarded"]);
  });

  test("the name of CoreDNS itself is its Service's", () => {
    const dns = `${CLUSTER}
---
{kind: Service, apiVersion: v1, metadata: {name: kube-dns, namespace: kube-system}, spec: {type: ClusterIP, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], ports: [{name: dns, port: 53, protocol: UDP, targetPort: 53}]}}
---
{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: d, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}, addressType: IPv4, ports: [{name: dns, port: 53, protocol: UDP}], endpoints: [{addresses: [10.0.9.1], conditions: {ready: true}}, {addresses: [10.0.9.2], conditions: {ready: true}}]}
`;
    const own = zoneFrom(dns);
    expect(ask(own, "ns.dns.cluster.local.")).toEqual(["NOERROR", "ns.dns.cluster.local. 30 A 10.96.0.10"]);
    expect(ask(own, "ns.dns.cluster.local.", "AAAA")).toEqual(["NOERROR", "soa 30"]);
    expect(ask(own, "cluster.local.", "NS")).toEqual([
      "NOERROR",
      "cluster.local. 30 NS kube-dns.kube-system.svc.cluster.local.",
      "+ kube-dns.kube-system.svc.cluster.local. 30 A 10.96.0.10",
    ]);
    expect(ask(zone, "ns.dns.cluster.local.")).toEqual(["unknown: not-collected"]);
  });
});

describe("reverse", () => {
  const reverse = (address: string) => address.split(".").reverse().join(".");
  const whole = zoneFrom(CLUSTER, ".:53 {\n kubernetes cluster.local in-addr.arpa ip6.arpa\n}");
  test.each([
    ["a cluster IP", "10.96.0.5", [`web.shop.${D}`]],
    ["an endpoint with a hostname", "10.0.0.1", [`db-0.db.shop.${D}`]],
    ["one without", "10.0.0.2", [`10-0-0-2.db.shop.${D}`]],
  ])("%s", (_title, address, names) => {
    const name = `${reverse(address)}.in-addr.arpa.`;
    expect(ask(whole, name, "PTR")).toEqual(["NOERROR", ...names.map((one) => `${name} 5 PTR ${one}`)]);
  });

  test("an address that is not ready, or nobody's, has none", () => {
    expect(ask(whole, "3.0.0.10.in-addr.arpa.", "PTR")).toEqual(["NXDOMAIN", "soa 5"]);
    expect(ask(whole, "99.0.0.10.in-addr.arpa.", "PTR")).toEqual(["NXDOMAIN", "soa 5"]);
  });

  test("with fallthrough what nobody has goes on, and is not known", () => {
    expect(ask(zone, "99.0.0.10.in-addr.arpa.", "PTR")).toEqual(["unknown: forwarded"]);
    expect(ask(zone, "1.0.0.10.in-addr.arpa.", "PTR")[0]).toBe("NOERROR");
  });

  test("a slice without its label: CoreDNS cannot write the answer", () => {
    expect(predict(whole, "50.0.0.10.in-addr.arpa.", "PTR")).toMatchObject({
      known: false,
      because: expect.stringContaining("EndpointSlice shop/lost"),
    });
  });
});

describe("reasons name the object, or the first thing that withholds", () => {
  test.each([
    ["db.shop", "endpoints", "Service shop/db has 2 ready endpoints"],
    ["db-2.db.shop", "endpoint-not-ready", "db-2, an endpoint of Service shop/db, is not published: terminating"],
    ["db-x.db.shop", "endpoint-name-missing", "subdomain: db; it answers to 10-0-0-2"],
    ["10-0-0-1.db.shop", "endpoint-name-missing", "the endpoint 10.0.0.1 of Service shop/db has the name db-0"],
    ["zz.db.shop", "endpoint-name-missing", "its endpoints: db-0, 10-0-0-2"],
    ["none.shop", "slice-missing", "Service shop/none has no EndpointSlice that carries its name"],
    ["none.shop", "slice-missing", "it has no selector"],
    ["empty.shop", "no-endpoints", "its selector app=none matches no Pod"],
    ["sick.shop", "not-ready", "the only endpoint of Service shop/sick is not ready: 10.0.0.9 (not ready)"],
    ["_x._tcp.db.shop", "port-missing", "no port x with protocol tcp (its ports: sql/TCP, (unnamed)/UDP)"],
    ["nosuch.shop", "service-missing", "no Service nosuch in namespace shop"],
    ["db.nowhere", "namespace-missing", "no namespace nowhere"],
    ["a.b.c.db.shop", "name-shape", "too many labels"],
    ["web.shop", "cluster-ip", "is not headless"],
    ["address.shop", "target-is-address", "10.1.2.3"],
    ["dead.shop", "target-without-records", "leaves out the CNAME"],
  ])("%s: %s", (name, cause, part) => {
    const prediction = predict(zone, `${name}.${D}`, "A");
    expect(prediction).toMatchObject({ cause, reason: expect.stringContaining(part) });
  });

  test("a name outside svc and pod says what it might have been", () => {
    expect(predict(zone, "db.shop.cluster.local.", "A")).toMatchObject({
      reason: expect.stringContaining("db.shop.svc.cluster.local."),
    });
  });

  test("answers that are there tell whom they leave out", () => {
    expect(predict(zone, `db.shop.${D}`, "A")).toMatchObject({
      withheld: [{ pod: "db-2", why: "terminating" }],
      withheldCount: 1,
    });
  });
});
