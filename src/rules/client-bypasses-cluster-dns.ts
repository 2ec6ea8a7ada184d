import { parseIp } from "../kubernetes/ip.ts";
import { isPublic } from "../kubernetes/network-policy.ts";
import type { Client } from "../trace/clients.ts";
import { podSpecOf, podSpecPath } from "../trace/references/texts.ts";
import { asksFor, orUnread, referenceEvidence, vantagesWithin } from "./evidence/client-text.ts";
import { templateChange } from "./remedies/template-change.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The kubelet writes the resolv.conf of the Node into Pods with hostNetwork, unless dnsPolicy is ClusterFirstWithHostNet, and
 * into those with dnsPolicy Default; with None only what dnsConfig says (pkg/kubelet/network/dns/dns.go GetPodDNS).
 */
export const clientBypassesClusterDns = defineRule({
  id: "client-bypasses-cluster-dns",
  link: "client",
  severity: "error",
  summary: "a client that is given the Service's names does not ask cluster DNS",
  needs: { clients: "present", references: "present", probed: "optional" },
  applies: ({ service }) => service !== null,
  check({ clients, references, probed, namespace }) {
    const findings = clients.flatMap((client): readonly RuleFinding[] => {
      const why = bypass(client);
      if (why === null) return [];
      const seen = vantagesWithin(client, probed);
      // The Nodes' resolvers may be set up to ask cluster DNS.
      if (seen.some(({ asksClusterDns }) => asksClusterDns === true)) return [];
      const [first] = client.references;
      return [
        {
          object: client.holder,
          field: [...podSpecPath(client.holder), why.field],
          message: `${asksFor(client, namespace)}, and its Pods do not ask cluster DNS: ${why.because}. ${why.whom} know nothing of the cluster's Services, so the name is NXDOMAIN there.`,
          evidence: [
            ...referenceEvidence(client),
            ...seen.flatMap(({ resolvConf, asksClusterDns, pod }) =>
              asksClusterDns === false && resolvConf !== null
                ? [`seen from Pod ${pod.name}: nameserver ${resolvConf.nameservers.join(", ")}`]
                : [],
            ),
          ],
          remedy: templateChange(client.holder, why.remedy, `then ask for ${first.full} from one of its Pods`),
        },
      ];
    });
    return orUnread(findings, references);
  },
});

interface Bypass {
  readonly field: "hostNetwork" | "dnsPolicy" | "dnsConfig";
  readonly because: string;
  /** `The Node's resolvers`. */
  readonly whom: string;
  readonly remedy: { readonly dnsPolicy: string };
}

/** How a client's questions go elsewhere; null where they reach cluster DNS, or may. */
function bypass({ holder, resolvConf }: Client): Bypass | null {
  const { hostNetwork, dnsPolicy, dnsConfig } = podSpecOf(holder);
  const remedy = { dnsPolicy: hostNetwork ? "ClusterFirstWithHostNet" : "ClusterFirst" };
  if (resolvConf.asks === "node") {
    const because =
      dnsPolicy === "Default"
        ? "dnsPolicy: Default gives them the Node's resolv.conf"
        : "with hostNetwork: true, dnsPolicy: ClusterFirst gives them the Node's resolv.conf";
    return {
      field: dnsPolicy === "Default" ? "dnsPolicy" : "hostNetwork",
      because,
      whom: "The Node's resolvers",
      remedy,
    };
  }
  if (resolvConf.asks !== "own") return null;
  // The first one is asked, and its NXDOMAIN counts. A private address may be cluster DNS, or lead to it.
  const [first] = dnsConfig?.nameservers ?? [];
  if (first === undefined || parseIp(first) === null || !isPublic(first)) return null;
  return {
    field: "dnsConfig",
    because: `with dnsPolicy: None they ask ${first} first`,
    whom: "Resolvers of the Internet",
    remedy,
  };
}

/** Whether client-search-path and network-policy-blocks-dns have nothing to add: the questions go elsewhere. */
export function bypassesClusterDns(client: Client): boolean {
  return bypass(client) !== null;
}
