import { type KubernetesObject, type ObjectRef, refKey, refOf } from "../objects/meta.ts";
import type { FieldPath } from "../objects/origin.ts";
import { hasSelector } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { byName, count } from "../trace/words.ts";
import { consequence, isPublishing, leftToAnswer } from "./evidence/consequence.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { managerOf, provenance } from "./remedies/provenance.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/** No Pods, no endpoints, no names: a headless Service exists in DNS only through its Pods. */
export const replicasZero = defineRule({
  id: "replicas-zero",
  link: "pods",
  severity: "error",
  summary: "the workload behind the Service is scaled to zero, or suspended",
  needs: { workloads: "complete", podStates: "complete", endpointSlices: "optional" },
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName" && hasSelector(service),
  check(context) {
    const { workloads, podStates, endpointSlices, live, asked, now } = context;
    const makers = new Map<string, Made>();
    const byTheirNames = workloads.selected.toSorted((a, b) => byName(a.metadata.name, b.metadata.name));
    for (const workload of byTheirNames) {
      const maker = workloads.makerOf(workload);
      // The ReplicaSets of a Deployment, old ones at zero among them, are told of as the Deployment.
      if (maker?.workload !== null && maker?.workload !== workload) continue;
      // Those of an operator's resource are only its versions; a StatefulSet of one is what there is to scale.
      const ref = workload.kind === "ReplicaSet" ? maker.ref : refOf(workload);
      const known = makers.get(refKey(ref));
      if (known === undefined || isOff(known.workload)) makers.set(refKey(ref), { ref, workload });
    }
    const off = [...makers.values()].filter(({ workload }) => isOff(workload));
    // A stand-by beside others that make Pods (blue and green, a canary) is scaled to zero on purpose.
    if (off.length < makers.size) return [];
    const going = podStates.filter(({ state }) => state.is === "terminating");
    if (podStates.some(({ state }) => state.is !== "terminating" && state.is !== "finished")) return [];
    if (leftToAnswer(podStates, endpointSlices, isPublishing(context)) > 0) return [];
    return off.map(({ ref, workload }): RuleFinding => {
      const field = switchOf(workload);
      const effect = live
        ? consequence(context, [], 0)
        : `Applied so, ${context.name}.${context.namespace} will not exist in DNS.`;
      return {
        object: targetOf(ref, workload),
        field,
        // Whoever writes 0 into a manifest means it: a part that is off by default, a number that is set elsewhere. A Job
        // is suspended while it waits in a queue (Kueue), a CronJob by hand.
        ...(asked || (live && !workload.suspended) ? {} : { severity: "warning" as const }),
        message: `${ref.kind} ${ref.name} is ${workload.suspended ? "suspended" : "scaled to zero"}, so there are no Pods for the Service to select. ${effect}`,
        evidence: [
          `${field.join(".")}: ${workload.suspended ? "true" : "0"}`,
          ...(going.length > 0 ? [`${count(going.length, "Pod")} of before still being deleted`] : []),
          ...(off.length > 1 ? [`${off.length} workloads carry the labels, and all of them are off`] : []),
          ...provenance(workload, now),
        ],
        remedy: live ? switchOn(ref, workload) : writeOn(workload),
      };
    });
  },
});

interface Made {
  /** What is scaled. */
  readonly ref: ObjectRef;
  readonly workload: Workload;
}

function isOff({ replicas, suspended }: Workload): boolean {
  return suspended || replicas === 0;
}

function switchOf({ kind, suspended }: Workload): FieldPath {
  return ["spec", suspended ? "suspend" : kind === "Job" ? "parallelism" : "replicas"];
}

function targetOf(ref: ObjectRef, workload: Workload): KubernetesObject | ObjectRef {
  return refKey(ref) === refKey(refOf(workload)) ? workload : ref;
}

const AUTOSCALERS =
  "a HorizontalPodAutoscaler rests while replicas is 0; what scales from zero (KEDA) waits for its trigger";

function switchOn(ref: ObjectRef, workload: Workload): string {
  const { namespace, name } = ref;
  const manager = managerOf(workload);
  const kept =
    manager === null || manager === `${ref.kind} ${name}`
      ? []
      : [note(`and set it at ${manager} too, which may undo this`)];
  const kind = ref.kind.toLowerCase();
  if (workload.suspended)
    return [kubectlPatch(namespace, kind, name, { spec: { suspend: false } }), ...kept].join("\n");
  if (workload.kind === "Job")
    return [kubectlPatch(namespace, kind, name, { spec: { parallelism: 1 } }), ...kept].join("\n");
  return [
    kubectl(namespace, "scale", `${kind}/${name}`, "--replicas=1"),
    note(`or as many as there should be; ${AUTOSCALERS}`),
    ...kept,
  ].join("\n");
}

function writeOn(workload: Workload): string {
  if (workload.suspended) return yamlLines({ spec: { suspend: false } });
  if (workload.kind === "Job") return yamlLines({ spec: { parallelism: 1 } });
  return [yamlLines({ spec: { replicas: 1 } }), note(`or as many as there should be; ${AUTOSCALERS}`)].join("\n");
}
