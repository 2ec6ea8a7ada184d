import type { ResolutionDocument } from "../diagnosis/resolution/document.ts";
import { namespacesOf, type Question } from "../diagnosis/resolution/question.ts";
import type { resolveName } from "../diagnosis/resolution.ts";
import { reverseName } from "../dns/name.ts";
import { RECORD_TYPES, type RecordType } from "../dns/records.ts";
import { present } from "../objects/collected.ts";
import { meantInstead } from "../objects/near-names.ts";
import type { Pod } from "../objects/pod.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../objects/snapshot-index.ts";
import { byName, listed } from "../trace/words.ts";
import { zoneOf } from "../trace/zone.ts";
import { UsageError } from "./errors.ts";
import type { Scope } from "./input.ts";

/*
 * What the commands that ask for names share: resolve, probe, and doctor for what aliases lead to.
 */

/** What a name comes to. Throws UsageError for what is no name. */
export function documentOf(result: ReturnType<typeof resolveName>, { name }: Question): ResolutionDocument {
  if (!result.ok) throw new UsageError(`${JSON.stringify(name)} is no DNS name: ${result.message}`);
  return result.document;
}

/** What `-o json` has of names: one as it is, several as a list; `besides` is told of all of them together. */
export function resolutionData(documents: readonly ResolutionDocument[], besides: object = {}): object {
  const [only] = documents;
  return documents.length === 1
    ? { ...only, ...besides }
    : { apiVersion: "kheadless/v1", kind: "ResolutionList", items: documents, ...besides };
}

/** Reads `A,AAAA` of `-t`. Throws UsageError. */
export function typesOf(text: string): readonly RecordType[] {
  return text.split(",").map((part) => {
    const found = RECORD_TYPES.find((type) => type === part.trim().toUpperCase());
    if (found === undefined) throw new UsageError(`-t ${part.trim()}: known types are ${RECORD_TYPES.join(", ")}`);
    return found;
  });
}

/** The Pod that an option names. Throws UsageError where it is not among what was read. */
export function podNamed(option: string, name: string, namespace: string, index: SnapshotIndex): Pod {
  const list = index.in("pods", namespace);
  const pods = present(list);
  const found = pods.find(({ metadata }) => metadata.name === name);
  if (found !== undefined) return found;
  if (list.status === "unavailable") throw new UsageError(`${option} pod/${name}: ${list.because}`);
  const names = pods.map(({ metadata }) => metadata.name).sort(byName);
  const { source } = index.snapshot;
  const all =
    source.kind === "cluster"
      ? `kubectl -n ${namespace} get pods lists them`
      : names.length === 0
        ? `${source.description} holds no Pod there`
        : `${source.description} holds ${listed(names)} there`;
  const meant = meantInstead(name, names, all);
  throw new UsageError(`there is no Pod ${name} in namespace ${namespace}; ${meant}`);
}

/** An address may belong to any namespace; names speak of the namespaces that they are looked up in. */
export function moreFor(questions: readonly Question[], snapshot: Snapshot): ReturnType<NonNullable<Scope["more"]>> {
  if (questions.some(({ name }) => reverseName(name) !== null || /\.arpa\.?$/i.test(name))) {
    return { namespaces: "all", resources: ["services", "endpointSlices"] };
  }
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const known = index.in("namespaces", "");
  const names = new Set(present(known).map(({ metadata }) => metadata.name));
  const others = [...new Set(questions.flatMap((question) => namespacesOf(question, zone)))].filter(
    (namespace) =>
      // Of kube-system only what belongs to cluster DNS was read.
      index.in("services", namespace).status !== "complete" && (known.status !== "complete" || names.has(namespace)),
  );
  return others.length === 0
    ? null
    : { namespaces: others, resources: ["services", "endpointSlices", "endpoints", "pods"] };
}
