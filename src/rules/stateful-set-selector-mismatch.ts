import { matchesLabels } from "../kubernetes/label-selector.ts";
import { hasSelector } from "../objects/service.ts";
import { byName, listed } from "../trace/words.ts";
import {
  differencesOf,
  differenceText,
  labelsText,
  selectorChanges,
  writtenLabels,
} from "./evidence/label-differences.ts";
import { note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeSelector } from "./remedies/selector-remedies.ts";
import { defineRule } from "./rule.ts";

/**
 * A Pod has a name below a Service only as one of its endpoints (controller_utils.go ShouldSetHostname is asked about
 * selected Pods). A governing Service that selects other Pods leaves its StatefulSet's without names. Where it selects
 * no Pod at all, that is selector-matches-no-pods.
 */
export const statefulSetSelectorMismatch = defineRule({
  id: "stateful-set-selector-mismatch",
  link: "selector",
  severity: "error",
  summary: "a StatefulSet's governing Service does not select its Pods",
  needs: { workloads: "present", pods: "present" },
  applies: ({ service, neededBy }) =>
    service !== null &&
    service.spec.type !== "ExternalName" &&
    hasSelector(service) &&
    neededBy.some(({ by }) => by.kind === "StatefulSet"),
  check({ service, namespace, workloads, pods, live, now }) {
    const selector = service?.spec.selector ?? {};
    if (service === null || (pods.selected.length === 0 && workloads.selected.length === 0)) return [];
    const { name } = service.metadata;
    const selected = new Set(pods.selected.map((pod) => workloads.makerOf(pod)?.workload?.metadata.name));
    return workloads.governed.flatMap((set) => {
      const labels = set.template.labels;
      // Pods whose labels were changed by hand are selector-misses-replicas'.
      if (matchesLabels(selector, labels) || selected.has(set.metadata.name)) return [];
      const others = [...selected].filter((one) => one !== undefined).sort(byName);
      return [
        {
          object: service,
          field: ["spec", "selector"],
          message: `Service ${name} governs StatefulSet ${set.metadata.name}, but its selector (${labelsText(selector)}) does not match that StatefulSet's Pods (${labelsText(writtenLabels(labels)) || "no labels"}). They are no endpoints of it, so their names (${set.metadata.name}-${set.ordinalsStart}.${name}.${namespace}) are NXDOMAIN${others.length > 0 ? `, and ${name} answers other Pods' addresses` : ""}.`,
          evidence: [
            ...differencesOf(selector, labels).map((one) =>
              differenceText(one, `the Pods of StatefulSet ${set.metadata.name}`, labels),
            ),
            ...(others.length > 0 ? [`it selects the Pods of ${listed(others)} instead`] : []),
            ...provenance(service, now),
          ],
          remedy: [
            changeSelector(service, selectorChanges(selector, labels, set.selector?.matchLabels ?? labels)),
            note(
              `where Service ${name} belongs to the Pods that it selects now, give StatefulSet ${set.metadata.name} a headless Service of its own: serviceName cannot be changed${live ? ", so the StatefulSet must be made again" : " later"}`,
            ),
          ].join("\n"),
        },
      ];
    });
  },
});
