import { type Collected, present, unavailable } from "../objects/collected.ts";
import type { AccessFact, PodLog } from "../objects/observation.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { type DnsServers, isReady } from "./dns-servers.ts";
import type { Part } from "./part.ts";

/** What CoreDNS may read of the cluster. */
export interface DnsAccess {
  /** null where they could not be read, and the replicas' readiness stands for them: without access none becomes Ready. */
  readonly facts: readonly AccessFact[] | null;
  /** Not all roles were read: another may allow what these do not. "" where all were. */
  readonly gap: string;
  readonly logs: readonly PodLog[];
}

/**
 * What is known of CoreDNS's access. Where it may not be read, Ready replicas show that it was there when they started
 * (`ready` waits for the first lists); where not all are Ready either, it is not known.
 */
export function dnsAccess(index: SnapshotIndex, servers: Part<DnsServers>): Part<DnsAccess> {
  const access: Collected<AccessFact> =
    index.snapshot.clusterDns?.access ?? unavailable("the roles of CoreDNS's account were not read");
  const logs = present(index.snapshot.clusterDns?.logs ?? unavailable(""));
  if (access.status !== "unavailable") {
    const gap = access.status === "partial" ? access.because : "";
    return { status: "complete", value: { facts: access.items, gap, logs } };
  }
  if (servers.status === "unavailable") return servers;
  const pods = servers.value.pods ?? [];
  if (pods.length > 0 && pods.every(isReady)) {
    return { status: "complete", value: { facts: null, gap: access.because, logs } };
  }
  return access;
}
