import { DNS_NAMESPACE, EVENTS_NOTE } from "../../objects/dns-scope.ts";
import type { Listed, Resource, Resources, Snapshot } from "../../objects/snapshot.ts";
import { readDns, readDnsPods } from "./cluster-dns.ts";
import { type Containers, readUsedConfigMaps, usedIn } from "./config-maps.ts";
import type { ClusterConnection } from "./connection.ts";
import { readDnsFacts, serversAmong } from "./dns-facts.ts";
import { ClusterError } from "./errors.ts";
import type { Api } from "./http.ts";
import { collected, type ListOptions, readResource } from "./list.ts";
import { readVacantNameServers } from "./name-servers.ts";
import { readNamespaces } from "./namespaces.ts";
import { type LessPods, podReader } from "./pods/read-pods.ts";
import { CLUSTER_SCOPED } from "./resources.ts";

/** What to read of a cluster. */
export interface ClusterRequest {
  /** "" stands for the connection's own namespace. Each must exist. */
  readonly namespaces: "all" | readonly string[];
  /** More namespaces, which may or may not exist: what is not there holds nothing. */
  readonly perhaps?: readonly string[];
  readonly resources: readonly Resource[];
  /** Also what cluster DNS consists of, in kube-system, what it may read and what it logged. */
  readonly clusterDns: boolean;
  /** Also the ConfigMaps that the containers of the workloads and Pods are given, each by its name. */
  readonly configMaps?: boolean;
  /** `--cluster-domain`, null where not given. */
  readonly clusterDomain: string | null;
  /** Lists may be long, of single namespaces as well; those of all namespaces always may. */
  readonly bulk?: boolean;
  /** With `bulk`: Pods of which other lists tell all that is judged are not read. */
  readonly lessPods?: LessPods | undefined;
}

/**
 * Reads what is asked for, the lists side by side. A list that is forbidden or fails is `unavailable` in the Snapshot, or
 * `partial` where some of it was read, and the rest goes on; a ClusterError is thrown where the cluster as a whole cannot be
 * read or a namespace does not exist, the signal's reason where it is interrupted.
 */
export async function readCluster(
  connection: ClusterConnection,
  request: ClusterRequest,
  signal: AbortSignal,
): Promise<Snapshot> {
  const { api } = connection;
  const required =
    request.namespaces === "all"
      ? null
      : [...new Set(request.namespaces.map((namespace) => namespace || connection.namespace))];
  const namespaces = required === null ? null : [...new Set([...required, ...(request.perhaps ?? [])])];
  const stop = new AbortController();
  const both = AbortSignal.any([signal, stop.signal]);
  const { reading, listsOf, begin } = listReader(api, request, namespaces, both);
  try {
    // The longest list first: all others fit into the time that it takes.
    if (request.resources.includes("pods")) begin("pods");
    const holdsDns = namespaces === null || namespaces.includes(DNS_NAMESPACE);
    const whole = <R extends Resource>(resource: R) => (holdsDns && reading.has(resource) ? listsOf(resource) : null);
    // Then the Pods of cluster DNS: what they may read and have logged is asked while all else is under way.
    const dnsPods = request.clusterDns ? readDnsPods(api, whole("pods"), namespaces === null, both) : null;
    const existing = readNamespaces(connection, required, request.resources.includes("namespaces"), both);
    for (const resource of request.resources) {
      if (resource === "namespaces") reading.set(resource, existing);
      else if (resource !== "pods") begin(resource);
    }
    const containers: Containers = { workloads: listsOf("workloads"), pods: listsOf("pods") };
    const ofDns = request.configMaps && request.clusterDns ? usedIn(DNS_NAMESPACE, containers) : Promise.resolve([]);
    const [known, dns, configMaps, , , ...found] = await Promise.all([
      dnsPods?.then((lists) => (serversAmong(lists).length === 0 ? null : readDnsFacts(api, lists, both))),
      dnsPods === null ? [] : readDns(api, whole, dnsPods, ofDns, both),
      request.configMaps ? readUsedConfigMaps(api, containers, request.clusterDns ? DNS_NAMESPACE : null, both) : [],
      existing,
      ofDns,
      ...[...reading].map(async ([resource, listed]) => [resource, await listed] as const),
    ]);
    const lists = byResource([...found, ...dns, ["configMaps", configMaps]]);
    if (connection.anonymous) refuseNobody(connection, Object.values(lists).flat());
    const facts = request.clusterDns ? (known ?? (await readDnsFacts(api, lists.pods, both))) : undefined;
    const vacant = facts === undefined ? [] : await readVacantNameServers(api, lists.configMaps, lists.services, both);
    return {
      source: { kind: "cluster", description: `${connection.description}, ${describeScope(namespaces)}` },
      takenAt: new Date().toISOString(),
      clusterDomain: request.clusterDomain,
      defaultNamespace: connection.namespace,
      lists,
      invalid: [],
      clusterDns: facts === undefined || vacant.length === 0 ? facts : { ...facts, vacantNameServers: vacant },
    };
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    // Where one request ended it all, the others have nothing to be waited for.
    stop.abort();
  }
}

