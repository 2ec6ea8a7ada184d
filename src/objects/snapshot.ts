import type { Collected, Unavailable } from "./collected.ts";
import type { EndpointSlice, Endpoints } from "./endpoint-slice.ts";
import type { ObjectRef } from "./meta.ts";
import type { AccessFact, PodLog, ReplicaObservation } from "./observation.ts";
import type { FieldPath, Location } from "./origin.ts";
import type { ConfigMap, Event, Namespace, NetworkPolicy, Node } from "./others.ts";
import type { Pod } from "./pod.ts";
import type { ProbeFacts } from "./probe.ts";
import type { Service } from "./service.ts";
import type { Workload } from "./workload.ts";

/** The kinds that a Snapshot holds, by the name that rules ask for them. */
export interface Resources {
  readonly services: Service;
  readonly endpointSlices: EndpointSlice;
  readonly endpoints: Endpoints;
  readonly pods: Pod;
  readonly workloads: Workload;
  readonly events: Event;
  readonly namespaces: Namespace;
  readonly nodes: Node;
  readonly configMaps: ConfigMap;
  readonly networkPolicies: NetworkPolicy;
}
export type Resource = keyof Resources;

/** One list that was asked for: of one namespace, or of all (`null`; always so for cluster-scoped kinds). */
export interface Listed<T> {
  readonly namespace: string | null;
  readonly result: Collected<T>;
}

/** Something in the input that is not an object we can read; reported as `invalid-object`. */
export interface InvalidObject {
  /** Null where not even kind and name could be read. */
  readonly ref: ObjectRef | null;
  readonly location: Location | null;
  readonly field: FieldPath | null;
  readonly message: string;
}

/** `# kheadless-ignore: RULE REASON`, a comment in a manifest. */
export interface IgnoreComment {
  /** Empty where the comment names none. */
  readonly rules: readonly string[];
  readonly reason: string | null;
  readonly location: Location;
  /** The lines of its file that it speaks for, the last one included. */
  readonly lines: { readonly first: number; readonly last: number };
  /** It stands above a document, and speaks for all objects in it as an annotation does. */
  readonly ofDocument: boolean;
}

/** What a running cluster tells of its DNS besides objects; null where nobody asked for it. */
export interface ClusterDnsFacts {
  /** Whether the service account of cluster DNS may read what it needs. */
  readonly access: Collected<AccessFact> | null;
  /** What its Pods lately logged of faults. */
  readonly logs: Collected<PodLog> | null;
  /** What each of its replicas answered (`--observe`). */
  readonly observations: Collected<ReplicaObservation> | null;
  /** What was seen from inside (`--probe`), or why nothing could be asked there. */
  readonly probe?: ProbeFacts | Unavailable | undefined;
  /** Addresses that kubelets are told to give Pods as name servers, all of them in the range of Services and nobody's. */
  readonly vacantNameServers?: readonly string[] | undefined;
}

/** A workload whose number of Pods an autoscaler sets. */
export type ScaleTarget = Pick<ObjectRef, "kind" | "namespace" | "name">;

/** A field of a manifest with which an update does not do what is written. */
export interface UpdateNote {
  /** As the manifest has it. */
  readonly object: Service | Workload | Pod;
  readonly field: FieldPath;
  /** The end of a sentence about the field. */
  readonly message: string;
}

/** What is known of manifests that were laid over a cluster, besides the objects that they left. */
export interface Applied {
  /** Namespaces that the manifests hold something of. */
  readonly namespaces: readonly string[];
  /** The API server refuses these updates: the objects stay as they were. */
  readonly rejected: readonly UpdateNote[];
  /** Fields that the manifest no longer holds, and the API server keeps. */
  readonly kept: readonly UpdateNote[];
}

/**
 * Everything that was read, from whatever source, as one plain value. Nothing below `sources/` looks anywhere else.
 */
export interface Snapshot {
  readonly source: {
    readonly kind: "cluster" | "manifests" | "snapshot";
    /** For people: `context kind-dev`, `manifests/ (3 files)`. */
    readonly description: string;
  };
  /** When it was read, RFC 3339: ages are told relative to it. null for manifests. */
  readonly takenAt: string | null;
  /** `--cluster-domain`, or as read from the cluster; null where not known (then "cluster.local" is assumed, and said). */
  readonly clusterDomain: string | null;
  /** The namespace of names that leave it out: `-n`, the context's, or "default". */
  readonly defaultNamespace: string;
  readonly lists: { readonly [R in Resource]: readonly Listed<Resources[R]>[] };
  readonly invalid: readonly InvalidObject[];
  /** What a reader should know of how the input was read, a line each: an object that another one of its name replaced. */
  readonly notices?: readonly string[];
  /** Only from manifests, and only where there are some. */
  readonly ignoreComments?: readonly IgnoreComment[];
  /** Only from manifests, and only where there are some: `replicas` is not the number of Pods for long. */
  readonly autoscaled?: readonly ScaleTarget[];
  /** Only where manifests were laid over what a cluster has. */
  readonly applied?: Applied;
  /** Only from a cluster, or a snapshot file of one. */
  readonly clusterDns?: ClusterDnsFacts | undefined;
}
