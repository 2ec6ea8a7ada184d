import { describeRef, type KubernetesObject, refOf } from "../objects/meta.ts";
import { formatPath, type Location } from "../objects/origin.ts";
import type { Resource } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { note } from "../rules/remedies/kubectl.ts";
import { unfilledRemedy } from "../rules/remedies/unfilled.ts";
import { count, listed } from "../trace/words.ts";
import { ENGINE_RULES } from "./catalogue.ts";
import { docsOf, type Finding } from "./engine.ts";

/** What is wrong with the input itself, whatever Services are asked about. `applyNamespace` is what kubectl apply is given. */
export function inputFindings(index: SnapshotIndex, applyNamespace: string | null): readonly Finding[] {
  return [...invalidObjects(index), ...(applyNamespace === null ? [] : misplacedObjects(index, applyNamespace))];
}

function invalidObjects({ snapshot }: SnapshotIndex): readonly Finding[] {
  const { id, severity, link } = ENGINE_RULES.invalidObject;
  return snapshot.invalid.map(({ ref, location, field, message }) => ({
    rule: id,
    severity,
    link,
    object: ref,
    field: field === null ? null : formatPath(field),
    message: [
      ...(ref === null ? [] : [describeRef(ref)]),
      // An empty path is the whole document.
      ...(field === null || field.length === 0 ? [] : [formatPath(field)]),
      message,
    ].join(": "),
    evidence: [],
    remedy: unfilledRemedy(`${ref?.name ?? ""} ${message}`) ?? "",
    location,
    docs: docsOf(id),
    services: [],
  }));
}

/** Lists of namespaced kinds. */
const NAMESPACED = [
  "services",
  "workloads",
  "endpointSlices",
  "endpoints",
  "configMaps",
  "networkPolicies",
] as const satisfies readonly Resource[];

/** Objects of one file and namespace that are told one by one; more of them, as of a rendered chart, are told at the first. */
const MOST_ALONE = 3;
const MOST_NAMES = 5;

/**
 * Objects that carry another namespace than the one that kubectl apply is given: it refuses them, and applies the others
 * (cli-runtime's RequireNamespace).
 */
function misplacedObjects(index: SnapshotIndex, wanted: string): readonly Finding[] {
  const objects: readonly KubernetesObject[] = [
    ...NAMESPACED.flatMap((resource): readonly KubernetesObject[] => index.all(resource)),
    // Those that are derived from workloads stand in no file.
    ...index.all("pods").filter(({ derivedFrom }) => derivedFrom === null),
  ];
  const misplaced = objects
    .filter(({ metadata }) => metadata.namespace !== wanted)
    .map((object) => ({ object, location: object.origin?.locate(["metadata", "namespace"]) ?? null }));
  const files = Map.groupBy(misplaced, ({ object, location }) => `${object.metadata.namespace}\0${location?.file}`);
  return [...files.values()].flatMap((group) => {
    if (group.length <= MOST_ALONE) return group.map((one) => misplacedFinding(one, [], wanted));
    const [first, ...others] = group.sort((a, b) => (a.location?.line ?? 0) - (b.location?.line ?? 0));
    return first === undefined ? [] : [misplacedFinding(first, others, wanted)];
  });
}

interface Misplaced {
  readonly object: KubernetesObject;
  readonly location: Location | null;
}

function misplacedFinding({ object, location }: Misplaced, others: readonly Misplaced[], wanted: string): Finding {
  const { id, severity, link } = ENGINE_RULES.namespaceMismatch;
  const { namespace, name } = object.metadata;
  const [who, them] =
    others.length === 0
      ? [`${object.kind} ${name} carries`, "it"]
      : [`${object.kind} ${name} and ${count(others.length, "other object")} of this file carry`, "them"];
  const names = others.map((one) => `${one.object.kind} ${one.object.metadata.name}`);
  return {
    rule: id,
    severity,
    link,
    object: refOf(object),
    field: "metadata.namespace",
    message: `${who} namespace ${namespace}, and -n says ${wanted}: kubectl apply -n ${wanted} refuses ${them} ("the namespace from the provided object does not match the namespace"), and applies only the rest.`,
    evidence: names.length === 0 ? [] : [`also ${listed(names, MOST_NAMES)}`],
    remedy: note(
      `leave metadata.namespace out, or write ${wanted}; where ${namespace} is meant, apply and lint it without -n`,
    ),
    location,
    docs: docsOf(id),
    services: [],
  };
}
