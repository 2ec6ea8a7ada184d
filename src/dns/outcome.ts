import type { Authority, Cause, Rcode, ResourceRecord, Withheld } from "./records.ts";

/** A message that a plugin writes. */
export interface Message {
  readonly status: "message";
  readonly rcode: Rcode;
  readonly answers: readonly ResourceRecord[];
  readonly additional: readonly ResourceRecord[];
  readonly authority: Authority | null;
  readonly cause: Cause;
  readonly reason: string;
  readonly withheld: WithheldPods;
  readonly incomplete: string | null;
  /** The name that the plugins behind `rewrite` or `autopath` saw, where it is not the one that was asked. */
  readonly askedAs: string | null;
}

/** Pods that are left out: the first few by name, and how many in all. */
export interface WithheldPods {
  readonly shown: readonly Withheld[];
  readonly count: number;
}
export const NONE_WITHHELD: WithheldPods = { shown: [], count: 0 };

/** A plugin gives only a code back; the server writes the message, without any record. */
interface CodeOnly {
  readonly status: "code";
  readonly rcode: "SERVFAIL" | "REFUSED";
  readonly cause: Cause;
  readonly reason: string;
}

/** What was read does not tell what happens. */
export interface Unknown {
  readonly status: "unknown";
  readonly cause: Cause;
  readonly because: string;
}

export type Outcome = Message | CodeOnly | Unknown;

export interface Query {
  /** Absolute, lower case. */
  readonly name: string;
  readonly type: string;
  readonly client: Client | null;
  /** How often CoreDNS asked itself on the way here, for targets of CNAMEs. */
  readonly depth: number;
}

/** Who asks, as far as answers depend on it (`acl`, `autopath`). */
export interface Client {
  readonly ip: string;
}

/** A plugin with all that come behind it. */
export type Handler = (query: Query) => Outcome;

export function unknown(cause: Cause, because: string): Unknown {
  return { status: "unknown", cause, because };
}

export function message(
  fields: Pick<Message, "rcode" | "cause" | "reason"> & Partial<Omit<Message, "status">>,
): Message {
  return {
    status: "message",
    answers: [],
    additional: [],
    authority: null,
    withheld: NONE_WITHHELD,
    incomplete: null,
    askedAs: null,
    ...fields,
  };
}
