import { isWritten, type Labels } from "../objects/meta.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { count, listed } from "../trace/words.ts";
import { foreignGroups } from "./evidence/foreign-groups.ts";
import { labelsText, writtenLabels } from "./evidence/label-differences.ts";
import { hasPortOf, targetPortNames } from "./evidence/pod-ports.ts";
import { groupName, type SelectedGroup, selectedGroups } from "./evidence/selected-groups.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeSelector, changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { defineRule } from "./rule.ts";

/**
 * DNS knows no workloads: every ready Pod that a headless Service selects is one of its addresses and one of its SRV
 * targets. Many Services span several workloads on purpose (node roles, shards, canaries, gossip rings), so only what
 * is clearly another application is reported.
 */
export const selectorMatchesForeignPods = defineRule({
  id: "selector-matches-foreign-pods",
  link: "selector",
  severity: "warning",
  summary: "a headless Service selects Pods of more than one application",
  needs: { pods: "present", workloads: "present" },
  applies: ({ service, headless }) => headless && service !== null && hasSelector(service),
  check({ service, pods, workloads, now }) {
    if (service === null) return [];
    const groups = selectedGroups(pods.selected, workloads);
    if (groups.length < 2) return [];
    const { own, foreign } = foreignGroups(service, groups);
    if (foreign.length === 0) return [];
    const { name } = service.metadata;
    return [
      {
        object: service,
        field: ["spec", "selector"],
        message: `The selector of headless Service ${name} (${labelsText(service.spec.selector ?? {})}) matches not only ${listed(own.map(groupName))}, but also ${listed(foreign.map(groupName))}. In DNS every one of these Pods is a peer: clients of ${name} are sent to all of them alike.${portlessText(service, foreign)}`,
        evidence: [...own, ...foreign]
          .map(
            (group) =>
              `${groupName(group)}: ${count(group.pods.length, "Pod")}, ${labelsText(telling(group, [...own, ...foreign])) || "no label of its own"}`,
          )
          .concat(provenance(service, now)),
        remedy: remedyOf(service, own, foreign),
      },
    ];
  },
});

/** What the foreign Pods lack besides; "" where they have one of the Service's ports. */
function portlessText(service: Service, foreign: readonly SelectedGroup[]): string {
  const { ports } = service.spec;
  if (ports.length === 0 || foreign.some((group) => hasPortOf(service, group))) return "";
  return ` None of the others has a port called ${targetPortNames(service)}, so that SRV leaves them out.`;
}

/** Labels that charts put on everything, and that tell no application apart. */
const CHART_LABELS: ReadonlySet<string> = new Set(["chart", "heritage", "helm.sh/chart", "app.kubernetes.io/version"]);

/** The labels of a group that not all of them share. */
function telling({ labels }: SelectedGroup, groups: readonly SelectedGroup[]): Labels {
  return Object.fromEntries(
    Object.entries(writtenLabels(labels)).filter(
      ([key, value]) => !CHART_LABELS.has(key) && groups.some((one) => one.labels[key] !== value),
    ),
  );
}

/** Labels that people tell applications apart by, the usual ones first. */
const TELLING = ["app.kubernetes.io/component", "app.kubernetes.io/name", "app", "component", "role", "tier", "name"];

function remedyOf(service: Service, own: readonly SelectedGroup[], foreign: readonly SelectedGroup[]): string {
  const [first] = own;
  const shared = Object.entries(writtenLabels(first?.labels ?? {})).filter(
    ([key, value]) =>
      !CHART_LABELS.has(key) &&
      own.every(({ labels }) => labels[key] === value) &&
      foreign.every(({ labels }) => labels[key] !== value),
  );
  const rank = ([key]: readonly [string, string]): number =>
    (TELLING.indexOf(key) + TELLING.length + 1) % (TELLING.length + 1);
  const [telling] = shared.sort((a, b) => rank(a) - rank(b));
  if (telling !== undefined) return changeSelector(service, { [telling[0]]: telling[1] });
  const label = { "app.kubernetes.io/component": first?.ref?.name ?? service.metadata.name };
  return [
    note("no label tells them apart: give the Pods that are meant one of their own, then select by it as well"),
    ...own.flatMap(({ workload }) =>
      workload === null ? [] : [changeTemplateLabels(workload, label), ...waitFor(workload)],
    ),
    changeSelector(service, label),
  ].join("\n");
}

/** Selecting by a label before the Pods have it would select none of them. */
function waitFor(workload: Workload): readonly string[] {
  const { kind, metadata } = workload;
  const rolls = kind === "StatefulSet" || kind === "Deployment" || kind === "DaemonSet";
  if (isWritten(workload) || !rolls) return [];
  return [kubectl(metadata.namespace, "rollout", "status", `${kind.toLowerCase()}/${metadata.name}`)];
}
