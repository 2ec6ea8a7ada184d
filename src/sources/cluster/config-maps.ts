import { present } from "../../objects/collected.ts";
import { configMapsNote } from "../../objects/dns-scope.ts";
import { controllerOf, type ObjectMeta } from "../../objects/meta.ts";
import type { ConfigMap } from "../../objects/others.ts";
import { configMapsOf, type Pod, type PodSpec } from "../../objects/pod.ts";
import { readObject } from "../../objects/read/read-object.ts";
import type { Listed } from "../../objects/snapshot.ts";
import type { Workload } from "../../objects/workload.ts";
import type { Api } from "./http.ts";
import { lackOf } from "./lack.ts";
import { collected, type Reading, roomInMemory } from "./list.ts";
import { askProtobuf } from "./page.ts";
import { ENDPOINTS, pathOf } from "./resources.ts";

/** From here on a list that holds as many others costs the API server less than a request for each. */
const MANY = 20;

/** What has containers, and is still being read. */
export interface Containers {
  readonly workloads: Promise<readonly Listed<Workload>[]>;
  readonly pods: Promise<readonly Listed<Pod>[]>;
}

type Names = ReadonlyMap<string, ReadonlySet<string>>;

/** The names of the ConfigMaps that containers are given, by namespace. Of Pods only those count that nobody makes. */
function usedConfigMaps(specs: Iterable<{ readonly metadata: ObjectMeta; readonly spec: PodSpec }>): Names {
  const used = new Map<string, Set<string>>();
  for (const { metadata, spec } of specs) {
    for (const name of configMapsOf(spec)) {
      const names = used.get(metadata.namespace);
      if (names === undefined) used.set(metadata.namespace, new Set([name]));
      else names.add(name);
    }
  }
  return used;
}

function usedByWorkloads(workloads: readonly Listed<Workload>[]): Names {
  const all = workloads.flatMap(({ result }) => present(result));
  return usedConfigMaps(all.map(({ metadata, template }) => ({ metadata, spec: template.spec })));
}

function usedByPods(pods: readonly Listed<Pod>[]): Names {
  return usedConfigMaps(pods.flatMap(({ result }) => present(result).filter((pod) => controllerOf(pod) === null)));
}

/** The names of the ConfigMaps of one namespace that containers are given. */
export async function usedIn(namespace: string, { workloads, pods }: Containers): Promise<readonly string[]> {
  const [made, bare] = await Promise.all([workloads.then(usedByWorkloads), pods.then(usedByPods)]);
  return [...(made.get(namespace) ?? []), ...(bare.get(namespace) ?? [])];
}

/**
 * The ConfigMaps that containers are given, but for those of the namespace `elsewhere`: a list for each namespace that says
 * that no others were asked for. Those of workloads are asked for while the Pods, of which there are most, still come in.
 */
export async function readUsedConfigMaps(
  api: Api,
  { workloads, pods }: Containers,
  elsewhere: string | null,
  signal: AbortSignal,
): Promise<readonly Listed<ConfigMap>[]> {
  const made = workloads.then(usedByWorkloads);
  const bare = Promise.all([made, pods.then(usedByPods)]).then(([known, all]) => without(all, known));
  const read = async (names: Names): Promise<readonly Part[]> =>
    Promise.all(
      [...names]
        .filter(([namespace]) => namespace !== elsewhere)
        .map(async ([namespace, wanted]): Promise<Part> => {
          const sorted = [...wanted].sort();
          const reading = await readConfigMaps(api, namespace, sorted, (): string => "configmaps", signal);
          return { namespace, names: sorted, reading };
        }),
    );
  const parts = (await Promise.all([made.then(read), bare.then(read)])).flat();
  return [...Map.groupBy(parts, ({ namespace }) => namespace)].map(([namespace, own]) => {
    const names = own.flatMap((part) => part.names).sort();
    const reading = {
      items: own.flatMap((part) => part.reading.items),
      lacks: own.flatMap((part) => part.reading.lacks),
      some: own.some((part) => part.reading.some),
    };
    return { namespace, result: collected(reading, configMapsNote(namespace, names)) };
  });
}

interface Part {
  readonly namespace: string;
  readonly names: readonly string[];
  readonly reading: Reading<ConfigMap>;
}

function without(names: Names, known: Names): Names {
  return new Map(
    [...names].flatMap(([namespace, all]) => {
      const others = [...all].filter((name) => known.get(namespace)?.has(name) !== true);
      return others.length === 0 ? [] : [[namespace, new Set(others)]];
    }),
  );
}

/**
 * ConfigMaps are read by name, so that no more than these need be allowed; many of them from a list, where that is allowed.
 * One that is not there is no lack.
 */
export async function readConfigMaps(
  api: Api,
  namespace: string,
  names: readonly string[],
  permission: (name: string) => string,
  signal: AbortSignal,
): Promise<Reading<ConfigMap>> {
  const listed = names.length > MANY ? await listConfigMaps(api, namespace, names, signal) : null;
  const readings = await Promise.all(
    names.map((name): Reading<ConfigMap> | Promise<Reading<ConfigMap>> => {
      const found = listed?.items.get(name);
      if (found !== undefined) return { items: [found], lacks: [], some: true };
      if (listed?.whole === true) return NOT_THERE;
      return readConfigMap(api, namespace, name, permission(name), signal);
    }),
  );
  return {
    items: readings.flatMap(({ items }) => items),
    lacks: readings.flatMap(({ lacks }) => lacks),
    some: readings.some(({ some }) => some),
  };
}

const NOT_THERE: Reading<ConfigMap> = { items: [], lacks: [], some: true };

/**
 * The first page of a namespace's ConfigMaps by their names, and whether there are no others. It is at most twice as long as what
 * is wanted, for a namespace may be full of what nobody uses (releases, leases of old). null where it may not be listed, or
 * not as protobuf, of which nothing is held but the item that is read.
 */
async function listConfigMaps(
  api: Api,
  namespace: string,
  names: readonly string[],
  signal: AbortSignal,
): Promise<{ readonly items: ReadonlyMap<string, ConfigMap>; readonly whole: boolean } | null> {
  const [endpoint] = ENDPOINTS.configMaps;
  if (endpoint === undefined) return null;
  const [version] = endpoint.versions;
  const path = pathOf(version, namespace, endpoint.plural);
  const asked = { api, endpoint, version, namespace, path, query: {}, most: roomInMemory(), signal };
  const page = (await askProtobuf({ ...asked, resource: "configMaps" }, { limit: String(2 * names.length) }))?.page;
  if (page === undefined || page === null) return null;
  return {
    items: new Map(page.items.map((item) => [item.metadata.name, item])),
    whole: page.next === "" && page.unread.length === 0,
  };
}

async function readConfigMap(
  api: Api,
  namespace: string,
  name: string,
  permission: string,
  signal: AbortSignal,
): Promise<Reading<ConfigMap>> {
  const answer = await api.get(pathOf("v1", namespace, "configmaps", name), {}, signal);
  if (answer.status === 404) return NOT_THERE;
  if (answer.status === 200) {
    const result = readObject(answer.body, { origin: null, defaultNamespace: namespace, live: true });
    if (result.status === "read" && result.resource === "configMaps")
      return { items: [result.object], lacks: [], some: true };
  }
  return { items: [], lacks: [lackOf(answer, "get", permission, ` in ${namespace}`)], some: false };
}
