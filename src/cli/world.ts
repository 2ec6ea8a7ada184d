import type { Predict } from "../diagnosis/answers.ts";
import { predict } from "../dns/zone.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../objects/snapshot-index.ts";
import { type ClusterZone, zoneOf } from "../trace/zone.ts";

/** What was read, ready to be asked. */
export interface World {
  readonly index: SnapshotIndex;
  readonly zone: ClusterZone;
  readonly predict: Predict;
}

/** Indexes what was read and puts cluster DNS together from it. A cluster domain that only the Corefile tells is known from here on. */
export function worldOf(snapshot: Snapshot): World {
  const index = indexSnapshot(snapshot);
  const zone = zoneOf(index);
  const known =
    zone.domain.source === "corefile" ? indexSnapshot({ ...snapshot, clusterDomain: zone.domain.name }) : index;
  return { index: known, zone, predict: (name, type) => predict(zone.zone, name, type) };
}
