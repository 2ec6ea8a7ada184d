import { messageSize, sizeBound, UDP_SIZES } from "../dns/message-size.ts";
import { type EgressTarget, egressTo, type Passage } from "../kubernetes/network-policy.ts";
import { present } from "../objects/collected.ts";
import { DNS_NAMESPACE } from "../objects/dns-scope.ts";
import type { NetworkPolicy } from "../objects/others.ts";
import type { Client } from "../trace/clients.ts";
import type { Part } from "../trace/part.ts";
import type { Reach } from "../trace/probed.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { listed } from "../trace/words.ts";
import { bypassesClusterDns } from "./client-bypasses-cluster-dns.ts";
import { asksFor, orUnread, referenceEvidence, vantagesOf } from "./evidence/client-text.ts";
import { dnsTarget } from "./evidence/dns-target.ts";
import { holderName } from "./evidence/reference-text.ts";
import { kubectlApply, note } from "./remedies/kubectl.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { type CannotTell, defineRule, type RuleFinding } from "./rule.ts";

/**
 * A policy that selects a Pod for egress closes all that no policy of its namespace opens, DNS included
 * (networking.k8s.io/v1 NetworkPolicySpec). Judged are NetworkPolicies; what other kinds allow, and whether the network
 * plug-in enforces any, only a probe can tell.
 */
export const networkPolicyBlocksDns = defineRule({
  id: "network-policy-blocks-dns",
  link: "client",
  severity: "error",
  summary: "egress policies of a client close UDP or TCP port 53 to cluster DNS",
  needs: {
    clients: "present",
    references: "present",
    clusterDns: "optional",
    namespaces: "optional",
    prediction: "present",
    probed: "optional",
  },
  applies: ({ service }) => service !== null,
  check({ clients, references, clusterDns, namespaces, prediction, probed, ...subject }) {
    const servers = clusterDns.status === "unavailable" ? null : clusterDns.value;
    const targets = dnsTarget(servers, namespaces.status === "unavailable" ? [] : namespaces.value.all);
    const large = isLarge(subject, prediction);
    const findings: RuleFinding[] = [];
    let doubt: CannotTell | null = null;
    for (const client of clients) {
      if (bypassesClusterDns(client)) continue;
      const { udp, tcp, policies } = passages(client, targets);
      if (udp !== "closed" && tcp !== "closed") continue;
      const seen = seenFrom(client, probed);
      // Who was seen to reach it is not kept from it, whatever the policies say.
      if (seen !== null && (udp === "closed" ? seen.udp : seen.tcp) === "answers") continue;
      if (client.policies.status === "partial") {
        doubt ??= { cannotTell: client.policies.because, byNature: false };
        continue;
      }
      if (servers?.nodeLocal && seen === null) {
        // Traffic to the Node that a Pod runs on is always allowed.
        doubt ??= {
          cannotTell: `NodeLocal DNSCache answers on each Node, and policies do not tell whether ${holderName(client.holder)} reaches it`,
          byNature: true,
        };
        continue;
      }
      findings.push(finding({ client, udp, policies, large, seen, ...subject }));
    }
    return findings.length === 0 && doubt !== null ? doubt : orUnread(findings, references);
  },
});

interface Closed extends Subject {
  readonly client: Client;
  readonly udp: Passage;
  readonly policies: readonly NetworkPolicy[];
  /** The answer does not fit into the least UDP message. */
  readonly large: boolean;
  readonly seen: { readonly udp: Reach; readonly tcp: Reach } | null;
}

/** Closed only where none of the places that cluster DNS may be in can be reached. */
function passages({ holder, labels, policies }: Client, targets: readonly EgressTarget[]) {
  const from = { namespace: holder.metadata.namespace, labels };
  const [udp, tcp] = (["UDP", "TCP"] as const).map((protocol) => {
    const each = targets.map((target) => egressTo(present(policies), from, target, protocol));
    const passage: Passage = each.every((one) => one.passage === "closed") ? "closed" : "unknown";
    return { passage, policies: each[0]?.policies ?? [] };
  });
  return { udp: udp?.passage ?? "unknown", tcp: tcp?.passage ?? "unknown", policies: udp?.policies ?? [] };
}

