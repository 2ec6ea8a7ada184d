import { DNS_NAMESPACE } from "../objects/dns-scope.ts";
import type { NetworkPolicy } from "../objects/others.ts";
import type { ProbedVantage, ServerReach } from "../trace/probed.ts";
import type { Parts } from "../trace/trace.ts";
import { count, listed } from "../trace/words.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

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
  needs: { probed: "present", clusterDns: "present", networkPolicies: "optional" },
  applies: ({ service }) => service !== null,
  check({ service, probed, clusterDns, networkPolicies }) {
    // Without endpoints nobody can answer, which is said elsewhere.
    if (service === null || clusterDns.service === null || clusterDns.ready.length === 0) return [];
    const dns = clusterDns.service;
    const policies = networkPolicies.status === "unavailable" ? [] : networkPolicies.value.inNamespace;
    const troubles = probed.vantages.flatMap((vantage) => troubleOf(vantage) ?? []);
    return [...Map.groupBy(troubles, ({ kind }) => kind).values()].flatMap((group): readonly RuleFinding[] => {
      const [first] = group;
      if (first === undefined) return [];
      const { namespace } = first.vantage.pod;
      const who = listed(group.map(({ vantage }) => placeText(vantage)));
      return [
        {
          object: dns,
          severity: first.kind === "all" || first.kind === "service" ? "error" : "warning",
          message: MESSAGES[first.kind](who),
          evidence: group.flatMap(({ vantage }) => evidenceFor(vantage, group.length > 1)),
          remedy: remedyFor(
            first.kind,
            namespace,
            policies.filter((policy) => policy.metadata.namespace === namespace),
          ).join("\n"),
        },
      ];
    });
  },
});

/** What does not get through. */
type Trouble = "all" | "service" | "tcp" | "loss";

function troubleOf(vantage: ProbedVantage): { readonly kind: Trouble; readonly vantage: ProbedVantage } | null {
  const service = vantage.servers.filter(({ what }) => what === "service");
  const replicas = vantage.servers.filter(({ what }) => what === "replica");
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
    : silent(service, "tcp")
      ? "tcp"
      : lossOf(vantage) >= LOST
        ? "loss"
        : null;
  return kind === null ? null : { kind, vantage };
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

const MESSAGES: Readonly<Record<Trouble, (who: string) => string>> = {
  all: (who) =>
    `Cluster DNS is up, and ${who} gets no answer from it, neither by its Service nor from a replica: what it sends to port 53 is dropped on the way, so that no name resolves there.`,
  service: (who) =>
    `From ${who}, replicas of cluster DNS answer at their own addresses, and its Service's address does not: kube-proxy, or what stands in for it on the node, does not lead there.`,
  tcp: (who) =>
    `From ${who}, cluster DNS answers over UDP and not over TCP: answers that do not fit into one UDP message fail.`,
  loss: (who) => `From ${who}, cluster DNS now and then does not answer: look-ups there take seconds, or fail.`,
};

function evidenceFor(vantage: ProbedVantage, several: boolean): readonly string[] {
  const from = several ? `${vantage.node}: ` : "";
  return vantage.servers.flatMap(({ ip, what, pod, udp, tcp, because }) => {
    const name = what === "service" ? `Service (${ip})` : (pod ?? ip);
    if (ip === null || what === "other") return [];
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
  kind: Trouble,
  namespace: string,
  policies: Parts["networkPolicies"]["inNamespace"],
): readonly string[] {
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

function closesEgress({ policyTypes, egress }: NetworkPolicy): boolean {
  return policyTypes.includes("Egress") || egress.length > 0;
}
