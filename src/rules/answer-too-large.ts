import { messageSize, sizeBound, sizeBoundOf, UDP_SIZES } from "../dns/message-size.ts";
import type { Cause, RecordType } from "../dns/records.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import type { Probed, ProbedReply } from "../trace/probed.ts";
import type { Parts } from "../trace/trace.ts";
import { note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

const [PLAIN, WITH_EDNS] = UDP_SIZES;

/**
 * An answer that does not fit into the client's UDP size is cut at random and marked (miekg/dns Msg.Truncate, after
 * loadbalance has shuffled); the client must then ask over TCP. 512 bytes are what glibc, musl and others take without
 * EDNS, 1232 what most take with it.
 */
export const answerTooLarge = defineRule({
  id: "answer-too-large",
  link: "answer",
  severity: "warning",
  summary: "the answer does not fit into one UDP message",
  needs: { prediction: "present", pods: "optional", probed: "optional" },
  applies: ({ headless }) => headless,
  check({ service, namespace, name, prediction, pods, probed }) {
    if (service === null) return [];
    const full = `${name}.${namespace}.svc.${prediction.domain}`;
    const most = mostBytes(service, full, prediction);
    const sized = (["A", "AAAA", "SRV"] as const).flatMap((type) => {
      // Who asks for SRV asks with EDNS as a rule, and three Pods with two ports are over 512 bytes already.
      const asksWithEdns = type === "SRV";
      const limit = asksWithEdns ? WITH_EDNS : PLAIN;
      if (most <= limit) return [];
      const answer = prediction.predict(full, type);
      if (!answer.known || answer.answers.length === 0 || sizeBound(answer) <= limit) return [];
      const size = messageSize(answer);
      const tooLarge = asksWithEdns ? size.bytesWithEdns > WITH_EDNS : size.bytes > PLAIN;
      return tooLarge ? [{ type, size }] : [];
    });
    const addresses = sized.filter(({ type }) => type !== "SRV");
    const worst = [...(addresses.length > 0 ? addresses : sized)].sort((a, b) => b.size.bytes - a.size.bytes)[0];
    if (worst === undefined) return [];
    const large = worst.size.bytesWithEdns > WITH_EDNS;
    const seen = probed.status === "unavailable" ? [] : seenOf(probed.value, full, worst.type, worst.size.records);
    const closed = seen.some(({ lost }) => lost);
    // Of a workload with very many replicas not all Pods are derived, and of a list that was cut short not all are known.
    const atLeast = pods.status === "partial";
    const message = messageFor(full.slice(0, -1), worst.type, worst.size, { large, atLeast });
    return [
      {
        object: service,
        severity: closed ? "error" : large && worst.type !== "SRV" ? "warning" : "info",
        message: closed ? `${message} From inside, it came cut over UDP and not at all over TCP.` : message,
        evidence: [...sized.map(({ type, size }) => evidenceFor(type, size)), ...seen.map(({ text }) => text)],
        remedy: REMEDY,
      } satisfies RuleFinding,
    ];
  },
});

/** What no answer for the name exceeds: known from the number of addresses where the Service's Pods, and they alone, answer. */
function mostBytes(service: Service, full: string, { predict, published }: Parts["prediction"]): number {
  if (!hasSelector(service)) return Number.POSITIVE_INFINITY;
  const answer = predict(full, "A");
  const isOwn = answer.known && answer.askedAs === null && OF_PODS.includes(answer.cause);
  return isOwn ? sizeBoundOf(full, published) : Number.POSITIVE_INFINITY;
}

const OF_PODS: readonly Cause[] = ["endpoints", "other-family"];

interface Seen {
  readonly text: string;
  /** It came cut over UDP, and TCP is closed. */
  readonly lost: boolean;
}

/** What came of the answer at places that were asked from, by the Service of cluster DNS. */
function seenOf({ vantages, questions }: Probed, name: string, type: RecordType, records: number): readonly Seen[] {
  const question = questions.find((one) => one.name === name && one.type === type);
  return vantages.flatMap((vantage): readonly Seen[] => {
    const service = new Set(vantage.servers.filter(({ what }) => what === "service").map(({ ip }) => ip));
    const replies = (question?.replies ?? []).filter((one) => one.vantage === vantage && service.has(one.reply.server));
    const ways = [...Map.groupBy(replies, ({ reply }) => wayOf(reply))].map(([way, given]) => {
      const reply = given.map((one) => one.reply).find(({ status }) => status !== "missing");
      return { way, reply };
    });
    const cut = ways.some(({ reply }) => reply?.status === "answered" && reply.flags.tc);
    if (!cut) return [];
    const told = ways.flatMap(({ way, reply }) => {
      if (reply === undefined || reply.status === "missing") return [];
      if (reply.status === "silent") return [`${way} no answer`];
      return [`${way} ${reply.answers.length} of ${records}${reply.flags.tc ? ", cut" : ""}`];
    });
    const lost = ways.some(({ way, reply }) => way === "TCP" && reply?.status === "silent");
    return [{ text: `seen from ${vantage.node || vantage.pod.name}: ${told.join("; ")}`, lost }];
  });
}

function wayOf({ transport, bufferSize }: ProbedReply["reply"]): string {
  return transport === "tcp" ? "TCP" : bufferSize === null ? "UDP without EDNS" : "UDP with EDNS";
}

type Size = ReturnType<typeof messageSize>;

function messageFor(
  bare: string,
  type: RecordType,
  size: Size,
  { large, atLeast }: { readonly large: boolean; readonly atLeast: boolean },
): string {
  const about = size.estimated ? "about " : "";
  const least = atLeast ? "at least " : "";
  const limit = large
    ? `${WITH_EDNS} bytes that clients with EDNS take`
    : `${PLAIN} bytes that clients without EDNS take`;
  return (
    `The ${type} answer for ${bare} has ${least}${size.records} records and ${about}${large ? size.bytesWithEdns : size.bytes} bytes, more than the ${limit}: over UDP it is cut to a random part, ` +
    "and clients must ask again over TCP; musl before 1.2.4 (Alpine before 3.18) takes the part for the whole."
  );
}

function evidenceFor(type: RecordType, size: Size): string {
  const [plain, withEdns] = [fittingIn(size, PLAIN), fittingIn(size, WITH_EDNS)];
  return `${type}: ${size.records} records, ${size.bytes} bytes, ${size.bytesWithEdns} with EDNS; ${plain} records fit into ${PLAIN}, ${withEdns} into ${WITH_EDNS}`;
}

function fittingIn(size: Size, limit: number): string {
  const { least, most } = size.fitting(limit);
  return least === most ? String(least) : `${least} to ${most}`;
}

const REMEDY = [
  note("let TCP 53 through wherever UDP 53 is let through (NetworkPolicies, firewalls, NodeLocal DNSCache)"),
  note("clients on Alpine: use 3.18 or newer"),
  note("or ask for single Pods by name, or split the Service into several with narrower selectors"),
].join("\n");
