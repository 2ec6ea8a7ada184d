import { describe, expect, it } from "vitest";
import { predict } from "../../src/dns/zone.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { describeObserved, describeServers, serverAnswers } from "../../src/trace/dns-words.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { traceService } from "../../src/trace/trace.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { coreDnsPod, corefileMap, kubeDnsService } from "../kube-dns.ts";
import { type DnsFactsCase, dnsFacts } from "../rules/dns-facts.ts";
import { live } from "./world.ts";

const SERVICE = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
${kubeDnsService()}---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: ClusterIP, clusterIP: None, clusterIPs: [None], selector: { app: web }, ports: [{ port: 80 }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-a, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints: [{ addresses: [10.0.0.1], conditions: { ready: true } }]
ports: [{ port: 80, protocol: TCP }]
`;
const pod = (name: string, image: string, ready: boolean, label = "kube-dns") =>
  coreDnsPod({ name, image, ready, label, ip: "10.0.9.1" });
const COREFILE = corefileMap(".:53 {\n kubernetes cluster.local k8s.example in-addr.arpa\n}\n");

function trace(yaml: readonly string[], clusterDns?: DnsFactsCase) {
  const { snapshot } = live(yaml.join("---"));
  const whole: Snapshot = { ...snapshot, clusterDns: clusterDns === undefined ? undefined : dnsFacts(clusterDns) };
  return traceService(namespaceLookups(indexSnapshot(whole)), { namespace: "shop", name: "web", asked: true });
}
const servers = (...yaml: readonly string[]) => {
  const { parts } = trace(yaml);
  return describeServers(parts.clusterDns, parts.corefile);
};

describe("describeServers", () => {
  it("tells what answers, how many of it, and for what", () => {
    const image = "registry.example:5000/coredns/coredns:v1.12.1";
    expect(servers(SERVICE, pod("a", image, true), pod("b", image, false), COREFILE)).toBe(
      "CoreDNS 1.12.1: 1 of 2 Pods Ready, 3 restarts, serves cluster.local and k8s.example",
    );
  });

  it("names what is not CoreDNS, and the cache in front", () => {
    const old = pod("a", "k8s-dns-kube-dns:1.22.28", true);
    expect(servers(SERVICE, old, pod("c", "k8s-dns-node-cache:1.23.1", true, "node-local-dns"))).toBe(
      "kube-dns 1.22.28: 1 of 1 Pod Ready, NodeLocal DNSCache in front, which is not asked",
    );
    expect(servers(SERVICE, pod("a", "example.com/resolver:2", true))).toBe("example.com/resolver:2: 1 of 1 Pod Ready");
  });

  it("says why it is not known", () => {
    expect(servers("")).toContain("no cluster DNS was found in kube-system");
  });
});

describe("what the replicas said", () => {
  const own = "web.shop.svc.cluster.local.";
  const cases = {
    a: [`A ${own} again NOERROR ttl=7 10.0.0.1`],
    b: [`A ${own} again NXDOMAIN`],
    c: [`A ${own} again FAILED no answer within 3 s`],
  };

  it("in a line of the chain", () => {
    const line = (replicas: DnsFactsCase["replicas"]) =>
      describeObserved(trace([SERVICE], { ...(replicas && { replicas }) }).parts.observed);
    expect(line({ a: cases.a })).toBe("1 replica asked: 1 answer as predicted");
    expect(line(cases)).toBe("3 replicas asked: other answers than predicted for web.shop.svc.cluster.local");
    expect(line(undefined)).toBeNull();
    expect(describeObserved(trace([SERVICE], { observed: { unavailable: "no permission" } }).parts.observed)).toBe(
      "no permission",
    );
  });

  it("answer by answer, as resolve shows it", () => {
    const { index } = trace([SERVICE, COREFILE.replace("in-addr.arpa", "{\\n ttl 30\\n }")], { replicas: cases });
    const { zone } = zoneOf(index);
    expect(serverAnswers(index.snapshot, predict(zone, own, "A"))).toMatchObject([
      { server: "a (10.244.0.2)", rcode: "NOERROR", agrees: true, cached: true, failure: null },
      { server: "b (10.244.0.3)", rcode: "NXDOMAIN", agrees: false, differences: ["NXDOMAIN instead of NOERROR"] },
      { server: "c (10.244.0.4)", rcode: null, agrees: false, failure: "no answer within 3 s" },
    ]);
    expect(serverAnswers(index.snapshot, predict(zone, own, "AAAA"))).toEqual([]);
    expect(serverAnswers({ ...index.snapshot, clusterDns: undefined }, predict(zone, own, "A"))).toEqual([]);
  });
});
