import { controllerOf, isWritten } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { byName, count, listed } from "../trace/words.ts";
import { isPeer } from "./evidence/selected-groups.ts";
import { templatePath } from "./evidence/template-path.ts";
import { kubectlPatch, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * A hostname in a template is every replica's. CoreDNS answers a per-Pod name with each endpoint of that hostname
 * (plugin/kubernetes findServices, endpointHostname), so the name means all of the Pods and none of them. StatefulSets
 * and Indexed Jobs overwrite it with one for each Pod.
 */
export const hostnameShared = defineRule({
  id: "hostname-shared",
  link: "pods",
  severity: "warning",
  summary: "several Pods have the same hostname below the Service: one name for all of them",
  needs: { pods: "present", workloads: "optional" },
  applies: ({ service, headless, neededBy }) =>
    headless && service !== null && neededBy.some(({ by }) => by.kind === "Pod"),
  check({ service, name, namespace, pods, workloads, live, now }) {
    if (service === null) return [];
    const selected = new Set(pods.selected);
    const named = pods.withSubdomain
      .filter((pod) => pod.spec.hostname !== "" && selected.has(pod) && isPeer(pod))
      .sort((a, b) => byName(a.metadata.name, b.metadata.name));
    const ownerOf = (pod: Pod): Workload | null =>
      workloads.status === "unavailable" ? null : (workloads.value.ownerOf(pod)?.workload ?? null);
    return [...Map.groupBy(named, (pod) => pod.spec.hostname)].flatMap(
      ([hostname, sharing]): readonly RuleFinding[] => {
        const [first] = sharing;
        if (first === undefined) return [];
        const owners = [...new Set(sharing.map(ownerOf))];
        const owner = owners.length === 1 ? (owners[0] ?? null) : null;
        if (owner === null ? sharing.length < 2 || isOneMachine(sharing) : !makesMany(owner, sharing)) return [];
        const object = owner ?? first;
        const who =
          owner === null ? `Pods ${listed(namesOf(sharing))}` : `The Pods of ${owner.kind} ${owner.metadata.name}`;
        return [
          {
            object,
            field: owner === null ? ["spec", "hostname"] : [...templatePath(owner), "spec", "hostname"],
            message: `${who} all have hostname: ${hostname} below Service ${name}, so ${hostname}.${name}.${namespace} is one name for all of them: it answers any of their addresses, and no Pod has a name of its own.`,
            evidence: [
              `hostname: ${hostname}, subdomain: ${name}`,
              owner === null || live
                ? `${count(sharing.length, "Pod")} with it: ${listed(namesOf(sharing))}`
                : `${owner.kind} ${owner.metadata.name}: ${owner.replicas === null ? "a Pod on every node" : count(owner.replicas, "replica")}`,
              ...provenance(object, now),
            ],
            remedy: remedyOf(owner, first),
          },
        ];
      },
    );
  },
});

function namesOf(pods: readonly Pod[]): readonly string[] {
  return pods.map((pod) => pod.metadata.name);
}

/** Whether the Pods are those of one virtual machine of KubeVirt, which has two only while it migrates. */
function isOneMachine(sharing: readonly Pod[]): boolean {
  const machines = sharing.map((pod) => {
    const owner = controllerOf(pod);
    return owner?.kind === "VirtualMachineInstance" ? owner.name : null;
  });
  return machines.every((name) => name !== null && name === machines[0]);
}

/** Whether the workload is meant to have several Pods at a time; one replica has two only while it is rolled out. */
function makesMany(workload: Workload, sharing: readonly Pod[]): boolean {
  if (workload.kind === "StatefulSet" || workload.indexed) return false;
  if (workload.kind === "DaemonSet") return sharing.length > 1 || sharing.every((pod) => pod.status === null);
  return workload.replicas !== null && workload.replicas > 1;
}

function remedyOf(owner: Workload | null, pod: Pod): string {
  if (owner === null) return note(`give each Pod a hostname of its own, not ${pod.spec.hostname}`);
  const own = note("where every Pod needs a name of its own, make it a StatefulSet with this Service as serviceName");
  const { namespace, name } = owner.metadata;
  if (isWritten(owner)) return [note("remove hostname and subdomain from the template's spec"), own].join("\n");
  if (owner.kind === "Job") return own;
  const spec = { hostname: null, subdomain: null };
  return [
    kubectlPatch(namespace, owner.kind.toLowerCase(), name, { spec: { template: { spec } } }),
    note("the Pods are made again without per-Pod names; the Service's own name goes on answering them all"),
    own,
  ].join("\n");
}
