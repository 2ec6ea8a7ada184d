import type { Collected } from "./collected.ts";
import type { Resource } from "./snapshot.ts";

/** Where clusters keep their DNS. */
export const DNS_NAMESPACE = "kube-system";
/** The Service that clients ask, nearly everywhere. */
export const DNS_SERVICE = "kube-dns";
/** kube-dns by convention; CoreDNS's Helm chart says it otherwise. */
export const DNS_SERVER_LABELS: readonly string[] = ["kube-dns", "coredns"];
/** The caches on nodes, in front of the servers. */
export const NODE_LOCAL_LABEL = "node-local-dns";
/** Slices carry their Service's labels. */
export const DNS_SELECTOR = `k8s-app in (${[...DNS_SERVER_LABELS, NODE_LOCAL_LABEL].join(",")})`;

/** Why a list of kube-system is only partial where nothing but cluster DNS was wanted. */
export function dnsScopeNote(resource: Resource): string {
  return `of the ${resource} in ${DNS_NAMESPACE} only those of cluster DNS (${DNS_SELECTOR}) were read`;
}

/** Why the ConfigMaps of a namespace are only partial: each is asked for by its name. */
export function configMapsNote(namespace: string, names: readonly string[]): string {
  return `of the ConfigMaps in ${namespace} only ${names.join(", ")} were asked for`;
}
const CONFIG_MAPS_NOTE = new RegExp(`^${configMapsNote("[^ ;]*", ["([^;]*)"])}$`);

/** Whether these ConfigMaps are missing from a partial list because there are none of these names. */
export function wereAskedFor(because: string, names: readonly string[]): boolean {
  const asked = new Set(CONFIG_MAPS_NOTE.exec(because)?.[1]?.split(", "));
  return names.every((name) => asked.has(name));
}

/** Why the events of a whole cluster are only partial: they may be the most of all that there is. */
export const EVENTS_NOTE = "events of type Normal were not read";

/** Whether a list is partial only because more was not asked for: nothing failed. */
export function isLeftOut(because: string, resource: Resource): boolean {
  if (resource === "events") return because === EVENTS_NOTE;
  if (resource === "configMaps") return CONFIG_MAPS_NOTE.test(because);
  return because === dnsScopeNote(resource);
}

/** Whether everything that has to do with cluster DNS was read: an absence among it counts. */
export function isWholeForDns(list: Collected<unknown>, resource: Resource): boolean {
  return list.status === "complete" || (list.status === "partial" && list.because === dnsScopeNote(resource));
}
