import { notHeld, type Unavailable, unavailable } from "../../objects/collected.ts";
import { wereAskedFor } from "../../objects/dns-scope.ts";
import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import type { References } from "./references.ts";

/** Why some of what a namespace's containers are given was not read; null where all was. */
export function unreadTexts(index: SnapshotIndex, references: References, namespace: string): Unavailable | null {
  const { kind } = index.snapshot.source;
  // In manifests an absence counts within the input.
  if (kind === "manifests") return null;
  const list = index.in("configMaps", namespace);
  const missing = list.status === "complete" ? [] : references.unreadConfigMaps(namespace);
  if (list.status !== "complete" && missing.length > 0 && !wereAskedFor(list.because, missing)) {
    return unavailable(list.because);
  }
  return kind === "snapshot" && references.hasLeftOut(namespace)
    ? notHeld("a snapshot file leaves out the values of variables and of ConfigMaps")
    : null;
}
