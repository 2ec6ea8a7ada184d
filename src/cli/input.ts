import { present } from "../objects/collected.ts";
import type { ObservationPlan } from "../objects/observation-plan.ts";
import type { Resource, Snapshot } from "../objects/snapshot.ts";
import type { ClusterConnection } from "../sources/cluster/connection.ts";
import type { readCluster } from "../sources/cluster.ts";
import { type ManifestInput, readManifests } from "../sources/manifests.ts";
import type { Refused } from "../sources/overlay.ts";
import { readSnapshotFile } from "../sources/snapshot-file.ts";
import { type Context, notice } from "./context.ts";
import { UsageError } from "./errors.ts";
import { withCluster } from "./live.ts";
import type { InputOptions, ObserveOptions } from "./options.ts";

type ClusterRequest = Parameters<typeof readCluster>[1];

/** What to read of a cluster; files are always read whole. */
export interface Scope {
  /** "" stands for the namespace of the context. */
  readonly namespaces: "all" | readonly string[];
  readonly resources: readonly Resource[];
  readonly clusterDns: boolean;
  /** Also the ConfigMaps that containers are given. */
  readonly configMaps?: boolean;
  /** What else is worth reading, now that this much is known; null: nothing. */
  readonly more?: (snapshot: Snapshot) => Pick<Scope, "namespaces" | "resources"> | null;
  /** Reads a cluster otherwise than by the lists above. */
  readonly live?: (connection: ClusterConnection, signal: AbortSignal) => Promise<Snapshot>;
  /** What to ask the replicas of cluster DNS, where `--observe` wants them asked. */
  readonly observe?: ObservationPlan;
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

/** What an apply and the roll-out after it are told from. */
export const LAYERED: readonly Resource[] = [
  "services",
  "endpointSlices",
  "endpoints",
  "pods",
  "workloads",
  "namespaces",
];

/**
 * Reads what the options name: manifests, a snapshot file, else a cluster. What reads a cluster is loaded only then.
 * Throws UsageError, InputError or ClusterError, and Interrupted where the user ends it.
 */
export async function readInput(
  options: InputOptions & ObserveOptions,
  scope: Scope,
  context: Context,
): Promise<Snapshot> {
  if (options.live) return (await readLayers(options, scope, context)).applied;
  const { snapshot: snapshotFile } = options;
  const inputs = manifestInputsOf(options);
  if (inputs.length > 0 && snapshotFile !== undefined) {
    throw new UsageError("manifests (-f, -k, --helm) and --snapshot are two sources: give one of them");
  }
  refuseBothScopes(options);
  if (options.observe && (inputs.length > 0 || snapshotFile !== undefined)) {
    throw new UsageError("--observe asks a running cluster: it does not go with -f, -k, --helm or --snapshot");
  }
  if (options.recursive && !options.filename) throw new UsageError("-R says how -f reads folders: give -f, too");
  refuseExclude(options);
  if (inputs.length > 0) return readFiles(inputs, options, context);
  if (snapshotFile !== undefined) {
    const snapshot = await readSnapshotFile(snapshotFile, context.streams.stdin);
    return {
      ...snapshot,
      clusterDomain: options.clusterDomain ?? snapshot.clusterDomain,
      defaultNamespace: options.namespace ?? snapshot.defaultNamespace,
    };
  }
  return readLive(options, scope, context);
}

/** The manifests that the options name; none where a snapshot or a cluster is meant. Throws UsageError. */
export function manifestInputsOf(options: InputOptions): readonly ManifestInput[] {
  const {
    filename = [],
    kustomize = [],
    enableHelm = false,
    helm,
    values = [],
    set = [],
    release,
    namespace,
  } = options;
  if (filename.filter((name) => name === "-").length > 1) {
    throw new UsageError("standard input can be read once: - was given twice");
  }
  if (helm === undefined && values.length + set.length + (release === undefined ? 0 : 1) > 0) {
    throw new UsageError("--values, --set and --release are for a chart: give --helm, too");
  }
  if (enableHelm && kustomize.length === 0) {
    throw new UsageError("--enable-helm lets kustomize run helm: give -k, too; --helm CHART needs no leave");
  }
  return [
    ...pathInputs(filename, options),
    ...kustomize.map((folder) => ({ by: "kustomize" as const, folder, enableHelm })),
    ...(helm === undefined
      ? []
      : [{ by: "helm" as const, chart: helm, release: release ?? null, values, set, namespace: namespace ?? null }]),
  ];
}

/** Paths as inputs; `git:REV:PATH` is a path as it stands in a revision. Throws UsageError where a part of that is missing. */
export function pathInputs(
  paths: readonly string[],
  { recursive, exclude }: Pick<InputOptions, "recursive" | "exclude">,
): readonly ManifestInput[] {
  return paths.map((text) => {
    if (!text.startsWith("git:")) return text;
    const [, revision = "", path = ""] = /^git:([^:]*):(.*)$/s.exec(text) ?? [];
    if (revision === "" || path === "") throw new UsageError(`${text}: write git:REV:PATH, as in git:main:deploy/`);
    return { by: "git" as const, revision, path, recursive: recursive === true, exclude: exclude ?? [] };
  });
}

/** Throws UsageError where there are no files of which some could be left out: what programs make is read whole. */
export function refuseExclude({ exclude, filename = [] }: Pick<InputOptions, "exclude" | "filename">): void {
  if (exclude !== undefined && filename.length === 0) throw new UsageError("--exclude leaves out files: give -f, too");
}

function refuseBothScopes({ namespace, allNamespaces }: InputOptions): void {
  if (namespace !== undefined && allNamespaces) throw new UsageError("-n and -A exclude each other");
}

/** Reads manifests, and tells (`telling`) what a reader should know of how. */
export async function readFiles(
  inputs: readonly ManifestInput[],
  options: InputOptions,
  context: Context,
  telling = true,
): Promise<Snapshot> {
  const snapshot = await readInputs(inputs, options.namespace ?? "default", options, context);
  if (telling) for (const text of snapshot.notices ?? []) notice(context, text);
  return snapshot;
}

async function readInputs(
  inputs: readonly ManifestInput[],
  defaultNamespace: string,
  { recursive, exclude, clusterDomain }: InputOptions,
  { streams }: Context,
): Promise<Snapshot> {
  return readManifests(inputs, {
    recursive: recursive === true,
    exclude: exclude ?? [],
    defaultNamespace,
    clusterDomain: clusterDomain ?? null,
    stdin: streams.stdin,
  });
}

/**
 * The cluster as it is, and as it would be with the manifests that the options name applied (overlayManifests). A scope's
 * namespaces are read, and those of the manifests. Throws as readInput does.
 */
export async function readLayers(
  options: InputOptions & ObserveOptions,
  scope: Scope,
  context: Context,
  refused: Refused = "stays",
): Promise<{ readonly base: Snapshot; readonly manifests: Snapshot; readonly applied: Snapshot }> {
  if (manifestInputsOf(options).length === 0) {
    throw new UsageError("--live lays manifests over the cluster: give -f, -k or --helm, too");
  }
  if (options.snapshot !== undefined) throw new UsageError("--live and --snapshot are two clusters: give one of them");
  if (options.observe) throw new UsageError("--observe asks the cluster as it is: it does not go with --live");
  refuseBothScopes(options);
  const { namespacesOf, overlayManifests } = await import("../sources/overlay.ts");
  return withCluster(options, context, async ({ connection, interrupted }) => {
    const { namespace } = connection;
    const manifests = await readInputs(manifestInputsOf({ ...options, namespace }), namespace, options, context);
    const made = manifests.lists.namespaces.flatMap(({ result }) =>
      present(result).map(({ metadata }) => metadata.name),
    );
    const asked = scope.namespaces === "all" ? [] : scope.namespaces.map((one) => one || namespace);
    const layers = {
      ...scope,
      // What the manifests make need not be there.
      namespaces: scope.namespaces === "all" ? ("all" as const) : asked.filter((one) => !made.includes(one)),
      perhaps: [...namespacesOf(manifests), ...asked],
      resources: [...new Set([...scope.resources, ...LAYERED])],
      more: (read: Snapshot) => scope.more?.(overlayManifests(read, manifests, refused)) ?? null,
    };
    const base = await readScope(connection, options, layers, interrupted);
    const applied = overlayManifests(base, manifests, refused);
    for (const text of applied.notices ?? []) notice(context, text);
    return { base, manifests, applied };
  });
}

async function readLive(options: InputOptions & ObserveOptions, scope: Scope, context: Context): Promise<Snapshot> {
  return withCluster(options, context, async ({ connection, interrupted }) => {
    const read = (): Promise<Snapshot> =>
      scope.live?.(connection, interrupted) ?? readScope(connection, options, scope, interrupted);
    const snapshot = await read();
    if (!options.observe || scope.observe === undefined) return snapshot;
    const { observe } = await import("../sources/cluster.ts");
    return observe(connection.forward, snapshot, scope.observe, read, interrupted);
  });
}

/** Reads a cluster that is connected. */
export async function readScope(
  connection: ClusterConnection,
  options: InputOptions,
  {
    namespaces,
    perhaps = [],
    resources,
    clusterDns,
    configMaps = false,
    more,
  }: Scope & Pick<ClusterRequest, "perhaps">,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { readCluster } = await import("../sources/cluster.ts");
  const clusterDomain = options.clusterDomain ?? null;
  const request = { namespaces, perhaps, resources, clusterDns, configMaps, clusterDomain };
  const snapshot = await readCluster(connection, request, signal);
  const wanted = more?.(snapshot) ?? null;
  if (wanted === null) return snapshot;
  const extra = await readCluster(connection, { ...wanted, clusterDns: false, clusterDomain }, signal).catch(
    (error: unknown) => {
      // It may not be read, or one of the namespaces is not there: what was read before stands without it.
      if (error instanceof Error && error.name === "ClusterError") return null;
      throw error;
    },
  );
  return extra === null ? snapshot : withLists(snapshot, extra, wanted.resources);
}

/** Adds lists of more namespaces. What could not be read there says nothing of what was read before. */
function withLists(snapshot: Snapshot, extra: Snapshot, resources: readonly Resource[]): Snapshot {
  const added = resources.map((resource) => [
    resource,
    [
      ...snapshot.lists[resource],
      ...extra.lists[resource].filter(({ namespace, result }) => namespace !== null || result.status !== "unavailable"),
    ],
  ]);
  return { ...snapshot, lists: { ...snapshot.lists, ...(Object.fromEntries(added) as Partial<Snapshot["lists"]>) } };
}
