/** A question that was put to a name server. `name` is absolute and lower case, in master-file notation. */
export interface DnsQuestion {
  readonly name: string;
  /** A record type's mnemonic. */
  readonly type: string;
  /** Asked with the CD bit: a cache keeps such answers under another key, so it shows what stands behind the cache. */
  readonly checkingDisabled: boolean;
}

interface ObservedSrv {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  /** Absolute, lower case. */
  readonly target: string;
}

/** A record as it came over the wire; names absolute and lower case, addresses as Go writes them. */
export interface ObservedRecord {
  readonly name: string;
  readonly type: string;
  /** Seconds. */
  readonly ttl: number;
  readonly data: string | ObservedSrv;
}

/** The start of authority that negative answers carry, and that the apex answers with. */
export interface ObservedSoa {
  readonly name: string;
  readonly ttl: number;
  readonly mname: string;
  /** CoreDNS's kubernetes plugin: the second of the last change that this replica saw. */
  readonly serial: number;
  readonly minimum: number;
}

/** A message that came back. */
export interface AnswerMessage {
  /** `NOERROR`, `NXDOMAIN`, `SERVFAIL` and so on. */
  readonly rcode: string;
  readonly flags: { readonly aa: boolean; readonly tc: boolean; readonly ra: boolean };
  readonly answers: readonly ObservedRecord[];
  readonly additional: readonly ObservedRecord[];
  readonly soa: ObservedSoa | null;
}

/** What became of one question. */
export type ObservedAnswer = DnsQuestion & {
  /** When it was asked, RFC 3339. */
  readonly askedAt: string;
  /**
   * The replicas were asked twice, and neither answer fits what was read: the second one, which this is, fits neither what
   * was read before it nor what was read after. What differs only once was a change under way.
   */
  readonly again: boolean;
} & (
    | ({
        readonly status: "answered";
        /** Milliseconds from sending the question to having the answer. */
        readonly rtt: number;
      } & AnswerMessage)
    | { readonly status: "failed"; readonly because: string }
  );

/** What one replica of cluster DNS said. */
export interface ReplicaObservation {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly ip: string;
  /** Whether the Pod was Ready, so that clients are led to it. */
  readonly ready: boolean;
  /** Why it could not be asked at all; null where it was. */
  readonly failure: string | null;
  readonly answers: readonly ObservedAnswer[];
}

/** Whether an account may do something; found out by asking the API server, or from the roles bound to it. */
export interface AccessFact {
  /** A user name: `system:serviceaccount:kube-system:coredns`. */
  readonly account: string;
  readonly verb: string;
  /** "" for the core group. */
  readonly group: string;
  readonly resource: string;
  readonly allowed: boolean;
  /** The role or binding that allows it, or what was searched in vain. */
  readonly because: string;
}

/** Lines of a Pod's log that tell of a fault, newest last. */
export interface PodLog {
  readonly pod: { readonly namespace: string; readonly name: string };
  readonly lines: readonly string[];
}
