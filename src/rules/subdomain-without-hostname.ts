import { isStandIn } from "../kubernetes/workload-pods.ts";
import type { Pod } from "../objects/pod.ts";
import type { Owner } from "../trace/owners.ts";
import { byName, count, listed } from "../trace/words.ts";
import { ownerFrom } from "./evidence/pod-groups.ts";
import { kubectlPatch, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * An endpoint gets a name of its own only where the Pod has both, hostname and a subdomain that is the Service
 * (controller_utils.go ShouldSetHostname); with the subdomain alone CoreDNS names it after its address.
 */
export const subdomainWithoutHostname = defineRule({
  id: "subdomain-without-hostname",
  link: "readiness",
  severity: "warning",
  summary: "Pods with a subdomain and no hostname have no name of their own",
  needs: { pods: "present", workloads: "optional" },
  applies: ({ headless }) => headless,
  check({ namespace, name, pods, workloads, live, now }) {
    const selected = new Set(pods.selected);
    const owner = ownerFrom(workloads);
    const groups = new Map<string, { owner: Owner | null; pods: [Pod, ...Pod[]] }>();
    for (const pod of pods.withSubdomain) {
      // What the Service does not select has no name whatever its hostname: the selector comes first.
      if (pod.spec.hostname !== "" || !selected.has(pod)) continue;
      const by = owner(pod);
      const key = by === null ? "" : `${by.ref.kind}/${by.ref.name}`;
      const known = groups.get(key);
      if (known === undefined) groups.set(key, { owner: by, pods: [pod] });
      else known.pods.push(pod);
    }
    return [...groups.values()].map(({ owner: by, pods: without }): RuleFinding => {
      const [first] = without;
      const names = without.map((pod) => pod.metadata.name).sort(byName);
      const object = by === null ? first : (by.workload ?? by.ref);
      const who = by === null ? `Pod ${listed(names)}` : `${by.ref.kind} ${by.ref.name}`;
      const example = names.find((one) => !isStandIn(one));
      return {
        object,
        field: [...specPath(by), "subdomain"],
        message: `${who} gives its Pods the subdomain ${name} and no hostname, so none of them has a name of its own under ${name}.${namespace}: there is only the Service's name, and one made of each address (10-0-0-1.${name}).`,
        evidence: [
          `subdomain: ${name}, hostname not set, on ${count(without.length, "Pod")}`,
          ...(example === undefined ? [] : [`${example}.${name}.${namespace} does not exist`]),
          ...(by?.workload ? provenance(by.workload, now) : []),
        ],
        remedy: remedy(by, without, name, live),
      };
    });
  },
});

function specPath(owner: Owner | null): readonly string[] {
  if (owner === null) return ["spec"];
  return owner.ref.kind === "CronJob"
    ? ["spec", "jobTemplate", "spec", "template", "spec"]
    : ["spec", "template", "spec"];
}

/** One Pod can take the workload's name; many would share it, so they need a StatefulSet, or can do without. */
function remedy(owner: Owner | null, pods: readonly [Pod, ...Pod[]], service: string, live: boolean): string {
  const [first] = pods;
  if (owner === null) {
    const lines = [
      note("a Pod's hostname cannot be changed: delete the Pod and make it again with"),
      yamlLines({ spec: { hostname: first.metadata.name } }),
    ];
    return live
      ? lines.map((line) => (line.startsWith("#") ? line : note(line.replaceAll("\n", " ")))).join("\n")
      : (lines[1] ?? "");
  }
  const { namespace, kind, name } = owner.ref;
  const single = pods.length === 1 && owner.workload?.replicas === 1;
  const change = single ? { hostname: hostLabel(name) } : { subdomain: null };
  const patch = specPath(owner)
    .toReversed()
    .reduce<object>((inner, key) => ({ [key]: inner }), change);
  const why = single
    ? note("one Pod only: with more, all would share this hostname")
    : note(
        `names for each Pod take a StatefulSet with serviceName: ${service}; where nobody needs them, do without the subdomain:`,
      );
  if (live) return [why, kubectlPatch(namespace, kind.toLowerCase(), name, patch)].join("\n");
  return single
    ? [why, yamlLines({ hostname: hostLabel(name) })].join("\n")
    : [why, note(`remove ${[...specPath(owner), "subdomain"].join(".")}`)].join("\n");
}

/** A workload's name may hold dots and be longer than the 63 characters of a DNS label. */
function hostLabel(name: string): string {
  return name.replaceAll(".", "-").slice(0, 63).replace(/-+$/, "");
}
