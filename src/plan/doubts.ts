import { isLeftOut } from "../objects/dns-scope.ts";
import { describeRef, type ObjectRef } from "../objects/meta.ts";
import type { InvalidObject, Snapshot } from "../objects/snapshot.ts";
import type { Side, Sides } from "./side.ts";

/** Of an object that is missing on the new side: why it may be there all the same; null where it may not. */
export function unreadable(invalid: readonly InvalidObject[]): (ref: ObjectRef | null) => string | null {
  return (ref) => {
    if (ref === null) return null;
    const place = invalid.find(
      ({ ref: other }) =>
        other === null || (other.kind === ref.kind && other.namespace === ref.namespace && other.name === ref.name),
    );
    if (place === undefined) return null;
    const where = place.location === null ? "a document" : `${place.location.file}:${place.location.line}`;
    return `whether ${describeRef(ref)} is removed: ${where} could not be read (${place.message})`;
  };
}

/** What was asked for and could not be read, of either side. */
export function notRead(base: Snapshot, target: Snapshot): readonly string[] {
  const broken = [base, target].flatMap(({ invalid, source }) =>
    invalid.map(({ location, message }) => {
      const where = location === null ? source.description : `${location.file}:${location.line}`;
      return `what ${where} holds: ${message}`;
    }),
  );
  const lists = (["services", "workloads", "pods", "endpointSlices"] as const).flatMap((resource) =>
    base.lists[resource].flatMap(({ result }) => {
      if (base.source.kind === "manifests" || result.status === "complete" || isLeftOut(result.because, resource))
        return [];
      return result.status === "unavailable" && result.byNature ? [] : [`all ${resource}: ${result.because}`];
    }),
  );
  return [...new Set([...broken, ...lists])];
}

/** What a plan takes for granted, as whole sentences. */
export function assumptionsOf({ before, after }: Sides): readonly string[] {
  const toCome = [before, after].some(({ index }) => index.all("pods").some(({ status }) => status === null));
  return [
    ...(toCome ? ["Pods that do not exist yet count as if they were Ready."] : []),
    ...new Set([...[before, after].flatMap(uncounted), ...before.zone.assumptions, ...after.zone.assumptions]),
  ];
}

/** What an operator may make besides, of the manifests of one side. */
function uncounted({ index: { snapshot } }: Side): readonly string[] {
  if (snapshot.source.kind !== "manifests" || snapshot.invalid.length > 0) return [];
  return snapshot.lists.services.flatMap(({ result }) =>
    result.status === "partial" ? [`Not counted: ${result.because}.`] : [],
  );
}
