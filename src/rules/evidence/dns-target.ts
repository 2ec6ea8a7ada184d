import type { EgressTarget, TargetPort } from "../../kubernetes/network-policy.ts";
import { DNS_NAMESPACE } from "../../objects/dns-scope.ts";
import type { Namespace } from "../../objects/others.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Protocol } from "../../objects/service.ts";
import type { DnsServers } from "../../trace/dns-servers.ts";

/** Where cluster DNS may be where it was not read: nearly everywhere, and on OpenShift. */
const USUAL = [
  { namespace: DNS_NAMESPACE, usualLabels: { "k8s-app": "kube-dns" } },
  { namespace: "openshift-dns", usualLabels: { "dns.operator.openshift.io/daemonset-dns": "default" } },
];

/** Where questions to cluster DNS go, as NetworkPolicies see it: one place where it was read, else every usual one. */
export function dnsTarget(servers: DnsServers | null, namespaces: readonly Namespace[]): readonly EgressTarget[] {
  const pods = servers?.pods ?? [];
  if (servers === null || pods.length === 0) {
    return USUAL.map((place) => ({ ...place, namespaceLabels: null, pods: null, virtualIps: [], ports: {} }));
  }
  const namespace = servers.service?.metadata.namespace ?? pods[0]?.metadata.namespace ?? DNS_NAMESPACE;
  const own = namespaces.find(({ metadata }) => metadata.name === namespace);
  return [
    {
      namespace,
      namespaceLabels: own?.metadata.labels ?? null,
      pods: pods.map(({ metadata, status }) => ({ labels: metadata.labels, ips: status?.podIPs ?? [] })),
      usualLabels: {},
      virtualIps: (servers.service?.spec.clusterIPs ?? []).filter((ip) => ip !== "None"),
      ports: { UDP: portsOf(pods, "UDP", servers), TCP: portsOf(pods, "TCP", servers) },
    },
  ];
}

/** The ports behind port 53 of the Service, with the containers' names for them. */
function portsOf(pods: readonly Pod[], protocol: Protocol, { service }: DnsServers): readonly TargetPort[] {
  const target = service?.spec.ports.find((port) => port.port === 53 && port.protocol === protocol)?.targetPort ?? 53;
  const containers = pods.slice(0, 1).flatMap(({ spec }) => spec.containers.flatMap(({ ports }) => ports));
  const found = containers.filter(
    (port) => port.protocol === protocol && (port.containerPort === target || port.name === target),
  );
  if (found.length > 0) return found.slice(0, 1).map(({ containerPort, name }) => ({ number: containerPort, name }));
  return [{ number: typeof target === "number" ? target : 53, name: "" }];
}
