import { reverseName } from "../dns/name.ts";
import type { Cause, Prediction, Rcode, RecordType, ResourceRecord } from "../dns/records.ts";
import { type CandidateOutcome, expandName, walkSearch } from "../dns/search.ts";
import { predict } from "../dns/zone.ts";
import {
  namespaceResolvConf,
  podResolvConf,
  type ResolvConf,
  seenResolvConf,
} from "../kubernetes/kubelet-resolv-conf.ts";
import { describeRef } from "../objects/meta.ts";
import type { DnsQuestion } from "../objects/observation.ts";
import type { Pod } from "../objects/pod.ts";
import type { SeenResolvConf } from "../objects/probe.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { type ServerAnswer, serverAnswers } from "../trace/dns-words.ts";
import type { ClusterZone } from "../trace/zone.ts";

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
  /** What was taken for granted, and what was left out; whole sentences. */
  readonly notes: readonly string[];
}

/** Told instead of an answer where the text can be no DNS name. */
export interface NoName {
  readonly ok: false;
  readonly message: string;
}

/**
 * What a client is answered for a name: every candidate of its search list with the predicted answers, and whether one of
 * them ends the search well. What goes to the upstream resolvers is not known; a name that can only be meant for the
 * cluster does not resolve where the cluster does not know it.
 */
export function resolveName(
  question: Question,
  index: SnapshotIndex,
  zone: ClusterZone,
): { readonly ok: true; readonly document: ResolutionDocument } | NoName {
  const { name, namespace, from } = question;
  const reverse = reverseName(name);
  const types = question.types.length > 0 ? question.types : usualTypes(name, reverse);
  const client = clientOf(question, zone);
  const expansion = expandName(reverse ?? name, client);
  if (!expansion.ok) return { ok: false, message: expansion.error.message };

  const ip = from?.status?.podIPs[0];
  const candidates = expansion.candidates.flatMap(({ name: candidate, because }) => {
    // The Node's own search domains were not read: a note says so.
    if (candidate === null) return [];
    const predictions = types.map((type) =>
      predictFor(client, zone, candidate, type, ip === undefined ? null : { ip }),
    );
    const observed = predictions.flatMap((prediction) =>
      serverAnswers(index.snapshot, prediction).map((seen) => ({ type: prediction.type, ...seen })),
    );
    return [{ name: candidate, because, predictions, observed }];
  });
  const outcomes = candidates.map(({ predictions, observed }) => outcomeOf(predictions, observed));
  const manifests = index.snapshot.source.kind === "manifests";
  // What is forwarded, and what manifests say nothing of, is passed over, and thought over in resolvesOf.
  const walk = walkSearch(
    outcomes.map((outcome) => (outcome === "forwarded" || (manifests && outcome === "unknown") ? "nxdomain" : outcome)),
  );
  const end = "at" in walk ? walk.at : candidates.length - 1;
  const asked = candidates.slice(0, end + 1);
  const unchecked = [...notObserved(index), ...asked.flatMap(({ observed }) => observed.flatMap(unanswered))];
  return {
    ok: true,
    document: {
      apiVersion: "kheadless/v1",
      kind: "Resolution",
      question: { name, types, namespace, from: from === null ? null : `pod/${from.metadata.name}` },
      candidates: candidates.map(({ name: candidate, because, predictions, observed }, at) => ({
        name: candidate,
        because,
        asked: at <= end,
        predicted: predictions.map(predictedOf),
        ...(index.snapshot.clusterDns?.observations ? { observed } : {}),
      })),
      resolves: resolvesOf(
        walk.status,
        candidates.map((candidate, at) => ({ name: candidate.name, outcome: outcomes[at] ?? "unknown" })),
        question,
        index,
      ),
      ...(unchecked.length === 0 ? {} : { unchecked: [...new Set(unchecked)].map((reason) => ({ reason })) }),
      notes: [
        ...notObserved(index).map((reason) => `Not every replica of cluster DNS was asked: ${reason}.`),
        ...(question.seen ? ["The search list is that of the client's own /etc/resolv.conf."] : []),
        ...notesOf(expansion.candidates, client, zone, from),
        ...familyNotes(
          asked.flatMap(({ predictions }) => predictions),
          index,
          zone,
        ),
      ],
    },
  };
}

