import { type Comparison, compareAnswer } from "../dns/compare.ts";
import type { Prediction, RecordType } from "../dns/records.ts";
import { notAsked } from "../objects/collected.ts";
import type { ObservedAnswer } from "../objects/observation.ts";
import type { ConnectReply, ProbeFacts, ProbeReply, ProbeVantage } from "../objects/probe.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { ClusterDns } from "./cluster-dns.ts";
import type { Part } from "./part.ts";

/** Whether a server says anything over a transport. `unknown`: it was not asked so, or the log does not tell. */
export type Reach = "answers" | "silent" | "unknown";

/** A server as it was reached from one place. */
export interface ServerReach {
  /** null: whatever name servers the resolv.conf there names. */
  readonly ip: string | null;
  /** `service`: the address of the Service that leads to cluster DNS. */
  readonly what: "resolv.conf" | "service" | "replica" | "other";
  /** The replica's Pod, where it is one. */
  readonly pod: string | null;
  readonly udp: Reach;
  readonly tcp: Reach;
  /** What was seen instead of an answer: `no answer within 2 s`, `connection refused`; "" where it answers. */
  readonly because: string;
}

/** A place in the cluster from which was asked, and what cluster DNS looks like from there. */
export interface ProbedVantage extends ProbeVantage {
  /**
   * Whether the first name server of its resolv.conf, which clients ask, is cluster DNS or a NodeLocal DNSCache in front of
   * it; null where the resolv.conf was not read, or the address of cluster DNS is not known.
   */
  readonly asksClusterDns: boolean | null;
  readonly servers: readonly ServerReach[];
}

/** A reply held to the prediction. */
export interface ProbedReply {
  readonly vantage: ProbedVantage;
  readonly reply: ProbeReply;
  readonly comparison: Comparison;
}

/** A question with all replies to it, from every place, by every way, in every round. */
export interface ProbedQuestion {
  readonly name: string;
  readonly type: string;
  readonly prediction: Prediction;
  /** What was read before and after lets one expect the same. */
  readonly steady: boolean;
  readonly replies: readonly ProbedReply[];
}

/** What was seen from inside the cluster; only where it was asked for (`--probe`). */
export interface Probed {
  readonly vantages: readonly ProbedVantage[];
  /** Of the subject's names only. */
  readonly questions: readonly ProbedQuestion[];
  /** Of all addresses and ports that were tried. */
  readonly connects: readonly (ConnectReply & { readonly vantage: ProbedVantage })[];
}

/** The link-local range from which NodeLocal DNSCache takes its address (169.254.20.10 by default). */
export const LINK_LOCAL = /^169\.254\./;

/** The places that were asked from. */
function probedVantages({ vantages }: ProbeFacts, dns: ClusterDns): readonly ProbedVantage[] {
  return vantages.map((vantage) => {
    const service = (dns.service?.spec.clusterIPs ?? []).filter((ip) => ip !== "None");
    const first = vantage.resolvConf?.nameservers[0];
    const asksClusterDns =
      first === undefined || service.length === 0 ? null : service.includes(first) || LINK_LOCAL.test(first);
    return { ...vantage, asksClusterDns, servers: serversOf(vantage, service, dns) };
  });
}

function serversOf({ replies }: ProbeVantage, service: readonly string[], dns: ClusterDns): readonly ServerReach[] {
  return [...Map.groupBy(replies, ({ server }) => server)].map(([ip, given]) => {
    const pod = dns.pods.find(({ status }) => ip !== null && (status?.podIPs ?? []).includes(ip)) ?? null;
    const udp = given.filter(({ transport }) => transport === "udp");
    const tcp = given.filter(({ transport }) => transport === "tcp");
    const silent = given.find((reply) => reply.status === "silent");
    const [byUdp, byTcp] = [reachOf(udp), reachOf(tcp)];
    return {
      ip,
      what: ip === null ? "resolv.conf" : service.includes(ip) ? "service" : pod === null ? "other" : "replica",
      pod: pod?.metadata.name ?? null,
      udp: byUdp,
      tcp: byTcp,
      because: silent?.status === "silent" && [byUdp, byTcp].includes("silent") ? silent.because : "",
    };
  });
}

