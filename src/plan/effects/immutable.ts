import type { FieldPath } from "../../objects/origin.ts";
import { isSame } from "../../objects/same.ts";
import type { VolumeClaimTemplate, Workload } from "../../objects/workload.ts";
import { kubectl, note } from "../../rules/remedies/kubectl.ts";
import { listed } from "../../trace/words.ts";
import { type Applying, at, type Effect } from "../effect.ts";

/** A field that the API server does not let change, and how the new value gets there all the same. */
interface Locked {
  readonly field: FieldPath;
  readonly steps: readonly string[];
}

/**
 * Fields of a workload that an update may not change (pkg/apis/apps/validation ValidateStatefulSetUpdate,
 * ValidateDeploymentUpdate and their like; pkg/apis/batch/validation validateJobUpdate), and the steps that get them
 * changed while the Pods go on running, and so keep their names.
 */
export function immutableFields(
  before: Workload,
  after: Workload,
  services: readonly string[],
  { command }: Applying,
): readonly Effect[] {
  const locked = lockedFields(before, after);
  const [first] = locked;
  if (first === undefined) return [];
  const { namespace, name } = after.metadata;
  const fields = listed(locked.map(({ field }) => field.slice(1).join(".")));
  const message = `kubectl apply fails where ${after.kind} ${name} exists: ${fields} cannot be changed.`;
  const steps = [
    ...new Set(locked.flatMap((one) => one.steps)),
    note(`leaves the Pods of ${name} running, and their names with them`),
    kubectl(namespace, "delete", after.kind.toLowerCase(), name, "--cascade=orphan"),
    command,
    ...afterwards(before, after, locked),
  ];
  return [
    {
      effect: "apply-rejected",
      severity: "warning",
      services,
      ...at(after, first.field),
      message,
      steps: steps.join("\n"),
    },
  ];
}

function lockedFields(before: Workload, after: Workload): readonly Locked[] {
  const found: Locked[] = [];
  const lock = (field: string, differs: boolean, steps: readonly string[] = []): void => {
    if (differs) found.push({ field: ["spec", field], steps });
  };
  const selector = before.selector !== null && after.selector !== null && !isSame(before.selector, after.selector);
  switch (after.kind) {
    case "StatefulSet":
      lock("serviceName", before.serviceName !== after.serviceName);
      lock("selector", selector, relabel(before, after));
      lock("podManagementPolicy", before.podManagementPolicy !== after.podManagementPolicy);
      lock("volumeClaimTemplates", !isSame(claims(before), claims(after)));
      return found;
    case "Deployment":
    case "DaemonSet":
    case "ReplicaSet":
      lock("selector", selector);
      return found;
    case "Job":
      lock("completionMode", before.indexed !== after.indexed);
      lock("template", !isSame(programs(before), programs(after)));
      return found;
    default:
      return found;
  }
}

/** A StatefulSet adopts only Pods that its selector matches, and cannot make others of the same names. */
function relabel(before: Workload, after: Workload): readonly string[] {
  const wanted = Object.entries(after.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  const own = Object.entries(before.selector?.matchLabels ?? {}).map(([key, value]) => `${key}=${value}`);
  if (wanted.length === 0 || own.length === 0) return [];
  return [
    note("the new selector must match the Pods that run, or they are in the way of the new ones"),
    kubectl(after.metadata.namespace, "label", "pods", "-l", own.join(","), "--overwrite", ...wanted),
  ];
}

function afterwards(
  { metadata: { name, namespace } }: Workload,
  after: Workload,
  locked: readonly Locked[],
): readonly string[] {
  const fields = locked.map(({ field }) => field[1]);
  const target = `${after.kind.toLowerCase()}/${name}`;
  switch (after.kind) {
    case "StatefulSet":
      return [
        ...(fields.includes("serviceName")
          ? [
              note("Pods keep the names that they were made with: this gives them the new ones, one after the other."),
              note("Let the old Service stand until then, and until clients use the new names"),
              kubectl(namespace, "rollout", "restart", target),
              kubectl(namespace, "rollout", "status", target),
            ]
          : []),
        ...(fields.includes("volumeClaimTemplates")
          ? [note("claims that exist stay as they are: the template counts for claims that are made from now on")]
          : []),
      ];
    case "Deployment":
    case "ReplicaSet":
    case "DaemonSet":
      return [
        ...(after.kind === "DaemonSet"
          ? []
          : [kubectl(namespace, "rollout", "status", target)].slice(after.kind === "ReplicaSet" ? 1 : 0)),
        note("once the new Pods are Ready, delete what the old selector still matches"),
      ];
    default:
      return [note(`${after.kind} ${name} starts over: its new Pods do the work again`)];
  }
}

/** Claims with their quantities as numbers: an API server writes 1024Mi as 1Gi. */
function claims({ volumeClaimTemplates }: Workload): readonly unknown[] {
  return volumeClaimTemplates.map(({ storage, ...claim }: VolumeClaimTemplate) => ({
    ...claim,
    storage: quantity(storage),
  }));
}

const FACTORS: Readonly<Record<string, number>> = {
  "": 1,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity's number (apimachinery pkg/api/resource), or the text where it is none. */
function quantity(text: string): number | string {
  const [, number, suffix = ""] = /^([0-9.]+(?:[eE][-+]?[0-9]+)?)([kmMGTPE]i?|Ki)?$/.exec(text) ?? [];
  const factor = FACTORS[suffix];
  return number === undefined || factor === undefined ? text : Number(number) * factor;
}

/** What a Job's Pods run; the rest of a live template is completed by the controller. */
function programs({ template }: Workload): readonly unknown[] {
  const { containers, initContainers } = template.spec;
  return [...initContainers, ...containers].map(({ name, image, command, args }) => ({ name, image, command, args }));
}
