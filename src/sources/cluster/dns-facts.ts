import { type Collected, present, unavailable } from "../../objects/collected.ts";
import { DNS_NAMESPACE, DNS_PLACES, isOfDnsPlace } from "../../objects/dns-scope.ts";
import type { AccessFact, PodLog } from "../../objects/observation.ts";
import type { Pod } from "../../objects/pod.ts";
import type { ClusterDnsFacts, Listed } from "../../objects/snapshot.ts";
import { readDnsAccess } from "./dns-access.ts";
import { readDnsLogs } from "./dns-logs.ts";
import { ClusterError } from "./errors.ts";
import type { Api } from "./http.ts";

/**
 * What cluster DNS is allowed and what it logged. All of it may be missing: where it cannot be read, the Snapshot says so
 * and nothing else suffers.
 */
export async function readDnsFacts(
  api: Api,
  lists: readonly Listed<Pod>[],
  signal: AbortSignal,
): Promise<ClusterDnsFacts> {
  const places = DNS_PLACES.map(({ namespace }) => namespace);
  const own = lists.filter(({ namespace }) => namespace === null || places.includes(namespace));
  const refused = own.map(({ result }) => result).find((result) => result.status === "unavailable");
  const found = own.flatMap(({ result }) => present(result));
  const [pods = []] = DNS_PLACES.map((place) => found.filter((pod) => isOfDnsPlace(pod, place))).filter(
    (servers) => servers.length > 0,
  );
  const [first] = pods;
  if (first === undefined) {
    const because = refused?.because ?? `no Pods of cluster DNS were found in ${DNS_NAMESPACE}`;
    return { access: unavailable(because), logs: unavailable(because), observations: null };
  }
  const { namespace } = first.metadata;
  const account = { namespace, name: first.spec.serviceAccountName || "default" };
  const [access, logs] = await Promise.all([
    orUnavailable<AccessFact>(readDnsAccess(api, account, signal), signal),
    orUnavailable<PodLog>(readDnsLogs(api, pods, signal), signal),
  ]);
  return { access, logs, observations: null };
}

async function orUnavailable<T>(reading: Promise<Collected<T>>, signal: AbortSignal): Promise<Collected<T>> {
  try {
    return await reading;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ClusterError) return unavailable(error.message);
    throw error;
  }
}
