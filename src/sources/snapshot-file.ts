import { type FieldPath, formatPath } from "../objects/origin.ts";
import {
  type Fault,
  type Field,
  fault,
  map,
  maps,
  optionalMap,
  rootField,
  text,
  textOr,
} from "../objects/read/fields.ts";
import { readRef } from "../objects/read/meta.ts";
import { readObject } from "../objects/read/read-object.ts";
import type { InvalidObject, Listed, Resource, Resources, Snapshot } from "../objects/snapshot.ts";
import { type Bytes, bytesOf, STDIN } from "./bytes.ts";
import { InputError } from "./input-error.ts";
import { readClusterDns, readCollected } from "./snapshot-file/cluster-dns.ts";
import { WRITERS } from "./snapshot-file/object.ts";
import type { Json } from "./snapshot-file/written.ts";

const API_VERSION = "kheadless/v1";
const KIND = "Snapshot";

/**
 * A snapshot file: JSON that holds the objects as the API returns them, with only the fields that are read and without
 * what redact.ts takes out. parseSnapshot gives a Snapshot again with which every rule finds the same.
 * Throws InputError for a Snapshot of manifests: their findings point into files, which a snapshot does not hold.
 */
export function writeSnapshot(snapshot: Snapshot): string {
  const { source, takenAt, clusterDomain, defaultNamespace, lists, invalid, clusterDns } = snapshot;
  if (source.kind === "manifests")
    throw new InputError("a snapshot is taken of a cluster: manifests are files already");
  const written: Json = {
    apiVersion: API_VERSION,
    kind: KIND,
    source: { description: source.description },
    takenAt,
    clusterDomain,
    defaultNamespace,
    clusterDns,
    invalid: invalid.map(({ ref, field, message }) => ({ ref, field, message })),
    lists: Object.fromEntries(
      (Object.keys(WRITERS) as Resource[]).map((resource) => [resource, writeLists(resource, lists[resource])]),
    ),
  };
  return `${JSON.stringify(written, withoutNothing, 1)}\n`;
}

function writeLists<R extends Resource>(resource: R, lists: readonly Listed<Resources[R]>[]): readonly Json[] {
  return lists.map(({ namespace, result }) =>
    result.status === "unavailable"
      ? { namespace, ...result }
      : { namespace, ...result, items: result.items.map((item) => WRITERS[resource](item)) },
  );
}

/** What is read the same when it is missing. Never called for an item that is null or empty: no list here has any. */
function withoutNothing(_key: string, value: unknown): unknown {
  return value === null || (Array.isArray(value) && value.length === 0) ? undefined : value;
}

/** Reads a snapshot file; `-` is standard input. Throws InputError. */
export async function readSnapshotFile(file: string, stdin: Bytes): Promise<Snapshot> {
  const name = file === "-" ? STDIN : file;
  const bytes = await bytesOf(name, stdin);
  return parseSnapshot(bytes.toString("utf8"), name);
}

/**
 * The Snapshot that writeSnapshot wrote, now of source kind "snapshot". Throws InputError, with one line for people, for
 * anything else: text that is not JSON, another kind of file, another version, fields of wrong types.
 */
export function parseSnapshot(content: string, file: string): Snapshot {
  const faults: Fault[] = [];
  const root = rootField(parseJson(content, file), { faults, live: true });
  requireSnapshot(root, file);
  const defaultNamespace = textOr(root, "defaultNamespace", "default");
  const listsField = map(root, "lists");
  const lists = Object.fromEntries(
    (Object.keys(WRITERS) as Resource[]).map((resource) => [
      resource,
      maps(listsField, resource).map((list) => readListed(list, resource, defaultNamespace)),
    ]),
  );
  const dns = optionalMap(root, "clusterDns");
  const snapshot: Snapshot = {
    source: { kind: "snapshot", description: textOr(map(root, "source"), "description", file) },
    takenAt: readTime(root, "takenAt"),
    clusterDomain: text(root, "clusterDomain"),
    defaultNamespace,
    // Built from the keys of WRITERS, which are all resources.
    lists: lists as unknown as Snapshot["lists"],
    invalid: maps(root, "invalid").map(readInvalid),
    ...(dns === null ? {} : { clusterDns: readClusterDns(dns) }),
  };
  const [first] = faults;
  if (first !== undefined) throw new InputError(`${file} is damaged: ${formatPath(first.path)}: ${first.message}`);
  return snapshot;
}

function parseJson(content: string, file: string): unknown {
  try {
    return JSON.parse(content) as unknown;
  } catch {
    const manifest = /^(apiVersion|kind):/m.test(content) ? ": manifests are read with -f" : "";
    throw new InputError(`${file} is no snapshot file, as it is not JSON${manifest}`);
  }
}

function requireSnapshot(root: Field | null, file: string): asserts root is Field {
  const { apiVersion, kind } = root?.entries ?? {};
  if (apiVersion === API_VERSION && kind === KIND) return;
  if (kind === KIND && typeof apiVersion === "string" && apiVersion.startsWith("kheadless/")) {
    throw new InputError(`${file} is a snapshot of version ${apiVersion}; this kheadless reads ${API_VERSION}`);
  }
  const found = typeof kind === "string" ? `: its kind is ${kind}` : "";
  const advice = typeof kind === "string" && kind !== KIND ? " (manifests are read with -f)" : "";
  throw new InputError(`${file} is no snapshot file of kheadless${found}${advice}`);
}

function readListed(list: Field, resource: Resource, defaultNamespace: string): Listed<Resources[Resource]> {
  return {
    namespace: text(list, "namespace"),
    result: readCollected(list, () =>
      maps(list, "items").flatMap((item) => readItem(item, resource, defaultNamespace)),
    ),
  };
}

function readItem(item: Field, resource: Resource, defaultNamespace: string): readonly Resources[Resource][] {
  const result = readObject(item.entries, { origin: null, defaultNamespace, live: true });
  if (result.status === "invalid") {
    for (const { path, message } of result.faults) fault(item, path, message);
    return [];
  }
  if (result.status === "read" && result.resource === resource) return [result.object];
  fault(item, ["kind"], `expected one of the ${resource}`);
  return [];
}

function readInvalid(entry: Field): InvalidObject {
  const ref = optionalMap(entry, "ref");
  const { field } = entry.entries;
  return {
    ref: ref === null ? null : readRef(ref),
    location: null,
    field: Array.isArray(field) ? (field.filter(isStep) as FieldPath) : null,
    message: textOr(entry, "message", ""),
  };
}

function isStep(step: unknown): step is string | number {
  return typeof step === "string" || typeof step === "number";
}

function readTime(root: Field, key: string): string | null {
  const time = text(root, key);
  if (time !== null && Number.isNaN(Date.parse(time))) fault(root, [key], "expected a time");
  return time;
}
