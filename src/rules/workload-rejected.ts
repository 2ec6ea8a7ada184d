import { matchesSelector } from "../kubernetes/label-selector.ts";
import type { Pod } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { differencesOf, labelsText } from "./evidence/label-differences.ts";
import { type Flaw, hostnameFlaw, portNameFlaw, restartPolicyFlaw } from "./evidence/pod-spec-flaws.ts";
import { templatePath } from "./evidence/template-path.ts";
import { note } from "./remedies/kubectl.ts";
import { changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * What the API server does not take makes no Pods (pkg/apis/apps, batch and core validation): no selector, one that its own
 * template does not match, a StatefulSet's name with dots, fewer replicas than none, and what Pods cannot have.
 */
export const workloadRejected = defineRule({
  id: "workload-rejected",
  link: "pods",
  severity: "error",
  summary: "the API server rejects the workload or Pod that the Service is for",
  needs: { workloads: "present", pods: "present" },
  applies: ({ live }) => !live,
  check({ name, namespace, workloads, pods }) {
    const concerned = new Set([...workloads.selected, ...workloads.governed]);
    // Those that workloads make are derived from what is judged already.
    const written = new Set([pods.selected, pods.withSubdomain].flatMap((some) => some.filter(isWrittenPod)));
    const below = `${name}.${namespace}`;
    return [
      ...[...concerned].flatMap((workload) =>
        reported(workload, flawOf(workload, name), `It makes no Pods, so there are none for ${below}`),
      ),
      ...[...written].flatMap((pod) =>
        reported(pod, podFlaw(pod, name), `It is never made, so ${below} does not answer with it`),
      ),
    ];
  },
});

function podFlaw({ spec }: Pod, service: string): Flaw | null {
  return portNameFlaw(spec, ["spec"]) ?? hostnameFlaw(spec, ["spec"], service);
}

function isWrittenPod({ derivedFrom }: Pod): boolean {
  return derivedFrom === null;
}

function reported(object: Workload | Pod, flaw: Flaw | null, so: string): readonly RuleFinding[] {
  if (flaw === null) return [];
  const { field, because, written, remedy } = flaw;
  const message = `The API server rejects ${object.kind} ${object.metadata.name}: ${because}. ${so}.`;
  return [{ object, field, message, evidence: [written], remedy }];
}

/** Kinds whose selector an author writes, and beside it the labels that it must match. */
const WITH_SELECTOR: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]);

function isEmpty(selector: Workload["selector"]): boolean {
  return selector === null || Object.keys(selector.matchLabels).length + selector.matchExpressions.length === 0;
}

function flawOf(workload: Workload, service: string): Flaw | null {
  const { kind, metadata, selector, template, replicas } = workload;
  const labelled = Object.keys(template.labels).length > 0;
  // Without labels it is a patch that is read by itself; API versions before apps/v1 filled the selector in.
  if (WITH_SELECTOR.has(kind) && workload.apiVersion === "apps/v1" && labelled && isEmpty(selector)) {
    return {
      field: ["spec", "selector"],
      because: `spec.selector ${selector === null ? "is missing" : "is empty"}`,
      written: `labels of the Pod template: ${labelsText(template.labels)}`,
      remedy: [
        yamlLines({ spec: { selector: { matchLabels: template.labels } } }),
        note("it cannot be changed later: leave out labels that will change, such as versions"),
      ].join("\n"),
    };
  }
  if (selector !== null && WITH_SELECTOR.has(kind) && !matchesSelector(selector, template.labels)) {
    const lacking = differencesOf(selector.matchLabels, template.labels);
    const wanted = Object.fromEntries(lacking.map(({ key, wanted: value }) => [key, value]));
    const asked = labelsText(selector.matchLabels) || "its expressions";
    return {
      field: [...templatePath(workload), "metadata", "labels"],
      because: `its own selector (${asked}) does not match the labels of its Pod template (${labelsText(template.labels) || "none"})`,
      written: `spec.selector: ${asked}`,
      remedy:
        lacking.length === 0
          ? note("give the Pod template labels that spec.selector matches")
          : changeTemplateLabels(workload, wanted),
    };
  }
  if (kind === "StatefulSet" && metadata.name.includes(".")) {
    return {
      field: ["metadata", "name"],
      because: "the name of a StatefulSet must not hold dots, as its Pods' hostnames are made of it",
      written: `metadata.name: ${metadata.name}`,
      remedy: note("write hyphens in place of the dots"),
    };
  }
  if (replicas !== null && replicas < 0) {
    return {
      field: ["spec", "replicas"],
      because: "spec.replicas must not be less than 0",
      written: `spec.replicas: ${replicas}`,
      remedy: note("spec.replicas is the number of Pods"),
    };
  }
  const path = [...templatePath(workload), "spec"];
  // A StatefulSet and an Indexed Job write their own over the template's, and dns-name-too-long looks at theirs.
  const isOverwritten = kind === "StatefulSet" || workload.indexed;
  return (
    restartPolicyFlaw(template.spec, kind, path) ??
    portNameFlaw(template.spec, path) ??
    hostnameFlaw(template.spec, path, isOverwritten ? null : service)
  );
}
