import { messageSize, sizeBound, UDP_SIZES } from "../dns/message-size.ts";
import type { RecordType } from "../dns/records.ts";
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
  needs: { prediction: "present" },
  applies: ({ headless }) => headless,
  check({ service, namespace, name, prediction }) {
    if (service === null) return [];
    const full = `${name}.${namespace}.svc.${prediction.domain}`;
    const sized = (["A", "AAAA", "SRV"] as const).flatMap((type) => {
      const answer = prediction.predict(full, type);
      if (!answer.known || answer.answers.length === 0) return [];
      // Who asks for SRV asks with EDNS as a rule, and three Pods with two ports are over 512 bytes already.
      const asksWithEdns = type === "SRV";
      if (sizeBound(answer) <= (asksWithEdns ? WITH_EDNS : PLAIN)) return [];
      const size = messageSize(answer);
      const tooLarge = asksWithEdns ? size.bytesWithEdns > WITH_EDNS : size.bytes > PLAIN;
      return tooLarge ? [{ type, size }] : [];
    });
    const addresses = sized.filter(({ type }) => type !== "SRV");
    const worst = [...(addresses.length > 0 ? addresses : sized)].sort((a, b) => b.size.bytes - a.size.bytes)[0];
    if (worst === undefined) return [];
    const large = worst.size.bytesWithEdns > WITH_EDNS;
    return [
      {
        object: service,
        severity: large && worst.type !== "SRV" ? "warning" : "info",
        message: messageFor(full.slice(0, -1), worst.type, worst.size, large),
        evidence: sized.map(({ type, size }) => evidenceFor(type, size)),
        remedy: REMEDY,
      } satisfies RuleFinding,
    ];
  },
});

type Size = ReturnType<typeof messageSize>;

function messageFor(bare: string, type: RecordType, size: Size, large: boolean): string {
  const about = size.estimated ? "about " : "";
  const limit = large
    ? `${WITH_EDNS} bytes that clients with EDNS take`
    : `${PLAIN} bytes that clients without EDNS take`;
  return (
    `The ${type} answer for ${bare} has ${size.records} records and ${about}${size.bytes} bytes, more than the ${limit}: over UDP it is cut to a random part, ` +
    "and clients must ask again over TCP; musl before 1.2.4 (Alpine before 3.18) takes the part for the whole."
  );
}

function evidenceFor(type: RecordType, size: Size): string {
  return `${type}: ${size.records} records, ${size.bytes} bytes; ${size.fitting(PLAIN)} records fit into ${PLAIN}, ${size.fitting(WITH_EDNS)} into ${WITH_EDNS}`;
}

const REMEDY = [
  note("let TCP 53 through wherever UDP 53 is let through (NetworkPolicies, firewalls, NodeLocal DNSCache)"),
  note("clients on Alpine: use 3.18 or newer"),
  note("or ask for single Pods by name, or split the Service into several with narrower selectors"),
].join("\n");
