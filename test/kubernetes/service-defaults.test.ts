import { describe, expect, test } from "vitest";
import { admitService, updateClusterIp } from "../../src/kubernetes/service-defaults.ts";
import { formatPath } from "../../src/objects/origin.ts";
import type { IPFamily, Service } from "../../src/objects/service.ts";
import { manifests, only } from "../trace/world.ts";

function service(spec: string, name = "web"): Service {
  return only(manifests(`{kind: Service, apiVersion: v1, metadata: {name: ${name}}, spec: {${spec}}}`), "services");
}
const PORT = "ports: [{port: 80}]";
const fields = (spec: string, cluster: readonly IPFamily[] | null = ["IPv4"]) =>
  admitService(service(spec), cluster).rejected.map(({ field }) => formatPath(field));

describe("what the API server rejects", () => {
  test.each([
    [`clusterIP: none, ${PORT}`, "spec.clusterIP"],
    [`clusterIP: NONE, ${PORT}`, "spec.clusterIP"],
    [`clusterIPs: [None], ${PORT}`, "spec.clusterIPs"],
    [`clusterIP: None, clusterIPs: [None, 10.0.0.1], ${PORT}`, "spec.clusterIPs"],
    [`clusterIP: 10.0.0.1, clusterIPs: [10.0.0.2], ${PORT}`, "spec.clusterIPs"],
    [`type: NodePort, clusterIP: None, ${PORT}`, "spec.clusterIP"],
    [`type: LoadBalancer, clusterIP: None, ${PORT}`, "spec.clusterIP"],
    ["type: ExternalName, externalName: a.b, clusterIP: None", "spec.clusterIP"],
    ["type: ExternalName, externalName: a.b, ipFamilies: [IPv4]", "spec.ipFamilies"],
    ["type: ExternalName, externalName: a.b, ipFamilyPolicy: SingleStack", "spec.ipFamilyPolicy"],
    ["type: ExternalName", "spec.externalName"],
    ["type: ExternalName, externalName: A_b", "spec.externalName"],
    ["selector: {a: b}", "spec.ports"],
    ["ports: [{port: 80}, {port: 81, name: b}]", "spec.ports[0].name"],
    ["ports: [{port: 80, name: a}, {port: 81, name: a}]", "spec.ports[1].name"],
    ["ports: [{port: 80, name: a}, {port: 80, name: b}]", "spec.ports[1]"],
    ["ports: [{port: 80, name: my_port}]", "spec.ports[0].name"],
    ["ports: [{port: 0, targetPort: 80}]", "spec.ports[0].port"],
    ["ports: [{port: 80, targetPort: a-name-of-sixteen}]", "spec.ports[0].targetPort"],
    ['ports: [{port: 80, targetPort: "8080"}]', "spec.ports[0].targetPort"],
    ["ports: [{port: 80, nodePort: 30000}]", "spec.ports[0].nodePort"],
    [`externalTrafficPolicy: Local, ${PORT}`, "spec.externalTrafficPolicy"],
    [`trafficDistribution: Nearest, ${PORT}`, "spec.trafficDistribution"],
    [`sessionAffinity: Sticky, ${PORT}`, "spec.sessionAffinity"],
    [`externalIPs: [127.0.0.1], ${PORT}`, "spec.externalIPs[0]"],
    [`loadBalancerSourceRanges: [10.0.0.0/8], ${PORT}`, "spec.loadBalancerSourceRanges"],
    [`type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.0/33], ${PORT}`, "spec.loadBalancerSourceRanges[0]"],
    [`type: LoadBalancer, loadBalancerClass: "a b", ${PORT}`, "spec.loadBalancerClass"],
    [`type: LoadBalancer, loadBalancerClass: "", ${PORT}`, "spec.loadBalancerClass"],
    [`loadBalancerClass: "", ${PORT}`, "spec.loadBalancerClass"],
    ['ports: [{port: 80, appProtocol: ""}]', "spec.ports[0].appProtocol"],
    [`ipFamilies: [IPv4, IPv4], ${PORT}`, "spec.ipFamilies[1]"],
    [`ipFamilyPolicy: RequireDualStack, ipFamilies: [IPv4, IPv6, IPv4], ${PORT}`, "spec.ipFamilies[2]"],
    [`clusterIP: 10.0.0.1, clusterIPs: [10.0.0.1, nonsense], ${PORT}`, "spec.clusterIPs[1]"],
    [`clusterIP: "fd00::1", ipFamilies: [IPv4], ${PORT}`, "spec.clusterIP"],
    [`clusterIP: None, selector: {a: b}, ipFamilyPolicy: RequireDualStack`, "spec.ipFamilyPolicy"],
    [`ipFamilies: [IPv6], ${PORT}`, "spec.ipFamilies[0]"],
    [`clusterIP: "fd00::1", ${PORT}`, "spec.clusterIP"],
    [`clusterIP: None, selector: {"a b": c}`, 'spec.selector["a b"]'],
  ])("%s", (spec, field) => {
    expect(fields(spec)).toEqual([field]);
  });

  test("a name that does not begin with a letter", () => {
    expect(admitService(service(PORT, "0web"), null).rejected.map(({ field }) => field)).toEqual([
      ["metadata", "name"],
    ]);
  });

  test.each([
    "clusterIP: None",
    `clusterIP: "", ${PORT}`,
    `clusterIP: None, clusterIPs: [None], ${PORT}`,
    `clusterIP: 010.0.0.1, ${PORT}`,
    "clusterIP: None, selector: {a: b}, ports: [{port: 80, targetPort: 8080}]",
    `loadBalancerIP: None, ${PORT}`,
    `clusterIP: None, externalName: a.b, ${PORT}`,
    "type: ExternalName, externalName: 10.0.0.1",
    "type: ExternalName, externalName: a.b.",
    "type: ExternalName, externalName: a.b, selector: {a: b}, ports: [{port: 80}]",
    `externalIPs: [10.0.0.1], externalTrafficPolicy: Local, ${PORT}`,
    `type: LoadBalancer, loadBalancerClass: example.com/lb, loadBalancerSourceRanges: [" 10.0.0.0/8"], ${PORT}`,
    "ports: [{port: 80, appProtocol: kubernetes.io/h2c}]",
    'type: "", clusterIP: None, ports: [{port: 80, protocol: ""}]',
    `trafficDistribution: PreferSameNode, ${PORT}`,
    "ports: [{port: 53, name: a}, {port: 53, name: b, protocol: UDP}]",
    "clusterIP: None, ipFamilies: [IPv6, IPv4]",
    "clusterIP: None, ipFamilyPolicy: RequireDualStack",
  ])("takes %s", (spec) => {
    expect(fields(spec)).toEqual([]);
  });

  test("what depends on the cluster's families is not held against a manifest while they are not known", () => {
    expect(fields(`ipFamilies: [IPv6], ipFamilyPolicy: RequireDualStack, ${PORT}`, null)).toEqual([]);
  });
});