/** What was seen from the client's place; null where nobody asked from there. */
function seenFrom(client: Client, probed: Part<Parts["probed"]>): Closed["seen"] {
  const servers = vantagesOf(client, probed).flatMap((vantage) => vantage.servers);
  const asked = servers.filter(({ what }) => what === "service" || what === "resolv.conf");
  if (asked.length === 0) return null;
  const worst = (by: "udp" | "tcp"): Reach =>
    asked.some((one) => one[by] === "silent")
      ? "silent"
      : asked.some((one) => one[by] === "answers")
        ? "answers"
        : "unknown";
  return { udp: worst("udp"), tcp: worst("tcp") };
}

function isLarge({ namespace, name, headless }: Subject, prediction: Parts["prediction"]): boolean {
  if (!headless) return false;
  const answer = prediction.predict(`${name}.${namespace}.svc.${prediction.domain}`, "A");
  return (
    answer.known &&
    answer.answers.length > 0 &&
    sizeBound(answer) > UDP_SIZES[0] &&
    messageSize(answer).bytes > UDP_SIZES[0]
  );
}

function finding({ client, udp, policies, large, seen, live, namespace, name }: Closed): RuleFinding {
  const { holder } = client;
  const names = policies.map(({ metadata }) => metadata.name);
  const which = `${names.length === 1 ? "NetworkPolicy" : "NetworkPolicies"} ${listed(names)}`;
  const all = udp === "closed";
  const rests =
    seen !== null
      ? []
      : live
        ? [
            "by the NetworkPolicies alone: other kinds of policies, and whether the network enforces any, were not asked",
          ]
        : ["by the policies of the input: another one in the cluster may open it"];
  const what = all
    ? `let no question over UDP 53 out to cluster DNS: every look-up times out`
    : `let UDP 53 out to cluster DNS and not TCP 53: ${large ? `the answer for ${name}.${namespace} is too large for UDP, is cut, and cannot be asked for again` : "an answer that grows too large for UDP could not be asked for again"}`;
  return {
    object: policies[0] ?? holder,
    field: ["spec", "egress"],
    severity: all ? (live ? "error" : "warning") : large ? "warning" : "info",
    message: `${asksFor(client, namespace)}, and ${which} of its namespace ${names.length === 1 ? what.replace("let ", "lets ") : what}.`,
    evidence: [
      ...referenceEvidence(client),
      ...(seen?.udp === "silent" && all ? ["seen from one of its Pods: no answer over UDP"] : []),
      ...(seen?.tcp === "silent" ? ["seen from one of its Pods: no answer over TCP"] : []),
      ...rests,
    ],
    remedy: remedyFor(client, live),
  };
}

/** A policy of its own that opens what is missing: policies add up, and others may be a chart's. */
function remedyFor({ holder }: Client, live: boolean): string {
  const { namespace, name } = holder.metadata;
  const matchLabels = holder.kind === "Pod" ? holder.metadata.labels : (holder.selector?.matchLabels ?? {});
  const policy = {
    apiVersion: "networking.k8s.io/v1",
    kind: "NetworkPolicy",
    metadata: { name: `${name}-dns`, namespace },
    spec: {
      podSelector: { matchLabels },
      policyTypes: ["Egress"],
      egress: [
        {
          to: [
            {
              namespaceSelector: { matchLabels: { "kubernetes.io/metadata.name": DNS_NAMESPACE } },
              podSelector: { matchLabels: { "k8s-app": "kube-dns" } },
            },
          ],
          ports: [
            { protocol: "UDP", port: 53 },
            { protocol: "TCP", port: 53 },
          ],
        },
      ],
    },
  };
  return live && holder.origin === null
    ? kubectlApply(namespace, policy)
    : [note("add beside the others, as policies add up:"), yamlLines(policy)].join("\n");
}
