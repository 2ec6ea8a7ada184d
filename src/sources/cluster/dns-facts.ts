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
  const pods = serversAmong(lists);
  const [first] = pods;
  if (first === undefined) {
    const refused = lists.filter(mayHoldDns).find(({ result }) => result.status === "unavailable")?.result;
    const because =
      refused?.status === "unavailable" ? refused.because : `no Pods of cluster DNS were found in ${DNS_NAMESPACE}`;
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

/** The servers of cluster DNS, in the first of the places where there are any. */
export function serversAmong(lists: readonly Listed<Pod>[]): readonly Pod[] {
  const found = lists.filter(mayHoldDns).flatMap(({ result }) => present(result));
  const places = DNS_PLACES.map((place) => found.filter((pod) => isOfDnsPlace(pod, place)));
  return places.find((servers) => servers.length > 0) ?? [];
}

function mayHoldDns({ namespace }: Listed<Pod>): boolean {
  return namespace === null || DNS_PLACES.some((place) => place.namespace === namespace);
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
