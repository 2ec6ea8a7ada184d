import { parseIp } from "../kubernetes/ip.ts";
import { matchesSelector } from "../kubernetes/label-selector.ts";
import { refOf } from "../objects/meta.ts";
import { isHeadless } from "../objects/service.ts";
import type { Item } from "./kubernetes-found.ts";
import { type Stanza, under } from "./kubernetes-lookup.ts";
import { type Unknown, unknown } from "./outcome.ts";
import { addressLabel } from "./service-endpoints.ts";
import { clusterIpsOf, serviceKey } from "./zone-index.ts";

export type NameServers =
  | { readonly status: "found"; readonly items: readonly Item[]; readonly reason: string }
  | Unknown;

/**
 * The name servers that CoreDNS presents: the Services that its own Pod is a ready endpoint of, with their cluster IPs.
 * Mirrors plugin/kubernetes/ns.go nsAddrs. Each replica answers for itself; where they differ, nothing is predicted.
 */
export function nameServers(stanza: Stanza, zone: string): NameServers {
  const { dnsServers } = stanza.index.input;
  const notKnown = (because: string): Unknown =>
    unknown("not-collected", `CoreDNS names the Service that it stands behind; ${because}`);
  if (dnsServers === null || dnsServers.length === 0) return notKnown("its own Pods were not read");
  if (stanza.options.noEndpoints)
    return notKnown("with noendpoints it names its own addresses, one of which is not known");
  let first: readonly Item[] | null = null;
  for (const addresses of dnsServers) {
    const items = addresses.flatMap((address) => serversBehind(stanza, address, zone));
    // It then names every address of its Pod, among them one that only the Pod itself knows.
    if (items.length === 0) return notKnown(`the Pod at ${addresses.join(", ")} is no ready endpoint of any Service`);
    if (first !== null && textOf(first) !== textOf(items)) return notKnown("its replicas stand behind different ones");
    first = items;
  }
  const names = [...new Set((first ?? []).map((item) => `${item.object.namespace}/${item.object.name}`))];
  return { status: "found", items: first ?? [], reason: `CoreDNS is an endpoint of Service ${names.join(", ")}` };
}

function textOf(items: readonly Item[]): string {
  return [...new Set(items.map((item) => `${item.target} ${item.host}`))].sort().join("\n");
}

function serversBehind(stanza: Stanza, address: string, zone: string): readonly Item[] {
  const { index, options } = stanza;
  const items: Item[] = [];
  for (const { slice } of index.endpointsByAddress().get(address) ?? []) {
    if (slice.service === null || (options.labels !== null && !matchesSelector(options.labels, slice.labels))) continue;
    const service = index.services.get(serviceKey(slice.namespace, slice.service));
    if (service === undefined) continue;
    if (options.labels !== null && !matchesSelector(options.labels, service.metadata.labels)) continue;
    const suffix = under(`${service.metadata.name}.${service.metadata.namespace}.svc`, zone);
    const add = (host: string, target: string): void => {
      const ip = parseIp(host);
      const kind = ip?.family === "IPv6" ? "AAAA" : "A";
      items.push({ host, kind, data: ip?.text ?? host, port: 0, target, pod: null, object: refOf(service) });
    };
    if (isHeadless(service)) {
      for (const endpoint of slice.endpoints) {
        if (!endpoint.ready) continue;
        for (const host of endpoint.addresses ?? []) {
          const podName = options.endpointPodNames ? endpoint.target : null;
          add(host, `${endpoint.hostname ?? podName ?? addressLabel(host, index.input.version)}.${suffix}`);
        }
      }
    } else {
      for (const host of clusterIpsOf(service)) add(host, suffix);
    }
  }
  return items;
}
