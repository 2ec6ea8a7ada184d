import type { Prediction, RecordType } from "../dns/records.ts";
import type { ExpectedSlices } from "../kubernetes/endpoint-slices.ts";
import type { LabelIndex } from "../kubernetes/label-selector.ts";
import type { Collected, Unavailable } from "../objects/collected.ts";
import type { EndpointSlice, Endpoints } from "../objects/endpoint-slice.ts";
import { controllerOf, type KubernetesObject, type ObjectRef } from "../objects/meta.ts";
import type { FieldPath } from "../objects/origin.ts";
import type { ConfigMap, Event, Namespace, NetworkPolicy, Node } from "../objects/others.ts";
import type { Pod } from "../objects/pod.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import type { Applied } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Workload } from "../objects/workload.ts";
import type { Client } from "./clients.ts";
import type { DnsAccess } from "./dns-access.ts";
import type { DnsCorefile } from "./dns-corefile.ts";
import type { DnsServers } from "./dns-servers.ts";
import { lazyParts } from "./lazy-parts.ts";
import type { NamespaceLookups } from "./lookups.ts";
import type { Maker } from "./makers.ts";
import type { StraySlice } from "./manual-slices.ts";
import type { Observed } from "./observed.ts";
import type { Owner } from "./owners.ts";
import type { Part } from "./part.ts";
import type { PodState } from "./pod-state.ts";
import type { Probed } from "./probed.ts";
import type { Reference } from "./references/reference.ts";
import type { FlawedReference } from "./references/references.ts";

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
    /** One of them by its name, without a walk over all. */
    named(name: string): Service | null;
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
    /** The namespace's that an object of this uid controls, whatever their labels say. */
    ownedBy(uid: string): readonly EndpointSlice[];
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
    /** Addresses times ports that the Service publishes. */
    readonly published: number;
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
  const service = lookups.serviceNamed(namespace, name);
  const governed = lookups.governedBy(namespace, name);
  const withSubdomain = lookups.podsWithSubdomain(namespace, name);
  return {
    namespace,
    name,
    asked: subject.asked,
    service,
    headless: service !== null && isHeadless(service),
    neededBy: headlessNeeds(governed, withSubdomain),
    live,
    clusterDomain: lookups.zone().domain.name,
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
    const owner = pod.derivedFrom ?? controllerOf(pod);
    if (owner?.kind === "StatefulSet" && names.has(owner.name)) continue;
    needs.push({ by: pod, field: ["spec", "subdomain"] });
  }
  return needs;
}
