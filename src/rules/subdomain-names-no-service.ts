import { isDns1123Label } from "../kubernetes/names.ts";
import { isWritten, type KubernetesObject } from "../objects/meta.ts";
import { nearNames } from "../objects/near-names.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { byName, count, listed } from "../trace/words.ts";
import { writtenLabels } from "./evidence/label-differences.ts";
import { isPeer } from "./evidence/selected-groups.ts";
import { templatePath } from "./evidence/template-path.ts";
import { kubectlApply, kubectlPatch, note } from "./remedies/kubectl.ts";
import { nearLabel } from "./remedies/near-label.ts";
import { headlessService } from "./remedies/new-service.ts";
import { provenance } from "./remedies/provenance.ts";
import { unfilledRemedy } from "./remedies/unfilled.ts";
import { type YamlValue, yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * `subdomain` makes a Pod's name `HOSTNAME.SUBDOMAIN.NAMESPACE.svc` only where a headless Service of that name selects
 * the Pod (controller_utils.go ShouldSetHostname); alone it does no more than fill the Pod's own /etc/hosts. A Service
 * that exists and is not headless is cluster-ip-not-none's.
 */
export const subdomainNamesNoService = defineRule({
  id: "subdomain-names-no-service",
  link: "service",
  severity: "error",
  summary: "a Pod's subdomain names no Service of the namespace",
  needs: { services: "complete", pods: "present", workloads: "optional" },
  applies: ({ service, headless, neededBy }) =>
    service === null ? neededBy.some(({ by }) => by.kind === "Pod") : headless,
  check({ name, service, neededBy, services, pods, workloads, live, now }) {
    const candidates =
      service === null
        ? neededBy.flatMap(({ by }) => (by.kind === "Pod" ? [by] : []))
        : // Asked about a headless Service, its Pods may name another one by mistake.
          pods.selected.filter(({ spec }) => spec.subdomain !== "" && spec.subdomain !== name);
    const missing = candidates
      .filter((pod) => isPeer(pod) && services.named(pod.spec.subdomain) === null)
      .sort((a, b) => byName(a.metadata.name, b.metadata.name));
    if (missing.length === 0) return [];
    const known = services.inNamespace.map((one) => one.metadata.name).sort(byName);
    const groups = new Map<string, { readonly object: Workload | Pod; readonly pods: [Pod, ...Pod[]] }>();
    for (const pod of missing) {
      const owner = workloads.status === "unavailable" ? null : (workloads.value.ownerOf(pod)?.workload ?? null);
      // A StatefulSet's Pods have their subdomain from its serviceName: stateful-set-service-missing.
      if (owner?.serviceName === pod.spec.subdomain) continue;
      const object = owner?.template.spec.subdomain === pod.spec.subdomain ? owner : pod;
      const key = `${object.kind}/${object.metadata.name}`;
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { object, pods: [pod] });
      else group.pods.push(pod);
    }
    return [...groups.values()].map((group) => findingOf(group.object, group.pods, known, live, now));
  },
});

function findingOf(
  object: Workload | Pod,
  pods: readonly [Pod, ...Pod[]],
  services: readonly string[],
  live: boolean,
  now: string | null,
): RuleFinding {
  const [first] = pods;
  const { subdomain, hostname } = first.spec;
  const { namespace } = object.metadata;
  const near = nearNames(subdomain, services);
  const field: FieldPath =
    object.kind === "Pod" ? ["spec", "subdomain"] : [...templatePath(object), "spec", "subdomain"];
  if (!isDns1123Label(subdomain)) return rejected(object, subdomain, field);
  return {
    object,
    field,
    message: `${describe(object)} ${object.kind === "Pod" ? "has" : "makes Pods with"} subdomain: ${subdomain}, and namespace ${namespace} has no Service ${subdomain}: ${fate(first)}.`,
    evidence: [
      `subdomain: ${subdomain}, ${hostname === "" ? "no hostname" : `hostname: ${hostname}`}`,
      ...(live ? [`${count(pods.length, "Pod")}: ${listed(pods.map((pod) => pod.metadata.name).sort(byName))}`] : []),
      near.length > 0
        ? `near names in ${namespace}: ${near.join(", ")}`
        : `Services in ${namespace}: ${listed(services) || "none"}`,
      ...provenance(object, now),
    ],
    remedy: remedyOf(object, first, near[0]),
  };
}

/** Mirrors pkg/apis/core/validation ValidatePodSpec: what it refuses names no Service, and no Service can be called so. */
function rejected(object: Workload | Pod, subdomain: string, field: FieldPath): RuleFinding {
  const [label = ""] = subdomain.split(".");
  const meant = nearLabel(label);
  return {
    object,
    field,
    message: `${describe(object)} has subdomain: ${subdomain}, which is no DNS label (lower case letters, digits and hyphens, at most 63, no dots): the API server rejects it. It takes the bare name of a headless Service of namespace ${object.metadata.namespace}, never a name with a domain.`,
    evidence: [`subdomain: ${subdomain}`],
    remedy:
      unfilledRemedy(subdomain) ??
      (meant === "" ? note("write the name of the headless Service") : yamlLines({ spec: nested(object, meant) })),
  };
}

function describe(object: KubernetesObject): string {
  return `${object.kind} ${object.metadata.name}`;
}

function fate({ spec }: Pod): string {
  return spec.hostname === ""
    ? "a subdomain gives names only below a headless Service of its name"
    : `${spec.hostname}.${spec.subdomain} exists only below a headless Service of that name, so it is NXDOMAIN everywhere but in the Pod itself, whose /etc/hosts has it`;
}

/** A Pod's subdomain cannot change, so a live one is helped by the Service that it asks for. */
function remedyOf(object: Workload | Pod, pod: Pod, near: string | undefined): string {
  const live = !isWritten(object);
  const { namespace } = object.metadata;
  const name = pod.spec.subdomain;
  const labels =
    object.kind === "Pod"
      ? writtenLabels(pod.metadata.labels)
      : (object.selector?.matchLabels ?? object.template.labels);
  const made = headlessService(namespace, name, labels, pod.spec);
  const addService = live ? kubectlApply(namespace, made) : [note("add the Service:"), yamlLines(made)].join("\n");
  if (Object.keys(labels).length === 0)
    return note(`give the Pods labels, and add a headless Service ${name} that selects them`);
  if (near === undefined) return addService;
  if (!live) {
    return [note(`if Service ${near} was meant:`), yamlLines({ spec: nested(object, near) })].join("\n");
  }
  if (object.kind === "Pod" || object.kind === "Job") {
    return [
      addService,
      note(`if Service ${near} was meant: make ${describe(object)} again with subdomain: ${near}`),
    ].join("\n");
  }
  const patch = { spec: nested(object, near) };
  return [
    note(`if Service ${near} was meant:`),
    kubectlPatch(namespace, object.kind.toLowerCase(), object.metadata.name, patch),
  ].join("\n");
}

function nested(object: Workload | Pod, subdomain: string): { readonly [key: string]: YamlValue } {
  if (object.kind === "Pod") return { subdomain };
  const template = { template: { spec: { subdomain } } };
  return object.kind === "CronJob" ? { jobTemplate: { spec: template } } : template;
}
