import { present } from "../../objects/collected.ts";
import {
  configMapsNote,
  DNS_NAMESPACE,
  DNS_SELECTOR,
  DNS_SERVER_LABELS,
  DNS_SERVICE,
  dnsScopeNote,
  NODE_LOCAL_LABEL,
} from "../../objects/dns-scope.ts";
import type { ConfigMap } from "../../objects/others.ts";
import { configMapsOf, type Pod } from "../../objects/pod.ts";
import { readObject } from "../../objects/read/read-object.ts";
import type { Service } from "../../objects/service.ts";
import type { Listed, Resource, Resources } from "../../objects/snapshot.ts";
import { readConfigMaps } from "./config-maps.ts";
import type { Api } from "./http.ts";
import { collected, type Reading, readResource } from "./list.ts";
import { pathOf } from "./resources.ts";

/** Where kubeadm, AKS and NodeLocal DNSCache keep their Corefiles, and kubeadm the kubelets' cluster domain; others are found by what the DNS Pods mount. */
const DNS_CONFIG_MAPS = ["coredns", "coredns-custom", "node-local-dns", "kubelet-config"];

const LIVE = { origin: null, defaultNamespace: DNS_NAMESPACE, live: true };

type Found = readonly [Resource, readonly Listed<Resources[Resource]>[]];

/**
 * What cluster DNS consists of. `whole` gives the lists that hold all of a resource in kube-system where these are read
 * anyhow, else null: then only what carries the label of cluster DNS is read, and the list is partial. `used` gives the
 * ConfigMaps of kube-system that are wanted besides.
 */
export async function readDns(
  api: Api,
  whole: <R extends Resource>(resource: R) => Promise<readonly Listed<Resources[R]>[]> | null,
  used: Promise<Iterable<string>>,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const labelled = async <R extends Resource>(resource: R): Promise<readonly Listed<Resources[R]>[]> => {
    const options = { namespace: DNS_NAMESPACE, query: { labelSelector: DNS_SELECTOR } };
    const reading = await readResource(api, resource, options, signal);
    return [{ namespace: DNS_NAMESPACE, result: collected(reading, dnsScopeNote(resource)) }];
  };
  /** Somebody may have made the Service anew by hand, and without its label. */
  const orByName = async (lists: readonly Listed<Service>[]): Promise<readonly Listed<Service>[]> => {
    const [list] = lists;
    if (list === undefined || list.result.status === "unavailable" || list.result.items.length > 0) return lists;
    const answer = await api.get(pathOf("v1", DNS_NAMESPACE, "services", DNS_SERVICE), {}, signal);
    const read = answer.status === 200 ? readObject(answer.body, LIVE) : null;
    if (read?.status !== "read" || read.resource !== "services") return lists;
    return [{ namespace: DNS_NAMESPACE, result: { ...list.result, items: [read.object] } }];
  };
  const wholePods = whole("pods");
  const pods = wholePods ?? labelled("pods");
  const found = await Promise.all([
    ...(wholePods === null ? [named("pods", pods)] : []),
    ...(whole("services") === null ? [named("services", labelled("services").then(orByName))] : []),
    ...(whole("endpointSlices") === null ? [named("endpointSlices", labelled("endpointSlices"))] : []),
    ...(whole("configMaps") === null ? [named("configMaps", readDnsConfigMaps(api, pods, used, signal))] : []),
  ]);
  return found;
}

async function named(resource: Resource, lists: Promise<readonly Listed<Resources[Resource]>[]>): Promise<Found> {
  return [resource, await lists];
}

/** Those that cluster DNS is configured by, and `used`: what else containers of the namespace are given. */
async function readDnsConfigMaps(
  api: Api,
  pods: Promise<readonly Listed<Pod>[]>,
  used: Promise<Iterable<string>>,
  signal: AbortSignal,
): Promise<readonly Listed<ConfigMap>[]> {
  const read = (names: readonly string[]) =>
    readConfigMaps(api, DNS_NAMESPACE, names, (name) => `configmaps/${name}`, signal);
  const [usual, mounted, more] = await Promise.all([read(DNS_CONFIG_MAPS), pods.then(mountedConfigMaps), used]);
  const others = [...new Set([...mounted, ...more])].filter((name) => !DNS_CONFIG_MAPS.includes(name));
  const rest = await read(others);
  const reading: Reading<ConfigMap> = {
    items: [...usual.items, ...rest.items],
    lacks: [...usual.lacks, ...rest.lacks],
    some: usual.some || rest.some,
  };
  const note = configMapsNote(DNS_NAMESPACE, [...DNS_CONFIG_MAPS, ...others]);
  return [{ namespace: DNS_NAMESPACE, result: collected(reading, note) }];
}

function mountedConfigMaps(lists: readonly Listed<Pod>[]): readonly string[] {
  const names = lists
    .flatMap(({ result }) => present(result))
    .filter(
      ({ metadata }) =>
        metadata.namespace === DNS_NAMESPACE &&
        [...DNS_SERVER_LABELS, NODE_LOCAL_LABEL].includes(metadata.labels["k8s-app"] ?? ""),
    )
    .flatMap((pod) => configMapsOf(pod.spec));
  return [...new Set(names)];
}
