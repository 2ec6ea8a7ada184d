import type { ObservedAnswer, ObservedRecord } from "../objects/observation.ts";
import type { Prediction, ResourceRecord } from "./records.ts";

/** How an answer compares with what was predicted. */
export type Comparison =
  /** `cached`: the TTL was running down, so that a cache answered. */
  | { readonly agrees: true; readonly cached: boolean }
  /** Each difference in a few words: `NXDOMAIN instead of NOERROR`, `without 10.0.0.7`. */
  | {
      readonly agrees: false;
      readonly differences: readonly string[];
      /** The records are the same, and are handed out for longer than predicted. */
      readonly onlyTtl: boolean;
    }
  /** There is no prediction to hold it to, or none of all records. */
  | { readonly agrees: null; readonly because: string };

const SHOWN = 5;

/**
 * Compares code and records, whatever their order. A TTL may be lower than predicted, never higher. An answer that was
 * owed and did not come differs; where the whole answer could not be predicted, nothing is claimed. Of one that was cut to
 * fit (over TCP, too, at 65,535 bytes) only what is too much can be told.
 */
export function compareAnswer(predicted: Prediction, observed: ObservedAnswer): Comparison {
  if (!predicted.known) return { agrees: null, because: predicted.because };
  if (predicted.incomplete !== null) return { agrees: null, because: predicted.incomplete };
  const toCome = predicted.answers.find(({ data }) => data === null);
  if (toCome !== undefined) return { agrees: null, because: "addresses of Pods to come are not known" };
  if (observed.status === "failed") return { agrees: false, differences: [observed.because], onlyTtl: false };
  if (observed.rcode !== predicted.rcode) {
    return { agrees: false, differences: [`${observed.rcode} instead of ${predicted.rcode}`], onlyTtl: false };
  }
  // The serial in it is nobody's to predict.
  const answers = observed.answers.filter(({ type }) => type !== "SOA");
  const wanted = predicted.answers.filter(({ type }) => type !== "SOA");
  const found = new Set(answers.map(recordKey));
  const expected = new Set(wanted.map(recordKey));
  const missing = wanted.filter((record) => !found.has(recordKey(record)));
  const extra = answers.filter((record) => !expected.has(recordKey(record)));
  const expectedTtl = ttlOf(predicted.answers, predicted.negativeTtl);
  const seenTtl = ttlOf(observed.answers, observed.soa?.ttl ?? null);
  const comparable = expectedTtl !== null && seenTtl !== null;
  const differences = [
    ...(missing.length === 0 || observed.flags.tc ? [] : [`without ${listed(missing)}`]),
    ...(extra.length === 0 ? [] : [`with ${listed(extra)} besides`]),
    ...(comparable && seenTtl > expectedTtl ? [`TTL ${seenTtl} instead of ${expectedTtl}`] : []),
  ];
  if (differences.length > 0) {
    return { agrees: false, differences, onlyTtl: missing.length === 0 && extra.length === 0 };
  }
  if (missing.length > 0) return { agrees: null, because: "the answer was cut to fit into its message" };
  return { agrees: true, cached: comparable && seenTtl < expectedTtl };
}

/** The record without its TTL; the same text for what was predicted and what was seen. */
function recordKey({ name, type, data }: ObservedRecord | ResourceRecord): string {
  return `${name} ${type} ${formatData(data)}`;
}

/** A record's data as in a zone file: `0 50 3306 mysql-0.mysql.shop.svc.cluster.local.`. */
export function formatData(data: ObservedRecord["data"] | ResourceRecord["data"]): string {
  if (data === null) return "?";
  if (typeof data === "string") return data;
  if ("target" in data) return `${data.priority} ${data.weight} ${data.port} ${data.target}`;
  return `${data.mname} ${data.rname}`;
}

function listed(records: readonly (ObservedRecord | ResourceRecord)[]): string {
  const shown = records.slice(0, SHOWN).map(({ data }) => formatData(data));
  return records.length > SHOWN ? `${shown.join(", ")} and ${records.length - SHOWN} more` : shown.join(", ");
}

/** CoreDNS gives all records of an answer one TTL, except where an upstream adds some to a CNAME. */
function ttlOf(answers: readonly { readonly ttl: number }[], negative: number | null): number | null {
  return answers.length === 0 ? negative : Math.max(...answers.map(({ ttl }) => ttl));
}

/** What a client sees of an answer, whatever the order and the TTLs: two replicas that agree have the same text. */
export function answerText(observed: ObservedAnswer): string {
  if (observed.status === "failed") return observed.because;
  if (observed.rcode !== "NOERROR") return observed.rcode;
  const records = observed.answers.filter(({ type }) => type !== "SOA");
  if (records.length === 0) return observed.type === "SOA" ? "NOERROR" : "NODATA";
  return [...new Set(records.map(({ type, data }) => (type === observed.type ? "" : `${type} `) + formatData(data)))]
    .sort()
    .join(", ");
}
