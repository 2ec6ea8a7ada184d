import { present } from "../../objects/collected.ts";
import { controllerOf, describeRef, type KubernetesObject, type ObjectRef, refKey, refOf } from "../../objects/meta.ts";
import { type FieldPath, formatPath } from "../../objects/origin.ts";
import type { Pod } from "../../objects/pod.ts";
import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import { WORKLOAD_KINDS, type Workload } from "../../objects/workload.ts";
import type { Finding } from "../engine.ts";
import type { Suppressor } from "../suppression.ts";
import { objectNamed, SEARCHED_RESOURCES } from "./named.ts";
import { unusedFinding, whyUnused } from "./unused.ts";

const IGNORE_ANNOTATION = "kheadless.dev/ignore";
const IGNORE_REASON_ANNOTATION = "kheadless.dev/ignore-reason";

interface Annotated {
  readonly holder: KubernetesObject;
  readonly field: FieldPath;
  readonly rules: readonly string[];
  readonly reason: string | null;
}

/** What annotations silence: on their object, on what it makes, and of a Service on its whole path. */
export function ignoresOfAnnotations(index: SnapshotIndex): Suppressor {
  const used = new Set<string>();
  const mark = (holder: KubernetesObject, rule: string): string => `${refKey(refOf(holder))}\0${rule}`;
  return {
    of(finding, service) {
      // The maker before what it made: a template's annotation is found again on every Pod.
      const holders = finding.object === null ? [] : holdersOf(finding.object, index).toReversed();
      const found = [...holders, ...(service === null ? [] : [service])]
        .flatMap(annotationsOf)
        .find(({ rules }) => rules.includes(finding.rule));
      if (found === undefined) return null;
      used.add(mark(found.holder, finding.rule));
      const by = `annotation on ${describeRef(refOf(found.holder))}`;
      return { finding, reason: found.reason, kind: "annotation", by };
    },
    unused: (excused) =>
      annotatedObjects(index).flatMap((annotated) => {
        const useless = annotated.rules.filter((rule) => !excused.has(rule) && !used.has(mark(annotated.holder, rule)));
        const rest = annotated.rules.filter((rule) => !useless.includes(rule));
        return useless.map((rule) => unusedAnnotation(annotated, rule, rest.join(", ")));
      }),
  };
}

/** The annotations by which an object asks for silence; a workload's Pod template counts as its own. */
function annotationsOf(holder: KubernetesObject): readonly Annotated[] {
  const places: { readonly annotations: Readonly<Record<string, string>>; readonly at: FieldPath }[] = [
    { annotations: holder.metadata.annotations, at: ["metadata", "annotations"] },
  ];
  if (isWorkload(holder)) {
    places.push({ annotations: holder.template.annotations, at: ["spec", "template", "metadata", "annotations"] });
  }
  return places.flatMap(({ annotations, at }) => {
    const text = annotations[IGNORE_ANNOTATION];
    if (text === undefined) return [];
    const rules = text.split(/[\s,]+/).filter((rule) => rule !== "");
    return [
      { holder, field: [...at, IGNORE_ANNOTATION], rules, reason: annotations[IGNORE_REASON_ANNOTATION] ?? null },
    ];
  });
}

function isWorkload(object: KubernetesObject): object is Workload {
  return (WORKLOAD_KINDS as readonly string[]).includes(object.kind);
}

/** The object itself, then what made it, and what made that. */
function holdersOf(ref: ObjectRef, index: SnapshotIndex): readonly KubernetesObject[] {
  const holders: KubernetesObject[] = [];
  let next: Pick<ObjectRef, "kind" | "name"> | null = ref;
  // A Pod of a CronJob has the longest line of owners: Pod, Job, CronJob.
  while (next !== null && holders.length < 3) {
    const found = objectNamed(next, ref.namespace, index);
    if (found === null) break;
    holders.push(found);
    next = makerOf(found);
  }
  return holders;
}

function makerOf(object: KubernetesObject): Pick<ObjectRef, "kind" | "name"> | null {
  const derivedFrom = object.kind === "Pod" ? (object as Pod).derivedFrom : null;
  return derivedFrom ?? controllerOf(object);
}

/** Of thousands of objects most have no such annotation, and need no closer look. */
function isAnnotated(object: KubernetesObject): boolean {
  return (
    IGNORE_ANNOTATION in object.metadata.annotations ||
    (isWorkload(object) && IGNORE_ANNOTATION in object.template.annotations)
  );
}

/** Objects with the annotation, each once: what a controller copied onto its Pods is the workload's. */
function annotatedObjects(index: SnapshotIndex): readonly Annotated[] {
  return SEARCHED_RESOURCES.flatMap((resource) =>
    index.snapshot.lists[resource]
      .flatMap(({ result }): readonly KubernetesObject[] => present<KubernetesObject>(result))
      .filter(isAnnotated)
      .filter(
        (object) => controllerOf(object) === null && (object.kind !== "Pod" || (object as Pod).derivedFrom === null),
      )
      .flatMap(annotationsOf),
  );
}

/** `rest`: the annotation's rules that are of use. */
function unusedAnnotation({ holder, field }: Annotated, rule: string, rest: string): Finding {
  return unusedFinding({
    object: refOf(holder),
    field: formatPath(field),
    location: holder.origin?.locate(field) ?? null,
    message: `${describeRef(refOf(holder))} ignores ${rule}, and ${whyUnused(rule)}`,
    remedy:
      rest === "" ? `# remove the annotation ${IGNORE_ANNOTATION}` : `${IGNORE_ANNOTATION}: ${JSON.stringify(rest)}`,
  });
}
