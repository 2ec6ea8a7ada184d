import type { Predict } from "../diagnosis/answers.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";

export function predictorOf(_index: SnapshotIndex): Predict {
  return (name, type) => ({ known: false, name, type, cause: "not-modelled", because: "not predicted yet" });
}
