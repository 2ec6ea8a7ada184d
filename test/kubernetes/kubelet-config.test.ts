import { expect, test } from "vitest";
import { kubeletDnsAddresses, kubeletDomain } from "../../src/kubernetes/kubelet-config.ts";

test.each([
  ["apiVersion: x\nclusterDNS:\n- 10.96.0.10\n- fd00::a\nclusterDomain: k8s.example\n", ["10.96.0.10", "fd00::a"]],
  ['clusterDNS:\n  - "10.96.0.10"\n', ["10.96.0.10"]],
  ["clusterDNS: [10.96.0.10, '10.96.0.11']\nx: y\n", ["10.96.0.10", "10.96.0.11"]],
  ["clusterDNS: []\n", []],
  ["clusterDNS: null\nother:\n- 1.1.1.1\n", []],
  ["x:\n  clusterDNS:\n  - 1.1.1.1\n", []],
  ["", []],
])("the name servers of %j", (text, addresses) => {
  expect(kubeletDnsAddresses(text)).toEqual(addresses);
});

test.each([
  ["clusterDomain: K8s.Example.\n", "k8s.example."],
  ['x: y\nclusterDomain: "cluster.local"', "cluster.local."],
  ["  clusterDomain: no\n", null],
])("the domain of %j", (text, domain) => {
  expect(kubeletDomain(text)).toBe(domain);
});
