import type { Prediction, RecordType } from "../dns/records.ts";
import { predict } from "../dns/zone.ts";
import { type ExpectedSlices, expectedSlices } from "../kubernetes/endpoint-slices.ts";
import type { LabelIndex } from "../kubernetes/label-selector.ts";
import { type Collected, notHeld, present, type Unavailable } from "../objects/collected.ts";
import type { EndpointSlice, Endpoints } from "../objects/endpoint-slice.ts";
import { type KubernetesObject, type ObjectRef, refOf } from "../objects/meta.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { ConfigMap, Event, Namespace, NetworkPolicy, Node } from "../objects/others.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, isHeadless, type Service } from "../objects/service.ts";
import type { Applied, UpdateNote } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import { type Client, clientsOf } from "./clients.ts";
import type { DnsAccess } from "./dns-access.ts";
import type { DnsCorefile } from "./dns-corefile.ts";
import type { DnsServers } from "./dns-servers.ts";
import type { NamespaceLookups } from "./lookups.ts";
import { type Maker, makerOf } from "./makers.ts";
import type { StraySlice } from "./manual-slices.ts";
import { type Observed, observed } from "./observed.ts";
import { type Owner, ownerOf } from "./owners.ts";
import { type Part, partFrom } from "./part.ts";
import { type PodState, podState, type Surroundings } from "./pod-state.ts";
import { type Probed, probed } from "./probed.ts";
import type { Reference } from "./references/reference.ts";
import type { FlawedReference } from "./references/references.ts";
import { unreadTexts } from "./references/unread.ts";
import { byName } from "./words.ts";

/** A Pod with where it stands on its way to answering. */
export interface StatedPod {
  readonly pod: Pod;
  readonly state: PodState;
}

/** An object whose Pods can only have names if the Service is headless. */
export interface HeadlessNeed {
  readonly by: Workload | Pod;
  readonly field: FieldPath;
}

/**
 * The pieces of a Service's path, by the name that rules ask for them. Each is built when first read, from lists that
 * may be incomplete: see Part.
 */
