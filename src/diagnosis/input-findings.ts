import { describeRef, type KubernetesObject, refOf } from "../objects/meta.ts";
import { formatPath } from "../objects/origin.ts";
import type { Resource } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { note } from "../rules/remedies/kubectl.ts";
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
    remedy: "",
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

/**
 * Objects that carry another namespace than the one that kubectl apply is given: it refuses them, and applies the others
 * (cli-runtime's RequireNamespace).
 */
function misplacedObjects(index: SnapshotIndex, wanted: string): readonly Finding[] {
  const { id, severity, link } = ENGINE_RULES.namespaceMismatch;
  const objects: readonly KubernetesObject[] = [
    ...NAMESPACED.flatMap((resource): readonly KubernetesObject[] => index.all(resource)),
    // Those that are derived from workloads stand in no file.
    ...index.all("pods").filter(({ derivedFrom }) => derivedFrom === null),
  ];
  return objects
    .filter(({ metadata }) => metadata.namespace !== wanted)
    .map((object): Finding => {
      const { namespace, name } = object.metadata;
      return {
        rule: id,
        severity,
        link,
        object: refOf(object),
        field: "metadata.namespace",
        message: `${object.kind} ${name} carries namespace ${namespace}, and -n says ${wanted}: kubectl apply -n ${wanted} refuses it ("the namespace from the provided object does not match the namespace"), and applies only the others.`,
        evidence: [],
        remedy: note(
          `leave metadata.namespace out, or write ${wanted}; where ${namespace} is meant, apply and lint it without -n`,
        ),
        location: object.origin?.locate(["metadata", "namespace"]) ?? null,
        docs: docsOf(id),
        services: [],
      };
    });
}
