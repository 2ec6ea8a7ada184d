import { labelText } from "../diagnosis/words.ts";
import { refOf } from "../objects/meta.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { Pod } from "../objects/pod.ts";
import { isSame } from "../objects/same.ts";
import type { Service } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { type Difference, fieldDiffers, onOneSide, type Reach } from "./difference.ts";
import { objectKey, workloadKey } from "./keys.ts";

/** The keys of the selectors that a Service has on either side: only these labels decide whom it selects. */
export type SelectorKeys = ReadonlySet<string>;

export function selectorKeys(services: readonly (Service | null)[]): SelectorKeys {
  return new Set(services.flatMap((service) => Object.keys(service?.spec.selector ?? {})));
}

/** What differs between two versions of a workload, as far as the records of a Service before it depend on it. */
export function workloadDifferences(
  before: Workload | null,
  after: Workload | null,
  keys: SelectorKeys,
): readonly Difference[] {
  const one = after ?? before;
  if (one === null) return [];
  const workload = workloadKey(refOf(one));
  const named = `${one.kind} ${one.metadata.name}`;
  const pods = (which: "all" | "gone" | "names"): Reach => ({ of: "pods", workload, which });
  if (before === null || after === null) {
    return [onOneSide(one, `${named} is ${after === null ? "removed" : "added"}`, pods("all"))];
  }
  const found: Difference[] = [];
  const differs = (field: FieldPath, text: string, reach: Reach): void =>
    void found.push(fieldDiffers(after, field, text, reach));
  const template = after.kind === "CronJob" ? ["spec", "jobTemplate", "spec", "template"] : ["spec", "template"];

  if (before.replicas !== after.replicas) {
    const text =
      before.replicas === null || after.replicas === null
        ? `${named} has another number of Pods`
        : `${named} scales from ${before.replicas} to ${after.replicas}`;
    differs(["spec", after.kind === "Job" ? "parallelism" : "replicas"], text, pods("gone"));
  }
  if (before.ordinalsStart !== after.ordinalsStart) {
    const text = `${named} counts its Pods from ${after.ordinalsStart} instead of ${before.ordinalsStart}`;
    differs(["spec", "ordinals", "start"], text, pods("gone"));
  }
  if (before.suspended !== after.suspended) {
    differs(["spec", "suspend"], `${named} is ${after.suspended ? "suspended" : "no longer suspended"}`, pods("gone"));
  }
  if (before.serviceName !== after.serviceName) {
    const [from, to] = [before.serviceName || "no Service", after.serviceName || "no Service"];
    differs(["spec", "serviceName"], `the names of ${named} move from ${from} to ${to} (serviceName)`, pods("names"));
  }
  const [oldLabels, newLabels] = [before, after].map((side) => onlyKeys(side.template.labels, keys)) as [
    Labels,
    Labels,
  ];
  if (!isSame(oldLabels, newLabels)) {
    const text = `the Pods of ${named} get ${labelsText(newLabels)} instead of ${labelsText(oldLabels)}`;
    differs([...template, "metadata", "labels"], text, pods("all"));
  }
  for (const field of ["hostname", "subdomain"] as const) {
    const [from, to] = [before.template.spec[field], after.template.spec[field]];
    if (from === to) continue;
    const text = `the Pods of ${named} have ${field} ${to || "none"} instead of ${from || "none"}`;
    differs([...template, "spec", field], text, pods("names"));
  }
  if (!isSame(containerPorts(before), containerPorts(after))) {
    const text = `the named ports of the containers of ${named} change`;
    differs([...template, "spec", "containers"], text, { of: "ports" });
  }
  return found;
}

type Labels = Readonly<Record<string, string>>;

function onlyKeys(labels: Labels, keys: SelectorKeys): Labels {
  return Object.fromEntries(Object.entries(labels).filter(([key]) => keys.has(key)));
}

function labelsText(labels: Labels): string {
  const text = labelText(labels);
  return text === "" ? "no such label" : text;
}

/** What a targetPort with a name is looked up in. */
function containerPorts({ template }: Workload): unknown {
  const { containers, initContainers } = template.spec;
  return [...containers, ...initContainers].flatMap(({ ports, restartPolicy }) =>
    ports.filter(({ name }) => name !== "").map((port) => ({ ...port, restartPolicy })),
  );
}

/** What differs between two versions of a Pod that no workload makes. */
export function podDifferences(before: Pod | null, after: Pod | null, keys: SelectorKeys): readonly Difference[] {
  const one = after ?? before;
  if (one === null) return [];
  const reach: Reach = { of: "pod", pod: objectKey(one) };
  const named = `Pod ${one.metadata.name}`;
  if (before === null || after === null) {
    return [onOneSide(one, `${named} is ${after === null ? "removed" : "added"}`, reach)];
  }
  const labels = [before, after].map((pod) => onlyKeys(pod.metadata.labels, keys)) as [Labels, Labels];
  const found: Difference[] = [];
  if (!isSame(...labels)) {
    const text = `${named} has ${labelsText(labels[1])} instead of ${labelsText(labels[0])}`;
    found.push(fieldDiffers(after, ["metadata", "labels"], text, reach));
  }
  for (const field of ["hostname", "subdomain"] as const) {
    if (before.spec[field] === after.spec[field]) continue;
    const text = `${named} has ${field} ${after.spec[field] || "none"} instead of ${before.spec[field] || "none"}`;
    found.push(fieldDiffers(after, ["spec", field], text, reach));
  }
  return found;
}
