import type { Collected } from "./collected.ts";
import type { Labels } from "./meta.ts";
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

/** A place in which clusters keep their DNS, by the names that it has there. */
export interface DnsPlace {
  readonly namespace: string;
  readonly service: string;
  /** Of its Pods. */
  readonly label: { readonly key: string; readonly values: readonly string[] };
}

/** The usual one first; then that of OpenShift's DNS operator. */
export const DNS_PLACES: readonly DnsPlace[] = [
  { namespace: DNS_NAMESPACE, service: DNS_SERVICE, label: { key: "k8s-app", values: DNS_SERVER_LABELS } },
  {
    namespace: "openshift-dns",
    service: "dns-default",
    label: { key: "dns.operator.openshift.io/daemonset-dns", values: ["default"] },
  },
];

/** Whether an object carries the label of the DNS servers of its place. */
export function isOfDnsPlace(
  { metadata }: { readonly metadata: { readonly namespace: string; readonly labels: Labels } },
  { namespace, label }: DnsPlace,
): boolean {
  return metadata.namespace === namespace && label.values.includes(metadata.labels[label.key] ?? "");
}

/** Why a list of a namespace is only partial where nothing but cluster DNS was wanted. */
export function dnsScopeNote(
  resource: Resource,
  namespace: string = DNS_NAMESPACE,
  selector: string = DNS_SELECTOR,
): string {
  return `of the ${resource} in ${namespace} only those of cluster DNS (${selector}) were read`;
}
const DNS_SCOPE_NOTE = /^of the ([A-Za-z]+) in \S+ only those of cluster DNS \(.*\) were read$/;

function isDnsScopeNote(because: string, resource: Resource): boolean {
  return DNS_SCOPE_NOTE.exec(because)?.[1] === resource;
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
  return isDnsScopeNote(because, resource);
}

/** Whether everything that has to do with cluster DNS was read: an absence among it counts. */
export function isWholeForDns(list: Collected<unknown>, resource: Resource): boolean {
  return list.status === "complete" || (list.status === "partial" && isDnsScopeNote(list.because, resource));
}
