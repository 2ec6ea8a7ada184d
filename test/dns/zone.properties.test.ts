import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCorefile } from "../../src/dns/corefile.ts";
import type { Prediction, RecordType } from "../../src/dns/records.ts";
import { buildZone, predict, type Zone } from "../../src/dns/zone.ts";
import type { ZoneInput, ZoneList, ZoneSlice } from "../../src/dns/zone-input.ts";
import type { Service } from "../../src/objects/service.ts";

/** A list of which everything is known. */
function wholeList<T>(items: readonly T[]): ZoneList<T> {
  return { items, state: () => ({ status: "complete" }), everywhere: { status: "complete" } };
}

const TYPES = ["A", "AAAA", "SRV", "TXT", "CNAME", "PTR", "SOA", "NS", "ANY"] as const satisfies readonly RecordType[];
const COREFILES = [
  ".:53 {\n kubernetes cluster.local in-addr.arpa ip6.arpa {\n pods insecure\n ttl 30\n }\n cache 30\n}",
  ".:53 {\n kubernetes cluster.local {\n pods verified\n endpoint_pod_names\n labels !hidden\n }\n}",
  ".:53 {\n rewrite name suffix .x .svc.cluster.local answer auto\n kubernetes cluster.local second.zone\n forward . 1.1.1.1\n}",
].map((text) => parseCorefile(text));

function service(name: string, spec: Partial<Service["spec"]> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name,
      namespace: "a",
      uid: "",
      labels: {},
      annotations: {},
      ownerReferences: [],
      creationTimestamp: null,
      deletionTimestamp: null,
      finalizers: [],
    },
    origin: null,
    lookalikes: [],
    live: true,
    spec: {
      type: "ClusterIP",
      clusterIP: "None",
      clusterIPs: ["None"],
      selector: null,
      ports: [],
      publishNotReadyAddresses: false,
      externalName: null,
      ipFamilies: ["IPv4"],
      ipFamilyPolicy: null,
      sessionAffinity: null,
      externalIPs: [],
      loadBalancerIP: null,
      loadBalancerClass: null,
      loadBalancerSourceRanges: [],
      externalTrafficPolicy: null,
      internalTrafficPolicy: null,
      trafficDistribution: null,
      ...spec,
    },
  };
}

function zoneOf(corefile: ZoneInput["corefile"], services: readonly Service[], slices: readonly ZoneSlice[]): Zone {
  return buildZone({
    corefile,
    port: null,
    version: null,
    namespaces: { items: [{ name: "a", labels: {} }], state: { status: "complete" } },
    services: wholeList(services),
    slices: wholeList(slices),
    pods: wholeList([]),
    rejected: new Map(),
    dnsServers: null,
    dnsSearch: null,
    whyEmpty: () => null,
  });
}

const NAMES = ["web", "db"];
const services = fc.constantFrom(
  NAMES.map((name) => service(name)),
  [service("web"), service("db", { type: "ExternalName", externalName: "web.a.svc.cluster.local" })],
  [service("web", { clusterIP: "10.96.0.1", clusterIPs: ["10.96.0.1"], ports: [] })],
);
const endpoint = fc.record({
  addresses: fc.oneof(
    fc.constant(null),
    fc.array(fc.constantFrom("10.0.0.1", "10.0.0.2", "fd00::1", "foo.example"), { minLength: 1, maxLength: 2 }),
  ),
  ready: fc.boolean(),
  hostname: fc.constantFrom(null, "web-0", "web-1"),
  target: fc.constantFrom("web-0", "web-1", "web-<1>"),
  pod: fc.constantFrom("web-0", "web-1"),
  withheld: fc.constantFrom(null, "terminating"),
});
const slice: fc.Arbitrary<ZoneSlice> = fc.record({
  namespace: fc.constant("a"),
  service: fc.constantFrom("web", "db", null),
  labels: fc.constantFrom({}, { hidden: "" }),
  addressType: fc.constantFrom("IPv4", "IPv6", "FQDN"),
  ports: fc.constantFrom([], [{ name: "http", protocol: "TCP" as const, port: 80 }]),
  endpoints: fc.array(endpoint, { maxLength: 4 }),
  object: fc.constant({ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace: "a", name: "s" }),
});
const slices = fc.array(slice, { maxLength: 4 });
const corefile = fc.constantFrom(...COREFILES);
const left = fc.constantFrom("", "web-0.", "10-0-0-1.", "_http._tcp.", "fd00--1.", "x.y.z.");
const name = fc.oneof(
  fc.tuple(left, fc.constantFrom(...NAMES, "none")).map(([before, one]) => `${before}${one}.a.svc.cluster.local.`),
  fc.constantFrom(
    "1.0.0.10.in-addr.arpa.",
    "cluster.local.",
    "10-0-0-1.a.pod.cluster.local.",
    "web.a.x.",
    "web.a.svc.second.zone.",
  ),
);
const type = fc.constantFrom(...TYPES);

