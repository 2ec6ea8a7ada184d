// Objects as an API server would return them.
import type { StoredObject } from "./store.ts";

type Labels = Record<string, string>;

function stored(
  apiVersion: string,
  kind: string,
  namespace: string | null,
  name: string,
  labels: Labels,
  rest: object,
): StoredObject {
  const metadata = {
    name,
    ...(namespace === null ? {} : { namespace }),
    uid: `uid-${kind}-${namespace}-${name}`,
    creationTimestamp: "2026-01-01T00:00:00Z",
    labels,
  };
  return { apiVersion, kind, metadata, ...rest };
}

function namespace(name: string): StoredObject {
  return stored("v1", "Namespace", null, name, {}, { spec: {}, status: { phase: "Active" } });
}

export function pod(inNamespace: string, name: string, labels: Labels, spec: object = {}): StoredObject {
  const ip = "10.244.0.10";
  const status = { phase: "Running", podIP: ip, podIPs: [{ ip }], conditions: [{ type: "Ready", status: "True" }] };
  const containers = [{ name: "main", image: "mysql:8", ports: [{ containerPort: 3306 }] }];
  return stored("v1", "Pod", inNamespace, name, labels, { spec: { nodeName: "node-1", containers, ...spec }, status });
}

export function headlessService(
  inNamespace: string,
  name: string,
  selector: Labels,
  labels: Labels = {},
): StoredObject {
  const ports = [{ name: "mysql", port: 3306, protocol: "TCP", targetPort: 3306 }];
  const spec = { type: "ClusterIP", clusterIP: "None", clusterIPs: ["None"], selector, ports, ipFamilies: ["IPv4"] };
  return stored("v1", "Service", inNamespace, name, labels, { spec, status: { loadBalancer: {} } });
}

export function endpointSlice(inNamespace: string, name: string, service: string, labels: Labels = {}): StoredObject {
  const endpoints = [{ addresses: ["10.244.0.10"], conditions: { ready: true, serving: true, terminating: false } }];
  return stored(
    "discovery.k8s.io/v1",
    "EndpointSlice",
    inNamespace,
    name,
    { "kubernetes.io/service-name": service, ...labels },
    { addressType: "IPv4", endpoints, ports: [{ name: "mysql", port: 3306, protocol: "TCP" }] },
  );
}

export function statefulSet(inNamespace: string, name: string, serviceName: string, labels: Labels): StoredObject {
  const template = { metadata: { labels }, spec: { containers: [{ name: "main", image: "mysql:8" }] } };
  const spec = { replicas: 1, serviceName, selector: { matchLabels: labels }, template };
  return stored("apps/v1", "StatefulSet", inNamespace, name, {}, { spec, status: { replicas: 1, readyReplicas: 1 } });
}

export function cronJob(inNamespace: string, name: string): StoredObject {
  const template = { spec: { containers: [{ name: "main", image: "busybox" }], restartPolicy: "Never" } };
  const spec = { schedule: "@daily", jobTemplate: { spec: { template } } };
  return stored("batch/v1", "CronJob", inNamespace, name, {}, { spec });
}

function event(inNamespace: string, name: string, type: "Normal" | "Warning", aboutPod: string): StoredObject {
  const involvedObject = { apiVersion: "v1", kind: "Pod", namespace: inNamespace, name: aboutPod };
  return stored("v1", "Event", inNamespace, name, {}, { involvedObject, type, reason: "Because", message: "It did." });
}

export function configMap(inNamespace: string, name: string, data: Labels): StoredObject {
  return stored("v1", "ConfigMap", inNamespace, name, {}, { data });
}

function node(name: string): StoredObject {
  return stored("v1", "Node", null, name, {}, { status: { addresses: [{ type: "InternalIP", address: "10.0.0.1" }] } });
}

/** A healthy headless Service in namespace shop, with cluster DNS, in a cluster of three namespaces. */
export function shop(): StoredObject[] {
  const app = { app: "mysql" };
  const dns = { "k8s-app": "kube-dns" };
  return [
    ...["default", "kube-system", "shop"].map(namespace),
    node("node-1"),
    headlessService("shop", "mysql", app),
    endpointSlice("shop", "mysql-x7k2p", "mysql"),
    statefulSet("shop", "mysql", "mysql", app),
    pod("shop", "mysql-0", app, { hostname: "mysql-0", subdomain: "mysql" }),
    event("shop", "mysql-0.1", "Normal", "mysql-0"),
    event("shop", "mysql-0.2", "Warning", "mysql-0"),
    headlessService("kube-system", "kube-dns", dns, dns),
    endpointSlice("kube-system", "kube-dns-1", "kube-dns", dns),
    pod("kube-system", "coredns-1", dns, {
      volumes: [{ name: "config", configMap: { name: "own-corefile" } }],
    }),
    pod("kube-system", "etcd", { component: "etcd" }),
    headlessService("kube-system", "metrics", { component: "etcd" }),
    configMap("kube-system", "coredns", { Corefile: ".:53 {\n}\n" }),
    configMap("kube-system", "own-corefile", { Corefile: ".:53 {\n}\n" }),
    configMap("kube-system", "unrelated", { secret: "stays unread" }),
  ];
}
