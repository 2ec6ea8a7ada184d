import type { Cause, Rcode, RecordType, ResourceRecord } from "../../dns/records.ts";
import type { ServerAnswer } from "../../trace/dns-words.ts";

/** A record as it is written out. */
export interface RecordDocument extends Omit<ResourceRecord, "object"> {
  /** `EndpointSlice shop/mysql-x7k2p`. */
  readonly object: string | null;
}

export interface PredictedDocument {
  readonly type: RecordType;
  /** null where what was read does not tell. */
  readonly rcode: Rcode | null;
  /** What decided it, for programs; `reason` tells it to people. */
  readonly cause: Cause;
  readonly answers: readonly RecordDocument[];
  /** Addresses of SRV targets that come along. */
  readonly additional: readonly RecordDocument[];
  /** Seconds for which caches keep the absence; null where the answer is positive. */
  readonly negativeTtl: number | null;
  readonly reason: string;
  /** Pods of the Service that the answer leaves out, at most a handful. */
  readonly withheld: readonly { readonly pod: string; readonly why: string }[];
}

/** What one server said to the question; schema/resolution.schema.json calls it observed. */
export interface ObservedDocument extends ServerAnswer {
  readonly type: RecordType;
}

export interface CandidateDocument {
  readonly name: string;
  readonly because: string;
  /** false: a resolver does not come to it, as one before it ends the search. */
  readonly asked: boolean;
  readonly predicted: readonly PredictedDocument[];
  /** Only where the servers were asked. */
  readonly observed?: readonly ObservedDocument[];
}

/** One item of `-o json` of resolve; schema/resolution.schema.json describes it. */
export interface ResolutionDocument {
  readonly apiVersion: "kheadless/v1";
  readonly kind: "Resolution";
  readonly question: {
    readonly name: string;
    readonly types: readonly RecordType[];
    readonly namespace: string;
    /** `pod/web-0` of the namespace; null where no Pod was named. */
    readonly from: string | null;
  };
  readonly candidates: readonly CandidateDocument[];
  /** null where what was read does not tell. */
  readonly resolves: boolean | null;
  /** What servers were not asked although they should have been, and why; only where there are such. */
  readonly unchecked?: readonly { readonly reason: string }[];
  /** Those of the notes that make the answer itself doubtful; only where there are such. */
  readonly doubts?: readonly string[];
  /** What was taken for granted, and what was left out; whole sentences. */
  readonly notes: readonly string[];
}
