import { selects } from "../kubernetes/label-selector.ts";
import { isDns1123Label } from "../kubernetes/names.ts";
import { ordinalsOf } from "../kubernetes/stateful-set.ts";
import { isWritten } from "../objects/meta.ts";
import { nearNames } from "../objects/near-names.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { byName, listed } from "../trace/words.ts";
import { holderName } from "./evidence/reference-text.ts";
import { kubectlApply, note } from "./remedies/kubectl.ts";
import { governingService } from "./remedies/new-service.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeServiceName } from "./remedies/recreate.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";
import { namespaceLeaving } from "./service-terminating.ts";

/**
 * A StatefulSet's Pods carry serviceName as their subdomain (stateful_set_utils.go initIdentity), and have names below
 * the Service of that name only. The API server does not ask whether there is one.
 */
export const statefulSetServiceMissing = defineRule({
  id: "stateful-set-service-missing",
  link: "service",
  severity: "error",
  summary: "a StatefulSet's serviceName names no Service of the namespace, or is empty while Pod names are used",
  needs: { services: "complete", workloads: "present", references: "present", namespaces: "optional" },
  check(context) {
    // Of a namespace that is being deleted the Service may go first: service-terminating tells it.
    if (namespaceLeaving(context.namespaces) !== null) return [];
    const { headless, service, services, workloads, references, now } = context;
    // Asked about a headless Service, its StatefulSet may name another one by mistake.
    const around = headless ? workloads.selected.filter(({ kind }) => kind === "StatefulSet") : [];
    return [...new Set([...workloads.governed, ...around])].flatMap((set): readonly RuleFinding[] => {
      const serviceName = set.serviceName ?? "";
      if (serviceName === "") {
        if (service === null) return [];
        const use = useOfPodNames(set, context, references);
        return use === null ? [] : [withoutName(set, service, use, now)];
      }
      if (services.named(serviceName) !== null) return [];
      // One that spans other workloads was not meant to govern this one, and its own name answers.
      const isBeside = service !== null && !workloads.governed.includes(set);
      if (isBeside && selectsAnother(service, set, workloads.inNamespace)) return [];
      const finding = missing(set, serviceName, services.inNamespace, workloads.inNamespace, now);
      // Asked about the missing name, its line says already that there is none.
      const brief = `StatefulSet ${set.metadata.name} names ${serviceName}`;
      return [service === null ? finding : { ...finding, brief }];
    });
  },
});

function missing(
  set: Workload,
  serviceName: string,
  services: readonly Service[],
  workloads: readonly Workload[],
  now: string | null,
): RuleFinding {
  const { namespace, name } = set.metadata;
  const near = nearNames(
    serviceName,
    services.map((one) => one.metadata.name),
  );
  const fitting = services
    .filter((one) => isHeadless(one) && selects(one, set.template.labels))
    // One that spans many workloads (a gossip ring, part-of) governs none of them.
    .filter((one) => near.includes(one.metadata.name) || !selectsAnother(one, set, workloads))
    .map((one) => one.metadata.name)
    .sort((a, b) => Number(near.includes(b)) - Number(near.includes(a)) || (a < b ? -1 : 1));
  const [meant] = fitting;
  if (!isDns1123Label(serviceName)) return rejected(set, serviceName, fitting);
  const made = governingService(set, serviceName);
  return {
    object: set,
    field: ["spec", "serviceName"],
    message: `StatefulSet ${name} has serviceName: ${serviceName}, and namespace ${namespace} has no Service ${serviceName}. Its Pods have their names below that Service only, so ${name}-${set.ordinalsStart}.${serviceName} and all the others are NXDOMAIN.`,
    evidence: [
      `serviceName: ${serviceName}`,
      ...(fitting.length > 0
        ? [`headless and selecting these Pods: ${listed(fitting)}`]
        : near.length > 0
          ? [`near names in ${namespace}: ${near.join(", ")}`]
          : [`Services in ${namespace}: ${listed(services.map((one) => one.metadata.name).sort(byName)) || "none"}`]),
      ...provenance(set, now),
    ],
    // The name was surely meant where it is a typo away, and the one Service with these Pods.
    patch:
      isWritten(set) && meant !== undefined && fitting.length === 1 && near.includes(meant)
        ? [{ path: ["spec", "serviceName"], value: meant }]
        : [],
    remedy:
      meant !== undefined
        ? [
            changeServiceName(set, meant),
            note(
              `or make Service ${serviceName}, headless and with the same selector, where clients ask for names below it`,
            ),
          ].join("\n")
        : !isWritten(set)
          ? kubectlApply(namespace, made)
          : [note("add the Service, or name one that exists in spec.serviceName:"), yamlLines(made)].join("\n"),
  };
}

function selectsAnother(service: Service, set: Workload, workloads: readonly Workload[]): boolean {
  return workloads.some((one) => one !== set && selects(service, one.template.labels));
}

/** Mirrors pkg/apis/apps/validation ValidateStatefulSetSpec. */
function rejected(set: Workload, serviceName: string, fitting: readonly string[]): RuleFinding {
  const { namespace, name } = set.metadata;
  const [label = ""] = serviceName.toLowerCase().split(".");
  const meant = fitting[0] ?? (isDns1123Label(label) ? label : "NAME");
  return {
    object: set,
    field: ["spec", "serviceName"],
    message: `StatefulSet ${name} has serviceName: ${serviceName}, which is no DNS label (lower case letters, digits and hyphens, at most 63, no dots): the API server rejects it. It takes the bare name of a Service of namespace ${namespace}, never a name with a domain, and the Pods have no names below anything else.`,
    evidence: [`serviceName: ${serviceName}`],
    remedy: changeServiceName(set, meant),
  };
}

function withoutName(set: Workload, service: Service, use: string, now: string | null): RuleFinding {
  const { name } = set.metadata;
  return {
    object: set,
    field: ["spec", "serviceName"],
    brief: `StatefulSet ${name} names no Service`,
    message: `StatefulSet ${name} has no serviceName, so its Pods have no names below any Service. ${name}-${set.ordinalsStart}.${service.metadata.name} is asked for (${use}) and is NXDOMAIN.`,
    evidence: [
      "serviceName is empty",
      `headless Service ${service.metadata.name} selects its Pods`,
      ...provenance(set, now),
    ],
    remedy: changeServiceName(set, service.metadata.name),
  };
}

/** Pods of a set that are looked for by name. */
const MOST_PODS = 10;

/** Where the name of one of the set's Pods below the Service is written down; null where it is nowhere. */
function useOfPodNames(
  set: Workload,
  { name: service, namespace, clusterDomain }: Pick<Subject, "name" | "namespace" | "clusterDomain">,
  references: Parts["references"],
): string | null {
  const suffixes = ["", `.${namespace}`, `.${namespace}.svc`, `.${namespace}.svc.${clusterDomain}`];
  const hosts = ordinalsOf(set, MOST_PODS).flatMap((ordinal) =>
    suffixes.map((suffix) => `${set.metadata.name}-${ordinal}.${service}${suffix}`),
  );
  const places = hosts
    .flatMap((host) => references.naming(host))
    .map(({ holder, object, label }) =>
      object === holder ? `${label} of ${holderName(holder)}` : `ConfigMap ${object.metadata.name}`,
    );
  return places.sort(byName)[0] ?? null;
}
