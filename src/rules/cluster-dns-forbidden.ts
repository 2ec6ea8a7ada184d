import type { ObjectRef } from "../objects/meta.ts";
import type { AccessFact } from "../objects/observation.ts";
import type { DnsCorefile } from "../trace/dns-corefile.ts";
import { listed } from "../trace/words.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { defineRule } from "./rule.ts";

const DEFAULT_ROLE = "system:coredns";
const LOGGED = /forbidden/i;

/**
 * CoreDNS lists and watches what it answers from (plugin/kubernetes controller.go). One that may not list never syncs:
 * it answers SERVFAIL and is never Ready. One that lost the right while running goes on with what it last saw.
 */
export const clusterDnsForbidden = defineRule({
  id: "cluster-dns-forbidden",
  link: "cluster-dns",
  severity: "error",
  summary: "CoreDNS may not list or watch what it answers from",
  needs: { dnsAccess: "present", corefile: "optional" },
  liveOnly: true,
  check({ dnsAccess, corefile }) {
    const { facts, gap, logs } = dnsAccess;
    if (facts === null) return [];
    const needed = neededResources(corefile.status === "unavailable" ? null : corefile.value);
    const denied = facts.filter(({ resource, allowed }) => !allowed && needed.has(resource));
    const [first] = denied;
    if (first === undefined) return [];
    const lacking = [...new Set(denied.map(({ resource }) => resource))];
    const verbs = [...new Set(denied.map(({ verb }) => verb))].join(" and ");
    // Replicas say the same, each in its turn.
    const lines = [...new Set(logs.flatMap((log) => log.lines.filter((line) => LOGGED.test(line))))];
    const everything = facts.every(({ allowed }) => !allowed);
    return [
      {
        object: roleOf(facts),
        ...(everything ? {} : { field: ["rules"] }),
        severity: gap === "" ? "error" : "warning",
        message: `CoreDNS may not ${verbs} ${listed(lacking, 4)}: a replica that starts never gets ready and answers SERVFAIL, and one that runs goes on answering with what it last saw, so that new Pods get no names and old ones keep theirs.`,
        evidence: [
          ...denied.map(({ account, verb, resource, because }) => `${account} may not ${verb} ${resource}: ${because}`),
          ...(gap === "" ? [] : [`not everything was read: ${gap}`]),
          ...lines.slice(-2).map((line) => `log: ${line}`),
        ],
        remedy: (everything ? bind(first) : grant(roleOf(facts).name, denied)).join("\n"),
      },
    ];
  },
});

/** Which resources the Corefile makes CoreDNS read; Pods only for `pods verified` and autopath. */
function neededResources(corefile: DnsCorefile | null): ReadonlySet<string> {
  const blocks = corefile?.read.blocks.filter(({ kubernetes }) => kubernetes !== null) ?? [];
  const needed = new Set(["services", "namespaces"]);
  if (corefile === null || blocks.some(({ kubernetes }) => kubernetes?.noEndpoints === false))
    needed.add("endpointslices");
  if (blocks.some(({ kubernetes, autopath }) => kubernetes?.pods === "verified" || autopath !== null))
    needed.add("pods");
  return needed;
}

/** The role that allows CoreDNS what it may, else the one of the usual name. */
function roleOf(facts: readonly AccessFact[]): ObjectRef {
  const named = facts.flatMap(({ because }) => /ClusterRole "?([A-Za-z0-9:._-]+)/.exec(because)?.[1] ?? [])[0];
  return {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    namespace: "",
    name: named ?? DEFAULT_ROLE,
  };
}

function bind({ account }: AccessFact): readonly string[] {
  const [, , namespace = "", name = ""] = account.split(":");
  return [
    note("gives the account back what kubeadm gives it:"),
    `${kubectl("", "create", "clusterrole", DEFAULT_ROLE, "--verb=list,watch", "--resource=services,pods,namespaces,endpointslices.discovery.k8s.io", "--dry-run=client", "-o", "yaml")} | kubectl apply -f -`,
    `${kubectl("", "create", "clusterrolebinding", DEFAULT_ROLE, `--clusterrole=${DEFAULT_ROLE}`, `--serviceaccount=${namespace}:${name}`, "--dry-run=client", "-o", "yaml")} | kubectl apply -f -`,
  ];
}

function grant(role: string, denied: readonly AccessFact[]): readonly string[] {
  const groups = Map.groupBy(denied, ({ group }) => group);
  const patch = [...groups].map(([group, facts]) => ({
    op: "add",
    path: "/rules/-",
    value: {
      apiGroups: [group],
      resources: [...new Set(facts.map(({ resource }) => resource))],
      verbs: ["list", "watch"],
    },
  }));
  return [kubectlPatch("", "clusterrole", role, patch, "json")];
}