function reachOf(replies: readonly ProbeReply[]): Reach {
  if (replies.some(({ status }) => status === "answered")) return "answers";
  return replies.some(({ status }) => status === "silent") ? "silent" : "unknown";
}

const NOT_PROBED = "nothing was asked from inside the cluster (--probe does)";

/** What was seen of the names that `concerns` takes. */
export function probed(
  index: SnapshotIndex,
  dns: ClusterDns,
  predict: (name: string, type: RecordType) => Prediction,
  concerns: (name: string) => boolean,
): Part<Probed> {
  const facts = index.snapshot.clusterDns?.probe;
  if (facts === undefined) return notAsked(NOT_PROBED);
  if ("status" in facts) return facts;
  const vantages = probedVantages(facts, dns);
  const value: Probed = {
    vantages,
    questions: probedQuestions(facts, vantages, predict, concerns),
    connects: vantages.flatMap((vantage) => vantage.connects.map((connect) => ({ ...connect, vantage }))),
  };
  const lacks = [...new Set([...facts.leftOut, ...vantages.flatMap((vantage) => vantage.lacks)])];
  return lacks.length === 0
    ? { status: "complete", value }
    : { status: "partial", value, because: `of what was asked from inside, not all is known: ${lacks.join("; ")}` };
}

/** The replies by question, in the order in which the questions were asked. */
function probedQuestions(
  { changing }: ProbeFacts,
  vantages: readonly ProbedVantage[],
  predict: (name: string, type: RecordType) => Prediction,
  concerns: (name: string) => boolean,
): readonly ProbedQuestion[] {
  const all = vantages.flatMap((vantage) => vantage.replies.map((reply) => ({ vantage, reply })));
  const concerned = all.filter(({ reply }) => concerns(reply.name));
  return [...Map.groupBy(concerned, ({ reply }) => `${reply.type} ${reply.name}`).values()].flatMap((replies) => {
    const [first] = replies;
    if (first === undefined) return [];
    const { name, type } = first.reply;
    // Whatever was asked is a type that predictions know, or its prediction is unknown.
    const prediction = predict(name, type as RecordType);
    return [
      {
        name,
        type,
        prediction,
        steady: !changing.some((one) => one.name === name && one.type === type),
        replies: replies.map(({ vantage, reply }) => ({
          vantage,
          reply,
          comparison: compareReply(prediction, reply, vantage.tool.name),
        })),
      },
    ];
  });
}

/**
 * Compares as compareAnswer does. getent tells no codes and no TTLs; of what is missing nothing is claimed.
 */
function compareReply(predicted: Prediction, reply: ProbeReply, tool: ProbeVantage["tool"]["name"]): Comparison {
  if (reply.status === "missing") return { agrees: null, because: reply.because };
  if (tool === "getent" && reply.status === "silent") return compareAbsence(predicted, reply.because);
  const observed = asObserved(reply);
  if (observed === null) return { agrees: null, because: "" };
  if (observed.status === "failed") return compareAnswer(predicted, observed);
  if (tool === "getent") return compareAnswer(withoutTtl(predicted), observed);
  return compareAnswer(predicted, observed);
}

/** getent finds nothing, which fits every prediction without addresses. */
function compareAbsence(predicted: Prediction, because: string): Comparison {
  if (!predicted.known) return { agrees: null, because: predicted.because };
  return predicted.answers.length === 0
    ? { agrees: true, cached: false }
    : { agrees: false, differences: [because], onlyTtl: false };
}

function withoutTtl(predicted: Prediction): Prediction {
  if (!predicted.known) return predicted;
  return { ...predicted, negativeTtl: null, answers: predicted.answers.map((record) => ({ ...record, ttl: 0 })) };
}

/** The reply as an observation of a replica has it; null where it tells nothing. */
export function asObserved(reply: ProbeReply, again = false): ObservedAnswer | null {
  if (reply.status === "missing") return null;
  const { name, type, checkingDisabled, askedAt } = reply;
  const question = { name, type, checkingDisabled, askedAt: askedAt ?? "", again };
  if (reply.status === "silent") return { ...question, status: "failed", because: reply.because };
  const { rcode, flags, answers, additional, soa, rtt } = reply;
  return { ...question, status: "answered", rcode, flags, answers, additional, soa, rtt: rtt ?? 0 };
}
