// Holds what a replica answered to what was predicted: code, records, TTL, SRV weights, Additional, SOA. Stricter than
// the product's own comparison, which forgives what a user would not care for.
import { formatData } from "../../../src/dns/compare.ts";
import type { Answer, ResourceRecord } from "../../../src/dns/records.ts";
import type { ObservedAnswer, ObservedRecord } from "../../../src/objects/observation.ts";

/** Answers that a cache has kept run down: by at most as long as one round of questions takes. */
const ROUND_SECONDS = 20;

/**
 * Every difference in a few words; none where the answer is exactly the predicted one. `kept`: for how many seconds a cache can
 * have had it.
 */
export function differences(predicted: Answer, observed: ObservedAnswer, kept = ROUND_SECONDS): readonly string[] {
  if (observed.status === "failed") return [`no answer: ${observed.because}`];
  const found: string[] = [];
  const differ = (what: string, got: unknown, wanted: unknown): void => {
    const [left, right] = [JSON.stringify(got), JSON.stringify(wanted)];
    if (left !== right) found.push(`${what}: real ${left}, predicted ${right}`);
  };
  differ("rcode", observed.rcode, predicted.rcode);
  // A serial is the second of the last change: nobody's to predict.
  const records = (list: readonly (ObservedRecord | ResourceRecord)[]): readonly string[] =>
    list
      .filter(({ type }) => type !== "SOA")
      .map(recordText)
      .sort();
  differ("answers", records(observed.answers), records(predicted.answers));
  differ("additional", records(observed.additional), records(predicted.additional));
  const soa = observed.soa;
  if (predicted.authority === null) {
    if (soa !== null && predicted.type !== "SOA") found.push(`authority: real ${soa.name}, predicted none`);
  } else {
    differ("authority", soa && [soa.name, soa.mname, soa.minimum], [
      predicted.authority.name,
      predicted.authority.soa.mname,
      predicted.authority.soa.minimum,
    ]);
    differTtl(found, "negative TTL", soa === null ? [] : [soa.ttl], { wanted: predicted.authority.ttl, kept });
  }
  for (const type of new Set(predicted.answers.map((record) => record.type))) {
    const ttls = observed.answers.filter((record) => record.type === type).map(({ ttl }) => ttl);
    const wanted = predicted.answers.find((record) => record.type === type)?.ttl ?? 0;
    differTtl(found, `TTL of ${type}`, ttls, { wanted, kept });
  }
  return found;
}

function differTtl(
  found: string[],
  what: string,
  ttls: readonly number[],
  { wanted, kept }: { readonly wanted: number; readonly kept: number },
): void {
  for (const ttl of new Set(ttls)) {
    if (ttl > wanted || ttl < Math.max(0, wanted - kept)) found.push(`${what}: real ${ttl}, predicted ${wanted}`);
  }
}

function recordText({ name, type, data }: ObservedRecord | ResourceRecord): string {
  return `${name} ${type} ${formatData(data)}`;
}
