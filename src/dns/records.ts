import type { ObjectRef } from "../objects/meta.ts";

/** Types that `resolve` takes; others are possible in predictions, too, where CoreDNS treats them all alike. */
export const RECORD_TYPES = [
  "A",
  "AAAA",
  "SRV",
  "PTR",
  "CNAME",
  "TXT",
  "SOA",
  "NS",
  "MX",
  "HTTPS",
  "SVCB",
  "ANY",
] as const;
export type RecordType = (typeof RECORD_TYPES)[number];

export type Rcode = "NOERROR" | "NXDOMAIN" | "SERVFAIL" | "REFUSED";

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Absolute. */
  readonly target: string;
}

/** A start of authority. The serial, the second of the last change that the replica saw, cannot be predicted. */
export interface SoaData {
  readonly mname: string;
  readonly rname: string;
  readonly refresh: number;
  readonly retry: number;
  readonly expire: number;
  readonly minimum: number;
}

export interface ResourceRecord {
  /** The owner name: absolute, lower case. */
  readonly name: string;
  readonly type: RecordType;
  /** Seconds, as CoreDNS hands it out fresh; a cached answer shows less. */
  readonly ttl: number;
  /** null: the address is not known before the Pod (or the Service's cluster IP) exists. */
  readonly data: string | SrvData | SoaData | null;
  /** Whose address or name it is; null where no Pod is behind it. */
  readonly pod: string | null;
  /** What made the record; null where it comes from CoreDNS's own configuration. */
  readonly object: ObjectRef | null;
}

/** The SOA record of a negative answer. */
export interface Authority {
  readonly name: string;
  readonly ttl: number;
  readonly soa: SoaData;
}

/** What decided an answer; `reason` tells the same in words. */
export type Cause =
  /** Records from ready endpoints, from a cluster IP, from an ExternalName, of `1-2-3-4.ns.pod`. */
  | "endpoints"
  | "cluster-ip"
  | "external-name"
  | "pod-address"
  | "reverse"
  /** Names that CoreDNS knows of itself: apex, `svc.`, `dns-version`, `ns.dns`. */
  | "zone-name"
  /** The name exists, the type does not. */
  | "other-type"
  | "other-family"
  | "no-port"
  | "target-without-records"
  | "target-is-address"
  /** The name does not exist. */
  | "name-shape"
  | "namespace-missing"
  | "namespace-excluded"
  | "service-missing"
  | "service-rejected"
  | "service-excluded"
  | "endpoints-disabled"
  | "slice-missing"
  | "slice-excluded"
  | "no-endpoints"
  | "not-ready"
  | "endpoint-name-missing"
  | "endpoint-not-ready"
  | "port-missing"
  | "pods-disabled"
  | "pod-missing"
  | "address-unknown-to-all"
  /** CoreDNS does not answer from the cluster. */
  | "no-server-block"
  | "refused-type"
  | "acl"
  | "rewritten"
  | "hosts"
  | "template"
  | "no-next-plugin"
  | "invalid-name"
  /** It cannot be known from what was read. */
  | "forwarded"
  | "not-collected"
  | "not-modelled";

/** A Pod whose record is missing from the answer, and why. */
export interface Withheld {
  readonly pod: string;
  readonly why: string;
}

/** What cluster DNS answers. NODATA is NOERROR without answers. */
export interface Answer {
  readonly known: true;
  readonly name: string;
  readonly type: RecordType;
  readonly rcode: Rcode;
  readonly answers: readonly ResourceRecord[];
  /** Addresses of SRV targets; in no order that means anything, like `answers`. */
  readonly additional: readonly ResourceRecord[];
  /** null in positive answers and in errors, which carry no SOA. */
  readonly authority: Authority | null;
  /** The SOA record's own TTL, by which caches keep the absence; null where there is no SOA. */
  readonly negativeTtl: number | null;
  readonly cause: Cause;
  /** In plain words: which objects made the answer, or the first thing that withholds it. Never empty. */
  readonly reason: string;
  /** Pods of the Service asked for that this answer leaves out; at most a handful, `withheldCount` tells all. */
  readonly withheld: readonly Withheld[];
  readonly withheldCount: number;
  /** The name that `rewrite` or `autopath` really looked up; null where it was the name asked for. */
  readonly askedAs: string | null;
  /** What comes on top and cannot be known (records of an external CNAME target); null where nothing does. */
  readonly incomplete: string | null;
}

/** What was read does not tell the answer. */
interface Unpredictable {
  readonly known: false;
  readonly name: string;
  readonly type: RecordType;
  readonly cause: Cause;
  readonly because: string;
}

export type Prediction = Answer | Unpredictable;