/** An answer without the order of its records, which means nothing. */
function unordered(prediction: Prediction): unknown {
  if (!prediction.known) return prediction;
  const set = (records: readonly unknown[]) => records.map((record) => JSON.stringify(record)).sort();
  const { answers, additional, withheld: _withheld, reason: _reason, ...rest } = prediction;
  return { ...rest, answers: set(answers), additional: set(additional) };
}

describe("for any zone", () => {
  test("every prediction has a reason, and a negative one its SOA", () => {
    fc.assert(
      fc.property(corefile, services, slices, name, type, (file, all, found, asked, of) => {
        const prediction = predict(zoneOf(file, all, found), asked, of);
        if (!prediction.known) {
          expect(prediction.because).not.toBe("");
          return;
        }
        expect(prediction.reason).not.toBe("");
        expect(prediction.authority === null).toBe(prediction.negativeTtl === null);
        if (prediction.answers.length > 0) expect(prediction.authority).toBeNull();
        for (const record of prediction.answers) {
          expect(record.name.endsWith(".")).toBe(true);
          expect(record.ttl).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  test("no answer depends on the order of slices and endpoints", () => {
    fc.assert(
      fc.property(corefile, services, slices, name, type, (file, all, found, asked, of) => {
        const turned = [...found].reverse().map((one) => ({ ...one, endpoints: [...one.endpoints].reverse() }));
        const straight = unordered(predict(zoneOf(file, all, found), asked, of));
        expect(unordered(predict(zoneOf(file, [...all].reverse(), turned), asked, of))).toEqual(straight);
      }),
    );
  });

  test("taking an endpoint away never adds an address", () => {
    const addressesOf = (prediction: Prediction): ReadonlySet<string> | null =>
      prediction.known
        ? new Set(
            prediction.answers.map(
              ({ name: owner, data, pod }) => `${owner} ${JSON.stringify(data)} ${data === null ? pod : ""}`,
            ),
          )
        : null;
    fc.assert(
      fc.property(
        corefile,
        services,
        slices,
        name,
        fc.constantFrom("A", "AAAA"),
        fc.nat(),
        (file, all, found, asked, of, which) => {
          const total = found.reduce((sum, one) => sum + one.endpoints.length, 0);
          if (total === 0) return;
          let at = which % total;
          const fewer = found.map((one) => ({ ...one, endpoints: one.endpoints.filter(() => at-- !== 0) }));
          const before = addressesOf(predict(zoneOf(file, all, found), asked, of));
          const after = addressesOf(predict(zoneOf(file, all, fewer), asked, of));
          if (before === null || after === null) return;
          expect([...after].filter((record) => !before.has(record))).toEqual([]);
        },
      ),
    );
  });

  test("no name and no type makes it throw", () => {
    const zone = zoneOf(COREFILES[0] as ZoneInput["corefile"], [service("web")], []);
    const suffix = fc.constantFrom(
      "",
      ".",
      ".svc.cluster.local",
      ".in-addr.arpa.",
      ".ip6.arpa",
      ".a.pod.cluster.local",
    );
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 80 }), suffix, fc.string(), (start, end, of) => {
        const prediction = predict(zone, start + end, of as RecordType);
        expect(prediction.known ? prediction.reason : prediction.because).not.toBe("");
      }),
    );
  });

  test.each(["constructor", "__proto__", "tostring", "hasownproperty"])("%s is a name like any other", (odd) => {
    const zone = zoneOf(COREFILES[0] as ZoneInput["corefile"], [service("web")], []);
    expect(predict(zone, `${odd}.a.svc.cluster.local.`, "A")).toMatchObject({
      rcode: "NXDOMAIN",
      cause: "service-missing",
    });
    expect(predict(zone, `web.${odd}.svc.cluster.local.`, "A")).toMatchObject({
      rcode: "NXDOMAIN",
      cause: "namespace-missing",
    });
  });
});

describe("cost", () => {
  const ofSize = (count: number): Zone => {
    const all = Array.from({ length: count }, (_, at) => service(`s${at}`));
    const found = all.map(
      (one, at): ZoneSlice => ({
        namespace: "a",
        service: one.metadata.name,
        labels: {},
        addressType: "IPv4",
        ports: [{ name: "http", protocol: "TCP", port: 80 }],
        endpoints: [0, 1, 2].map((index) => ({
          addresses: [`10.${at >> 8}.${at & 255}.${index}`],
          ready: true,
          hostname: `web-${index}`,
          target: null,
          pod: null,
          withheld: null,
        })),
        object: { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace: "a", name: `s${at}` },
      }),
    );
    return zoneOf(COREFILES[0] as ZoneInput["corefile"], all, found);
  };
  /** Milliseconds of this process's own computing, of the fastest of three: what else the machine does counts little. */
  const timed = (work: () => void): number =>
    Math.min(
      ...[0, 1, 2].map(() => {
        const start = process.cpuUsage();
        work();
        const { user, system } = process.cpuUsage(start);
        return (user + system) / 1000;
      }),
    );

  test("a zone is built in time linear in its Services, and a question costs its answer", () => {
    ofSize(1000);
    const small = timed(() => ofSize(2500));
    const large = timed(() => ofSize(10_000));
    expect(large).toBeLessThan(Math.max(small, 5) * 4 * 4);

    const ask = (zone: Zone, count: number) => () => {
      for (let at = 0; at < 5000; at += 1) predict(zone, `web-1.s${at % count}.a.svc.cluster.local.`, "SRV");
    };
    const few = timed(ask(ofSize(100), 100));
    const many = timed(ask(ofSize(10_000), 100));
    expect(many).toBeLessThan(Math.max(few, 20) * 5);
  });

  test("a name below a Service of very many endpoints does not cost all of them", () => {
    const endpoints = Array.from({ length: 50_000 }, (_, at) => ({
      addresses: [`10.${at >> 16}.${(at >> 8) & 255}.${at & 255}`],
      ready: true,
      hostname: `web-${at}`,
      target: null,
      pod: null,
      withheld: null,
    }));
    const object = { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace: "a", name: "s" };
    const one: ZoneSlice = {
      namespace: "a",
      service: "web",
      labels: {},
      addressType: "IPv4",
      ports: [],
      endpoints,
      object,
    };
    const zone = zoneOf(COREFILES[0] as ZoneInput["corefile"], [service("web")], [one]);
    expect(predict(zone, "web-7.web.a.svc.cluster.local.", "A")).toMatchObject({ answers: [{ data: "10.0.0.7" }] });
    const taken = timed(() => {
      for (let at = 0; at < 20_000; at += 1) predict(zone, `web-${at}.web.a.svc.cluster.local.`, "A");
    });
    // A walk over all endpoints for each would take minutes.
    expect(taken).toBeLessThan(5000);
  });
});
