import type { Prediction, RecordType, ResourceRecord } from "../dns/records.ts";
import { walkSearch } from "../dns/search.ts";
import { predict } from "../dns/zone.ts";
import type { ResolvConf } from "../kubernetes/kubelet-resolv-conf.ts";
import { describeRef } from "../objects/meta.ts";
import { aliasedTo, type Pod } from "../objects/pod.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { dnsServers, isDown, isReady } from "../trace/dns-servers.ts";
import { serverAnswers } from "../trace/dns-words.ts";
import type { ClusterZone } from "../trace/zone.ts";
import type { ObservedDocument, PredictedDocument, RecordDocument, ResolutionDocument } from "./resolution/document.ts";
import { outcomeOf, resolvesOf } from "./resolution/outcome.ts";
import { askedBy, labelsBefore, type Question } from "./resolution/question.ts";

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
  const { client, types, expansion } = askedBy(question, zone);
  if (!expansion.ok) return { ok: false, message: expansion.error.message };

  const ip = from?.status?.podIPs[0];
  const candidates = expansion.candidates.flatMap(({ name: candidate, because, asIs }) => {
    // The Node's own search domains were not read: a note says so.
    if (candidate === null) return [];
    const predictions = types.map((type) =>
      predictFor(client, zone, candidate, type, ip === undefined ? null : { ip }),
    );
    const observed = predictions.flatMap((prediction) =>
      serverAnswers(index.snapshot, prediction).map((seen) => ({ type: prediction.type, ...seen })),
    );
    return [{ name: candidate, because, asIs, predictions, observed }];
  });
  const outcomes = candidates.map(({ predictions, observed }) => outcomeOf(predictions, observed));
  const manifests = index.snapshot.source.kind === "manifests";
  // What is forwarded, and what manifests say nothing of, is passed over, and thought over in resolvesOf.
  const walk = walkSearch(
    candidates.map(({ asIs }, at) => {
      const outcome = outcomes[at] ?? "unknown";
      return { outcome: outcome === "forwarded" || (manifests && outcome === "unknown") ? "nxdomain" : outcome, asIs };
    }),
  );
  const asked = candidates.filter((_, at) => walk.asked.includes(at));
  const unasked = notObserved(index).map((reason) => `Not every replica of cluster DNS was asked: ${reason}.`);
  const down = client.asks === "cluster" && areServersDown(index, zone);
  const aliased = from === null ? [] : aliasNotes(from, name);
  const doubts = [...unasked, ...(down ? [NO_SERVER] : []), ...aliased, ...zone.doubts];
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
        asked: walk.asked.includes(at),
        predicted: predictions.map(predictedOf),
        ...(index.snapshot.clusterDns?.observations ? { observed } : {}),
      })),
      resolves: down
        ? false
        : resolvesOf(
            walk.status,
            candidates.map((candidate, at) => ({ name: candidate.name, outcome: outcomes[at] ?? "unknown" })),
            question,
            index,
          ),
      ...(unchecked.length === 0 ? {} : { unchecked: [...new Set(unchecked)].map((reason) => ({ reason })) }),
      ...(doubts.length === 0 ? {} : { doubts }),
      notes: [
        ...unasked,
        ...(down ? [NO_SERVER] : []),
        ...aliased,
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

const NO_SERVER =
  "No server of cluster DNS is ready: whatever would be answered, every question ends in a timeout (doctor tells why).";

/** As cluster-dns-down tells it, but for slices that lag behind Ready Pods. In manifests nothing is ready, and that says nothing. */
function areServersDown(index: SnapshotIndex, { dns }: ClusterZone): boolean {
  if (index.snapshot.source.kind === "manifests") return false;
  const servers = dnsServers(index, dns);
  return servers.status === "complete" && isDown(servers.value) && servers.value.pods?.some(isReady) !== true;
}

/** Programs that ask through libc are not led to DNS by a name that stands in /etc/hosts. */
function aliasNotes({ spec, metadata }: Pod, name: string): readonly string[] {
  const ips = aliasedTo(spec, name);
  if (ips.length === 0) return [];
  return [
    `hostAliases of Pod ${metadata.name} give ${ips.join(", ")} for ${name}: what its libc looks up is answered by that, and only what asks DNS itself (dig, nslookup) gets the answer of DNS.`,
  ];
}

/** Why not every replica could be asked, where they should have been. */
function notObserved({ snapshot }: SnapshotIndex): readonly string[] {
  const observations = snapshot.clusterDns?.observations ?? null;
  return observations === null || observations.status === "complete" ? [] : [observations.because];
}

function unanswered({ server, type, failure }: ObservedDocument): readonly string[] {
  return failure === null ? [] : [`${server} could not be asked for ${type}: ${failure}`];
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