export interface Parts {
  readonly services: {
    readonly inNamespace: readonly Service[];
    /** Services of the same name in other namespaces that were read. */
    readonly elsewhere: readonly Service[];
    /** The Services of any namespace, as far as they were read. */
    of(namespace: string): Collected<Service>;
  };
  readonly workloads: {
    readonly inNamespace: readonly Workload[];
    /** The namespace's, by the labels of their Pod templates. */
    readonly byLabel: LabelIndex<Workload>;
    /** The namespace's, by the labels of their own metadata. */
    readonly byOwnLabel: LabelIndex<Workload>;
    /** Those whose template carries the labels that the Service selects; none without a selector. */
    readonly selected: readonly Workload[];
    named(name: string): readonly Workload[];
    /** StatefulSets whose serviceName is this Service. */
    readonly governed: readonly Workload[];
    /** The topmost controller of a Pod or workload of the namespace; null for a Pod that nobody controls. */
    makerOf(object: Pod | Workload): Maker | null;
    /** The topmost workload above a Pod of the namespace: what kubectl scales, rolls out and reads logs of. */
    ownerOf(pod: Pod): Owner | null;
  };
  readonly pods: {
    readonly inNamespace: readonly Pod[];
    /** The namespace's, by their labels. */
    readonly byLabel: LabelIndex<Pod>;
    /** Those that carry the labels that the Service selects, whatever their state; none without a selector. */
    readonly selected: readonly Pod[];
    /** Those of one topmost controller (workloads.makerOf). */
    madeBy(maker: ObjectRef): readonly Pod[];
    /** Those whose subdomain is this Service. */
    readonly withSubdomain: readonly Pod[];
    /** Pods of other namespaces that were read and carry the labels. */
    readonly selectedElsewhere: readonly Pod[];
  };
  readonly endpointSlices: {
    readonly inNamespace: readonly EndpointSlice[];
    /** Those whose service-name label is this Service: what DNS reads. */
    readonly ofService: readonly EndpointSlice[];
    /** Slices of other namespaces whose label is this Service's name. */
    readonly elsewhere: readonly EndpointSlice[];
    /** Those of the namespace that belong to no Service and were plausibly meant for this one: ask straySlices. */
    readonly strays: readonly StraySlice[];
  };
  readonly endpoints: {
    /** The one of the Service's own name. */
    readonly ofService: Endpoints | null;
    /** Those that belong to no Service and were plausibly meant for this one: ask strayEndpoints. */
    readonly strays: readonly Endpoints[];
  };
  /** The Pods that the Service selects, each with where it stands and why it is not further; sorted by name. */
  readonly podStates: readonly StatedPod[];
  /** What the EndpointSlice controller should have made of the Service and the Pods that it selects; null without a Service. */
  readonly expected: ExpectedSlices | null;
  readonly events: { of(object: KubernetesObject): readonly Event[] };
  readonly namespaces: { readonly own: Namespace | null; readonly all: readonly Namespace[] };
  readonly nodes: { named(name: string): Node | null };
  readonly networkPolicies: { readonly inNamespace: readonly NetworkPolicy[] };
  /** What manifests that are laid over the cluster do not do although they say so, in this namespace. */
  readonly applied: Pick<Applied, "rejected" | "kept">;
  readonly configMaps: { readonly inNamespace: readonly ConfigMap[] };
  /** Who names this Service, and the Pods below it. */
  readonly references: {
    /** Where containers of the namespace may mean this host, lower case, as they write it: `web`, `web.shop`. */
    naming(host: string): readonly Reference[];
    /** Names that should be this Service's or lie below it, and do not exist. */
    readonly flawed: readonly FlawedReference[];
    /** Names of this Service, or below it, with the cluster's domain. */
    readonly writtenOut: readonly Reference[];
    /** Why some of what containers are given was not read; null where all was. */
    readonly unread: Unavailable | null;
  };
  /** Who surely needs names of this Service answered. */
  readonly clients: readonly Client[];
  /** The servers of cluster DNS, and the Service that leads to them. */
  readonly clusterDns: DnsServers;
  /** How CoreDNS is configured, and what that makes of names. */
  readonly corefile: DnsCorefile;
  /** What CoreDNS may read of the cluster. */
  readonly dnsAccess: DnsAccess;
  /** What cluster DNS answers by all that was read; where its settings were not, by kubeadm's. */
  readonly prediction: {
    /** Absolute: `cluster.local.`. */
    readonly domain: string;
    /** How CoreDNS's settings are known. */
    readonly settings: "given" | "collected" | "assumed";
    predict(name: string, type: RecordType): Prediction;
  };
  /** What the replicas of cluster DNS said to this Service's names; only where they were asked. */
  readonly observed: Observed;
  /** What was seen of this Service's names, and of cluster DNS, from inside the cluster; only with `--probe`. */
  readonly probed: Probed;
}
export type PartName = keyof Parts;

/** What is known of a Service's name without asking whether a list was complete. */
export interface Subject {
  readonly namespace: string;
  readonly name: string;
  /** null where no such Service was found (or services could not be listed). */
  readonly service: Service | null;
  /** What CoreDNS calls headless; false without a Service. */
  readonly headless: boolean;
  /** The user asked about it by name. */
  readonly asked: boolean;
  /** StatefulSets and Pods that were found to need it headless. */
  readonly neededBy: readonly HeadlessNeed[];
  /** Whether objects carry status: from a cluster or a snapshot of one, not from manifests. */
  readonly live: boolean;
  /** As given or found in the Corefile, else "cluster.local"; lower case, without a trailing dot. */
  readonly clusterDomain: string;
  /** What ages are told relative to; null where the source has no clock. */
  readonly now: string | null;
}

/** One Service name with everything that lies on its path: what is, as collected; what should be is derived from it. */
export interface ServiceTrace extends Subject {
  readonly parts: { readonly [P in PartName]: Part<Parts[P]> };
  readonly index: SnapshotIndex;
}

/** Puts together the trace of `namespace`/`name`, whether or not such a Service exists. */
export function traceService(
  lookups: NamespaceLookups,
  subject: { readonly namespace: string; readonly name: string; readonly asked: boolean },
): ServiceTrace {
  const { index } = lookups;
  const { namespace, name } = subject;
  const live = index.snapshot.source.kind !== "manifests";
  const service = index.named("services", name).find((one) => one.metadata.namespace === namespace) ?? null;
  const governed = lookups.governedBy(namespace, name);
  const withSubdomain = lookups.podsWithSubdomain(namespace, name);
  return {
    ...subject,
    service,
    headless: service !== null && isHeadless(service),
    neededBy: headlessNeeds(governed, withSubdomain),
    live,
    get clusterDomain() {
      return lookups.zone().domain.name;
    },
    now: index.snapshot.takenAt,
    parts: lazyParts(lookups, namespace, name, service),
    index,
  };
}

