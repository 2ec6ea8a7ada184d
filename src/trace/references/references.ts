import { present } from "../../objects/collected.ts";
import { controllerOf } from "../../objects/meta.ts";
import { configMapsOf, type Pod } from "../../objects/pod.ts";
import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import type { Workload } from "../../objects/workload.ts";
import { type Flaw, flawOf } from "./flaw.ts";
import { formOf } from "./host-form.ts";
import type { KnownNames } from "./known-names.ts";
import { type MeantReference, meantBy } from "./meant.ts";
import { type Reference, referencesIn } from "./reference.ts";
import { containersOf, podSpecOf } from "./texts.ts";

/** A reference to a name that does not exist, and why. */
export interface FlawedReference {
  readonly reference: Reference;
  readonly flaw: Flaw;
}

/** Who names which hosts, in all namespaces that were read; each answer from an index that is built once. */
export interface References {
  /** References of a namespace's workloads and Pods by the host, lower case, as they write it. */
  naming(namespace: string, host: string): readonly Reference[];
  /** The same of all namespaces together. */
  namingAnywhere(host: string): readonly Reference[];
  /** References that should name this Service or a Pod below it, and name nothing. */
  flawed(namespace: string, service: string): readonly FlawedReference[];
  /** References to this Service, or to a name below it, with the cluster's domain written out. */
  writtenOut(namespace: string, service: string): readonly Reference[];
  /** References that surely mean this Service, or a Pod below it, whoever holds them. */
  meaning(namespace: string, service: string): readonly MeantReference[];
  /** ConfigMaps of a namespace that its containers use and that are not among those read. */
  unreadConfigMaps(namespace: string): readonly string[];
  /** Whether containers of a namespace have variables or ConfigMaps, whose values a snapshot file leaves out. */
  hasLeftOut(namespace: string): boolean;
}

export function referencesOf(
  index: SnapshotIndex,
  names: KnownNames,
  workloadNamed: (namespace: string, kind: string, name: string) => Workload | null,
): References {
  const holders = holdersByNamespace(index, workloadNamed);
  const byHost = new Map<string, Map<string, Reference[]>>();
  const isCandidate = candidates(index, names);
  for (const [namespace, own] of holders) {
    const configMaps = new Map(present(index.in("configMaps", namespace)).map((one) => [one.metadata.name, one]));
    const hosts = new Map<string, Reference[]>();
    for (const reference of referencesIn(own, configMaps, isCandidate)) add(hosts, reference.host, reference);
    byHost.set(namespace, hosts);
  }
  let judged: Judged | null = null;
  const judge = (): Judged => {
    judged ??= judgeAll(byHost, names);
    return judged;
  };
  let everywhere: Map<string, Reference[]> | null = null;
  const allHosts = (): Map<string, Reference[]> => {
    everywhere ??= mergedHosts(byHost.values());
    return everywhere;
  };
  return {
    namingAnywhere: (host) => allHosts().get(host) ?? [],
    naming: (namespace, host) => byHost.get(namespace)?.get(host) ?? [],
    flawed: (namespace, service) => judge().flawed.get(`${namespace}/${service}`) ?? [],
    writtenOut: (namespace, service) => judge().writtenOut.get(`${namespace}/${service}`) ?? [],
    meaning: (namespace, service) => judge().meaning.get(`${namespace}/${service}`) ?? [],
    unreadConfigMaps(namespace) {
      const list = index.in("configMaps", namespace);
      const read = new Set(present(list).map((one) => one.metadata.name));
      const used = new Set((holders.get(namespace) ?? []).flatMap((holder) => configMapsOf(podSpecOf(holder))));
      return [...used].filter((name) => !read.has(name)).sort();
    },
    hasLeftOut: (namespace) => (holders.get(namespace) ?? []).some(hasValues),
  };
}

function mergedHosts(namespaces: Iterable<ReadonlyMap<string, readonly Reference[]>>): Map<string, Reference[]> {
  const merged = new Map<string, Reference[]>();
  for (const hosts of namespaces) {
    for (const [host, references] of hosts) for (const one of references) add(merged, host, one);
  }
  return merged;
}

/** The workloads and Pods that are mended where they are written: a ReplicaSet's template is its Deployment's. */
function holdersByNamespace(
  index: SnapshotIndex,
  workloadNamed: (namespace: string, kind: string, name: string) => Workload | null,
): ReadonlyMap<string, readonly (Workload | Pod)[]> {
  const workloads = index.all("workloads").filter((workload) => {
    const owner = controllerOf(workload);
    return owner === null || workloadNamed(workload.metadata.namespace, owner.kind, owner.name) === null;
  });
  const pods = index.all("pods").filter((pod) => pod.derivedFrom === null && controllerOf(pod) === null);
  return Map.groupBy([...workloads, ...pods], (one) => one.metadata.namespace);
}

/** Whether a name with these labels can be one of the cluster: most words with dots are versions, files and classes. */
function candidates(index: SnapshotIndex, names: KnownNames): (labels: readonly string[]) => boolean {
  const known = new Set<string>();
  for (const { metadata } of index.all("services")) known.add(metadata.name);
  for (const { metadata, serviceName } of index.all("workloads")) {
    if (serviceName === null) continue;
    known.add(metadata.name);
    if (serviceName !== "") known.add(serviceName);
  }
  const domain = names.domain.name.split(".").at(-1) ?? "";
  return (labels) =>
    labels.includes("svc") ||
    labels.at(-1) === domain ||
    (labels.length <= 3 &&
      labels.some((label) => known.has(label) || known.has(label.replace(/-[0-9]+$/, "")) || names.isNamespace(label)));
}

interface Judged {
  readonly flawed: ReadonlyMap<string, readonly FlawedReference[]>;
  readonly writtenOut: ReadonlyMap<string, readonly Reference[]>;
  readonly meaning: ReadonlyMap<string, readonly MeantReference[]>;
}

/** Every host of a namespace is judged once for each way in which it is written. */
function judgeAll(byHost: ReadonlyMap<string, ReadonlyMap<string, readonly Reference[]>>, names: KnownNames): Judged {
  const flawed = new Map<string, FlawedReference[]>();
  const writtenOut = new Map<string, Reference[]>();
  const meaning = new Map<string, MeantReference[]>();
  const domain = names.domain.name;
  for (const hosts of byHost.values()) {
    for (const references of hosts.values()) {
      for (const reference of references) {
        const flaw = flawOf(reference, names);
        if (flaw !== null) add(flawed, `${flaw.service.namespace}/${flaw.service.name}`, { reference, flaw });
        const meant = meantBy(reference, names);
        if (meant !== null) add(meaning, `${meant.service.namespace}/${meant.service.name}`, meant);
        const form = isWrittenOut(reference, `.svc.${domain}`) ? formOf(reference.host, domain) : null;
        if (form?.form !== "svc" || form.namespace === null) continue;
        add(writtenOut, `${form.namespace}/${form.service}`, reference);
      }
    }
  }
  return { flawed, writtenOut, meaning };
}

function hasValues(holder: Workload | Pod): boolean {
  const hasUnknown = containersOf(holder).some(({ container }) =>
    container.env.some(({ value, fieldPath }) => value === null && fieldPath === null),
  );
  return hasUnknown || configMapsOf(podSpecOf(holder)).length > 0;
}

/** Whether the text itself holds the domain: a variable's value is the variable's. */
function isWrittenOut({ host, written }: Reference, suffix: string): boolean {
  return host.endsWith(suffix) && written.toLowerCase().includes(suffix);
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
