// Which names to ask: every one that could exist, and many that should not.
import { reverseName } from "../../../src/dns/name.ts";
import { present } from "../../../src/objects/collected.ts";
import type { DnsQuestion } from "../../../src/objects/observation.ts";
import type { SnapshotIndex } from "../../../src/objects/snapshot-index.ts";

const TYPES = ["A", "AAAA", "SRV", "TXT", "CNAME", "PTR"] as const;
const RARE_TYPES = ["SOA", "NS", "MX", "HTTPS", "ANY"] as const;

/** All questions about one namespace, without those that are the same. */
export function questionsAbout(index: SnapshotIndex, namespace: string, domain: string): readonly DnsQuestion[] {
  const root = `${namespace}.svc.${domain}.`;
  const names = new Set<string>([
    root,
    `svc.${domain}.`,
    `${domain}.`,
    `pod.${domain}.`,
    `${namespace}.pod.${domain}.`,
  ]);
  const labels = endpointLabels(index, namespace);
  const services = [
    ...present(index.in("services", namespace)).map(({ metadata }) => metadata.name),
    "gone",
    "nowhere",
  ];
  for (const service of services) {
    const base = `${service}.${root}`;
    names.add(base);
    for (const label of labels) names.add(`${label}.${base}`);
    for (const port of ["http", "peer", "dns-tcp", "nosuch"]) {
      for (const protocol of ["tcp", "udp"]) names.add(`_${port}._${protocol}.${base}`);
    }
    names.add(`_peer._sctp.${base}`);
    // Without underscores, as an empty non-terminal, with one label too many, as a wildcard.
    for (const left of ["http.tcp", "_tcp", "a.b.c", "*", "*._tcp", `_http._tcp.${labels[0] ?? "x"}`])
      names.add(`${left}.${base}`);
    // Labels of underscores and hyphens only, what comes behind one underscore, and CoreDNS's own name in front.
    for (const left of ["_", "_._", "__http.__tcp", "-", "ns.dns", "_http.tcp", "x".repeat(63)])
      names.add(`${left}.${base}`);
  }
  for (const odd of [`svc.${root}`, `${root}${domain}.`, `web.${namespace}.${domain}.`, `web.svc.${domain}.`])
    names.add(odd);
  for (const odd of ["--1", "1-2-3", "fd00--", "256-1-1-1", "01-1-1-1", "--ffff-10-1-2-3", "1-2-3-4-5-6-7-8", "-"]) {
    names.add(`${odd}.${namespace}.pod.${domain}.`);
  }
  const addresses = addressesIn(index, namespace);
  for (const address of addresses) {
    const hyphened = address.replace(/[.:]/g, "-");
    names.add(`${hyphened}.${namespace}.pod.${domain}.`);
    names.add(`left.${hyphened}.${namespace}.pod.${domain}.`);
  }
  names.add(`no-address.${namespace}.pod.${domain}.`);
  names.add(`10-99-99-99.no-such-namespace.pod.${domain}.`);
  names.add(`web.no-such-namespace.svc.${domain}.`);
  names.add(`no-such-namespace.svc.${domain}.`);
  names.add(`nothing.${domain}.`);
  names.add(`dns-version.${domain}.`);
  names.add(`ns.dns.${domain}.`);
  const forward = [...names].flatMap((name) => [...TYPES, ...rareTypes(name)].map((type) => question(name, type)));
  const reverse = addresses
    .flatMap((address) => reverseName(address) ?? [])
    .flatMap((name) => [question(name, "PTR"), question(name, "A")]);
  return [...forward, ...reverse];
}

/** Asking every rare type of every name would be most of the questions: each is asked of some. */
function rareTypes(name: string): readonly string[] {
  const type = RARE_TYPES[name.length % (RARE_TYPES.length * 2)];
  return type === undefined ? [] : [type];
}

function question(name: string, type: string): DnsQuestion {
  return { name, type, checkingDisabled: false };
}

/** Whatever could be the label of an endpoint: hostnames, Pod names, addresses with hyphens. */
function endpointLabels(index: SnapshotIndex, namespace: string): readonly string[] {
  const labels = new Set<string>(["missing", "hand-0", "hand-1"]);
  for (const pod of present(index.in("pods", namespace))) {
    labels.add(pod.metadata.name);
    if (pod.spec.hostname !== "") labels.add(pod.spec.hostname);
  }
  for (const slice of present(index.in("endpointSlices", namespace))) {
    for (const { hostname, targetRef } of slice.endpoints) {
      if (hostname !== null) labels.add(hostname);
      if (targetRef !== null) labels.add(targetRef.name);
    }
  }
  for (const address of addressesIn(index, namespace)) {
    const hyphened = address.replace(/[.:]/g, "-");
    labels.add(hyphened);
    if (hyphened.endsWith("-")) labels.add(`${hyphened}0`);
  }
  return [...labels];
}

function addressesIn(index: SnapshotIndex, namespace: string): readonly string[] {
  const addresses = new Set<string>();
  for (const pod of present(index.in("pods", namespace))) for (const ip of pod.status?.podIPs ?? []) addresses.add(ip);
  for (const slice of present(index.in("endpointSlices", namespace))) {
    if (slice.addressType === "FQDN") continue;
    for (const endpoint of slice.endpoints) for (const address of endpoint.addresses) addresses.add(address);
  }
  for (const service of present(index.in("services", namespace))) {
    for (const address of service.spec.clusterIPs) if (address !== "None") addresses.add(address);
  }
  return [...addresses];
}
