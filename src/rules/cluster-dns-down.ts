import { selects } from "../kubernetes/label-selector.ts";
import { DNS_NAMESPACE, DNS_SERVICE } from "../objects/dns-scope.ts";
import type { ObjectRef } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import type { Service } from "../objects/service.ts";
import { type DnsServers, isDown, isReady } from "../trace/dns-servers.ts";
import { ownerOf } from "../trace/owners.ts";
import { podState } from "../trace/pod-state.ts";
import { count, listed } from "../trace/words.ts";
import { groupEvidence, groupIs, groupPods, wordFor } from "./evidence/pod-groups.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { podRemedy } from "./remedies/pod-remedy.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

const SERVICE_REF: ObjectRef = { apiVersion: "v1", kind: "Service", namespace: DNS_NAMESPACE, name: DNS_SERVICE };
const LABELS = { "k8s-app": "kube-dns" };
const FAILS = "so every name that a Pod asks for ends in a timeout";

/**
 * Pods ask the address of Service kube-dns; kube-proxy leads them to its ready endpoints. Without the Service the address
 * leads nowhere, and without a ready endpoint it is refused or dropped.
 */
export const clusterDnsDown = defineRule({
  id: "cluster-dns-down",
  link: "cluster-dns",
  severity: "error",
  summary: "no ready server of cluster DNS, or no Service that leads to one",
  needs: { clusterDns: "complete" },
  liveOnly: true,
  check({ clusterDns, now }) {
    if (!isDown(clusterDns)) return [];
    const { service, pods } = clusterDns;
    if (service === null) return [withoutService(pods ?? [])];
    if (pods === null) return [withoutEndpoints(service)];
    if (pods.length === 0) return [withoutPods(service)];
    const unselected = pods.filter(isReady).filter((pod) => !selects(service, pod.metadata.labels));
    if (unselected.length > 0) return [selectsNone(service, unselected)];
    return notReady(clusterDns, service, pods, now);
  },
});

function withoutService(pods: readonly Pod[]): RuleFinding {
  const apply = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: DNS_SERVICE, namespace: DNS_NAMESPACE, labels: LABELS },
    spec: {
      clusterIP: "ADDRESS",
      selector: LABELS,
      ports: [
        { name: "dns", port: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, protocol: "TCP" },
      ],
    },
  };
  const json = JSON.stringify(apply);
  return {
    object: SERVICE_REF,
    message: `There is no Service ${DNS_SERVICE} in ${DNS_NAMESPACE}: the address that Pods have as their name server leads nowhere, ${FAILS}.`,
    evidence: [`${count(pods.length, "Pod")} of cluster DNS: ${listed(pods.map(({ metadata }) => metadata.name))}`],
    remedy: [
      note("its address must be the nameserver in the /etc/resolv.conf of Pods: nearly always the tenth of the range"),
      `kubectl -n default get service kubernetes -o jsonpath={.spec.clusterIP} | sed 's/\\.1$/.10/' | xargs -I ADDRESS printf %s '${json}' | kubectl apply -f -`,
    ].join("\n"),
  };
}

function withoutEndpoints(service: Service): RuleFinding {
  const { namespace, name } = service.metadata;
  return {
    object: service,
    message: `Service ${namespace}/${name} of cluster DNS has no ready endpoint, ${FAILS}.`,
    evidence: ["its EndpointSlices hold no ready endpoint; its Pods could not be read"],
    remedy: kubectl(namespace, "get", "pods", "-l", selectorText(service)),
  };
}

function withoutPods(service: Service): RuleFinding {
  const { namespace, name } = service.metadata;
  return {
    object: service,
    message: `Service ${namespace}/${name} of cluster DNS has no Pods behind it, ${FAILS}.`,
    evidence: [
      `no Pod in ${namespace} carries ${selectorText(service)}: the Deployment of cluster DNS is scaled to zero, or gone`,
    ],
    remedy: [
      kubectl(namespace, "scale", "deployment", "-l", selectorText(service), "--replicas=2"),
      note(
        "where there is no such Deployment, install cluster DNS anew (kubeadm init phase addon coredns, or your provider's add-on)",
      ),
    ].join("\n"),
  };
}

function selectsNone(service: Service, pods: readonly Pod[]): RuleFinding {
  const { namespace, name } = service.metadata;
  const label = pods[0]?.metadata.labels["k8s-app"] ?? DNS_SERVICE;
  const cleared = Object.fromEntries(Object.keys(service.spec.selector ?? {}).map((key) => [key, null]));
  const selector = { ...cleared, "k8s-app": label };
  return {
    object: service,
    field: ["spec", "selector"],
    message: `Service ${namespace}/${name} leads to no Pod of cluster DNS: its selector ${selectorText(service)} matches none of them, ${FAILS}.`,
    evidence: [`${listed(pods.map(({ metadata }) => metadata.name))} are Ready and carry k8s-app=${label}`],
    remedy: kubectlPatch(namespace, "service", name, { spec: { selector } }, "merge"),
  };
}

/** One finding per kind of trouble, at the workload that must be mended. */
function notReady(
  { logs }: DnsServers,
  service: Service,
  pods: readonly Pod[],
  now: string | null,
): readonly RuleFinding[] {
  const around = { now, eventsOf: () => [], nodeNamed: () => undefined };
  const troubled = pods.flatMap((pod) => {
    const state = podState(pod, around);
    return state.is === "ready" || state.is === "derived" ? [] : [{ pod, trouble: state.trouble }];
  });
  const { namespace, name } = service.metadata;
  const lines = [...new Set(logs.flatMap((log) => log.lines.slice(-3)))].slice(-3);
  if (troubled.length === 0) {
    return [
      {
        object: service,
        message: `Service ${namespace}/${name} of cluster DNS has no ready endpoint although its Pods are Ready, ${FAILS}.`,
        evidence: [`Ready: ${listed(pods.map(({ metadata }) => metadata.name))}; the EndpointSlices hold none of them`],
        remedy: kubectl(namespace, "get", "endpointslices", "-l", `kubernetes.io/service-name=${name}`, "-o", "yaml"),
      },
    ];
  }
  return groupPods(troubled, (pod) => ownerOf(pod, () => null)).map((group) => ({
    object: group.owner?.ref ?? group.pods[0],
    message: `No server of cluster DNS is ready, ${FAILS}. ${groupIs(group)} not (${wordFor(group.trouble, now)}): ${group.trouble.clause}.`,
    evidence: [...groupEvidence(group), ...lines.map((line) => `log: ${line}`)],
    remedy: podRemedy(group),
  }));
}

function selectorText({ spec }: Service): string {
  const pairs = Object.entries(spec.selector ?? LABELS).map(([key, value]) => `${key}=${value}`);
  return pairs.join(",");
}
