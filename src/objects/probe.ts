import type { AnswerMessage, DnsQuestion } from "./observation.ts";

/** How questions are put from inside the cluster: to whom, and over what. */
export interface Route {
  /** An IP address; null for the name servers of the container's own /etc/resolv.conf. */
  readonly server: string | null;
  readonly port: number;
  readonly transport: "udp" | "tcp";
  /** The UDP payload size that EDNS offers, in bytes; null asks without EDNS. */
  readonly bufferSize: number | null;
  /** With the CD bit, under which a cache keeps nothing of what others asked without it. */
  readonly checkingDisabled: boolean;
}

/** Questions that go the same way, one after the other. */
export interface Lane {
  readonly route: Route;
  readonly questions: readonly Pick<DnsQuestion, "name" | "type">[];
}

/** One TCP connection to open from inside. */
export interface ProbeConnect {
  /** An IP address. */
  readonly address: string;
  readonly port: number;
  /**
   * The port on which an endpoint listens, or that of a headless Service where it is another: nobody translates it, so that
   * it is refused as a rule.
   */
  readonly of: "endpoint" | "service";
}

/** What is to be asked from inside, already worked out. */
export interface Errand {
  /** Marks our lines in the log, so that nothing else there is taken for one: letters and digits, made anew for each errand. */
  readonly nonce: string;
  /** Lanes of one server stand together: it is asked one thing at a time. */
  readonly lanes: readonly Lane[];
  readonly connects: readonly ProbeConnect[];
  /** How often to ask everything: `--count`. */
  readonly rounds: number;
  /** Seconds after which nothing more is asked. */
  readonly budget: number;
}

/** What a tool tells of a message that came back. */
export interface ToldAnswer extends AnswerMessage {
  /** Milliseconds until the answer came; null where the tool does not tell. */
  readonly rtt: number | null;
  /** Of the message; null where the tool does not tell. */
  readonly bytes: number | null;
  /** Who answered; null where the tool does not tell. */
  readonly from: string | null;
}

/** What became of one question. */
export type ProbeReply = Route &
  Pick<DnsQuestion, "name" | "type"> & {
    /** From 1 on. */
    readonly round: number;
  } & (
    | ({
        readonly status: "answered";
        /** RFC 3339, of the round's start on the Node's clock. */
        readonly askedAt: string | null;
      } & ToldAnswer)
    /** No answer came. */
    | { readonly status: "silent"; readonly because: string; readonly askedAt: string | null }
    /** It was not asked, or the log does not tell what became of it: says nothing of the server. */
    | { readonly status: "missing"; readonly because: string }
  );

/** What became of one connection. */
export interface ConnectReply extends ProbeConnect {
  readonly round: number;
  /** `missing`: not tried, or not told by the log. */
  readonly status: "open" | "refused" | "timeout" | "unreachable" | "missing";
  /** What the tool said; "" where it is open. */
  readonly because: string;
}

/** The resolv.conf that a container really has. */
export interface SeenResolvConf {
  readonly nameservers: readonly string[];
  readonly search: readonly string[];
  /** `ndots:5`, as written. */
  readonly options: readonly string[];
}

/** What asked: `dig` knows all that there is to know, the others less. */
export interface ProbeTool {
  readonly name: "dig" | "nslookup" | "getent" | "none";
  /** "" where it does not tell. */
  readonly version: string;
}

/** What an errand brought back. */
export interface ErrandResult {
  readonly tool: ProbeTool;
  /** null where it could not be read. */
  readonly resolvConf: SeenResolvConf | null;
  /** In the order of the errand, round by round: every question has a reply. */
  readonly replies: readonly ProbeReply[];
  readonly connects: readonly ConnectReply[];
  /** What could not be found out, a line each; none where all came back. */
  readonly lacks: readonly string[];
}

/** What was seen from one place in the cluster. */
export interface ProbeVantage extends ErrandResult {
  /** Where it was asked from. */
  readonly pod: { readonly namespace: string; readonly name: string };
  /** "" where it is not known. */
  readonly node: string;
  /** `pod/web-0`: the client in whose place it was asked, by its network or its labels; null: a Pod of ours. */
  readonly client: string | null;
}

/** All that was seen from inside. */
export interface ProbeFacts {
  readonly vantages: readonly ProbeVantage[];
  /**
   * Questions of which what was read before the asking lets one expect something else than what was read after: what they
   * were answered counts against nobody.
   */
  readonly changing: readonly Pick<DnsQuestion, "name" | "type">[];
  /** What was left out because it would have been too much, a line each. */
  readonly leftOut: readonly string[];
}
