import type { Resource, Snapshot } from "../objects/snapshot.ts";
import type { Context } from "./context.ts";
import { Interrupted, UsageError } from "./errors.ts";
import type { InputOptions } from "./options.ts";

/** What to read of a cluster; files are always read whole. */
export interface Scope {
  /** "" stands for the namespace of the context. */
  readonly namespaces: "all" | readonly string[];
  readonly resources: readonly Resource[];
  readonly clusterDns: boolean;
  /** Whether, after what was read, the Services of all other namespaces are worth a second look. */
  readonly servicesElsewhere?: (snapshot: Snapshot) => boolean;
}

/** What a Service's path is made of. */
export const PATH_RESOURCES = [
  "services",
  "endpointSlices",
  "endpoints",
  "pods",
  "workloads",
  "events",
  "namespaces",
  "networkPolicies",
] as const satisfies readonly Resource[];

/**
 * Reads what the options name: manifests, a snapshot file, else a cluster. What reads a cluster is loaded only then.
 * Throws UsageError, InputError or ClusterError, and Interrupted where the user ends it.
 */
export async function readInput(options: InputOptions, scope: Scope, context: Context): Promise<Snapshot> {
  const { filename = [], snapshot: snapshotFile } = options;
  if (filename.length > 0 && snapshotFile !== undefined) {
    throw new UsageError("-f and --snapshot are two sources: give one of them");
  }
  if (options.namespace !== undefined && options.allNamespaces) {
    throw new UsageError("-n and -A exclude each other");
  }
  if (filename.length > 0) return readFiles(filename, options, context);
  if (options.recursive) throw new UsageError("-R says how -f reads folders: give -f, too");
  if (snapshotFile !== undefined) {
    const { readSnapshotFile } = await import("../sources/snapshot-file.ts");
    const snapshot = await readSnapshotFile(snapshotFile, context.streams.stdin);
    return {
      ...snapshot,
      clusterDomain: options.clusterDomain ?? snapshot.clusterDomain,
      defaultNamespace: options.namespace ?? snapshot.defaultNamespace,
    };
  }
  return readLive(options, scope, context);
}

async function readFiles(filename: readonly string[], options: InputOptions, { streams }: Context): Promise<Snapshot> {
  if (filename.filter((name) => name === "-").length > 1) {
    throw new UsageError("standard input can be read once: -f - was given twice");
  }
  const { readManifests } = await import("../sources/manifests.ts");
  return readManifests(filename, {
    recursive: options.recursive === true,
    defaultNamespace: options.namespace ?? "default",
    clusterDomain: options.clusterDomain ?? null,
    stdin: streams.stdin,
  });
}

async function readLive(options: InputOptions, scope: Scope, { streams, version }: Context): Promise<Snapshot> {
  const { connectCluster, readCluster } = await import("../sources/cluster.ts");
  const connection = await connectCluster(options, {
    env: streams.env,
    cwd: streams.cwd(),
    interactive: streams.stdin.isTTY === true,
    userAgent: `kheadless/${version}`,
  });
  const interruption = new AbortController();
  const interrupt = (): void => interruption.abort(new Interrupted());
  streams.once?.("SIGINT", interrupt);
  try {
    const { namespaces, resources, clusterDns, servicesElsewhere } = scope;
    const request = { resources, clusterDns, clusterDomain: options.clusterDomain ?? null };
    const snapshot = await readCluster(connection, { ...request, namespaces }, interruption.signal);
    if (servicesElsewhere?.(snapshot) !== true) return snapshot;
    const elsewhere = await readCluster(
      connection,
      { namespaces: "all", resources: ["services"], clusterDns: false, clusterDomain: null },
      interruption.signal,
    );
    // Best effort: a forbidden list of everything must not stand for the list of the namespace, which was read.
    const everything = elsewhere.lists.services.filter(({ result }) => result.status !== "unavailable");
    return { ...snapshot, lists: { ...snapshot.lists, services: [...snapshot.lists.services, ...everything] } };
  } finally {
    streams.off?.("SIGINT", interrupt);
    connection.close();
  }
}
