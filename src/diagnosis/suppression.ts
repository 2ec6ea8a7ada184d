import { present } from "../objects/collected.ts";
import { controllerOf, describeRef, type KubernetesObject, type ObjectRef, refKey, refOf } from "../objects/meta.ts";
import { nearNames } from "../objects/near-names.ts";
import type { FieldPath, Location } from "../objects/origin.ts";
import { formatPath } from "../objects/origin.ts";
import type { Pod } from "../objects/pod.ts";
import type { Resource } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { WORKLOAD_KINDS, type Workload } from "../objects/workload.ts";
import { CATALOGUE, ENGINE_RULES } from "./catalogue.ts";
import { docsOf, type Finding } from "./engine.ts";

const IGNORE_ANNOTATION = "kheadless.dev/ignore";
const IGNORE_REASON_ANNOTATION = "kheadless.dev/ignore-reason";

/** An ignore that was given for the whole run: an option, or an entry of the configuration file. */
export interface Ignore {
  readonly rule: string;
  /** `KIND/NAME` or `KIND/NAMESPACE/NAME`, `*` for any run of characters; null: every object. */
  readonly object: string | null;
  readonly reason: string | null;
  /** As a reader finds it: `--ignore`, `.kheadless.yaml`. */
  readonly from: string;
  readonly location: Location | null;
}

/** A finding that an ignore silenced. */
export interface Suppressed {
  readonly finding: Finding;
  readonly reason: string | null;
  /** Where the ignore stands: `annotation on Service shop/mysql`, `--ignore`, `.kheadless.yaml`. */
  readonly by: string;
}

/** Decides which findings are silenced, and remembers which ignores were of use. */
export interface Suppressor {
  /** null where nothing silences the finding on the path of `namespace`/`name`. */
  of(finding: Finding, service: KubernetesObject | null): Suppressed | null;
  /** A finding for each ignore that silenced nothing. `excused`: rules that could not be run, which prove nothing. */
  unused(excused: ReadonlySet<string>): readonly Finding[];
}

interface Annotated {
  readonly holder: KubernetesObject;
  readonly field: FieldPath;
  readonly rules: readonly string[];
  readonly reason: string | null;
}

