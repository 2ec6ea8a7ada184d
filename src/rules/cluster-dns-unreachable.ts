import { KUBELET_KEY } from "../kubernetes/kubelet-config.ts";
import type { Unavailable } from "../objects/collected.ts";
import { DNS_NAMESPACE, NODE_LOCAL_LABEL } from "../objects/dns-scope.ts";
import type { ObjectRef } from "../objects/meta.ts";
import type { NetworkPolicy } from "../objects/others.ts";
import type { Service } from "../objects/service.ts";
import { LINK_LOCAL, type ProbedVantage, type ServerReach } from "../trace/probed.ts";
import type { Parts } from "../trace/trace.ts";
import { count, listed } from "../trace/words.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { type CannotTell, defineRule, type RuleFinding } from "./rule.ts";

/** So many questions without an answer are no accident of a network. */
const LOST = 3;

/**
 * A place in the cluster gets no answers from the Service of cluster DNS, while there are ready endpoints behind it: what is
 * between them is to blame. Whether its replicas answer at their own addresses tells kube-proxy from everything else.
 */
export const clusterDnsUnreachable = defineRule({
  id: "cluster-dns-unreachable",
  link: "client",
  severity: "error",
  summary: "cluster DNS is up, and a Pod that asks it gets no answer",
  needs: { probed: "optional", clusterDns: "optional", networkPolicies: "optional" },
  applies: ({ service }) => service !== null,
  check({ service, probed, clusterDns, networkPolicies }) {
    if (service === null) return [];
    if (clusterDns.status === "unavailable") return cannotTell(probed.status === "unavailable" ? probed : clusterDns);
    const { service: dns, ready, vacantNameServers } = clusterDns.value;
    // Without endpoints nobody can answer, which is said elsewhere.
    if (dns === null || ready.length === 0) return [];
    if (probed.status === "unavailable") {
      const [vacant] = vacantNameServers;
      return vacant === undefined ? cannotTell(probed) : [nobodyThere(vacantNameServers, vacant, dns)];
    }
    const policies = networkPolicies.status === "unavailable" ? [] : networkPolicies.value.inNamespace;
    const troubles = probed.value.vantages.flatMap((vantage) => troubleOf(vantage) ?? []);
    return [...Map.groupBy(troubles, ({ kind }) => kind).values()].flatMap((group): readonly RuleFinding[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { namespace } = first.vantage.pod;
      const who = listed(group.map(({ vantage }) => placeText(vantage)));
      return [
        {
          object: dns,
          severity: first.kind === "tcp" || first.kind === "loss" ? "warning" : "error",
          message: MESSAGES[first.kind](who, first.vantage.resolvConf?.nameservers[0] ?? ""),
          evidence: group.flatMap(({ vantage }) => evidenceFor(vantage, group.length > 1)),
          remedy: remedyFor(
            first,
            dns,
            policies.filter((policy) => policy.metadata.namespace === namespace),
          ).join("\n"),
        },
      ];
    });
  },
});

function cannotTell({ because, byNature, unasked }: Unavailable): CannotTell {
  return { cannotTell: because, byNature, ...(unasked ? { unasked } : {}) };
}

const KUBELET_CONFIG: ObjectRef = {
  apiVersion: "v1",
  kind: "ConfigMap",
  namespace: DNS_NAMESPACE,
  name: "kubelet-config",
};

/**
 * kubeadm hands its ConfigMap to every node that joins or is upgraded, and one may have been set otherwise by hand since: that
 * is for a probe to see.
 */