test.each([
  [`clusterIP: None, loadBalancerIP: 10.0.0.1, ${PORT}`, ["spec.loadBalancerIP"]],
  [`clusterIP: None, externalIPs: [10.0.0.1], ${PORT}`, ["spec.externalIPs"]],
  [`clusterIP: None, sessionAffinity: ClientIP, ${PORT}`, ["spec.sessionAffinity"]],
  [`clusterIP: None, externalName: a.b, ${PORT}`, ["spec.externalName"]],
  ["type: ExternalName, externalName: a.b, externalIPs: [10.0.0.1]", ["spec.externalIPs"]],
  [`clusterIP: 010.96.0.1, ${PORT}`, ["spec.clusterIP"]],
  [`externalIPs: ["FD00::1", "fd00::2"], ${PORT}`, ["spec.externalIPs[0]"]],
  [`type: LoadBalancer, loadBalancerSourceRanges: [10.0.0.1/8], ${PORT}`, ["spec.loadBalancerSourceRanges[0]"]],
  [`clusterIP: None, sessionAffinity: None, ${PORT}`, []],
  [`externalIPs: [10.0.0.1], ${PORT}`, []],
])("warns: %s", (spec, warned) => {
  const { warnings, rejected } = admitService(service(spec), ["IPv4"]);
  expect(warnings.map(({ field }) => formatPath(field))).toEqual(warned);
  expect(rejected).toEqual([]);
});