/** StatefulSets need it for the names of their Pods; a Pod's own subdomain counts where no such StatefulSet made it. */
function headlessNeeds(governed: readonly Workload[], withSubdomain: readonly Pod[]): readonly HeadlessNeed[] {
  const names = new Set(governed.map((workload) => workload.metadata.name));
  const needs: HeadlessNeed[] = governed.map((by) => ({ by, field: ["spec", "serviceName"] }));
  for (const pod of withSubdomain) {
    const owner = pod.derivedFrom ?? pod.metadata.ownerReferences.find((one) => one.controller);
    if (owner?.kind === "StatefulSet" && names.has(owner.name)) continue;
    needs.push({ by: pod, field: ["spec", "subdomain"] });
  }
  return needs;
}

function lazyParts(
  lookups: NamespaceLookups,
  namespace: string,
  name: string,
  service: Service | null,
): ServiceTrace["parts"] {
  const { index } = lookups;
  const selector = service !== null && hasSelector(service) ? service.spec.selector : null;
  const builders: Builders = {
    services: () => {
      const list = index.in("services", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        get elsewhere() {
          return index.named("services", name).filter((one) => one.metadata.namespace !== namespace);
        },
        of: (other) => index.in("services", other),
      }));
    },
    workloads: () => {
      const list = index.in("workloads", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        get byLabel() {
          return lookups.workloadsByLabel(namespace);
        },
        get byOwnLabel() {
          return lookups.workloadsByOwnLabel(namespace);
        },
        selected: selector === null ? [] : lookups.workloadsByLabel(namespace).matching(selector),
        named: (workload) => lookups.workloadsNamed(namespace, workload),
        governed: lookups.governedBy(namespace, name),
        makerOf: (object) => makerOf(object, (kind, of) => lookups.workloadNamed(namespace, kind, of)),
        ownerOf: (pod) => ownerOf(pod, (kind, of) => lookups.workloadNamed(namespace, kind, of)),
      }));
    },
    pods: () => {
      const list = index.in("pods", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        get byLabel() {
          return lookups.podsByLabel(namespace);
        },
        selected: selector === null ? [] : lookups.podsByLabel(namespace).matching(selector),
        madeBy: (maker) => lookups.podsMadeBy(maker),
        withSubdomain: lookups.podsWithSubdomain(namespace, name),
        get selectedElsewhere() {
          return selector === null ? [] : lookups.podsMatchingElsewhere(namespace, selector);
        },
      }));
    },
    endpointSlices: () => {
      const list = index.in("endpointSlices", namespace);
      return partFrom([list], () => ({
        inNamespace: present(list),
        ofService: lookups.slicesOf(namespace, name),
        get elsewhere() {
          return lookups.slicesOfName(name).filter((slice) => slice.metadata.namespace !== namespace);
        },
        get strays() {
          return lookups.strays(namespace).slices.get(name) ?? [];
        },
      }));
    },
    endpoints: () => {
      const list = index.in("endpoints", namespace);
      return partFrom([list], () => ({
        ofService: lookups.endpointsNamed(namespace, name),
        get strays() {
          return lookups.strays(namespace).endpoints.get(name) ?? [];
        },
      }));
    },
    podStates: () =>
      partFrom([index.in("pods", namespace)], () => {
        const nodes = index.in("nodes", "");
        const around: Surroundings = {
          now: index.snapshot.takenAt,
          eventsOf: (pod) => lookups.eventsOf(pod),
          nodeNamed: (node) => index.named("nodes", node)[0] ?? (nodes.status === "complete" ? null : undefined),
        };
        const selected = selector === null ? [] : lookups.podsByLabel(namespace).matching(selector);
        return selected
          .map((pod) => ({ pod, state: podState(pod, around) }))
          .sort((a, b) => byName(a.pod.metadata.name, b.pod.metadata.name));
      }),
    expected: () =>
      partFrom([index.in("pods", namespace)], () => {
        if (service === null) return null;
        const nodes = index.in("nodes", "");
        const exists = (node: string): boolean => index.named("nodes", node).length > 0;
        const selected = selector === null ? [] : lookups.podsByLabel(namespace).matching(selector);
        return expectedSlices(service, selected, nodes.status === "complete" ? exists : null);
      }),
    events: () => partFrom([index.in("events", namespace)], () => ({ of: (object) => lookups.eventsOf(object) })),
    namespaces: () => {
      const list = index.in("namespaces", "");
      return partFrom([list], () => ({
        own: index.named("namespaces", namespace)[0] ?? null,
        all: present(list),
      }));
    },
    nodes: () => {
      const list = index.in("nodes", "");
      return partFrom([list], () => ({ named: (node) => index.named("nodes", node)[0] ?? null }));
    },
    networkPolicies: () => {
      const list = index.in("networkPolicies", namespace);
      return partFrom([list], () => ({ inNamespace: present(list) }));
    },
    configMaps: () => {
      const list = index.in("configMaps", namespace);
      return partFrom([list], () => ({ inNamespace: present(list) }));
    },
    applied: () => {
      const { applied } = index.snapshot;
      if (applied === undefined) return notHeld("no manifests are laid over a cluster");
      const own = ({ object }: UpdateNote): boolean => object.metadata.namespace === namespace;
      return { status: "complete", value: { rejected: applied.rejected.filter(own), kept: applied.kept.filter(own) } };
    },
    references: () =>
      partFrom([index.in("workloads", namespace)], () => ({
        naming: (host) => lookups.references().naming(namespace, host),
        get flawed() {
          return lookups.references().flawed(namespace, name);
        },
        get writtenOut() {
          return lookups.references().writtenOut(namespace, name);
        },
        get unread() {
          return unreadTexts(index, lookups.references(), namespace);
        },
      })),
    clients: () =>
      partFrom([index.in("workloads", namespace)], () => {
        const meant = lookups.references().meaning(namespace, name);
        const { domain } = lookups.zone();
        return clientsOf(index, meant, domain.name, (workload) => lookups.podsMadeBy(refOf(workload)));
      }),
    clusterDns: lookups.dnsServers,
    corefile: lookups.dnsCorefile,
    dnsAccess: lookups.dnsAccess,
    prediction: () =>
      partFrom([], () => {
        const { zone, domain, corefile } = lookups.zone();
        return {
          domain: `${domain.name}.`,
          settings: corefile.source,
          predict: (asked, type) => predict(zone, asked, type),
        };
      }),
    observed: () => {
      const { zone, domain } = lookups.zone();
      const own = `${name}.${namespace}.svc.${domain.name}.`;
      return observed(
        index,
        (asked, type) => predict(zone, asked, type),
        (asked) => asked === own || asked.endsWith(`.${own}`),
      );
    },
    probed: () => {
      const { zone, domain, dns } = lookups.zone();
      const own = `${name}.${namespace}.svc.${domain.name}.`;
      return probed(
        index,
        dns,
        (asked, type) => predict(zone, asked, type),
        (asked) => asked === own || asked.endsWith(`.${own}`),
      );
    },
  };
  return lazily(builders);
}

type Builders = { readonly [P in PartName]: () => Part<Parts[P]> };

/** The parts of one trace, and what of them was built already. */
interface LazyParts {
  readonly builders: Builders;
  readonly built: { [P in PartName]?: Part<Parts[PartName]> };
}
const LAZY = Symbol("lazy parts");

/** The getters of all traces: defining them anew for each of thousands took longer than most rules. */
let getters: object | null = null;

/** An object whose properties are built when first read, and kept. */
function lazily(builders: Builders): ServiceTrace["parts"] {
  getters ??= gettersFor(Object.keys(builders) as PartName[]);
  const state: LazyParts = { builders, built: {} };
  // It has a getter for each part, as its type says.
  return Object.create(getters, { [LAZY]: { value: state } }) as ServiceTrace["parts"];
}

function gettersFor(names: readonly PartName[]): object {
  const prototype = {};
  for (const name of names) {
    Object.defineProperty(prototype, name, {
      enumerable: true,
      get(this: { readonly [LAZY]: LazyParts }) {
        const { builders, built } = this[LAZY];
        built[name] ??= builders[name]();
        return built[name];
      },
    });
  }
  return prototype;
}
