import { matchesLabels, matchesSelector } from "../kubernetes/label-selector.ts";
import type { FieldChange } from "../objects/field-change.ts";
import { controllerOf, isWritten, type Labels, refOf } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { groupOf } from "../objects/read/kinds.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import type { Part } from "../trace/part.ts";
import { isRunTimeLabel } from "../trace/run-time-labels.ts";
import type { Parts } from "../trace/trace.ts";
import { byName, count, listed } from "../trace/words.ts";
import { currentWorkloads } from "./evidence/current-workloads.ts";
import {
  differencesOf,
  differenceText,
  isNear,
  type LabelDifference,
  labelsText,
  nearness,
  selectorChanges,
} from "./evidence/label-differences.ts";
import { type Candidate, nearestLabels } from "./evidence/nearest-labels.ts";
import { kubectl, kubectlApply, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeSelector, changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { type CannotTell, defineRule, type RuleFinding } from "./rule.ts";
import { namespaceLeaving } from "./service-terminating.ts";

/**
 * Without a selected Pod the EndpointSlice controller makes no endpoint, and a headless Service without endpoints is
 * NXDOMAIN (plugin/kubernetes handler.go: no records and no Service that answers for itself). A workload whose template
 * matches but has no Pods (scaled to zero, finished, out of quota) is no fault of the selector.
 */
export const selectorMatchesNoPods = defineRule({
  id: "selector-matches-no-pods",
  link: "selector",
  severity: "error",
  summary: "no Pod of the namespace has the labels that the Service selects",
  needs: { pods: "complete", workloads: "complete", services: "optional", namespaces: "optional" },
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName" && hasSelector(service),
  check(context): readonly RuleFinding[] | CannotTell {
    const { service, namespace, headless, live, asked, pods, workloads, services, namespaces, now } = context;
    if (service === null || pods.selected.length > 0) return [];
    if (currentWorkloads(workloads.selected, workloads).length > 0) return [];
    // service-terminating tells where they went.
    if (namespaceLeaving(namespaces) !== null) return [];
    const selector = service.spec.selector ?? {};
    // workload-rejected tells of the template: the Service selects what the set itself does.
    if (!live && workloads.governed.some((set) => lacksOwnLabels(set, selector))) return [];
    const elsewhere = strayedPods(pods, services);
    const empty = pods.inNamespace.length === 0 && workloads.inNamespace.length === 0;
    if (!live && empty && elsewhere.length === 0) {
      return { cannotTell: `the input holds no workload and no Pod of namespace ${namespace}`, byNature: true };
    }
    const labelled = currentWorkloads(workloads.byOwnLabel.matching(selector), workloads).toSorted((a, b) =>
      byName(a.metadata.name, b.metadata.name),
    )[0];
    const candidates = nearestLabels(selector, service.metadata.name, workloads, pods);
    const [nearest = null] = candidates;
    const differences = nearest === null ? [] : differencesOf(selector, nearest.labels);
    const atRunTime = ({ key, wanted, found, otherKey }: LabelDifference): boolean =>
      found === null && otherKey === null && isRunTimeLabel(key, wanted);
    const keys = differences.map(({ key }) => key);
    const elected = labelled === undefined && differences.length > 0 && differences.every(atRunTime);
    if (!live && elected) {
      return { cannotTell: `Pods may get the label ${listed(keys)} only when they run`, byNature: true };
    }
    const [only] = differences;
    const single = labelled === undefined ? singledOut(nearest, differences, pods) : null;
    const speaksFor = labelled !== undefined || nearest !== null || elsewhere.length > 0;
    const operator = speaksFor || asked ? null : operatorOf(service);
    const wrongKey = labelled === undefined && differences.length === 1 && only !== undefined ? [only.key] : [];
    const name = service.metadata.name;
    return [
      {
        object: service,
        field: ["spec", "selector", ...wrongKey],
        ...(operator === null ? {} : { severity: "warning" as const }),
        message: `The selector of Service ${name} (${labelsText(selector)}) matches no Pod in namespace ${namespace}${single?.because ?? operator?.because ?? because(labelled, nearest, elsewhere, selector)}. No Pod is selected, so no endpoint is made${headless ? " and cluster DNS answers NXDOMAIN for its name and every name below it" : ": its cluster IP answers, and connections to it fail"}.`,
        evidence: [
          ...(labelled === undefined ? [] : [ownLabelsText(labelled, selector)]),
          ...(nearest === null || single !== null
            ? []
            : differences.map((one) => differenceText(one, nearest.they, nearest.labels))),
          ...(elected
            ? [`no template writes such a label: an operator, or the Pods themselves, give it to running Pods`]
            : []),
          ...(labelled === undefined && nearest === null ? valuesText(selector, pods) : []),
          ...(elsewhere.length === 0 ? [] : [elsewhereText(elsewhere)]),
          empty
            ? `namespace ${namespace} has no Pods and no workloads`
            : `${count(pods.inNamespace.length, "Pod")} in ${namespace}, none with ${labelsText(selector)}`,
          ...provenance(service, now),
        ],
        remedy: elected
          ? electionRemedy(service, keys)
          : (single?.remedy ?? operator?.remedy ?? remedyOf(service, labelled, nearest, elsewhere)),
        patch: live || labelled !== undefined || elsewhere.length > 0 ? [] : typoPatch(selector, candidates),
      },
    ];
  },
});

/**
 * Of a Service that an operator made, and that nothing else speaks of: the operator takes Pods away when their work is done
 * (Kubeflow's MPIJob), or makes them when there is some (Ray). null of any other Service.
 */
function operatorOf(service: Service): { readonly because: string; readonly remedy: string } | null {
  const owner = controllerOf(service);
  const group = groupOf(owner?.apiVersion ?? "");
  if (owner === null || !group.includes(".") || group.endsWith(".k8s.io")) return null;
  const { kind, name } = owner;
  return {
    because: `: ${kind} ${name}, which the Service was made for, has no such Pods now`,
    remedy: kubectl(service.metadata.namespace, "describe", `${kind.toLowerCase()}.${group}`, name),
  };
}

/** Labels by which a controller tells the Pods of a workload apart: no template writes them. */
const ONE_POD_EACH: ReadonlySet<string> = new Set([
  "apps.kubernetes.io/pod-index",
  "batch.kubernetes.io/job-completion-index",
  "statefulset.kubernetes.io/pod-name",
]);

/** Where the selector fits a workload and asks for one of its Pods that it does not make; null for any other slip. */
function singledOut(
  nearest: Candidate | null,
  differences: readonly LabelDifference[],
  pods: Parts["pods"],
): { readonly because: string; readonly remedy: string } | null {
  if (nearest === null || nearest.object.kind === "Pod") return null;
  if (differences.length === 0 || !differences.every(({ key }) => ONE_POD_EACH.has(key))) return null;
  const { kind, metadata } = nearest.object;
  const names = pods
    .madeBy(refOf(nearest.object))
    .map((pod) => pod.metadata.name)
    .sort(byName);
  const asked = listed(differences.map(({ key, wanted }) => `${key}=${wanted}`));
  return {
    because: `: ${kind} ${metadata.name} has no Pod with ${asked}, ${names.length === 0 ? "for it has none" : `only ${listed(names)}`}`,
    remedy: note(
      `select a Pod that ${kind} ${metadata.name} makes, or let it make ${kind === "StatefulSet" ? "that one (spec.replicas, spec.ordinals)" : "more of them"}`,
    ),
  };
}

/** Whether a set selects these labels itself and its template does not have them, as where a kustomization adds labels. */
function lacksOwnLabels({ selector, template }: Workload, labels: Labels): boolean {
  return (
    selector !== null && matchesLabels(labels, selector.matchLabels) && !matchesSelector(selector, template.labels)
  );
}

/**
 * Pods of other namespaces that have the labels, by namespace. Where a Service of this name stands beside them, they are
 * that one's: the same application runs there, too.
 */
function strayedPods(pods: Parts["pods"], services: Part<Parts["services"]>): readonly Pod[] {
  const served = new Set(
    services.status === "unavailable" ? [] : services.value.elsewhere.map(({ metadata }) => metadata.namespace),
  );
  return pods.selectedElsewhere
    .filter(({ metadata }) => !served.has(metadata.namespace))
    .toSorted((a, b) => byName(a.metadata.namespace, b.metadata.namespace));
}

function namespacesOf(pods: readonly Pod[]): readonly string[] {
  return [...new Set(pods.map(({ metadata }) => metadata.namespace))];
}

/** The one slip of the selector, where all that it may have been meant for agrees on it: a value or a key a typo away. */
function typoPatch(selector: Labels, candidates: readonly Candidate[]): readonly FieldChange[] {
  const slips = candidates.map(({ labels }): readonly FieldChange[] => {
    const [only, ...others] = differencesOf(selector, labels);
    if (only === undefined || others.length > 0) return [];
    const { key, wanted, found, otherKey } = only;
    const path = ["spec", "selector", key];
    if (found !== null) return isNear(wanted, found) ? [{ path, value: found }] : [];
    if (otherKey === null || labels[otherKey] !== wanted || !isNear(key, otherKey)) return [];
    return [
      { path, value: null },
      { path: ["spec", "selector", otherKey], value: wanted },
    ];
  });
  const distinct = new Set(slips.map((slip) => JSON.stringify(slip)));
  return distinct.size === 1 ? (slips[0] ?? []) : [];
}

function because(
  labelled: Workload | undefined,
  nearest: Candidate | null,
  elsewhere: readonly Pod[],
  selector: Labels,
): string {
  if (labelled !== undefined) {
    return `: ${labelled.kind} ${labelled.metadata.name} carries these labels itself, but its Pod template does not`;
  }
  if (elsewhere.length > 0 && (nearest === null || nearness(selector, nearest.labels) === 0)) {
    const there = namespacesOf(elsewhere);
    return `: the Pods that have these labels run in ${there.length === 1 ? "namespace" : "the namespaces"} ${listed(there)}, and a selector never reaches over its own`;
  }
  if (nearest === null) return "";
  const instead = differencesOf(selector, nearest.labels).map(({ key, found, otherKey }) =>
    found !== null
      ? `${key}=${found}`
      : otherKey !== null
        ? `${otherKey}=${nearest.labels[otherKey]}`
        : `no label ${key}`,
  );
  return `: ${nearest.they} have ${listed(instead, 5)}`;
}

function ownLabelsText({ kind, metadata, template }: Workload, selector: Labels): string {
  const missing = differencesOf(selector, template.labels).map(({ key, wanted }) => `${key}=${wanted}`);
  return `${kind} ${metadata.name}: ${missing.join(",")} in metadata.labels, not in the Pod template's metadata.labels`;
}

/** What the namespace's Pods have for the keys that were asked for. */
function valuesText(selector: Labels, pods: Parts["pods"]): readonly string[] {
  return Object.keys(selector).map((key) => {
    const values = [...pods.byLabel.valuesOf(key).keys()].sort(byName);
    return values.length === 0 ? `no Pod has a label ${key}` : `values of label ${key} there: ${listed(values, 5)}`;
  });
}

function elsewhereText(elsewhere: readonly Pod[]): string {
  return `${count(elsewhere.length, "Pod")} with these labels in ${listed(namespacesOf(elsewhere))}`;
}

/** Without the label the Service would select every Pod, and lead writers to replicas: only who gives it can mend that. */
function electionRemedy({ metadata: { namespace }, spec }: Service, keys: readonly string[]): string {
  const rest = Object.fromEntries(Object.entries(spec.selector ?? {}).filter(([key]) => !keys.includes(key)));
  const among = Object.keys(rest).length === 0 ? [] : ["-l", labelsText(rest)];
  return [
    note(`look at whoever gives Pods the label ${listed(keys)} (an operator, an election among them): none has it now`),
    kubectl(namespace, "get", "pods", ...among, "-L", keys.join(",")),
  ].join("\n");
}

function remedyOf(
  service: Service,
  labelled: Workload | undefined,
  nearest: Candidate | null,
  elsewhere: readonly Pod[],
): string {
  const { namespace, name } = service.metadata;
  const selector = service.spec.selector ?? {};
  if (labelled !== undefined) {
    const { matchLabels = {} } = labelled.selector ?? {};
    const missing = differencesOf(selector, labelled.template.labels).map(({ key, wanted }) => [key, wanted] as const);
    const labels = Object.fromEntries(missing);
    // Selecting by what the Pods have restarts none of them.
    if (isWritten(labelled) || Object.keys(matchLabels).length === 0) return changeTemplateLabels(labelled, labels);
    return [
      changeSelector(service, selectorChanges(selector, labelled.template.labels, matchLabels)),
      note(`or add ${labelsText(labels)} to the Pod template of ${labelled.kind} ${labelled.metadata.name}`),
    ].join("\n");
  }
  const [there, another] = namespacesOf(elsewhere);
  if (there !== undefined && (nearest === null || nearness(selector, nearest.labels) === 0)) {
    if (another === undefined) return serviceElsewhere(service, there);
    const which = note(
      `make Service ${name} in the namespace of the Pods that are meant, and clients ask for ${name}.NAMESPACE`,
    );
    return service.live ? [which, kubectl("", "get", "pods", "-A", "-l", labelsText(selector))].join("\n") : which;
  }
  if (nearest !== null && Object.keys(nearest.labels).length > 0) {
    const fallback =
      nearest.object.kind === "Pod" ? nearest.labels : (nearest.object.selector?.matchLabels ?? nearest.labels);
    return changeSelector(service, selectorChanges(selector, nearest.labels, fallback));
  }
  if (!service.live)
    return note(`write under spec.selector of Service ${name} the labels of the Pod template that it is meant for`);
  return [
    note(`find the labels of the Pods that Service ${name} is meant for, and select by them:`),
    kubectl(namespace, "get", "pods", "--show-labels"),
  ].join("\n");
}

/** The same Service beside the Pods; its clients name the namespace from then on. */
function serviceElsewhere({ metadata, spec, live }: Service, namespace: string): string {
  const naming = note(`clients outside ${namespace} then ask for ${metadata.name}.${namespace}`);
  if (!live) return [yamlLines({ metadata: { namespace } }), naming].join("\n");
  const { selector, ports, publishNotReadyAddresses, type } = spec;
  const copy = {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: metadata.name, namespace, labels: metadata.labels },
    spec: {
      type,
      ...(spec.clusterIP === "None" ? { clusterIP: "None" } : {}),
      selector,
      ports: ports.map(({ name, protocol, port, targetPort }) => ({
        ...(name === "" ? {} : { name }),
        protocol,
        port,
        targetPort,
      })),
      ...(publishNotReadyAddresses ? { publishNotReadyAddresses } : {}),
    },
  };
  return [kubectlApply(namespace, copy), kubectl(metadata.namespace, "delete", "service", metadata.name), naming].join(
    "\n",
  );
}
