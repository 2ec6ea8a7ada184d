import { isWritten } from "../../objects/meta.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Workload } from "../../objects/workload.ts";
import { podSpecPath } from "../../trace/references/texts.ts";
import { kubectl, kubectlPatch, note } from "./kubectl.ts";
import { type YamlValue, yamlLines } from "./yaml-lines.ts";

/**
 * What changes fields of the Pod spec of a workload, or of a Pod, whose spec cannot be changed; `check` ends a note of what to
 * try then.
 */
export function templateChange(
  holder: Workload | Pod,
  fields: { readonly [key: string]: YamlValue },
  check: string,
): string {
  const nested = podSpecPath(holder).reduceRight<YamlValue>((value, key) => ({ [String(key)]: value }), fields);
  if (isWritten(holder)) return yamlLines(nested);
  const { namespace, name } = holder.metadata;
  const kind = holder.kind.toLowerCase();
  if (holder.kind === "Pod" || holder.kind === "Job") {
    return [
      note(`the Pod spec of a ${holder.kind} cannot be changed: make it again with`),
      ...yamlLines({ spec: fields })
        .split("\n")
        .map((line) => note(line)),
      kubectl(namespace, "get", kind, name, "-o", "yaml"),
    ].join("\n");
  }
  return [kubectlPatch(namespace, kind, name, nested), note(check)].join("\n");
}