/** Why not every replica could be asked, where they should have been. */
function notObserved({ snapshot }: SnapshotIndex): readonly string[] {
  const observations = snapshot.clusterDns?.observations ?? null;
  return observations === null || observations.status === "complete" ? [] : [observations.because];
}

function unanswered({ server, type, failure }: ObservedDocument): readonly string[] {
  return failure === null ? [] : [`${server} could not be asked for ${type}: ${failure}`];
}

/** The namespaces that the answer depends on: those that a candidate's name speaks of. */
export function namespacesOf(question: Question, zone: ClusterZone): readonly string[] {
  const expansion = expandName(question.name, clientOf(question, zone));
  const found = expansion.ok
    ? expansion.candidates.flatMap(({ name }) =>
        (["svc", "pod"] as const).map((kind) => labelsBefore(kind, name ?? "", zone).slice(-2)),
      )
    : [];
  return [...new Set(found.flatMap(([, namespace]) => namespace ?? []))];
}

/** The labels before `.svc.` or `.pod.` and the cluster's domain; none of a name that does not end so. */
function labelsBefore(kind: "svc" | "pod", name: string, { domain }: ClusterZone): readonly string[] {
  const end = `.${kind}.${domain.name}.`;
  return name.endsWith(end) ? name.slice(0, -end.length).split(".") : [];
}

/** What a resolver would ask the servers of cluster DNS for, in its order. */
export function dnsQuestionsOf(question: Question, zone: ClusterZone): readonly DnsQuestion[] {
  return clientOf(question, zone).asks === "cluster" ? candidatesOf(question, zone) : [];
}