export function suppressor(index: SnapshotIndex, ignores: readonly Ignore[]): Suppressor {
  const matchers = ignores.map((ignore) => ({ ignore, matches: objectPattern(ignore.object), used: false }));
  const usedAnnotations = new Set<string>();
  const mark = (holder: KubernetesObject, rule: string): string => `${refKey(refOf(holder))}\0${rule}`;

  return {
    of(finding, service) {
      for (const matcher of matchers) {
        const { ignore, matches } = matcher;
        if (ignore.rule !== finding.rule || !matches(finding.object)) continue;
        matcher.used = true;
        return { finding, reason: ignore.reason, by: ignore.from };
      }
      // The maker before what it made: a template's annotation is found again on every Pod.
      const holders = finding.object === null ? [] : holdersOf(finding.object, index).toReversed();
      for (const { holder, rules, reason } of [...holders, ...(service === null ? [] : [service])].flatMap(
        annotationsOf,
      )) {
        if (!rules.includes(finding.rule)) continue;
        usedAnnotations.add(mark(holder, finding.rule));
        return { finding, reason, by: `annotation on ${describeRef(refOf(holder))}` };
      }
      return null;
    },
    unused(excused) {
      const ofRun = matchers
        .filter(({ used, ignore }) => !used && !excused.has(ignore.rule))
        .map(({ ignore }) => unusedIgnore(ignore));
      const ofObjects = annotatedObjects(index).flatMap((annotated) =>
        annotated.rules
          .filter((rule) => !excused.has(rule) && !usedAnnotations.has(mark(annotated.holder, rule)))
          .map((rule) => unusedAnnotation(annotated, rule)),
      );
      return [...ofRun, ...ofObjects];
    },
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

const RESOURCE_OF: { readonly [kind: string]: Resource } = {
  Service: "services",
  EndpointSlice: "endpointSlices",
  Endpoints: "endpoints",
  Pod: "pods",
  Node: "nodes",
  Namespace: "namespaces",
  ConfigMap: "configMaps",
  NetworkPolicy: "networkPolicies",
  ...Object.fromEntries(WORKLOAD_KINDS.map((kind) => [kind, "workloads"])),
};

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

function objectNamed(
  { kind, name }: Pick<ObjectRef, "kind" | "name">,
  namespace: string,
  index: SnapshotIndex,
): KubernetesObject | null {
  const resource = RESOURCE_OF[kind];
  if (resource === undefined) return null;
  const named: readonly KubernetesObject[] = index.named(resource, name);
  return named.find((one) => one.kind === kind && one.metadata.namespace === namespace) ?? null;
}

function makerOf(object: KubernetesObject): Pick<ObjectRef, "kind" | "name"> | null {
  const derivedFrom = object.kind === "Pod" ? (object as Pod).derivedFrom : null;
  return derivedFrom ?? controllerOf(object);
}

/** Objects with the annotation, each once: what a controller copied onto its Pods is the workload's. */
function annotatedObjects(index: SnapshotIndex): readonly Annotated[] {
  const resources = [...new Set(Object.values(RESOURCE_OF))];
  return resources.flatMap((resource) =>
    index.snapshot.lists[resource]
      .flatMap(({ result }): readonly KubernetesObject[] => present<KubernetesObject>(result))
      .filter(
        (object) => controllerOf(object) === null && (object.kind !== "Pod" || (object as Pod).derivedFrom === null),
      )
      .flatMap(annotationsOf),
  );
}

/** Whether an object is meant by `KIND/NAME` or `KIND/NAMESPACE/NAME`; kinds in any case. */
function objectPattern(pattern: string | null): (object: ObjectRef | null) => boolean {
  if (pattern === null) return () => true;
  const parts = pattern.split("/");
  const [kind, namespace, name] = parts.length === 2 ? [parts[0], "*", parts[1]] : parts;
  const tests = [wildcard(kind ?? "", "i"), wildcard(namespace ?? "", ""), wildcard(name ?? "", "")] as const;
  return (object) =>
    object !== null && tests[0].test(object.kind) && tests[1].test(object.namespace) && tests[2].test(object.name);
}

function wildcard(text: string, flags: string): RegExp {
  const pattern = text
    .split("*")
    .map((part) => part.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
    .join(".*");
  return new RegExp(`^${pattern}$`, flags);
}

function unusedIgnore({ rule, object, from, location }: Ignore): Finding {
  const on = object === null ? "" : ` on ${object}`;
  return unusedFinding({
    object: null,
    field: null,
    location,
    message: `${from} ignores ${rule}${on}, and nothing was found that it would silence.`,
    remedy: "# take the entry out, so that it does not hide a finding of tomorrow",
  });
}

function unusedAnnotation({ holder, field, rules }: Annotated, rule: string): Finding {
  const ids = CATALOGUE.map(({ id }) => id);
  const near = ids.includes(rule) ? [] : nearNames(rule, ids);
  const known = ids.includes(rule)
    ? "nothing was found there that it would silence"
    : `there is no such rule${near[0] === undefined ? "" : `; did you mean ${near[0]}?`}`;
  const rest = rules.filter((other) => other !== rule).join(", ");
  return unusedFinding({
    object: refOf(holder),
    field: formatPath(field),
    location: holder.origin?.locate(field) ?? null,
    message: `${describeRef(refOf(holder))} ignores ${rule}, and ${known}.`,
    remedy:
      rest === "" ? `# remove the annotation ${IGNORE_ANNOTATION}` : `${IGNORE_ANNOTATION}: ${JSON.stringify(rest)}`,
  });
}

function unusedFinding(finding: Pick<Finding, "object" | "field" | "location" | "message" | "remedy">): Finding {
  const { id, severity, link } = ENGINE_RULES.unusedSuppression;
  return { rule: id, severity, link, evidence: [], docs: docsOf(id), services: [], ...finding };
}