function nobodyThere(addresses: readonly string[], vacant: string, dns: Service): RuleFinding {
  const { namespace, name } = dns.metadata;
  const own = dns.spec.clusterIPs.join(", ");
  return {
    object: KUBELET_CONFIG,
    field: ["data", KUBELET_KEY],
    severity: "warning",
    message: `The kubelets are told to give Pods ${listed(addresses)} as their name server, where no Service is; cluster DNS, Service ${namespace}/${name}, has ${own}. On nodes that are set up so, no name resolves in Pods.`,
    brief: `kubelets are told ${listed(addresses)} for Pods, where nobody answers`,
    evidence: [`clusterDNS: ${addresses.join(", ")} in ConfigMap ${KUBELET_CONFIG.name}`],
    remedy: [
      note("see what a Pod really has, and whether it is answered, with kheadless doctor --probe;"),
      ...nameserverRemedy(vacant, dns),
    ].join("\n"),
  };
}

/** What does not get through. `nameserver`: only what the resolv.conf names is silent, and that is not the Service. */
type Trouble = "all" | "service" | "nameserver" | "tcp" | "loss";

function troubleOf(vantage: ProbedVantage): { readonly kind: Trouble; readonly vantage: ProbedVantage } | null {
  const service = vantage.servers.filter(({ what }) => what === "service");
  const replicas = vantage.servers.filter(({ what }) => what === "replica");
  const named = vantage.servers.filter(({ what }) => what === "resolv.conf");
  const silent = (servers: readonly ServerReach[], way: "udp" | "tcp"): boolean =>
    servers.some((server) => server[way] === "silent") && !servers.some((server) => server[way] === "answers");
  // Where one replica says nothing and another does, the Service leads to the silent one now and then: that is told of it.
  const odd = (["udp", "tcp"] as const).some((way) => {
    const reaches = replicas.map((server) => server[way]);
    return reaches.includes("silent") && reaches.includes("answers");
  });
  if (odd) return null;
  const kind: Trouble | null = silent(service, "udp")
    ? replicas.some(({ udp }) => udp === "answers")
      ? "service"
      : "all"
    : othersNameserver(vantage) !== null && silent(named, "udp")
      ? "nameserver"
      : silent(service, "tcp")
        ? "tcp"
        : lossOf(vantage) >= LOST
          ? "loss"
          : null;
  return kind === null ? null : { kind, vantage };
}

/**
 * The name server that the kubelet wrote into the resolv.conf of a Pod of ours, where it is not the Service of cluster DNS: an
 * address of old, or NodeLocal DNSCache's. A client's own Pod may name what it likes.
 */
function othersNameserver({ resolvConf, client, pod, servers }: ProbedVantage): string | null {
  const first = resolvConf?.nameservers[0];
  const ours = client === null || client !== `pod/${pod.name}`;
  if (first === undefined || !ours) return null;
  return servers.some(({ what, ip }) => what === "service" && ip === first) ? null : first;
}

/** Questions to the Service that got no answer, though others did. */
function lossOf({ replies, servers }: ProbedVantage): number {
  const service = new Set(servers.filter(({ what }) => what === "service").map(({ ip }) => ip));
  return replies.filter(({ server, status }) => service.has(server) && status === "silent").length;
}

function placeText({ client, pod, node }: ProbedVantage): string {
  const who = client === null ? `a Pod of namespace ${pod.namespace}` : `${client} of namespace ${pod.namespace}`;
  return node === "" ? who : `${who} on ${node}`;
}

const MESSAGES: Readonly<Record<Trouble, (who: string, nameserver: string) => string>> = {
  all: (who) =>
    `Cluster DNS is up, and ${who} gets no answer from it, neither by its Service nor from a replica: what it sends to port 53 is dropped on the way, so that no name resolves there.`,
  service: (who) =>
    `From ${who}, replicas of cluster DNS answer at their own addresses, and its Service's address does not: kube-proxy, or what stands in for it on the node, does not lead there.`,
  nameserver: (who, nameserver) =>
    `The kubelet writes ${nameserver} into the resolv.conf of Pods, and ${who} gets no answer from there, while cluster DNS answers at the address of its Service: no name resolves in Pods.`,
  tcp: (who) =>
    `From ${who}, cluster DNS answers over UDP and not over TCP: answers that do not fit into one UDP message fail.`,
  loss: (who) => `From ${who}, cluster DNS now and then does not answer: look-ups there take seconds, or fail.`,
};

