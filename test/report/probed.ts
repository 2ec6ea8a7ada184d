// What probe would tell of names, from a Snapshot that holds what was seen.
import { type ProbeDocument, probeDocument } from "../../src/diagnosis/probe.ts";
import { resolveName } from "../../src/diagnosis/resolution.ts";
import type { RecordType } from "../../src/dns/records.ts";
import { predict } from "../../src/dns/zone.ts";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { probed } from "../../src/trace/probed.ts";
import { zoneOf } from "../../src/trace/zone.ts";

export function probeOf(
  snapshot: Snapshot,
  names: readonly { readonly name: string; readonly types: readonly RecordType[] }[],
  failed: Parameters<typeof probeDocument>[3] = [],
): ProbeDocument {
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const resolutions = names.flatMap(({ name, types }) => {
    const result = resolveName({ name, types, namespace: "default", from: null }, index, zone);
    return result.ok ? [result.document] : [];
  });
  const seen = probed(
    index,
    zone.dns,
    (name, type) => predict(zone.zone, name, type),
    () => true,
  );
  if (seen.status === "unavailable") throw new Error(seen.because);
  return probeDocument(resolutions, seen.value.vantages, seen.value.questions, failed, () => "web-0");
}
