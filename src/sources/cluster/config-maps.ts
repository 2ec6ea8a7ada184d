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
import { collected, type Reading } from "./list.ts";
import { pathOf } from "./resources.ts";

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

/** ConfigMaps are read by name, so that no more than these need be allowed. One that is not there is no lack. */
export async function readConfigMaps(
  api: Api,
  namespace: string,
  names: readonly string[],
  permission: (name: string) => string,
  signal: AbortSignal,
): Promise<Reading<ConfigMap>> {
  const readings = await Promise.all(
    names.map((name) => readConfigMap(api, namespace, name, permission(name), signal)),
  );
  return {
    items: readings.flatMap(({ items }) => items),
    lacks: readings.flatMap(({ lacks }) => lacks),
    some: readings.some(({ some }) => some),
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
  if (answer.status === 404) return { items: [], lacks: [], some: true };
  if (answer.status === 200) {
    const result = readObject(answer.body, { origin: null, defaultNamespace: namespace, live: true });
    if (result.status === "read" && result.resource === "configMaps")
      return { items: [result.object], lacks: [], some: true };
  }
  return { items: [], lacks: [lackOf(answer, "get", permission, ` in ${namespace}`)], some: false };
}
