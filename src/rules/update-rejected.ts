import { selects } from "../kubernetes/label-selector.ts";
import type { Labels } from "../objects/meta.ts";
import { formatPath } from "../objects/origin.ts";
import type { UpdateNote } from "../objects/snapshot.ts";
import type { Workload } from "../objects/workload.ts";
import type { Subject } from "../trace/trace.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * Fields of workloads that the API server lets nobody change (pkg/apis/apps and batch validation): serviceName and
 * podManagementPolicy of a StatefulSet, every selector, a Job's template; of a Pod nearly all of its spec.
 */
export const updateRejected = defineRule({
  id: "update-rejected",
  link: "pods",
  severity: "error",
  summary: "the manifest changes a field of a live workload that cannot be changed: apply fails",
  needs: { applied: "optional", workloads: "optional" },
  check({ applied, workloads, ...subject }) {
    if (applied.status === "unavailable") return [];
    const live = workloads.status === "unavailable" ? [] : workloads.value.inNamespace;
    return applied.value.rejected.flatMap((update): readonly RuleFinding[] => {
      const { object } = update;
      if (object.kind === "Service" || !concerns(update, subject, live)) return [];
      return [finding(update, object.kind === "Pod" ? null : object)];
    });
  },
});

/** Whether the Service finds its Pods, or has names for them, before the update or by it. */
function concerns({ object }: UpdateNote, { service, name }: Subject, live: readonly Workload[]): boolean {
  const isSelected = (labels: Labels): boolean => service !== null && selects(service, labels);
  if (object.kind === "Service") return false;
  if (object.kind === "Pod") return object.spec.subdomain === name || isSelected(object.metadata.labels);
  const before = live.filter((one) => one.kind === object.kind && one.metadata.name === object.metadata.name);
  return [object, ...before].some((one) => one.serviceName === name || isSelected(one.template.labels));
}

function finding({ object, field, message }: UpdateNote, workload: Workload | null): RuleFinding {
  const { namespace, name } = object.metadata;
  const kind = object.kind.toLowerCase();
  const file = object.origin?.file ?? "<stdin>";
  const apply = file === "<stdin>" ? note("then apply the manifest again") : kubectl(namespace, "apply", "-f", file);
  const orphans = workload !== null && workload.kind !== "Job";
  return {
    object,
    field,
    brief: `the manifest's ${object.kind} ${name} is rejected`,
    message: `kubectl apply fails on ${object.kind} ${name}: ${formatPath(field)} ${message}. It and its Pods stay as they are in the cluster, and so do their names.`,
    evidence: [`${formatPath(field)} differs from the cluster's`],
    remedy: [
      note(
        orphans
          ? "it must be made again; its Pods go on running meanwhile, and are restarted after that:"
          : "it must be deleted and made again:",
      ),
      kubectl(namespace, "delete", kind, name, ...(orphans ? ["--cascade=orphan"] : [])),
      apply,
      ...(orphans && workload.kind !== "ReplicaSet"
        ? [kubectl(namespace, "rollout", "restart", `${kind}/${name}`)]
        : []),
    ].join("\n"),
  };
}
