import { describe, expect, it } from "vitest";
import type { ProbeReply, ProbeVantage, Route } from "../../src/objects/probe.ts";
import { planDoubts, planErrand, serviceConnects, serviceQuestions } from "../../src/trace/errand-plan.ts";
import { withProbe } from "../../src/trace/probe-facts.ts";
import { zoneOf } from "../../src/trace/zone.ts";
import { coreDnsPod, corefileMap, kubeDnsService } from "../kube-dns.ts";
import { live } from "./world.ts";

const objects = (address: string) => `
apiVersion: v1
kind: Namespace
metadata: { name: shop }
---
apiVersion: v1
kind: Service
metadata: { name: web, namespace: shop }
spec: { type: ClusterIP, clusterIP: None, clusterIPs: [None], selector: { app: web }, ports: [{ name: http, port: 80, targetPort: 8080 }] }
---
apiVersion: v1
kind: Service
metadata: { name: front, namespace: shop }
spec: { type: ClusterIP, clusterIP: 10.96.0.77, clusterIPs: [10.96.0.77], selector: { app: web }, ports: [{ name: http, port: 80, protocol: TCP }, { name: dns, port: 53, protocol: UDP }] }
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: web-a, namespace: shop, labels: { kubernetes.io/service-name: web } }
addressType: IPv4
endpoints:
  - { addresses: [${address}], conditions: { ready: true }, hostname: web-0 }
  - { addresses: [10.244.0.9], conditions: { ready: false }, hostname: web-1 }
ports: [{ name: http, port: 8080, protocol: TCP }, { name: gossip, port: 7000, protocol: UDP }]
---${kubeDnsService("[{ port: 53, protocol: UDP, targetPort: 5353 }]")}
---${coreDnsPod()}
---${corefileMap(".:5353 {\n kubernetes cluster.local in-addr.arpa {\n ttl 30\n fallthrough in-addr.arpa\n }\n forward . 192.0.2.53\n}\n")}
`;
const index = live(objects("10.244.0.8"));
const zone = zoneOf(index);
const WEB = "web.shop.svc.cluster.local.";
const subject = { namespace: "shop", name: "web", asked: true };
const wanted = { connects: [], rounds: 1, pastCaches: false, nonce: "n", budget: 30 };
const way = ({ server, port, transport, bufferSize, checkingDisabled }: Route) =>
  `${server} ${port} ${transport} ${bufferSize}${checkingDisabled ? " cd" : ""}`;

describe("what is asked from inside", () => {
  it("goes to the name servers of the resolv.conf, to the Service three ways, and to each replica at its own port", () => {
    const questions = [
      { name: WEB, type: "A" },
      { name: "example.org.", type: "A" },
      { name: WEB, type: "A" },
    ];
    const { errand, leftOut } = planErrand(index, zone, { ...wanted, questions });
    expect(errand.lanes.map(({ route, questions: asked }) => `${way(route)}: ${asked.length}`)).toEqual([
      // What goes upstream is asked once.
      "null 53 udp 1232: 2",
      "10.96.0.10 53 udp 1232: 1",
      "10.96.0.10 53 udp null: 1",
      "10.96.0.10 53 tcp null: 1",
      "10.244.0.2 5353 udp 1232: 1",
      "10.244.0.2 5353 tcp null: 1",
    ]);
    expect(leftOut).toEqual([]);
  });

  it("goes past the caches at once where there is no second time", () => {
    const { errand } = planErrand(index, zone, { ...wanted, questions: [{ name: WEB, type: "A" }], pastCaches: true });
    expect(errand.lanes.map(({ route }) => way(route)).filter((one) => one.endsWith(" cd"))).toEqual([
      "10.244.0.2 5353 tcp null cd",
    ]);
  });

  it("is every name that a Service should publish, and those behind its addresses", () => {
    const asked = serviceQuestions(index, zone, [subject], []).map(({ name, type }) => `${type} ${name}`);
    expect(asked).toEqual(
      expect.arrayContaining([
        `A ${WEB}`,
        `AAAA ${WEB}`,
        `SRV ${WEB}`,
        `SRV _http._tcp.${WEB}`,
        `A web-0.${WEB}`,
        "PTR 8.0.244.10.in-addr.arpa.",
      ]),
    );
    const only = serviceQuestions(index, zone, [subject], ["A"]).map(({ type }) => type);
    expect(new Set(only)).toEqual(new Set(["SOA", "A"]));
  });

  it("is bounded, and says what was left out", () => {
    const questions = Array.from({ length: 5_000 }, (_, at) => ({ name: `n${at}.${WEB}`, type: "A" }));
    const connects = Array.from({ length: 70 }, (_, at) => ({
      address: `10.9.0.${at}`,
      port: 80,
      of: "endpoint" as const,
    }));
    const { errand, leftOut } = planErrand(index, zone, { ...wanted, questions, connects, rounds: 2 });
    const count = errand.lanes.reduce((sum, lane) => sum + lane.questions.length, 0) * 2;
    expect(count).toBeLessThanOrEqual(4_000);
    expect(count).toBeGreaterThan(3_900);
    expect(leftOut).toEqual([
      "only the first 333 of 5000 questions were put",
      "only the first 64 of 70 connections were put",
    ]);
  });

  it("connects where clients of a headless Service do, and where they wrongly might; else to the cluster IP", () => {
    const told = (name: string) =>
      serviceConnects(index, [{ namespace: "shop", name }]).map(({ address, port, of }) => `${address}:${port} ${of}`);
    expect(told("web")).toEqual(["10.244.0.8:8080 endpoint", "10.244.0.8:80 service"]);
    expect(told("front")).toEqual(["10.96.0.77:80 endpoint"]);
  });

  it("is asked again of the replicas alone, and past their caches", () => {
    const { errand } = planErrand(index, zone, { ...wanted, questions: [{ name: WEB, type: "A" }] });
    const again = planDoubts(index, zone, [{ name: WEB, type: "A" }], { ...errand, rounds: 5 });
    expect(again.lanes.map(({ route }) => way(route))).toEqual([
      "10.244.0.2 5353 tcp null",
      "10.244.0.2 5353 tcp null cd",
    ]);
    expect(again).toMatchObject({ rounds: 1, connects: [] });
  });
});

