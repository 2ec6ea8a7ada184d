import { isWritten } from "../../objects/meta.ts";
import type { Service } from "../../objects/service.ts";
import type { Workload } from "../../objects/workload.ts";
import { kubectlPatch, note } from "./kubectl.ts";
import { yamlLines } from "./yaml-lines.ts";

/** Changes pairs of a Service's selector; null takes a key away. */
export function changeSelector(service: Service, changes: Readonly<Record<string, string | null>>): string {
  const { namespace, name } = service.metadata;
  if (service.live) return kubectlPatch(namespace, "service", name, { spec: { selector: changes } });
  const left = Object.entries({ ...service.spec.selector, ...changes }).filter(
    (pair): pair is [string, string] => pair[1] !== null,
  );
  return yamlLines({ spec: { selector: Object.fromEntries(left) } });
}

/** Adds labels to the Pods that a workload makes; where the cluster lets its template change, they are made again. */
export function changeTemplateLabels(workload: Workload, labels: Readonly<Record<string, string>>): string {
  const { kind, metadata } = workload;
  const template = { template: { metadata: { labels } } };
  const spec = kind === "CronJob" ? { jobTemplate: { spec: template } } : template;
  if (isWritten(workload)) return yamlLines({ spec });
  if (kind === "Job")
    return note(`a Job's template cannot be changed: delete Job ${metadata.name} and make it again with these labels`);
  const remade = kind === "StatefulSet" || kind === "Deployment" || kind === "DaemonSet";
  return [
    kubectlPatch(metadata.namespace, kind.toLowerCase(), metadata.name, { spec }),
    note(
      remade
        ? `this makes the Pods of ${kind} ${metadata.name} again, one after the other`
        : "Pods that run already keep their labels: delete them to have them made again",
    ),
  ].join("\n");
}
