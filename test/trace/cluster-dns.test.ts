import { describe, expect, test } from "vitest";
import { findClusterDns } from "../../src/trace/cluster-dns.ts";
import { live } from "./world.ts";

const map = (name: string, data: Record<string, string>): string =>
  `---\n${JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace: "kube-system" }, data })}\n`;
const COREFILE =
  "import custom/*.server\n.:53 {\n import custom/*.override\n hosts /etc/coredns/NodeHosts {\n fallthrough\n }\n kubernetes cluster.local\n}";
const find = (yaml: string) => findClusterDns(live(yaml));

describe("the Corefile", () => {
  test("imports from coredns-custom, and reads hosts from its own ConfigMap", () => {
    const { corefile } = find(
      map("coredns", { Corefile: COREFILE, NodeHosts: "10.0.0.9 node-1\n" }) +
        map("coredns-custom", { "a.override": "log", "b.server": "own.zone:53 {\n forward . 1.1.1.1\n}" }),
    );
    expect(corefile?.errors).toEqual([]);
    expect(corefile?.unresolved).toEqual([]);
    expect(corefile?.blocks.map(({ zones, plugins }) => [zones, plugins])).toEqual([
      [["own.zone."], ["forward"]],
      [["."], ["log", "hosts", "kubernetes"]],
    ]);
    expect(corefile?.blocks[1]?.hosts?.byName.get("node-1.")).toEqual(["10.0.0.9"]);
  });

  test("a pattern that matches no file imports nothing, once the files were read", () => {
    const { corefile } = find(
      map("coredns", { Corefile: COREFILE, NodeHosts: "" }) + map("coredns-custom", { other: "x" }),
    );
    expect(corefile?.unresolved).toEqual([]);
  });

  test("what was not read is told", () => {
    const { corefile } = find(map("coredns", { Corefile: COREFILE }));
    expect(corefile?.unresolved).toEqual(["import custom/*.server", "import custom/*.override"]);
    expect(corefile?.blocks[0]?.hosts?.unreadFile).toBe("/etc/coredns/NodeHosts");
  });

  test("NodeLocal's is not the cluster's", () => {
    const local = map("node-local-dns", { Corefile: "cluster.local:53 {\n forward . 10.96.0.10\n}" });
    expect(find(local)).toMatchObject({ corefile: null, configMap: null });
    expect(find(local + map("coredns", { Corefile: COREFILE })).configMap?.name).toBe("coredns");
  });

  test("another ConfigMap counts where it is the only one, or where two are and the Pods mount it", () => {
    const named = map("rke2-dns", { Corefile: COREFILE });
    expect(find(named).configMap?.name).toBe("rke2-dns");
    expect(find(named + map("other", { Corefile: COREFILE })).configMap).toBeNull();
  });
});

describe("the Service", () => {
  const service = (name: string, labels: string, targetPort: string) =>
    `---\n{kind: Service, apiVersion: v1, metadata: {name: ${name}, namespace: kube-system, labels: {${labels}}}, spec: {type: ClusterIP, clusterIP: 10.96.0.10, clusterIPs: [10.96.0.10], ports: [{name: dns, port: 53, protocol: UDP, targetPort: ${targetPort}}]}}\n`;

  test("is kube-dns, else the one with its label", () => {
    const labelled = service("my-dns", "k8s-app: kube-dns", "53");
    expect(find(labelled).service?.metadata.name).toBe("my-dns");
    expect(find(labelled + service("kube-dns", "", "53")).service?.metadata.name).toBe("kube-dns");
    expect(find(service("web", "", "53"))).toMatchObject({ service: null, replicas: null, port: null });
  });

  test("tells the port where it is a number", () => {
    expect(find(service("kube-dns", "", "5353")).port).toBe(5353);
    expect(find(service("kube-dns", "", "dns")).port).toBeNull();
  });

  test("its replicas are the ready endpoints, with both families of one Pod together", () => {
    const slice = (family: string, endpoints: string) =>
      `---\n{kind: EndpointSlice, apiVersion: discovery.k8s.io/v1, metadata: {name: d${family}, namespace: kube-system, labels: {kubernetes.io/service-name: kube-dns}}, addressType: ${family}, endpoints: [${endpoints}]}\n`;
    const at = (pod: string, address: string, ready = true) =>
      `{addresses: ["${address}"], conditions: {ready: ${ready}}, targetRef: {kind: Pod, namespace: kube-system, name: ${pod}}}`;
    const { replicas } = find(
      service("kube-dns", "", "53") +
        slice("IPv4", `${at("a", "10.0.0.1")}, ${at("b", "10.0.0.2")}, ${at("c", "10.0.0.3", false)}`) +
        slice("IPv6", at("a", "fd00::1")),
    );
    expect(replicas).toEqual([["10.0.0.1", "fd00::1"], ["10.0.0.2"]]);
  });
});

test.each([
  ["registry.k8s.io/coredns/coredns:v1.12.1", "1.12.1"],
  ["rancher/mirrored-coredns-coredns:1.11.3", "1.11.3"],
  ["registry:5000/coredns:v1.13.2-eks.1", "1.13.2"],
  ["coredns/coredns@sha256:abc", null],
])("%s is version %s", (image, version) => {
  const yaml = `{kind: Pod, apiVersion: v1, metadata: {name: c, namespace: kube-system, labels: {k8s-app: kube-dns}}, spec: {containers: [{name: coredns, image: "${image}"}]}, status: {phase: Running}}`;
  expect(find(yaml).version).toBe(version);
});

describe("where it is", () => {
  const service = (namespace: string, name: string, ip: string): string =>
    `---\n${JSON.stringify({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace },
      spec: { clusterIP: ip, clusterIPs: [ip], selector: { app: "dns" }, ports: [{ port: 53, protocol: "UDP" }] },
    })}\n`;
  const pod = (namespace: string, name: string, labels: object): string =>
    `---\n${JSON.stringify({ apiVersion: "v1", kind: "Pod", metadata: { name, namespace, labels }, spec: { containers: [] } })}\n`;
  const kubelet = map("kubelet-config", { kubelet: "clusterDNS:\n- 10.96.0.53\n" });

  test("OpenShift's, by its names", () => {
    const label = { "dns.operator.openshift.io/daemonset-dns": "default" };
    const found = find(service("openshift-dns", "dns-default", "172.30.0.10") + pod("openshift-dns", "a", label));
    expect(found).toMatchObject({ namespace: "openshift-dns", byAddress: false });
    expect(found.service?.metadata.name).toBe("dns-default");
    expect(found.pods.map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  test("anywhere, by the address that kubelets give Pods, with the Pods that the Service selects", () => {
    const found = find(kubelet + service("net", "resolver", "10.96.0.53") + pod("net", "a", { app: "dns" }));
    expect(found).toMatchObject({ namespace: "net", byAddress: true, addresses: ["10.96.0.53"] });
    expect(found.service?.metadata.name).toBe("resolver");
    expect(found.pods.map(({ metadata }) => metadata.name)).toEqual(["a"]);
  });

  test("the usual names come before an address", () => {
    const usual = service("kube-system", "kube-dns", "10.96.0.10");
    expect(find(kubelet + usual + service("net", "resolver", "10.96.0.53"))).toMatchObject({
      namespace: "kube-system",
      byAddress: false,
    });
  });

  test("nowhere: the address is told", () => {
    expect(find(kubelet)).toMatchObject({ namespace: "kube-system", service: null, addresses: ["10.96.0.53"] });
  });
});
