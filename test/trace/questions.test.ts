import { describe, expect, it } from "vitest";
import type { DnsQuestion } from "../../src/objects/observation.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { doctorQuestions, observationPlan } from "../../src/trace/questions.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { coreDnsPod, corefileMap, kubeDnsService } from "../kube-dns.ts";
import { dnsFacts } from "../rules/dns-facts.ts";
import { live } from "./world.ts";

const WEB = `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: ClusterIP, clusterIP: None, clusterIPs: [None], selector: { app: web }, ports: [{ name: http, port: 80 }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-0, namespace: shop, labels: { app: web } }
spec: { hostname: web-0, subdomain: web, containers: [{ name: web, image: nginx }] }
status: { phase: Running, podIP: 10.0.0.1, podIPs: [{ ip: 10.0.0.1 }], conditions: [{ type: Ready, status: "True" }] }
---
apiVersion: v1
kind: Pod
metadata: { name: web-1, namespace: shop, labels: { app: web } }
spec: { hostname: web-1, subdomain: web, containers: [{ name: web, image: nginx }] }
status: { phase: Pending }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-a, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints:
  - { addresses: [10.0.0.1], conditions: { ready: true }, hostname: web-0 }
  - { addresses: [10.0.0.7], conditions: { ready: true } }
  - { addresses: [10.0.0.8], conditions: { ready: false } }
ports: [{ name: http, port: 80, protocol: TCP }, { name: "", port: 81, protocol: TCP }]
`;
const SIX = `
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-b, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv6
endpoints: [{ addresses: ["fd00::1"], conditions: { ready: true }, hostname: web-0 }, { addresses: ["fd00::"] }]
ports: [{ name: http, port: 80, protocol: TCP }]
`;
const dnsPod = (name: string, meta = "") =>
  coreDnsPod({
    name,
    ip: "10.0.9.1",
    meta,
    container: ", ports: [{ name: dns-tcp, containerPort: 5353, protocol: TCP }]",
  });
const KUBE_DNS = kubeDnsService(
  "[{ name: dns, port: 53, protocol: UDP }, { name: dns-tcp, port: 53, protocol: TCP, targetPort: dns-tcp }]",
);

const asked = (questions: readonly DnsQuestion[]) => questions.map(({ type, name }) => `${type} ${name}`);
const questionsOf = (...yaml: readonly string[]) => {
  const index = live(yaml.join("---"));
  return asked(doctorQuestions(index, zoneOf(index), [{ namespace: "shop", name: "web" }]));
};
const snapshotOf = (...yaml: readonly string[]): Snapshot => live(yaml.join("---")).snapshot;
const plan = observationPlan((index, zone) => doctorQuestions(index, zone, [{ namespace: "shop", name: "web" }]));

describe("doctorQuestions", () => {
  it("asks for the Service, its named ports, its Pods' names, its endpoints' names, and the serial", () => {
    expect(questionsOf(WEB)).toEqual([
      "SOA cluster.local.",
      "A web.shop.svc.cluster.local.",
      "AAAA web.shop.svc.cluster.local.",
      "SRV web.shop.svc.cluster.local.",
      "SRV _http._tcp.web.shop.svc.cluster.local.",
      "A 10-0-0-7.web.shop.svc.cluster.local.",
      "A web-0.web.shop.svc.cluster.local.",
      "A web-1.web.shop.svc.cluster.local.",
    ]);
  });

  it("asks for IPv6 below the Service only where there is some, and names its addresses as CoreDNS does", () => {
    const questions = questionsOf(WEB, SIX);
    expect(questions).toContain("AAAA web-0.web.shop.svc.cluster.local.");
    expect(questions).toContain("AAAA fd00--0.web.shop.svc.cluster.local.");
  });

  it("asks under the domain that the Corefile serves", () => {
    const corefile = corefileMap(".:53 {\n kubernetes k8s.example\n}\n");
    expect(questionsOf(WEB, corefile)[1]).toBe("A web.shop.svc.k8s.example.");
  });

  it("asks for a Service that does not exist, too, and for a bounded number of names", () => {
    expect(questionsOf(KUBE_DNS)).toHaveLength(4);
    const pods = Array.from(
      { length: 300 },
      (_, index) => WEB.split("---")[2]?.replaceAll("web-0", `web-${index}`) ?? "",
    );
    expect(questionsOf(...pods).length).toBe(104);
  });
});

describe("observationPlan", () => {
  it("finds the replicas that run, with the port that the Service leads to", () => {
    const leaving = `, deletionTimestamp: "2026-01-01T00:00:00Z"`;
    const { replicas } = plan.replicas(
      snapshotOf(KUBE_DNS, dnsPod("dns-b"), dnsPod("dns-a"), dnsPod("dns-c", leaving)),
    );
    expect(replicas).toEqual([
      { namespace: "kube-system", name: "dns-a", ip: "10.0.9.1", ready: true, port: 5353 },
      { namespace: "kube-system", name: "dns-b", ip: "10.0.9.1", ready: true, port: 5353 },
    ]);
  });

  it("says why there is nobody to ask", () => {
    expect(plan.replicas(snapshotOf(WEB)).because).toContain("no cluster DNS was found in kube-system");
    expect(plan.replicas(snapshotOf(KUBE_DNS))).toEqual({ replicas: [], because: "cluster DNS has no Pods to ask" });
    const pending = dnsPod("dns-a").replace("phase: Running", "phase: Pending");
    expect(plan.replicas(snapshotOf(KUBE_DNS, pending)).because).toBe("no Pod of cluster DNS is running");
  });

  const seen = (replicas: Readonly<Record<string, readonly string[]>>): Snapshot => ({
    ...snapshotOf(WEB, KUBE_DNS),
    clusterDns: dnsFacts({ replicas }),
  });

  it("doubts what is not as predicted, and what replicas say differently, once each", () => {
    const right = "A web-0.web.shop.svc.cluster.local. NOERROR 10.0.0.1";
    const wrong = "A web.shop.svc.cluster.local. NOERROR 10.0.0.9";
    const failed = "SRV web.shop.svc.cluster.local. FAILED no answer within 3 s";
    expect(asked(plan.doubts(seen({ a: [right, wrong, failed], b: [right, wrong] })))).toEqual([
      "A web.shop.svc.cluster.local.",
      "SRV web.shop.svc.cluster.local.",
    ]);
  });

  it("doubts nothing that is as predicted, or that other servers answer", () => {
    const foreign = (data: string) => `A www.example.com. NOERROR ttl=60 ${data}`;
    const fine = "A web.shop.svc.cluster.local. NOERROR ttl=4 10.0.0.7 10.0.0.1";
    expect(plan.doubts(seen({ a: [fine, foreign("192.0.2.1")], b: [fine, foreign("192.0.2.2")] }))).toEqual([]);
    expect(plan.doubts(snapshotOf(WEB))).toEqual([]);
  });

  it("tells which answers are to be expected from two readings alike", () => {
    const changed = WEB.replace(
      "[10.0.0.1], conditions: { ready: true }, hostname: web-0",
      "[10.0.0.2], hostname: web-0",
    );
    expect(changed).not.toBe(WEB);
    const names = ["A web.shop.svc.cluster.local.", "A 10-0-0-7.web.shop.svc.cluster.local.", "A www.example.com."];
    const questions = names.map((text) => ({ type: "A", name: text.slice(2), checkingDisabled: false }));
    expect(asked(plan.steady(snapshotOf(WEB), snapshotOf(changed), questions))).toEqual(names.slice(1));
  });
});
