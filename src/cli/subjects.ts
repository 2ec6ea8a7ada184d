import { matchesSelector } from "../kubernetes/label-selector.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { NotReadDocument } from "../report/document.ts";
import { type SubjectName, subjectsOf } from "../trace/subjects.ts";
import type { InputOptions } from "./options.ts";
import { selectorArgument } from "./selector-argument.ts";
import type { ServiceArgument } from "./service-argument.ts";

/**
 * The Service names that doctor judges: those that were named; without names, those of the input that are headless or are
 * needed headless. A name without a namespace means the default one; with -A, and in manifests without -n, every
 * namespace that knows the name. Of manifests over a cluster the namespaces that they touch are judged.
 */
export function subjectsAsked(
  index: SnapshotIndex,
  named: readonly ServiceArgument[],
  options: InputOptions,
): readonly SubjectName[] {
  const { snapshot } = index;
  const scope = scopeOf(snapshot, options);
  if (named.length === 0) {
    const all = subjectsOf(index, { externalNames: true, namespace: scope ?? undefined });
    const touched = scope === null && !options.allNamespaces ? snapshot.applied?.namespaces : undefined;
    const found = touched === undefined ? all : all.filter(({ namespace }) => touched.includes(namespace));
    return withLabels(index, found, options.selector);
  }
  const known = scope === null ? namespacesByName(index) : null;
  const asked = named.flatMap(({ name, namespace }): readonly SubjectName[] => {
    const namespaces = namespace === null ? (known?.get(name) ?? [snapshot.defaultNamespace]) : [namespace];
    return [...namespaces].map((one) => ({ namespace: one, name, asked: true }));
  });
  return [...new Map(asked.map((subject) => [`${subject.namespace}/${subject.name}`, subject])).values()];
}

/** Where subjectsAsked looks, for people: `shop namespace`, `manifests/`, `shop namespace of manifests/`. */
export function placeLooked(snapshot: Snapshot, options: InputOptions): string {
  const { source, applied } = snapshot;
  const scope = scopeOf(snapshot, options);
  const written = source.kind === "manifests" || applied !== undefined;
  const place = scope === null ? source.description : `${scope} namespace${written ? ` of ${source.description}` : ""}`;
  return options.selector === undefined ? place : `${place} with labels ${options.selector}`;
}

/**
 * The lists that would tell which Services there are, and could not be read, or not whole: of the part that was not read
 * nobody knows which Services it held. What manifests lack is for the rules to say: the input is all that was asked about.
 */
export function notReadOf(
  { lists, source }: Snapshot,
  isAsked: (namespace: string) => boolean,
): readonly NotReadDocument[] {
  if (source.kind === "manifests") return [];
  return (["services", "workloads", "pods"] as const).flatMap((resource) => {
    // Of kube-system only cluster DNS was asked for where a whole list says the rest.
    const whole = lists[resource].some(({ namespace, result }) => namespace === null && result.status === "complete");
    return lists[resource].flatMap(({ namespace, result }): readonly NotReadDocument[] => {
      const asked = namespace === null || (!whole && isAsked(namespace));
      return result.status === "complete" || !asked ? [] : [{ resource, namespace, reason: result.because }];
    });
  });
}

/** The one namespace that is meant, null for all that were read. */
function scopeOf(
  { source, applied, defaultNamespace }: Snapshot,
  { allNamespaces, namespace }: InputOptions,
): string | null {
  if (allNamespaces) return null;
  const written = source.kind === "manifests" || applied !== undefined;
  return written && namespace === undefined ? null : defaultNamespace;
}

/** Of each name the namespaces that have such a Service, or something that needs one. */
function namespacesByName(index: SnapshotIndex): ReadonlyMap<string, ReadonlySet<string>> {
  const found = new Map<string, Set<string>>();
  const add = (namespace: string, name: string): void => {
    found.set(name, (found.get(name) ?? new Set()).add(namespace));
  };
  for (const { metadata } of index.all("services")) add(metadata.namespace, metadata.name);
  for (const { namespace, name } of subjectsOf(index, { externalNames: false })) add(namespace, name);
  return found;
}

function withLabels(
  index: SnapshotIndex,
  subjects: readonly SubjectName[],
  selector: string | undefined,
): readonly SubjectName[] {
  if (selector === undefined) return subjects;
  const wanted = selectorArgument(selector);
  return subjects.filter(({ namespace, name }) =>
    index
      .named("services", name)
      .some(({ metadata }) => metadata.namespace === namespace && matchesSelector(wanted, metadata.labels)),
  );
}
