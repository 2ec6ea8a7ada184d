import { KUBELET_KEY, kubeletDnsAddresses } from "../../kubernetes/kubelet-config.ts";
import { partial, present } from "../../objects/collected.ts";
import {
  configMapsNote,
  DNS_NAMESPACE,
  DNS_PLACES,
  DNS_SELECTOR,
  DNS_SERVER_LABELS,
  DNS_SERVICE,
  type DnsPlace,
  dnsScopeNote,
  isOfDnsPlace,
  NODE_LOCAL_LABEL,
} from "../../objects/dns-scope.ts";
import type { KubernetesObject } from "../../objects/meta.ts";
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
 * The Pods of cluster DNS in kube-system. `whole` are lists that hold all Pods there, null where these are not read anyhow.
 * Of a whole cluster (`many`) they are not waited for, as long as those of cluster DNS carry its label.
 */
export async function readDnsPods(
  api: Api,
  whole: Promise<readonly Listed<Pod>[]> | null,
  many: boolean,
  signal: AbortSignal,
): Promise<readonly Listed<Pod>[]> {
  if (whole !== null && !many) return whole;
  const labelled = await readLabelled(api, "pods", signal);
  const [usual] = DNS_PLACES;
  const isThere = present(labelled.result).some((pod) => usual !== undefined && isOfDnsPlace(pod, usual));
  return whole === null || isThere ? [labelled] : whole;
}

async function readLabelled<R extends Resource>(
  api: Api,
  resource: R,
  signal: AbortSignal,
): Promise<Listed<Resources[R]>> {
  const options = { namespace: DNS_NAMESPACE, query: { labelSelector: DNS_SELECTOR } };
  const reading = await readResource(api, resource, options, signal);
  return { namespace: DNS_NAMESPACE, result: collected(reading, dnsScopeNote(resource)) };
}

/**
 * What cluster DNS consists of. `whole` gives the lists that hold all of a resource in kube-system where these are read
 * anyhow, else null: then only what carries the label of cluster DNS is read, and the list is partial. `pods` are its Pods
 * (readDnsPods), `used` the ConfigMaps of kube-system that are wanted besides.
 */
export async function readDns(
  api: Api,
  whole: <R extends Resource>(resource: R) => Promise<readonly Listed<Resources[R]>[]> | null,
  pods: Promise<readonly Listed<Pod>[]>,
  used: Promise<Iterable<string>>,
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const labelled = async <R extends Resource>(resource: R) => [await readLabelled(api, resource, signal)];
  /** Somebody may have made the Service anew by hand, and without its label. */
  const orByName = async (lists: readonly Listed<Service>[]): Promise<readonly Listed<Service>[]> => {
    const [list] = lists;
    if (list === undefined || list.result.status === "unavailable" || list.result.items.length > 0) return lists;
    const answer = await api.get(pathOf("v1", DNS_NAMESPACE, "services", DNS_SERVICE), {}, signal);
    const read = answer.status === 200 ? readObject(answer.body, LIVE) : null;
    if (read?.status !== "read" || read.resource !== "services") return lists;
    return [{ namespace: DNS_NAMESPACE, result: { ...list.result, items: [read.object] } }];
  };
  const found = await Promise.all([
    ...(whole("pods") === null ? [named("pods", pods)] : []),
    ...(whole("services") === null ? [named("services", labelled("services").then(orByName))] : []),
    ...(whole("endpointSlices") === null ? [named("endpointSlices", labelled("endpointSlices"))] : []),
    ...(whole("configMaps") === null ? [named("configMaps", readDnsConfigMaps(api, pods, used, signal))] : []),
  ]);
  const [services, servers] = await Promise.all([whole("services") ?? listIn(found, "services"), pods]);
  const [usual] = DNS_PLACES;
  const isThere = [...services, ...servers].some(
    ({ result }) =>
      result.status === "unavailable" ||
      result.items.some((one) => usual !== undefined && (isOfDnsPlace(one, usual) || isServiceOf(one, usual))),
  );
  return isThere ? found : [...found, ...(await readElsewhere(api, listIn(found, "configMaps"), signal))];
}

function isServiceOf({ kind, metadata }: KubernetesObject, { namespace, service }: DnsPlace): boolean {
  return kind === "Service" && metadata.namespace === namespace && metadata.name === service;
}

function listIn<R extends Resource>(found: readonly Found[], resource: R): readonly Listed<Resources[R]>[] {
  // Each list was read of the resource that it stands under.
  return found.flatMap(([of, lists]) => (of === resource ? (lists as readonly Listed<Resources[R]>[]) : []));
}

/**
 * Cluster DNS where it is not in the usual place: on OpenShift, or wherever the Service has the address that kubelets give
 * Pods. What may not be read there is left out, as nobody knows that it is there.
 */
async function readElsewhere(
  api: Api,
  configMaps: readonly Listed<ConfigMap>[],
  signal: AbortSignal,
): Promise<readonly Found[]> {
  const kubelet = configMaps
    .flatMap(({ result }) => present(result))
    .find(({ metadata }) => metadata.name === "kubelet-config");
  const service =
    (await serviceInPlaces(api, signal)) ??
    (await serviceAt(api, kubeletDnsAddresses(kubelet?.data[KUBELET_KEY] ?? ""), signal));
  if (service === null) return [];
  const { namespace, name } = service.metadata;
  const read = async <R extends Resource>(resource: R, labelSelector: string) => {
    const reading = await readResource(api, resource, { namespace, query: { labelSelector } }, signal);
    return [{ namespace, result: collected(reading, dnsScopeNote(resource, namespace, labelSelector)) }];
  };
  const labels = Object.entries(service.spec.selector ?? {}).map(([key, value]) => `${key}=${value}`);
  const [pods, slices] = await Promise.all([
    labels.length === 0 ? [] : read("pods", labels.join(",")),
    read("endpointSlices", `kubernetes.io/service-name=${name}`),
  ]);
  const mounted = [...new Set(pods.flatMap(({ result }) => present(result)).flatMap((pod) => configMapsOf(pod.spec)))];
  const settings = await readConfigMaps(api, namespace, mounted, (one) => `configmaps/${one}`, signal);
  const note = dnsScopeNote("services", namespace, `Service ${name}`);
  return [
    ["services", [{ namespace, result: partial([service], note) }]],
    ["pods", pods],
    ["endpointSlices", slices],
    ["configMaps", [{ namespace, result: collected(settings, configMapsNote(namespace, mounted)) }]],
  ];
}

async function serviceInPlaces(api: Api, signal: AbortSignal): Promise<Service | null> {
  for (const { namespace, service } of DNS_PLACES.slice(1)) {
    const answer = await api.get(pathOf("v1", namespace, "services", service), {}, signal);
    const read = answer.status === 200 ? readObject(answer.body, LIVE) : null;
    if (read?.status === "read" && read.resource === "services") return read.object;
  }
  return null;
}

/** Services can be selected by their cluster IP (registry/core/service strategy.go SelectableFields). */
async function serviceAt(api: Api, [address]: readonly string[], signal: AbortSignal): Promise<Service | null> {
  if (address === undefined) return null;
  const query = { fieldSelector: `spec.clusterIP=${address}` };
  const { items } = await readResource(api, "services", { namespace: null, query }, signal);
  return items.find(({ spec }) => spec.clusterIPs.includes(address)) ?? null;
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
