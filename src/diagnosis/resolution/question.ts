import { reverseName } from "../../dns/name.ts";
import type { RecordType } from "../../dns/records.ts";
import { type Expansion, expandName } from "../../dns/search.ts";
import {
  namespaceResolvConf,
  podResolvConf,
  type ResolvConf,
  seenResolvConf,
} from "../../kubernetes/kubelet-resolv-conf.ts";
import type { DnsQuestion } from "../../objects/observation.ts";
import type { Pod } from "../../objects/pod.ts";
import type { SeenResolvConf } from "../../objects/probe.ts";
import type { ClusterZone } from "../../trace/zone.ts";

/** What a client wants to know. */
export interface Question {
  /** As the user wrote it: a name, relative or absolute, or an IP address. */
  readonly name: string;
  /** Empty: what a client would ask for a name of this shape. */
  readonly types: readonly RecordType[];
  readonly namespace: string;
  /** The client; null: some Pod of the namespace, of which nothing else is known. */
  readonly from: Pod | null;
  /** The resolv.conf that was read in the client; else it is worked out from the Pod's spec. */
  readonly seen?: SeenResolvConf | null;
}

/** What a client's resolver asks, of whom, and for which types; an address is asked for by its reverse name, and not searched. */
export function askedBy(
  question: Question,
  zone: ClusterZone,
): { readonly client: ResolvConf; readonly types: readonly RecordType[]; readonly expansion: Expansion } {
  const client = clientOf(question, zone);
  const reverse = reverseName(question.name);
  const types = question.types.length > 0 ? question.types : usualTypes(question.name, reverse);
  const expansion: Expansion =
    reverse === null
      ? expandName(question.name, client)
      : { ok: true, candidates: [{ name: reverse, because: "the name of the address", asIs: true }] };
  return { client, types, expansion };
}

/** The namespaces that the answer depends on: those that a candidate's name speaks of. */
export function namespacesOf(question: Question, zone: ClusterZone): readonly string[] {
  const { expansion } = askedBy(question, zone);
  const found = expansion.ok
    ? expansion.candidates.flatMap(({ name }) =>
        (["svc", "pod"] as const).map((kind) => labelsBefore(kind, name ?? "", zone).slice(-2)),
      )
    : [];
  return [...new Set(found.flatMap(([, namespace]) => namespace ?? []))];
}

/** The labels before `.svc.` or `.pod.` and the cluster's domain; none of a name that does not end so. */
export function labelsBefore(kind: "svc" | "pod", name: string, { domain }: ClusterZone): readonly string[] {
  const end = `.${kind}.${domain.name}.`;
  return name.endsWith(end) ? name.slice(0, -end.length).split(".") : [];
}

/** What a resolver would ask the servers of cluster DNS for, in its order. */
export function dnsQuestionsOf(question: Question, zone: ClusterZone): readonly DnsQuestion[] {
  return clientOf(question, zone).asks === "cluster" ? candidatesOf(question, zone) : [];
}

/** What a resolver would ask for, in its order, of whatever servers. */
export function candidatesOf(question: Question, zone: ClusterZone): readonly DnsQuestion[] {
  const { types, expansion } = askedBy(question, zone);
  if (!expansion.ok) return [];
  return expansion.candidates.flatMap(({ name }) =>
    name === null ? [] : types.map((type) => ({ name, type, checkingDisabled: false })),
  );
}

/** What a client asks where it is not told what to ask: getaddrinfo's two types, or what only such a name can have. */
function usualTypes(name: string, reverse: string | null): readonly RecordType[] {
  if (reverse !== null || /\.(?:in-addr|ip6)\.arpa\.?$/i.test(name)) return ["PTR"];
  return /^_[^.]+\._[^.]+(?:\.|$)/.test(name) ? ["SRV"] : ["A", "AAAA"];
}

function clientOf({ namespace, from, seen = null }: Question, zone: ClusterZone): ResolvConf {
  const kubelet = { clusterDomain: zone.domain.name, nameservers: null };
  const written = from === null ? namespaceResolvConf(namespace, kubelet) : podResolvConf(from, kubelet);
  return seen === null ? written : seenResolvConf(written, seen);
}
