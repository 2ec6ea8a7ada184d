import { describe, expect, test } from "vitest";
import {
  expectedSlices,
  familiesOf,
  type PodPublication,
  possibleFamilyOf,
} from "../../src/kubernetes/endpoint-slices.ts";
import { describeWithheld, withheldByItself } from "../../src/kubernetes/withheld.ts";
import { live, manifests, only } from "../trace/world.ts";

const SERVICE = `
kind: Service
apiVersion: v1
metadata: {name: web, labels: {team: x, service.kubernetes.io/headless: mine}}
spec:
  clusterIP: None
  clusterIPs: [None]
  ipFamilies: [IPv4]
  selector: {app: web}
  ports: [{name: http, port: 80, targetPort: http}]
`;

const pod = (name: string, status: string, spec = "", metadata = ""): string => `
---
kind: Pod
apiVersion: v1
metadata: {name: ${name}, labels: {app: web}${metadata}}
spec:
  nodeName: n1
  containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]
${spec}
status: ${status}
`;
const READY = `{phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}], conditions: [{type: Ready, status: "True"}]}`;
const UNREADY = `{phase: Running, podIP: 10.0.0.2, conditions: [{type: Ready, status: "False", reason: ContainersNotReady}]}`;

function expected(yaml: string, nodeExists: ((name: string) => boolean) | null = null) {
  const index = live(yaml);
  const result = expectedSlices(only(index, "services"), index.all("pods"), nodeExists);
  if (!result.made) throw new Error(result.because);
  return result;
}
const facts = ({ inSlice, ready, withheld }: PodPublication) => [inSlice, ready, withheld?.why ?? null];
const anyway = (yaml: string): string =>
  yaml.replace("spec:\n  clusterIP", "spec:\n  publishNotReadyAddresses: true\n  clusterIP");

describe("which Pods become endpoints, without and with publishNotReadyAddresses", () => {
  test.each<[string, string, string, unknown[], unknown[]]>([
    ["Ready", READY, "", [true, true, null], [true, true, null]],
    ["no IP", "{phase: Pending}", "", [false, false, "no-address"], [false, false, "no-address"]],
    ["Pending with IP", "{phase: Pending, podIP: 10.0.0.3}", "", [true, false, "not-ready"], [true, true, "not-ready"]],
    ["Running, not Ready", UNREADY, "", [true, false, "not-ready"], [true, true, "not-ready"]],
    [
      "terminating",
      READY,
      ', deletionTimestamp: "2026-01-01T00:00:00Z"',
      [true, false, "terminating"],
      [true, true, "terminating"],
    ],
    ["Succeeded", READY.replace("Running", "Succeeded"), "", [false, false, "finished"], [false, false, "finished"]],
    ["Failed", READY.replace("Running", "Failed"), "", [false, false, "finished"], [false, false, "finished"]],
    ["phase Unknown", READY.replace("Running", "Unknown"), "", [true, true, null], [true, true, null]],
    [
      "other family",
      READY.replaceAll("10.0.0.1", "fd00::1"),
      "",
      [false, false, "other-family"],
      [false, false, "other-family"],
    ],
  ])("%s", (_title, status, metadata, plain, published) => {
    const yaml = SERVICE + pod("web-0", status, "", metadata);
    expect(expected(yaml).pods.map(facts)).toEqual([plain]);
    expect(expected(anyway(yaml)).pods.map(facts)).toEqual([published]);
  });

  test("a Node that does not exist keeps its Pods out, unless not-ready addresses are published", () => {
    const yaml = SERVICE + pod("web-0", READY);
    expect(expected(yaml, (name) => name === "other").pods.map(facts)).toEqual([[false, false, "node-missing"]]);
    expect(expected(anyway(yaml), () => false).pods.map(facts)).toEqual([[true, true, null]]);
    expect(expected(yaml, (name) => name === "n1").pods.map(facts)).toEqual([[true, true, null]]);
  });
});