describe("what the replicas said at their own addresses", () => {
  const reply = (
    given: Partial<Extract<ProbeReply, { status: "answered" }>> & { readonly data?: string } = {},
  ): ProbeReply => {
    const { data = "10.244.0.7", ...rest } = given;
    return {
      server: "10.244.0.2",
      port: 5353,
      transport: "tcp",
      bufferSize: null,
      checkingDisabled: false,
      name: WEB,
      type: "A",
      round: 1,
      status: "answered",
      rcode: "NOERROR",
      flags: { aa: true, tc: false, ra: false },
      answers: [{ name: WEB, type: "A", ttl: 30, data }],
      additional: [],
      soa: null,
      rtt: 1,
      bytes: 50,
      from: null,
      askedAt: null,
      ...rest,
    };
  };
  const silent: ProbeReply = {
    server: "10.244.0.2",
    port: 5353,
    transport: "tcp",
    bufferSize: null,
    checkingDisabled: false,
    name: WEB,
    type: "A",
    round: 1,
    status: "silent",
    because: "timed out",
    askedAt: null,
  };
  const vantage = (...replies: readonly ProbeReply[]): ProbeVantage => ({
    pod: { namespace: "shop", name: "kheadless-probe-x" },
    node: "node-1",
    client: null,
    tool: { name: "dig", version: "9.18.1" },
    resolvConf: null,
    replies,
    connects: [],
    lacks: [],
  });
  const observed = (vantages: readonly ProbeVantage[], after = index.snapshot) => {
    const { clusterDns } = withProbe(index.snapshot, after, vantages, []);
    const list = clusterDns?.observations;
    return list?.status === "complete"
      ? list.items.flatMap(({ answers }) => answers.map((one) => `${one.status} ${one.again}`))
      : `${list?.status} ${list?.because}`;
  };

  it("counts as asked again where it is the same in every round", () => {
    expect(observed([vantage(reply(), reply({ round: 2 }))])).toEqual(["answered true"]);
    expect(observed([vantage(reply(), reply({ round: 2, data: "10.244.0.8" }))])).toEqual(["answered false"]);
  });

  it("counts against nobody where the objects changed meanwhile", () => {
    const after = live(objects("10.244.0.20")).snapshot;
    expect(observed([vantage(reply())], after)).toEqual(["answered false"]);
    expect(withProbe(index.snapshot, after, [vantage(reply())], []).clusterDns?.probe).toMatchObject({
      changing: [{ name: WEB, type: "A" }],
    });
  });

  it("an answer that was cut is passed over for a whole one", () => {
    const cut = reply({ transport: "udp", flags: { aa: true, tc: true, ra: false }, answers: [] });
    expect(observed([vantage(cut, reply())])).toEqual(["answered true"]);
  });

  it("says nothing of the replicas where none answers at its own address", () => {
    expect(observed([vantage(silent)])).toBe(
      "unavailable no replica of cluster DNS answers at its own address from inside",
    );
  });

  it("is not known where they were not asked", () => {
    expect(observed([vantage()])).toMatch(/^unavailable /);
  });
});
