import { isWritten } from "../../objects/meta.ts";
import type { Workload } from "../../objects/workload.ts";
import { podParts } from "../../trace/references/host-form.ts";
import type { FlawedReference } from "../../trace/references/references.ts";
import { kubectl, note } from "./kubectl.ts";
import { changeServiceName } from "./recreate.ts";
import { templateChange } from "./template-change.ts";
import { yamlLines } from "./yaml-lines.ts";

/** Longer values are not written out again. */
const LONGEST_VALUE = 400;
/** Names that are told one by one. */
const MOST_NAMES = 5;

/** What to write in place of names that do not exist, all of them in one field. */
export function correctedNames(group: readonly [FlawedReference, ...FlawedReference[]]): string {
  const [{ reference, flaw }] = group;
  if (flaw.kind === "ordinal" && flaw.set !== null) return ordinals(group, flaw.set).join("\n");
  if (flaw.kind === "subdomain" && flaw.set !== null) {
    return templateChange(flaw.set, { subdomain: flaw.service.name }, `then ask for ${reference.host}`);
  }
  if (flaw.set !== null) return governing(reference.host, flaw.set);
  const pairs = new Map(group.map((one) => [one.reference.host, one.flaw.right]));
  const told = [...pairs].slice(0, MOST_NAMES).map(([wrong, right]) => note(`write ${right} for ${wrong}`));
  const { object, holder, label } = reference;
  if (object !== holder) return [...told, ...(isWritten(object) ? [] : [editConfigMap(group)])].join("\n");
  const value = correctedValue(group, pairs);
  const isVariable = reference.field().includes("env");
  if (value === null || !isVariable) return told.join("\n");
  if (isWritten(object)) return yamlLines({ name: label, value });
  return holder.kind === "Pod" || holder.kind === "Job" || holder.kind === "CronJob"
    ? told.join("\n")
    : kubectl(
        object.metadata.namespace,
        "set",
        "env",
        `${holder.kind.toLowerCase()}/${holder.metadata.name}`,
        `${label}=${value}`,
      );
}

/** The value with the right names in it; null where a name is put together from variables. */
function correctedValue(
  [{ reference }]: readonly [FlawedReference, ...FlawedReference[]],
  pairs: ReadonlyMap<string, string>,
): string | null {
  const { written } = reference;
  if (written.length > LONGEST_VALUE) return null;
  let value = written;
  for (const [wrong, right] of pairs) {
    if (!value.includes(wrong)) return null;
    value = value.replaceAll(wrong, right);
  }
  return value;
}

function editConfigMap([{ reference }]: readonly [FlawedReference, ...FlawedReference[]]): string {
  const { namespace, name } = reference.object.metadata;
  return kubectl(namespace, "edit", "configmap", name);
}

/** The names are right as soon as the StatefulSet names the Service that they lie below. */
function governing(host: string, set: Workload): string {
  const [, service = ""] = host.replace(/^(?:_[^.]*\.)+/, "").split(".");
  return [
    note(
      `Service ${service} is headless and has these Pods, so it is the one for StatefulSet ${set.metadata.name} to name:`,
    ),
    changeServiceName(set, service),
  ].join("\n");
}

/** Either the list is too long, or the StatefulSet too small: which, only its author knows. */
function ordinals(group: readonly FlawedReference[], set: Workload): readonly string[] {
  const { namespace, name } = set.metadata;
  const start = set.ordinalsStart;
  const wanted = group.flatMap(({ reference }) =>
    reference.host.split(".").flatMap((label) => {
      const parts = podParts(label);
      return parts?.set === name ? [parts.ordinal] : [];
    }),
  );
  const [lowest, highest] = [Math.min(...wanted), Math.max(...wanted)];
  if (lowest < start) {
    const last = start + (set.replicas ?? 1) - 1;
    return [note(`the first Pod is ${name}-${start}: name ${name}-${start} to ${name}-${last}`)];
  }
  const replicas = highest - start + 1;
  return [
    note(`take the names that are too many out of the list, or give StatefulSet ${name} ${replicas} Pods:`),
    isWritten(set)
      ? yamlLines({ spec: { replicas } })
      : kubectl(namespace, "scale", `statefulset/${name}`, `--replicas=${replicas}`),
  ];
}
