import { matchesLabels } from "../kubernetes/label-selector.ts";
import { isWritten, type Labels, refKey } from "../objects/meta.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { isRunTimeLabel } from "../trace/run-time-labels.ts";
import type { Parts } from "../trace/trace.ts";
import { byName, count, listed } from "../trace/words.ts";
import { differencesOf, differenceText, type LabelDifference, labelsText } from "./evidence/label-differences.ts";
import { isPeer } from "./evidence/selected-groups.ts";
import { templatePath } from "./evidence/template-path.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { changeTemplateLabels } from "./remedies/selector-remedies.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * `hostname` and `subdomain` give a name only to an endpoint of the Service that the subdomain names (controller_utils.go
 * ShouldSetHostname is asked about selected Pods). Where that Service answers with other Pods nothing else looks wrong;
 * where it selects none at all, that is selector-matches-no-pods.
 */
export const subdomainSelectorMismatch = defineRule({
  id: "subdomain-selector-mismatch",
  link: "selector",
  severity: "warning",
  summary: "a Pod's subdomain names the Service, which does not select the Pod",
  needs: { pods: "present", workloads: "present" },
  applies: ({ service, headless }) => service !== null && headless && hasSelector(service),
  check({ service, namespace, pods, workloads, now }) {
    if (service === null || pods.selected.length === 0) return [];
    const { name } = service.metadata;
    const selector = service.spec.selector ?? {};
    return missedIn(pods, workloads, selector, name).map(({ object, labels, hostnames }): RuleFinding => {
      const whose = `${object.kind} ${object.metadata.name}`;
      const differences = differencesOf(selector, labels);
      const names = hostnames.map((hostname) => `${hostname}.${name}.${namespace}`);
      const [naming, those] = names.length === 1 ? ["the name", "it is"] : ["the names", "they are"];
      return {
        object,
        field: object.kind === "Pod" ? ["metadata", "labels"] : [...templatePath(object), "metadata", "labels"],
        message: `${whose} asks by hostname and subdomain for ${naming} ${listed(names)}, but Service ${name} does not select ${object.kind === "Pod" ? "it" : "its Pods"}: ${listed(differences.map(({ key, wanted }) => `${key}=${wanted}`))} is wanted, ${listed(differences.map(instead))} is there. Only endpoints of the Service have names below it, so ${those} NXDOMAIN.`,
        evidence: [
          ...differences.map((one) =>
            differenceText(one, object.kind === "Pod" ? "the Pod's labels" : `the Pods of ${whose}`, labels),
          ),
          `${name}.${namespace} answers with ${count(pods.selected.length, "other Pod")}`,
          ...provenance(object, now),
        ],
        remedy: remedyOf(object, selector, labels),
      };
    });
  },
});

function instead({ key, found }: LabelDifference): string {
  return found === null ? `no ${key}` : `${key}=${found}`;
}

interface Missed {
  /** What carries the labels: a workload with the subdomain in its template, or the Pod. */
  readonly object: Workload | Pod;
  /** As the Pods have them, with those that a controller adds. */
  readonly labels: Labels;
  readonly hostnames: readonly string[];
}

function missedIn(
  pods: Parts["pods"],
  workloads: Parts["workloads"],
  selector: Labels,
  service: string,
): readonly Missed[] {
  const left = pods.withSubdomain.filter(
    (pod) => pod.spec.hostname !== "" && !isMeant(selector, pod.metadata.labels) && isPeer(pod),
  );
  // As mostly: who made the others need not be known.
  if (left.length === 0) return [];
  const makerKey = (pod: Pod): string | null => {
    const maker = workloads.makerOf(pod);
    return maker === null ? null : refKey(maker.ref);
  };
  const makers = new Set(pods.selected.map(makerKey));
  const answered = new Set(pods.selected.flatMap(({ spec }) => (spec.subdomain === service ? spec.hostname : [])));
  const missed = new Map<string, Omit<Missed, "hostnames"> & { readonly hostnames: Set<string> }>();
  for (const pod of left) {
    const { hostname } = pod.spec;
    if (answered.has(hostname)) continue;
    const maker = makerKey(pod);
    // Of a workload whose other Pods are selected selector-misses-replicas tells.
    if (maker !== null && makers.has(maker)) continue;
    const owner = workloads.ownerOf(pod)?.workload ?? null;
    // A StatefulSet gives its Pods both: stateful-set-selector-mismatch.
    if (owner?.kind === "StatefulSet") continue;
    const object = owner?.template.spec.subdomain === service ? owner : pod;
    const key = `${object.kind}/${object.metadata.name}`;
    const known = missed.get(key);
    if (known === undefined) missed.set(key, { object, labels: pod.metadata.labels, hostnames: new Set([hostname]) });
    else known.hostnames.add(hostname);
  }
  return [...missed.values()]
    .map((one) => ({ ...one, hostnames: [...one.hostnames].sort(byName) }))
    .sort((a, b) => byName(a.object.metadata.name, b.object.metadata.name));
}

/** Whether the Pod is selected, or left out by a label that tells which part it plays for now. */
function isMeant(selector: Labels, labels: Labels): boolean {
  return (
    matchesLabels(selector, labels) ||
    differencesOf(selector, labels).some(({ key, wanted }) => isRunTimeLabel(key, wanted))
  );
}

/** Labels that the Job controller sets to the Job's own name. */
const JOB_NAME: ReadonlySet<string> = new Set(["job-name", "batch.kubernetes.io/job-name"]);

/** Labels of a Pod may change at any time; a workload's own selector must go on matching those of its template. */
function remedyOf(object: Workload | Pod, selector: Labels, labels: Labels): string {
  const wanted = differencesOf(selector, labels).map(({ key, wanted: value }) => [key, value] as const);
  const changes = Object.fromEntries(wanted);
  const { namespace, name } = object.metadata;
  if (object.kind === "Pod") {
    return isWritten(object)
      ? yamlLines({ metadata: { labels: changes } })
      : kubectl(namespace, "label", "pod", name, "--overwrite", ...wanted.map(([key, value]) => `${key}=${value}`));
  }
  const ofJob = wanted.find(([key]) => JOB_NAME.has(key));
  if (ofJob !== undefined) {
    return note(
      `${ofJob[0]} is the Job's own name: call the Job ${ofJob[1]}, or give these Pods a headless Service of their own that their subdomain names`,
    );
  }
  const fixed = wanted.map(([key]) => key).filter((key) => Object.hasOwn(object.selector?.matchLabels ?? {}, key));
  return fixed.length === 0
    ? changeTemplateLabels(object, changes)
    : note(
        `${object.kind} ${name} selects its own Pods by ${listed(fixed)}, which cannot be changed: make it again with ${labelsText(changes)}, or a headless Service of its own that its subdomain names`,
      );
}
