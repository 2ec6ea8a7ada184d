import { present } from "../../objects/collected.ts";
import type { ConfigMap } from "../../objects/others.ts";
import type { Pod } from "../../objects/pod.ts";
import { readObject } from "../../objects/read/read-object.ts";
import type { Listed, Resource, Resources } from "../../objects/snapshot.ts";
import type { Api } from "./http.ts";
import { lackOf } from "./lack.ts";
import { collected, type Reading, readResource } from "./list.ts";
import { pathOf } from "./resources.ts";

export const DNS_NAMESPACE = "kube-system";
/** kube-dns by convention; CoreDNS's Helm chart and NodeLocal DNSCache say it otherwise. Slices carry their Service's labels. */
const DNS_LABELS = ["kube-dns", "coredns", "node-local-dns"];
const DNS_SELECTOR = `k8s-app in (${DNS_LABELS.join(",")})`;
/** Where kubeadm, AKS and NodeLocal DNSCache keep their Corefiles; others are found by what the DNS Pods mount. */
const DNS_CONFIG_MAPS = ["coredns", "coredns-custom", "node-local-dns"];

type Found = readonly [Resource, readonly Listed<Resources[Resource]>[]];

/**
 * What cluster DNS consists of. `whole` gives the lists that hold all of a resource in kube-system where these are read
 * anyhow, else null: then only what carries the label of cluster DNS is read, and the list is partial.
 */
export async function readDns(
  api: Api,
  whole: <R extends Resource>(resource: R) => Promise<readonly Listed<Resources[R]>[]> | null,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const labelled = async <R extends Resource>(resource: R): Promise<readonly Listed<Resources[R]>[]> => {
    const options = { namespace: DNS_NAMESPACE, query: { labelSelector: DNS_SELECTOR } };
    const reading = await readResource(api, resource, options, signal);
    const note = `of the ${resource} in ${DNS_NAMESPACE} only those of cluster DNS (${DNS_SELECTOR}) were read`;
    return [{ namespace: DNS_NAMESPACE, result: collected(reading, note) }];
  };
  const wholePods = whole("pods");
  const pods = wholePods ?? labelled("pods");
  const found = await Promise.all([
    ...(wholePods === null ? [named("pods", pods)] : []),
    ...(whole("services") === null ? [named("services", labelled("services"))] : []),
    ...(whole("endpointSlices") === null ? [named("endpointSlices", labelled("endpointSlices"))] : []),
    ...(whole("configMaps") === null ? [named("configMaps", readConfigMaps(api, pods, signal))] : []),
  ]);
  return found;
}

async function named(resource: Resource, lists: Promise<readonly Listed<Resources[Resource]>[]>): Promise<Found> {
  return [resource, await lists];
}

/** ConfigMaps are read by name, so that no more than these need be allowed. */
async function readConfigMaps(
  api: Api,
  pods: Promise<readonly Listed<Pod>[]>,
  signal: AbortSignal,
): Promise<readonly Listed<ConfigMap>[]> {
  const read = (names: readonly string[]) => Promise.all(names.map((name) => readConfigMap(api, name, signal)));
  const [usual, mounted] = await Promise.all([read(DNS_CONFIG_MAPS), pods.then(mountedConfigMaps)]);
  const others = mounted.filter((name) => !DNS_CONFIG_MAPS.includes(name));
  const readings = [...usual, ...(await read(others))];
  const reading: Reading<ConfigMap> = {
    items: readings.flatMap(({ items }) => items),
    lacks: readings.flatMap(({ lacks }) => lacks),
    some: readings.some(({ some }) => some),
  };
  const note = `of the ConfigMaps in ${DNS_NAMESPACE} only ${[...DNS_CONFIG_MAPS, ...others].join(", ")} were asked for`;
  return [{ namespace: DNS_NAMESPACE, result: collected(reading, note) }];
}

function mountedConfigMaps(lists: readonly Listed<Pod>[]): readonly string[] {
  const names = lists
    .flatMap(({ result }) => present(result))
    .filter(
      ({ metadata }) => metadata.namespace === DNS_NAMESPACE && DNS_LABELS.includes(metadata.labels["k8s-app"] ?? ""),
    )
    .flatMap((pod) => pod.spec.configMapVolumes.map(({ configMap }) => configMap));
  return [...new Set(names)];
}

async function readConfigMap(api: Api, name: string, signal: AbortSignal): Promise<Reading<ConfigMap>> {
  const answer = await api.get(pathOf("v1", DNS_NAMESPACE, "configmaps", name), {}, signal);
  if (answer.status === 404) return { items: [], lacks: [], some: true };
  if (answer.status === 200) {
    const result = readObject(answer.body, { origin: null, defaultNamespace: DNS_NAMESPACE, live: true });
    if (result.status === "read" && result.resource === "configMaps")
      return { items: [result.object], lacks: [], some: true };
  }
  return { items: [], lacks: [lackOf(answer, "get", `configmaps/${name}`, ` in ${DNS_NAMESPACE}`)], some: false };
}