describe("what it fills in", () => {
  test.each<[string, readonly IPFamily[] | null, object]>([
    [
      PORT,
      ["IPv4"],
      { headless: false, allocatesClusterIp: true, ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv4"] },
    ],
    [`loadBalancerIP: None, ${PORT}`, ["IPv4"], { headless: false, allocatesClusterIp: true }],
    [
      "clusterIP: None, selector: {a: b}",
      ["IPv6"],
      { headless: true, allocatesClusterIp: false, ipFamilies: ["IPv6"] },
    ],
    ["clusterIP: None", ["IPv4"], { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] }],
    ["clusterIP: None, selector: {}", ["IPv6"], { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] }],
    ["clusterIP: None, ipFamilyPolicy: SingleStack", ["IPv4"], { ipFamilies: ["IPv4"] }],
    ["clusterIP: None, selector: {a: b}", null, { headless: true, ipFamilies: null }],
    [`ipFamilyPolicy: PreferDualStack, ${PORT}`, ["IPv4"], { ipFamilies: ["IPv4"] }],
    [`ipFamilyPolicy: PreferDualStack, ${PORT}`, ["IPv4", "IPv6"], { ipFamilies: ["IPv4", "IPv6"] }],
    [`clusterIP: "fd00::1", ${PORT}`, null, { allocatesClusterIp: false, ipFamilies: ["IPv6"] }],
    [
      "type: ExternalName, externalName: a.b",
      ["IPv4"],
      { headless: false, allocatesClusterIp: false, ipFamilyPolicy: null, ipFamilies: [] },
    ],
  ])("%s on %j", (spec, cluster, result) => {
    expect(admitService(service(spec), cluster)).toMatchObject(result);
  });
});

describe("a manifest over a Service that exists", () => {
  const headless = service("clusterIP: None");
  const vip = service(`clusterIP: 10.0.0.1, ${PORT}`);
  const external = service("type: ExternalName, externalName: a.b");

  test("dropping clusterIP keeps None", () => {
    expect(updateClusterIp(headless, service(PORT))).toEqual({ clusterIp: "None", rejected: null });
    expect(updateClusterIp(vip, service(PORT))).toEqual({ clusterIp: "10.0.0.1", rejected: null });
  });

  test("None and an address do not turn into each other", () => {
    expect(updateClusterIp(vip, headless)).toMatchObject({
      clusterIp: "10.0.0.1",
      rejected: { field: ["spec", "clusterIP"] },
    });
    expect(updateClusterIp(headless, vip).rejected).not.toBeNull();
  });

  test("a type that has no use for None is rejected, though the manifest does not ask for None", () => {
    expect(updateClusterIp(headless, service(`type: LoadBalancer, ${PORT}`))).toMatchObject({
      clusterIp: "None",
      rejected: { field: ["spec", "clusterIP"] },
    });
    expect(updateClusterIp(vip, service(`type: LoadBalancer, ${PORT}`)).rejected).toBeNull();
  });

  test("by way of ExternalName everything goes", () => {
    expect(updateClusterIp(vip, external)).toEqual({ clusterIp: "", rejected: null });
    expect(updateClusterIp(external, headless)).toEqual({ clusterIp: "None", rejected: null });
  });
});
