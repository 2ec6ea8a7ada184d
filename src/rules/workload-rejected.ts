import { matchesSelector } from "../kubernetes/label-selector.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Workload } from "../objects/workload.ts";
import { differencesOf, labelsText } from "./evidence/label-differences.ts";
import { templatePath } from "./evidence/template-path.ts";
import { note } from "./remedies/kubectl.ts";
import { changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { defineRule } from "./rule.ts";

/**
 * What the API server does not take makes no Pods (pkg/apis/apps/validation): a selector that its own template does not
 * match, a StatefulSet's name with dots, fewer replicas than none.
 */
export const workloadRejected = defineRule({
  id: "workload-rejected",
  link: "pods",
  severity: "error",
  summary: "the API server rejects the workload whose Pods the Service is for",
  needs: { workloads: "present" },
  applies: ({ live }) => !live,
  check({ name, namespace, workloads }) {
    const concerned = new Set([...workloads.selected, ...workloads.governed]);
    return [...concerned].flatMap((workload) => {
      const flaw = flawOf(workload);
      if (flaw === null) return [];
      const whose = `${workload.kind} ${workload.metadata.name}`;
      return [
        {
          object: workload,
          field: flaw.field,
          message: `The API server rejects ${whose}: ${flaw.because}. It makes no Pods, so there are none for ${name}.${namespace}.`,
          evidence: [flaw.written],
          remedy: flaw.remedy,
        },
      ];
    });
  },
});

interface Flaw {
  readonly field: FieldPath;
  readonly because: string;
  readonly written: string;
  readonly remedy: string;
}

/** Kinds whose selector an author writes, and beside it the labels that it must match. */
const WITH_SELECTOR: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]);

function flawOf(workload: Workload): Flaw | null {
  const { kind, metadata, selector, template, replicas } = workload;
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
  return null;
}