function evidenceFor(vantage: ProbedVantage, several: boolean): readonly string[] {
  const from = several ? `${vantage.node}: ` : "";
  return vantage.servers.flatMap(({ ip, what, pod, udp, tcp, because }) => {
    const nameserver = vantage.resolvConf?.nameservers[0];
    const name =
      what === "service" ? `Service (${ip})` : what === "resolv.conf" ? `resolv.conf (${nameserver})` : (pod ?? ip);
    if (what === "other" || (what === "resolv.conf" && othersNameserver(vantage) === null)) return [];
    const replies = vantage.replies.filter(({ server, status }) => server === ip && status !== "missing");
    const lost = replies.filter(({ status }) => status === "silent").length;
    const why = because === "" ? "" : ` (${because})`;
    const loss =
      lost > 0 && because === "" ? `, ${lost} of ${count(replies.length, "question")} without an answer` : "";
    return [`${from}${name}: UDP ${reachText(udp)}, TCP ${reachText(tcp)}${why}${loss}`];
  });
}

function reachText(reach: ServerReach["udp"]): string {
  return reach === "unknown" ? "not asked" : reach === "answers" ? "answers" : "no answer";
}

function remedyFor(
  { kind, vantage }: { readonly kind: Trouble; readonly vantage: ProbedVantage },
  dns: Service,
  policies: Parts["networkPolicies"]["inNamespace"],
): readonly string[] {
  const { namespace } = vantage.pod;
  if (kind === "nameserver") return nameserverRemedy(vantage.resolvConf?.nameservers[0] ?? "", dns);
  if (kind === "service") {
    return [
      note("look at kube-proxy, or at what your network plugin has in its place, on that node:"),
      kubectl(DNS_NAMESPACE, "get", "pods", "-l", "k8s-app=kube-proxy", "-o", "wide"),
    ];
  }
  if (kind === "loss") {
    return [
      note("look for replicas that are at their limits, and for full conntrack tables on nodes:"),
      kubectl(DNS_NAMESPACE, "top", "pods", "-l", "k8s-app=kube-dns"),
    ];
  }
  const closing = policies.filter(closesEgress).map(({ metadata }) => metadata.name);
  const ports = kind === "tcp" ? "TCP 53" : "UDP and TCP 53";
  return [
    note(
      closing.length === 0
        ? `no NetworkPolicy of ${namespace} limits what its Pods send: look at policies of the network plugin's own, and at firewalls`
        : `let ${ports} to ${DNS_NAMESPACE} through in what limits the Pods of ${namespace}: ${listed(closing)}`,
    ),
    kubectl(namespace, "get", "networkpolicies", "-o", "yaml"),
  ];
}

function nameserverRemedy(nameserver: string, { metadata: { namespace, name } }: Service): readonly string[] {
  if (LINK_LOCAL.test(nameserver)) {
    return [
      note(`${nameserver} is where NodeLocal DNSCache listens: look at its Pod on that node:`),
      kubectl(namespace, "get", "pods", "-l", `k8s-app=${NODE_LOCAL_LABEL}`, "-o", "wide"),
    ];
  }
  const patch = { spec: { clusterIP: nameserver, clusterIPs: [nameserver] } };
  return [
    note("this makes the Service again, with the address that Pods ask:"),
    `${kubectlPatch(namespace, "service", name, patch, "merge")} --dry-run=client -o yaml | ${kubectl(namespace, "replace", "--force", "-f", "-")}`,
    note("or set clusterDNS of every kubelet to the address that the Service has now, and make all Pods again"),
  ];
}

function closesEgress({ policyTypes, egress }: NetworkPolicy): boolean {
  return policyTypes.includes("Egress") || egress.length > 0;
}