/** What a resolver would ask for, in its order, of whatever servers. */
export function candidatesOf(question: Question, zone: ClusterZone): readonly DnsQuestion[] {
  const reverse = reverseName(question.name);
  const types = question.types.length > 0 ? question.types : usualTypes(question.name, reverse);
  const expansion = expandName(reverse ?? question.name, clientOf(question, zone));
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

function predictFor(
  { asks }: ResolvConf,
  zone: ClusterZone,
  name: string,
  type: RecordType,
  client: { readonly ip: string } | null,
): Prediction {
  if (asks === "cluster") return predict(zone.zone, name, type, client);
  const whom = asks === "node" ? "the Node's resolvers" : "the resolvers of its own dnsConfig";
  return { known: false, name, type, cause: "forwarded", because: `the Pod asks ${whom}, not cluster DNS` };
}

type Outcome = CandidateOutcome | "forwarded";

/**
 * What all the types that were asked for come to. What the servers really said weighs more than the prediction; a name
 * that one of them denies does not resolve every time.
 */
function outcomeOf(predictions: readonly Prediction[], observed: readonly ObservedDocument[]): Outcome {
  const each = predictions.map((one): Outcome => {
    const said = observed.filter(({ type, rcode }) => type === one.type && rcode !== null);
    const denied = said.find(({ answers }) => answers.length === 0);
    if (denied !== undefined) return outcomeOfCode(denied.rcode);
    if (said.length > 0) return "answers";
    if (!one.known) return one.cause === "forwarded" ? "forwarded" : "unknown";
    return one.answers.length > 0 ? "answers" : outcomeOfCode(one.rcode);
  });
  const order: readonly Outcome[] = ["answers", "unknown", "forwarded", "nodata", "servfail", "refused", "nxdomain"];
  return order.find((outcome) => each.includes(outcome)) ?? "unknown";
}

/** Of an answer without records. */
function outcomeOfCode(rcode: string | null): Outcome {
  const codes: Readonly<Record<string, CandidateOutcome>> = {
    NOERROR: "nodata",
    NXDOMAIN: "nxdomain",
    SERVFAIL: "servfail",
    REFUSED: "refused",
  };
  return codes[rcode ?? ""] ?? "servfail";
}

function resolvesOf(
  status: ReturnType<typeof walkSearch>["status"],
  candidates: readonly { readonly name: string; readonly outcome: Outcome }[],
  { name, namespace }: Question,
  index: SnapshotIndex,
): boolean | null {
  if (status === "answers") return true;
  // That mysql.cluster.local does not exist says nothing of a client whose own namespace was not read.
  const known =
    candidates[0]?.outcome === "unknown" ? candidates.filter(({ name }) => /\.(?:svc|pod)\./.test(name)) : candidates;
  const denied = known.some(({ outcome }) => outcome !== "forwarded" && outcome !== "unknown");
  if (status === "unknown" || !denied) return null;
  return candidates.some(({ outcome }) => outcome === "forwarded") && mayBeOutside(name, namespace, index)
    ? null
    : false;
}

/** Top-level domains that a name outside of the cluster most often has, besides those of countries. */
const OUTSIDE =
  /^(?:[a-z]{2}|com|net|org|edu|gov|mil|int|info|biz|app|dev|cloud|online|site|arpa|local|lan|home|corp|internal|intranet|private|test|example)$/;

/**
 * Whether upstream resolvers may know the name as it is. One label they never do; nor a name whose last label is
 * Kubernetes' own, or a namespace or a Service that is there.
 */
function mayBeOutside(name: string, namespace: string, index: SnapshotIndex): boolean {
  const labels = name.toLowerCase().replace(/\.$/, "").split(".");
  const last = labels.at(-1) ?? "";
  if (labels.length < 2 || !OUTSIDE.test(last)) return false;
  const inside =
    index.named("namespaces", last).length > 0 ||
    index.named("services", last).some(({ metadata }) => metadata.namespace === namespace);
  return !inside;
}

/**
 * Which of A and AAAA a Service of manifests has, the cluster decides where its manifest does not: told where a predicted
 * absence of one of them hangs on it.
 */
function familyNotes(predictions: readonly Prediction[], index: SnapshotIndex, zone: ClusterZone): readonly string[] {
  const names = predictions.flatMap((one) => {
    const empty = one.known && one.rcode === "NOERROR" && one.answers.length === 0;
    const [name, namespace] = labelsBefore("svc", one.name, zone).slice(-2);
    if (!empty || (one.type !== "A" && one.type !== "AAAA") || name === undefined) return [];
    const service = index.named("services", name).find(({ metadata }) => metadata.namespace === namespace);
    const open = service !== undefined && !service.live && service.spec.ipFamilies.length === 0;
    return open && service.spec.type !== "ExternalName" ? [name] : [];
  });
  return [...new Set(names)].map(
    (name) =>
      `The manifest of Service ${name} has no ipFamilies: those of a cluster whose first family is IPv4 are taken.`,
  );
}

function predictedOf(prediction: Prediction): PredictedDocument {
  const { type, cause } = prediction;
  if (!prediction.known) {
    const reason = prediction.because;
    return { type, rcode: null, cause, answers: [], additional: [], negativeTtl: null, reason, withheld: [] };
  }
  const { rcode, answers, additional, negativeTtl, reason, withheld } = prediction;
  return {
    type,
    rcode,
    cause,
    answers: answers.map(recordOf),
    additional: additional.map(recordOf),
    negativeTtl,
    reason,
    withheld: withheld.map(({ pod, why }) => ({ pod, why })),
  };
}

function recordOf({ name, type, ttl, data, pod, object }: ResourceRecord): RecordDocument {
  return { name, type, ttl, data, pod, object: object === null ? null : describeRef(object) };
}

function notesOf(
  candidates: readonly { readonly name: string | null }[],
  client: ResolvConf,
  { assumptions }: ClusterZone,
  from: Pod | null,
): readonly string[] {
  const unread = candidates.some(({ name }) => name === null);
  return [
    ...assumptions,
    ...(unread ? ["The Node's own search domains come after the cluster's; they were not read."] : []),
    ...(client.dropped.length === 0 ? [] : [`The kubelet drops the search domains ${client.dropped.join(", ")}.`]),
    ...(from !== null && client.asks === "node"
      ? [
          from.spec.dnsPolicy === "Default"
            ? `Pod ${from.metadata.name} has dnsPolicy: Default, which is the Node's resolv.conf: ClusterFirst asks cluster DNS.`
            : `Pod ${from.metadata.name} has hostNetwork: only dnsPolicy ClusterFirstWithHostNet makes it ask cluster DNS.`,
        ]
      : []),
  ];
}
