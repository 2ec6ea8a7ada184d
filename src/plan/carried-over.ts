import { updateClusterIp } from "../kubernetes/service-defaults.ts";
import type { Collected } from "../objects/collected.ts";
import type { Service } from "../objects/service.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { objectKey } from "./keys.ts";

/**
 * The new objects as they will stand in the cluster: a Service that leaves out its cluster IP keeps the one that it has,
 * also None. What the API server would reject is taken as it is wanted, once the steps to get there were gone.
 */
export function carriedOver(before: SnapshotIndex, after: Snapshot): Snapshot {
  const old = new Map(before.all("services").map((service) => [objectKey(service), service]));
  const services = after.lists.services.map(({ namespace, result }) => ({
    namespace,
    result: mapItems(result, (service) => kept(old.get(objectKey(service)) ?? null, service)),
  }));
  return { ...after, lists: { ...after.lists, services } };
}

function mapItems<T>(collected: Collected<T>, map: (item: T) => T): Collected<T> {
  return collected.status === "unavailable" ? collected : { ...collected, items: collected.items.map(map) };
}

function kept(before: Service | null, after: Service): Service {
  if (before === null || after.live) return after;
  const { clusterIP, clusterIPs, type } = after.spec;
  if ((clusterIP ?? "") !== "" || clusterIPs.length > 0 || type === "ExternalName") return after;
  const { clusterIp, rejected } = updateClusterIp(before, after);
  if (rejected !== null || clusterIp === "") return after;
  return { ...after, spec: { ...after.spec, clusterIP: clusterIp, clusterIPs: before.spec.clusterIPs } };
}