type Lists = readonly Listed<Resources[Resource]>[];

/** Lists under way, by their resource: what is read of others may depend on them. */
interface ListReader {
  readonly reading: Map<Resource, Promise<Lists>>;
  /** Empty for a resource that is not read. */
  listsOf<R extends Resource>(resource: R): Promise<readonly Listed<Resources[R]>[]>;
  begin(resource: Resource): void;
}

const NOTHING: Promise<readonly Listed<never>[]> = Promise.resolve([]);

/** Reads lists of single namespaces, each for itself; with null of all of them at once. */
function listReader(
  api: Api,
  { bulk = false, lessPods }: ClusterRequest,
  namespaces: readonly string[] | null,
  signal: AbortSignal,
): ListReader {
  const reading = new Map<Resource, Promise<Lists>>();
  // Each list was read of the resource that it stands under.
  const listsOf = <R extends Resource>(resource: R) =>
    (reading.get(resource) ?? NOTHING) as Promise<readonly Listed<Resources[R]>[]>;
  const pods = lessPods === undefined ? null : podReader(api, lessPods, listsOf, signal);
  const list = async <R extends Resource>(
    resource: R,
    options: ListOptions,
    note = "",
  ): Promise<Listed<Resources[R]>> => {
    const asked = { ...options, bulk: bulk || namespaces === null, onDecoded: pods?.onDecoded };
    return { namespace: options.namespace, result: collected(await readResource(api, resource, asked, signal), note) };
  };
  const listsRead = (resource: Resource): Promise<Lists> => {
    if (resource === "pods" && pods !== null) return Promise.all((namespaces ?? [null]).map(pods.read));
    if (namespaces !== null && !CLUSTER_SCOPED.has(resource)) {
      return Promise.all(namespaces.map((namespace) => list(resource, { namespace })));
    }
    if (resource !== "events") return Promise.all([list(resource, { namespace: null })]);
    // Events of type Normal say that all went well.
    const query = { fieldSelector: "type!=Normal" };
    return Promise.all([list(resource, { namespace: null, query }, EVENTS_NOTE)]);
  };
  return { reading, listsOf, begin: (resource) => reading.set(resource, listsRead(resource)) };
}

function byResource(found: readonly (readonly [Resource, Lists])[]): Snapshot["lists"] {
  const lists: Record<Resource, Listed<Resources[Resource]>[]> = {
    services: [],
    endpointSlices: [],
    endpoints: [],
    pods: [],
    workloads: [],
    events: [],
    namespaces: [],
    nodes: [],
    configMaps: [],
    networkPolicies: [],
  };
  for (const [resource, listed] of found) lists[resource].push(...listed);
  // Each list was read of the resource that it stands under.
  return lists as Snapshot["lists"];
}

/** Who shows no credentials may mostly read nothing: that is one line to be told, and not one for each list. */
function refuseNobody({ server, description }: ClusterConnection, lists: readonly Listed<unknown>[]): void {
  const results = lists.map(({ result }) => result);
  if (!results.every((result) => result.status === "unavailable" && / \(user system:anonymous\)/.test(result.because)))
    return;
  throw new ClusterError(
    "unauthorized",
    `${server.origin} lets nobody read without credentials, and the kubeconfig has none (${description})`,
    "log in with your provider's tool, or give the context a user: kubectl config set-context --current --user=NAME",
  );
}

const MOST_NAMED = 5;

function describeScope(namespaces: readonly string[] | null): string {
  if (namespaces === null) return "all namespaces";
  if (namespaces.length > MOST_NAMED) return `${namespaces.length} namespaces`;
  return `${namespaces.length === 1 ? "namespace" : "namespaces"} ${namespaces.join(", ")}`;
}
