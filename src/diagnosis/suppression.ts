import type { KubernetesObject } from "../objects/meta.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import type { Finding } from "./engine.ts";
import { ignoresOfAnnotations } from "./suppression/annotations.ts";
import { type Baseline, ignoresOfBaseline } from "./suppression/baseline.ts";
import { ignoresOfComments } from "./suppression/comments.ts";
import type { Ignore, Suppressed } from "./suppression/ignore.ts";
import { ignoresOfRun } from "./suppression/of-run.ts";

/** Decides which findings are silenced, and remembers which ignores were of use. */
export interface Suppressor {
  /** null where nothing silences the finding on the path of `namespace`/`name`. */
  of(finding: Finding, service: KubernetesObject | null): Suppressed | null;
  /** A finding for each ignore that silenced nothing. `excused`: rules that could not be run, which prove nothing. */
  unused(excused: ReadonlySet<string>): readonly Finding[];
}

/** Everything that silences: options, configuration, comments, annotations, and at last the baseline. */
export function suppressor(
  index: SnapshotIndex,
  ignores: readonly Ignore[],
  baseline: Baseline | null = null,
): Suppressor {
  // What is silenced for a reason takes no place in the baseline.
  const sources: readonly Suppressor[] = [
    ignoresOfRun(ignores),
    ignoresOfComments(index.snapshot.ignoreComments ?? []),
    ignoresOfAnnotations(index),
    ...(baseline === null ? [] : [ignoresOfBaseline(baseline, index)]),
  ];
  return {
    of(finding, service) {
      for (const source of sources) {
        const silenced = source.of(finding, service);
        if (silenced !== null) return silenced;
      }
      return null;
    },
    unused: (excused) => sources.flatMap((source) => source.unused(excused)),
  };
}
