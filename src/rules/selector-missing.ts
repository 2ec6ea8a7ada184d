import { hasSelector, type Service } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { strayEndpoints, straySlices } from "../trace/manual-slices.ts";
import type { Parts } from "../trace/trace.ts";
import { count } from "../trace/words.ts";
import { needers } from "./evidence/headless-needs.ts";
import { labelsText, writtenLabels } from "./evidence/label-differences.ts";
import { isNameHolder } from "./evidence/name-holder.ts";
import { nearestLabels } from "./evidence/nearest-labels.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeSelector } from "./remedies/selector-remedies.ts";
import { type CannotTell, defineRule, type RuleFinding } from "./rule.ts";

/**
 * Without a selector (an empty one counts as none) the EndpointSlice controller leaves a Service alone
 * (endpointslice_controller.go syncService): its endpoints are whatever others write. Where nobody does, the name is
 * NXDOMAIN.
 */
export const selectorMissing = defineRule({
  id: "selector-missing",
  link: "selector",
  severity: "error",
  summary: "a headless Service without selector and without endpoints of its own",
  needs: { endpointSlices: "complete", endpoints: "optional", services: "present", workloads: "optional" },
  applies: ({ service, headless }) => headless && service !== null && !hasSelector(service),
  check(context): readonly RuleFinding[] | CannotTell {
    const { service, namespace, live, neededBy, endpointSlices, endpoints, services, workloads, now } = context;
    // With an externalName it was meant as an alias: external-name-ignored.
    if (service === null || (service.spec.externalName ?? "") !== "") return [];
    if (isNameHolder(context)) return [];
    const written = endpoints.status === "unavailable" ? null : endpoints.value.ofService;
    const addresses =
      endpointSlices.ofService.reduce((sum, slice) => sum + slice.endpoints.length, 0) +
      (written?.subsets ?? []).reduce((sum, one) => sum + one.addresses.length + one.notReadyAddresses.length, 0);
    const kept = endpointSlices.ofService.length > 0 || written !== null;
    // Whoever made them fills them when the cluster runs (leader election, an operator).
    if (addresses > 0 || (kept && !live)) return [];
    // What was written for it and misses it is the cause: endpoint-slice-unlabelled.
    if (straySlices(context, endpointSlices, services).length > 0) return [];
    if (endpoints.status !== "unavailable" && strayEndpoints(context, endpointSlices, endpoints.value).length > 0)
      return [];
    const known = workloads.status === "unavailable" ? null : workloads.value;
    if (!live && (known === null || known.inNamespace.length === 0)) {
      return { cannotTell: `the input holds no workload of namespace ${namespace}, and no endpoints`, byNature: true };
    }
    const meant = known === null ? null : meantFor(service, known);
    const needs = needers(neededBy);
    const { name } = service.metadata;
    return [
      {
        object: service,
        field: ["spec", "selector"],
        message: `Headless Service ${name} has no selector${service.spec.selector === null ? "" : " (an empty one counts as none)"}, so Kubernetes makes no endpoints for it, and ${kept ? "what was made for it holds no address" : `nobody else has: there is no EndpointSlice and no Endpoints for it${live ? "" : " in the input"}`}. Cluster DNS answers NXDOMAIN for its name and every name below it.`,
        evidence: [
          "no selector",
          kept
            ? `${count(endpointSlices.ofService.length, "EndpointSlice")} without addresses`
            : `no EndpointSlice labelled kubernetes.io/service-name=${name}`,
          ...needs.map((need) => `needed by ${need}`),
          ...(meant === null
            ? []
            : [
                `the Pods of ${meant.kind} ${meant.metadata.name} have ${labelsText(writtenLabels(meant.template.labels))}`,
              ]),
          ...provenance(service, now),
        ],
        remedy: remedyOf(service, meant),
      },
    ];
  },
});

/** The workload that the Service was made for, where its name or serviceName tells. */
function meantFor(service: Service, workloads: Parts["workloads"]): Workload | null {
  const [nearest] = nearestLabels({}, service.metadata.name, workloads, null);
  if (nearest === undefined || nearest.object.kind === "Pod") return null;
  return Object.keys(nearest.object.template.labels).length > 0 ? nearest.object : null;
}

function remedyOf(service: Service, meant: Workload | null): string {
  const { namespace } = service.metadata;
  const outside = note(
    "for endpoints outside the cluster, write an EndpointSlice with the label kubernetes.io/service-name instead",
  );
  if (meant === null) {
    return [
      note("give it the labels of the Pods that it is meant for as spec.selector"),
      ...(service.live ? [kubectl(namespace, "get", "pods", "--show-labels")] : []),
      outside,
    ].join("\n");
  }
  const labels = meant.selector?.matchLabels ?? {};
  return [changeSelector(service, Object.keys(labels).length > 0 ? labels : meant.template.labels), outside].join("\n");
}
