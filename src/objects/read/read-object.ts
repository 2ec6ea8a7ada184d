import type { ObjectRef } from "../meta.ts";
import type { Origin } from "../origin.ts";
import type { Pod } from "../pod.ts";
import type { Resource, Resources } from "../snapshot.ts";
import type { WorkloadKind } from "../workload.ts";
import { readEndpointSlice, readSubsets } from "./endpoint-slice.ts";
import { describeValue, type Fault, type Field, fault, labels, map, optionalMap, rootField, textOr } from "./fields.ts";
import { readableKind } from "./kinds.ts";
import { readMeta } from "./meta.ts";
import { readEvent, readNetworkPolicy, readNode } from "./others.ts";
import { readPodSpec, readPodStatus } from "./pod.ts";
import { readLookalikes, readServiceSpec } from "./service.ts";
import { readWorkload } from "./workload.ts";

export interface ReadContext {
  /** Given to the object as it is; null where it does not come from a file. */
  readonly origin: Origin | null;
  /** The namespace of objects that leave it out. */
  readonly defaultNamespace: string;
  /** From an API server: status is read, and unknown words of enumerated fields are taken as not given. */
  readonly live: boolean;
  /** Parts of the object may be shared with others: what is read of them is, too. */
  readonly sharing?: boolean;
}

/** An object that was read, with the list of a Snapshot that it belongs to. */
export type ReadObject = {
  readonly [R in Resource]: { readonly status: "read"; readonly resource: R; readonly object: Resources[R] };
}[Resource];

export type ReadResult =
  | ReadObject
  /** An object of a kind that we do not read; `name` and `namespace` are "" where they could not be read. */
  | { readonly status: "passed-over"; readonly ref: ObjectRef }
  /** Not an object, or one whose fields break the API's types. */
  | { readonly status: "invalid"; readonly ref: ObjectRef | null; readonly faults: readonly Fault[] };

/**
 * Parses one object at the door: from plain JSON to our types, or to what is wrong with it. Only fields that we read
 * are looked at; null counts as not given, as the API server decodes it.
 */
export function readObject(value: unknown, context: ReadContext): ReadResult {
  const faults: Fault[] = [];
  const root = rootField(value, { faults, live: context.live, sharing: context.sharing === true });
  if (root === null) {
    return {
      status: "invalid",
      ref: null,
      faults: [{ path: [], message: `expected an object, found ${describeValue(value)}` }],
    };
  }
  const { apiVersion, kind } = root.entries;
  if (typeof apiVersion !== "string" || apiVersion === "") requireWord(root, "apiVersion", apiVersion);
  if (typeof kind !== "string" || kind === "") requireWord(root, "kind", kind);
  if (typeof apiVersion !== "string" || typeof kind !== "string" || faults.length > 0) {
    return { status: "invalid", ref: null, faults };
  }
  const known = readableKind(apiVersion, kind);
  if (known === null) return { status: "passed-over", ref: looseRef(root, apiVersion, kind) };
  const metadata = readMeta(root, context.defaultNamespace, known.namespaced);
  const { origin } = context;
  const object =
    known.resource === "pods"
      ? readPod(root, { apiVersion, kind: "Pod", metadata, origin }, context.live)
      : { apiVersion, kind, metadata, origin, ...readBody(root, known.resource, kind, context) };
  if (faults.length > 0) {
    const ref = metadata.name === "" ? null : { apiVersion, kind, namespace: metadata.namespace, name: metadata.name };
    return { status: "invalid", ref, faults };
  }
  // readBody is given the kind's own resource, so both belong together.
  return {
    status: "read",
    resource: known.resource,
    object,
  } as unknown as ReadObject;
}

type Body = { [R in Exclude<Resource, "pods">]: Omit<Resources[R], "apiVersion" | "kind" | "metadata" | "origin"> };

function readBody(root: Field, resource: keyof Body, kind: string, { live }: ReadContext): Body[keyof Body] {
  switch (resource) {
    case "services":
      return { spec: readServiceSpec(root), lookalikes: live ? [] : readLookalikes(root), live };
    case "endpointSlices":
      return readEndpointSlice(root);
    case "endpoints":
      return { subsets: readSubsets(root) };
    case "workloads":
      return readWorkload(root, kind as WorkloadKind);
    case "events":
      return readEvent(root);
    case "namespaces":
      return { phase: textOr(map(root, "status"), "phase", "Active") };
    case "nodes":
      return readNode(root);
    case "configMaps":
      return { data: labels(root, "data") };
    case "networkPolicies":
      return readNetworkPolicy(root);
  }
}

type PodBody = Pick<Pod, "spec" | "status" | "derivedFrom">;

/** In one piece, as there are so many. A manifest's status is dropped by the API server, so it says nothing. */
function readPod(root: Field, { apiVersion, kind, metadata, origin }: Omit<Pod, keyof PodBody>, live: boolean): Pod {
  return {
    apiVersion,
    kind,
    metadata,
    origin,
    spec: readPodSpec(map(root, "spec")),
    status: live ? readPodStatus(map(root, "status")) : null,
    derivedFrom: null,
  };
}

function requireWord(root: Field, key: "apiVersion" | "kind", value: unknown): void {
  fault(root, [key], `expected the object's ${key}, found ${describeValue(value)}`);
}

/** Of an object that is only named to people: a name that is no text is no reason to refuse it. */
function looseRef(root: Field, apiVersion: string, kind: string): ObjectRef {
  const quiet: Field = { ...root, reading: { faults: [], live: true } };
  const meta = optionalMap(quiet, "metadata");
  if (meta === null) return { apiVersion, kind, namespace: "", name: "" };
  return { apiVersion, kind, namespace: textOr(meta, "namespace", ""), name: textOr(meta, "name", "") };
}
