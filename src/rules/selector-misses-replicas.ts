import { matchesLabels } from "../kubernetes/label-selector.ts";
import { type Labels, type ObjectRef, refKey } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { isRunTimeLabel } from "../trace/run-time-labels.ts";
import { byName, count, listed } from "../trace/words.ts";
import { currentWorkloads } from "./evidence/current-workloads.ts";
import { differencesOf, differenceText, labelsText, selectorChanges } from "./evidence/label-differences.ts";
import { isPeer } from "./evidence/selected-groups.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeSelector, changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * Selectors look at each Pod's labels by themselves, so a Service can select some Pods of a workload and miss the rest.
 * Where a label says which part a Pod plays (a primary, one replica of its own Service), that is what is wanted.
 */
export const selectorMissesReplicas = defineRule({
  id: "selector-misses-replicas",
  link: "selector",
  severity: "warning",
  summary: "the Service selects only some Pods of a workload",
  needs: { pods: "present", workloads: "present" },
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName" && hasSelector(service),
  check({ service, pods, workloads, now }) {
    if (service === null) return [];
    const selector = service.spec.selector ?? {};
    const makers = new Map<string, { readonly ref: ObjectRef; readonly workload: Workload | null }>();
    for (const pod of pods.selected) {
      const maker = workloads.makerOf(pod);
      if (maker !== null && maker.ref.kind !== "Node") makers.set(refKey(maker.ref), maker);
    }
    for (const workload of currentWorkloads(workloads.selected, workloads)) {
      const maker = workloads.makerOf(workload);
      if (maker !== null) makers.set(refKey(maker.ref), maker);
    }
    return [...makers.values()].flatMap(({ ref, workload }): readonly RuleFinding[] => {
      const all = pods.madeBy(ref).filter(isPeer);
      const missed = all
        .filter((pod) => !matchesLabels(selector, pod.metadata.labels))
        .sort((a, b) => byName(a.metadata.name, b.metadata.name));
      const [first] = missed;
      const governs = workload?.serviceName === service.metadata.name;
      if (first === undefined || (!governs && missed.some((pod) => isAnotherPart(selector, pod)))) return [];
      const none = pods.selected.filter(isPeer).length === 0;
      const { name } = service.metadata;
      const names = missed.map((pod) => pod.metadata.name);
      return [
        {
          object: service,
          field: ["spec", "selector"],
          ...(none ? { severity: "error" as const } : {}),
          message: `Service ${name} selects ${all.length - missed.length} of the ${count(all.length, "Pod")} of ${ref.kind} ${ref.name}: ${listed(names)} ${names.length === 1 ? "lacks" : "lack"} labels of its selector (${labelsText(selector)}), so ${names.length === 1 ? "it is" : "they are"} no endpoint of it, in no answer, and without a name below ${name}.`,
          evidence: [
            ...missed.slice(0, 3).flatMap((pod) =>
              differencesOf(selector, pod.metadata.labels).map((one) => {
                const has = one.found === null ? `has no label ${one.key}` : `has ${one.key}=${one.found}`;
                return `Pod ${pod.metadata.name} ${has}; wanted ${one.key}=${one.wanted}`;
              }),
            ),
            ...(workload === null
              ? []
              : [
                  matchesLabels(selector, workload.template.labels)
                    ? `the template of ${ref.kind} ${ref.name} has them: these Pods are older, or were relabelled`
                    : differencesOf(selector, workload.template.labels)
                        .map((one) =>
                          differenceText(one, `new Pods of ${ref.kind} ${ref.name}`, workload.template.labels),
                        )
                        .join("; "),
                ]),
            ...(workload === null || !isHeldBack(workload, missed)
              ? []
              : [`spec.updateStrategy.rollingUpdate.partition: ${workload.rollout?.partition}`]),
            ...provenance(service, now),
          ],
          remedy: remedyOf(service, workload, missed, first),
        },
      ];
    });
  },
});

/** Whether the Pod is left out because a label says so: it has another value, or lacks one that tells parts apart. */
function isAnotherPart(selector: Labels, { metadata }: Pod): boolean {
  return differencesOf(selector, metadata.labels).some(
    ({ key, wanted, found }) => found !== null || isRunTimeLabel(key, wanted),
  );
}

/** Whether one of the Pods is of an older template, which the partition of its StatefulSet keeps it to. */
function isHeldBack({ kind, rollout, status }: Workload, missed: readonly Pod[]): boolean {
  if (kind !== "StatefulSet" || rollout?.type !== "RollingUpdate") return false;
  return missed.some(({ metadata }) => {
    const ordinal = Number(metadata.name.slice(metadata.name.lastIndexOf("-") + 1));
    return ordinal < rollout.partition && metadata.labels["controller-revision-hash"] !== status?.updateRevision;
  });
}

function remedyOf(service: Service, workload: Workload | null, missed: readonly Pod[], first: Pod): string {
  const selector = service.spec.selector ?? {};
  const { namespace } = service.metadata;
  if (workload !== null && matchesLabels(selector, workload.template.labels)) {
    const { kind, metadata } = workload;
    if (isHeldBack(workload, missed)) {
      return [
        note(
          "Pods below the partition are made from the old template, even when they are made again; to roll all out:",
        ),
        kubectlPatch(namespace, "statefulset", metadata.name, {
          spec: { updateStrategy: { rollingUpdate: { partition: 0 } } },
        }),
      ].join("\n");
    }
    const again =
      kind === "Deployment" || kind === "DaemonSet"
        ? kubectl(namespace, "rollout", "restart", `${kind.toLowerCase()}/${metadata.name}`)
        : kubectl(namespace, "delete", "pod", ...missed.slice(0, 20).map((pod) => pod.metadata.name));
    return [note("have these Pods made again from the template, which has the labels:"), again].join("\n");
  }
  const differences = differencesOf(selector, first.metadata.labels);
  const lacking = differences.filter(({ found }) => found === null);
  if (workload !== null && lacking.length === differences.length) {
    return changeTemplateLabels(workload, Object.fromEntries(lacking.map(({ key, wanted }) => [key, wanted])));
  }
  const changes = Object.fromEntries(differences.map(({ key }) => [key, null]));
  const left = Object.keys(selector).some((key) => !(key in changes));
  const fallback = workload?.selector?.matchLabels ?? {};
  return changeSelector(service, left ? changes : { ...selectorChanges(selector, fallback, fallback) });
}
