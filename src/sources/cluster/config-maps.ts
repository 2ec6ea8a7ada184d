import { present } from "../../objects/collected.ts";
import { configMapsNote } from "../../objects/dns-scope.ts";
import { controllerOf } from "../../objects/meta.ts";
import type { ConfigMap } from "../../objects/others.ts";
import { configMapsOf, type Pod } from "../../objects/pod.ts";
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

/** The ConfigMaps that containers are given, by namespace: those of workloads, and of Pods that nobody makes. */
export function usedConfigMaps(
  workloads: readonly Listed<Workload>[],
  pods: readonly Listed<Pod>[],
): ReadonlyMap<string, ReadonlySet<string>> {
  const used = new Map<string, Set<string>>();
  const specs = [
    ...workloads.flatMap(({ result }) =>
      present(result).map(({ metadata, template }) => ({ metadata, spec: template.spec })),
    ),
    ...pods.flatMap(({ result }) => present(result).filter((pod) => controllerOf(pod) === null)),
  ];
  for (const { metadata, spec } of specs) {
    for (const name of configMapsOf(spec)) {
      const names = used.get(metadata.namespace);
      if (names === undefined) used.set(metadata.namespace, new Set([name]));
      else names.add(name);
    }
  }
  return used;
}

/** The ConfigMaps of a namespace by these names, as a list that says that no others were asked for. */
export async function readUsedConfigMaps(
  api: Api,
  namespace: string,
  names: Iterable<string>,
  signal: AbortSignal,
): Promise<Listed<ConfigMap>> {
  const sorted = [...names].sort();
  const reading = await readConfigMaps(api, namespace, sorted, (): string => "configmaps", signal);
  return { namespace, result: collected(reading, configMapsNote(namespace, sorted)) };
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
