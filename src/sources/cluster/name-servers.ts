import { parseIp } from "../../kubernetes/ip.ts";
import { KUBELET_KEY, kubeletDnsAddresses } from "../../kubernetes/kubelet-config.ts";
import { present } from "../../objects/collected.ts";
import { DNS_NAMESPACE } from "../../objects/dns-scope.ts";
import type { ConfigMap } from "../../objects/others.ts";
import { readObject } from "../../objects/read/read-object.ts";
import type { Service } from "../../objects/service.ts";
import type { Listed } from "../../objects/snapshot.ts";
import { ClusterError } from "./errors.ts";
import type { Api } from "./http.ts";
import { readResource } from "./list.ts";
import { pathOf } from "./resources.ts";

/**
 * The addresses that kubelets are told to give Pods as name servers, where nobody can answer at any of them: they lie in the
 * range of Services, and no Service of any namespace has them. Empty where that is not so, or cannot be known; asks only
 * where none of the Services that were read has them.
 */
export async function readVacantNameServers(
  api: Api,
  configMaps: readonly Listed<ConfigMap>[],
  services: readonly Listed<Service>[],
  signal: AbortSignal,
): Promise<readonly string[]> {
  const kubelet = configMaps
    .filter(({ namespace }) => namespace === null || namespace === DNS_NAMESPACE)
    .flatMap(({ result }) => present(result))
    .find(({ metadata }) => metadata.namespace === DNS_NAMESPACE && metadata.name === "kubelet-config");
  const addresses = kubeletDnsAddresses(kubelet?.data[KUBELET_KEY] ?? "");
  const held = new Set(services.flatMap(({ result }) => present(result).flatMap(({ spec }) => spec.clusterIPs)));
  if (addresses.length === 0 || addresses.some((address) => held.has(address))) return [];
  try {
    const first = await addressOfApi(api, signal);
    if (first === null || !addresses.every((address) => sharesRange(address, first))) return [];
    for (const address of addresses) if (!(await isNobodys(api, address, signal))) return [];
    return addresses;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClusterError) return [];
    throw error;
  }
}

/** The primary cluster IP of Service default/kubernetes: the first address of the range, which every cluster has. */
async function addressOfApi(api: Api, signal: AbortSignal): Promise<string | null> {
  const answer = await api.get(pathOf("v1", "default", "services", "kubernetes"), {}, signal);
  const live = { origin: null, defaultNamespace: "default", live: true };
  const read = answer.status === 200 ? readObject(answer.body, live) : null;
  return read?.status === "read" && read.resource === "services" ? (read.object.spec.clusterIPs[0] ?? null) : null;
}

/** Whether an address is among the 256 around the range's first one (IPv6: 65,536): hardly any range is smaller. */
function sharesRange(address: string, first: string): boolean {
  const [one, other] = [parseIp(address), parseIp(first)];
  if (one === null || other === null || one.family !== other.family) return false;
  const fixed = one.family === "IPv4" ? 3 : 14;
  return one.bytes.slice(0, fixed).every((byte, at) => byte === other.bytes[at]);
}

async function isNobodys(api: Api, address: string, signal: AbortSignal): Promise<boolean> {
  const options = { namespace: null, query: { fieldSelector: `spec.clusterIP=${address}` } };
  const { items, lacks, some } = await readResource(api, "services", options, signal);
  return some && lacks.length === 0 && items.length === 0;
}
