import { describe, expect, test } from "vitest";
import { namespaceResolvConf, podResolvConf } from "../../src/kubernetes/kubelet-resolv-conf.ts";
import { live, only } from "../trace/world.ts";

const KUBELET = { clusterDomain: "cluster.local", nameservers: ["10.96.0.10"] };

function resolvConf(spec: string) {
  const yaml = `{kind: Pod, apiVersion: v1, metadata: {name: p, namespace: shop}, spec: {containers: [{name: c, image: i}], ${spec}}, status: {phase: Running}}`;
  return podResolvConf(only(live(yaml), "pods"), KUBELET);
}
const domains = (spec: string) => resolvConf(spec).search.map(({ domain }) => domain ?? "(node)");
const CLUSTER = ["shop.svc.cluster.local", "svc.cluster.local", "cluster.local", "(node)"];

test("a namespace's client searches its namespace first, with ndots 5", () => {
  expect(namespaceResolvConf("shop", KUBELET)).toEqual({
    asks: "cluster",
    nameservers: ["10.96.0.10"],
    search: [
      { domain: "shop.svc.cluster.local", from: "cluster" },
      { domain: "svc.cluster.local", from: "cluster" },
      { domain: "cluster.local", from: "cluster" },
      { domain: null, from: "node" },
    ],
    ndots: 5,
    dropped: [],
  });
});

describe("dnsPolicy", () => {
  test.each([
    ["", "cluster", CLUSTER, 5, ["10.96.0.10"]],
    ["dnsPolicy: ClusterFirst", "cluster", CLUSTER, 5, ["10.96.0.10"]],
    ["hostNetwork: true", "node", ["(node)"], null, null],
    ["hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet", "cluster", CLUSTER, 5, ["10.96.0.10"]],
    ["dnsPolicy: Default", "node", ["(node)"], null, null],
    ["dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [a.b]}", "own", ["a.b"], 1, ["1.1.1.1"]],
  ])("%s", (spec, asks, search, ndots, nameservers) => {
    expect(resolvConf(spec)).toMatchObject({ asks, ndots, nameservers });
    expect(domains(spec)).toEqual(search);
  });
});

describe("dnsConfig", () => {
  test("is added behind, repeats once", () => {
    expect(domains("dnsConfig: {searches: [my.zone, svc.cluster.local]}")).toEqual([...CLUSTER, "my.zone"]);
    expect(resolvConf("dnsConfig: {nameservers: [10.96.0.10, 1.1.1.1, 2.2.2.2, 3.3.3.3]}").nameservers).toEqual([
      "10.96.0.10",
      "1.1.1.1",
      "2.2.2.2",
    ]);
  });

  test.each([
    ['{name: ndots, value: "1"}', 1],
    ['{name: ndots, value: "99"}', 15],
    // Whatever stands there takes the place of the kubelet's ndots:5.
    ["{name: ndots, value: x}", 0],
    ["{name: ndots, value: 3x}", 3],
    ["{name: ndots, value: '-1'}", 15],
    ["{name: ndots, value: ''}", 1],
    ["{name: ndots}", 1],
    ['{name: timeout, value: "1"}', 5],
    ['{name: ndots, value: "2"}, {name: ndots, value: "3"}', 3],
  ])("options %s", (options, ndots) => {
    expect(resolvConf(`dnsConfig: {options: [${options}]}`).ndots).toBe(ndots);
  });
});

describe("limits", () => {
  test("32 domains: what comes behind is left out", () => {
    const many = Array.from({ length: 40 }, (_, at) => `d${at}.example`);
    const { search, dropped } = resolvConf(`dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [${many}]}`);
    expect(search).toHaveLength(32);
    expect(dropped).toEqual(many.slice(32));
  });

  test("2048 characters: what no longer fits is cut off", () => {
    const many = Array.from({ length: 10 }, (_, at) => `${at}${"x".repeat(249)}`);
    const { search, dropped } = resolvConf(`dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [${many}]}`);
    expect(search).toHaveLength(8);
    expect(dropped).toEqual(many.slice(8));
  });

  test("a domain over 253 characters is left out, and only that", () => {
    const long = "y".repeat(254);
    const { search, dropped } = resolvConf(
      `dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1], searches: [${long}, a.b]}`,
    );
    expect(search.map(({ domain }) => domain)).toEqual(["a.b"]);
    expect(dropped).toEqual([long]);
  });
});
