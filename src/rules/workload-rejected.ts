import { matchesSelector } from "../kubernetes/label-selector.ts";
import { isDns1123Label } from "../kubernetes/names.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Pod, PodSpec } from "../objects/pod.ts";
import type { Workload } from "../objects/workload.ts";
import { differencesOf, labelsText } from "./evidence/label-differences.ts";
import { templatePath } from "./evidence/template-path.ts";
import { note } from "./remedies/kubectl.ts";
import { nearLabel } from "./remedies/near-label.ts";
import { changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { unfilledRemedy } from "./remedies/unfilled.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * What the API server does not take makes no Pods (pkg/apis/apps and core validation): a selector that its own template does
 * not match, a StatefulSet's name with dots, fewer replicas than none, a hostname that is no label.
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
        reported(pod, hostnameFlaw(pod.spec, ["spec"], name), `It is never made, so ${below} does not answer with it`),
      ),
    ];
  },
});

function isWrittenPod({ derivedFrom }: Pod): boolean {
  return derivedFrom === null;
}

function reported(object: Workload | Pod, flaw: Flaw | null, so: string): readonly RuleFinding[] {
  if (flaw === null) return [];
  const { field, because, written, remedy } = flaw;
  const message = `The API server rejects ${object.kind} ${object.metadata.name}: ${because}. ${so}.`;
  return [{ object, field, message, evidence: [written], remedy }];
}

interface Flaw {
  readonly field: FieldPath;
  readonly because: string;
  readonly written: string;
  readonly remedy: string;
}

/** Kinds whose selector an author writes, and beside it the labels that it must match. */
const WITH_SELECTOR: ReadonlySet<string> = new Set(["Deployment", "StatefulSet", "DaemonSet", "ReplicaSet"]);

function flawOf(workload: Workload, service: string): Flaw | null {
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
  // A StatefulSet and an Indexed Job write their own over the template's, and dns-name-too-long looks at theirs.
  const isOverwritten = kind === "StatefulSet" || workload.indexed;
  return hostnameFlaw(template.spec, [...templatePath(workload), "spec"], isOverwritten ? null : service);
}

/** `told`: the Service below which a hostname that is too long is dns-name-too-long's. */
function hostnameFlaw({ hostname, subdomain }: PodSpec, path: FieldPath, told: string | null): Flaw | null {
  if (hostname === "" || isDns1123Label(hostname) || (hostname.length > 63 && subdomain === told)) return null;
  const label = nearLabel(hostname).slice(0, 63);
  return {
    field: [...path, "hostname"],
    because: `hostname ${hostname} is no DNS label (lower case letters, digits and hyphens, at most 63, no dots)`,
    written: `hostname: ${hostname}`,
    remedy:
      unfilledRemedy(hostname) ??
      note(label === "" ? "leave the hostname out, or write a label" : `hostname: ${label}, and clients say so, too`),
  };
}