describe("what is in the slices", () => {
  test("conditions tell serving and terminating apart from ready", () => {
    const yaml = SERVICE + pod("web-0", READY, "", ', deletionTimestamp: "2026-01-01T00:00:00Z"');
    expect(expected(yaml).slices[0]?.endpoints[0]?.conditions).toEqual({
      ready: false,
      serving: true,
      terminating: true,
    });
  });

  test("a name only where the subdomain is the Service", () => {
    const under = (subdomain: string) =>
      expected(SERVICE + pod("web-0", READY, `  hostname: web-0\n  subdomain: ${subdomain}`)).slices[0]?.endpoints[0];
    expect(under("web")?.hostname).toBe("web-0");
    expect(under("web-peers")?.hostname).toBeNull();
    expect(expected(SERVICE + pod("web-0", READY, "  subdomain: web")).slices[0]?.endpoints[0]?.hostname).toBeNull();
  });

  test("a named port needs name and protocol; without one the Pod stands in a portless slice", () => {
    const resolved = expected(SERVICE + pod("web-0", READY));
    expect(resolved.slices[0]?.ports).toEqual([{ name: "http", protocol: "TCP", port: 8080 }]);
    const missing = expected(
      SERVICE.replace("targetPort: http", "targetPort: http, protocol: UDP") + pod("web-0", READY),
    );
    expect(missing.slices[0]?.ports).toEqual([]);
    expect(missing.pods[0]?.unresolvedPorts.map((port) => port.name)).toEqual(["http"]);
  });

  test("ports of init containers count where they keep running", () => {
    const service = SERVICE.replace("targetPort: http", "targetPort: side");
    const init = (policy: string) =>
      `  initContainers: [{name: s, image: i${policy}, ports: [{name: side, containerPort: 9000}]}]`;
    expect(expected(service + pod("w", READY, init(", restartPolicy: Always"))).slices[0]?.ports).toEqual([
      { name: "http", protocol: "TCP", port: 9000 },
    ]);
    expect(expected(service + pod("w", READY, init(""))).slices[0]?.ports).toEqual([]);
  });

  test("Pods whose named port means different numbers stand in different slices", () => {
    const other = pod("web-1", UNREADY).replace("8080", "9090");
    expect(expected(SERVICE + pod("web-0", READY) + other).slices.map(({ ports }) => ports[0]?.port)).toEqual([
      8080, 9090,
    ]);
  });

  test("a slice per family of the Service, each with the addresses of its own", () => {
    const service = SERVICE.replace("[IPv4]", "[IPv4, IPv6]");
    const both = `{phase: Running, podIP: 10.0.0.1, podIPs: [{ip: 10.0.0.1}, {ip: "FD00::1"}], conditions: [{type: Ready, status: "True"}]}`;
    expect(
      expected(service + pod("web-0", both)).slices.map((one) => [one.addressType, one.endpoints[0]?.addresses]),
    ).toEqual([
      ["IPv4", ["10.0.0.1"]],
      ["IPv6", ["fd00::1"]],
    ]);
  });

  test("slices carry the Service's labels, and the reserved ones over them", () => {
    expect(expected(SERVICE).labels).toEqual({
      team: "x",
      "service.kubernetes.io/headless": "",
      "kubernetes.io/service-name": "web",
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    });
  });

  test("Pods of manifests are taken for ready, with addresses to come", () => {
    const index = manifests(`${SERVICE}
---
kind: StatefulSet
apiVersion: apps/v1
metadata: {name: web}
spec:
  serviceName: web
  replicas: 2
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, image: i, ports: [{name: http, containerPort: 8080}]}]}
`);
    const result = expectedSlices(only(index, "services"), index.all("pods"), null);
    expect(result).toMatchObject({
      made: true,
      slices: [
        {
          endpoints: [
            { addresses: null, hostname: "web-0", conditions: { ready: true } },
            { addresses: null, hostname: "web-1" },
          ],
        },
      ],
    });
  });

  test("without a selector, or for an ExternalName, the controller makes nothing", () => {
    const of = (yaml: string) => expectedSlices(only(live(yaml), "services"), [], null);
    expect(of(SERVICE.replace("selector: {app: web}", "selector: {}"))).toEqual({
      made: false,
      because: "no-selector",
    });
    expect(
      of(
        `{kind: Service, apiVersion: v1, metadata: {name: w}, spec: {type: ExternalName, externalName: a.b, selector: {a: b}}}`,
      ),
    ).toEqual({ made: false, because: "external-name" });
  });
});

test.each([
  ["a headless manifest with selector: IPv4", "clusterIP: None, selector: {a: b}", ["IPv4"]],
  ["a headless manifest without: both", "clusterIP: None", ["IPv4", "IPv6"]],
  ["unless it asks for one", "clusterIP: None, ipFamilyPolicy: SingleStack", ["IPv4"]],
  [
    "two where it requires two",
    "clusterIP: None, selector: {a: b}, ipFamilyPolicy: RequireDualStack",
    ["IPv4", "IPv6"],
  ],
  ["its own list", "clusterIP: None, selector: {a: b}, ipFamilies: [IPv6]", ["IPv6"]],
  ["its own list first, where there is no selector", "clusterIP: None, ipFamilies: [IPv6]", ["IPv6", "IPv4"]],
  [
    "its own list first, where it requires two",
    "clusterIP: None, selector: {a: b}, ipFamilies: [IPv6], ipFamilyPolicy: RequireDualStack",
    ["IPv6", "IPv4"],
  ],
  [
    "one at the least where it prefers two",
    "clusterIP: None, selector: {a: b}, ipFamilyPolicy: PreferDualStack",
    ["IPv4"],
  ],
  ["that of its address", 'clusterIP: "fd00::1", ports: [{port: 1}]', ["IPv6"]],
])("families: %s", (_title, spec, families) => {
  const yaml = `{kind: Service, apiVersion: v1, metadata: {name: w}, spec: {${spec}}}`;
  expect(familiesOf(only(manifests(yaml), "services"))).toEqual(families);
});

test.each([
  ["where two are preferred", "clusterIP: None, selector: {a: b}, ipFamilyPolicy: PreferDualStack", "IPv6"],
  ["beside its own", 'clusterIP: "fd00::1", ports: [{port: 1}], ipFamilyPolicy: PreferDualStack', "IPv4"],
  ["not where both are asked for", "clusterIP: None, ipFamilies: [IPv4, IPv6], ipFamilyPolicy: PreferDualStack", null],
  ["not without a policy", "clusterIP: None, selector: {a: b}", null],
])("a family that the cluster decides on: %s", (_title, spec, family) => {
  const yaml = `{kind: Service, apiVersion: v1, metadata: {name: w}, spec: {${spec}}}`;
  expect(possibleFamilyOf(only(manifests(yaml), "services"))).toBe(family);
});

test.each([
  [READY, "", null],
  [UNREADY, "", "not ready: ContainersNotReady"],
  ["{phase: Pending}", "", "Pending, without an address"],
  ["{phase: Succeeded}", "", "it has finished"],
  [READY, ', deletionTimestamp: "2026-01-01T00:00:00Z"', "terminating"],
])("what a Pod itself tells: %s%s", (status, metadata, words) => {
  const withheld = withheldByItself(only(live(pod("web-0", status, "", metadata)), "pods"));
  expect(withheld === null ? null : describeWithheld(withheld)).toBe(words);
});
