import type { Difference, Reach } from "./difference.ts";
import { keyParts, objectKey } from "./keys.ts";
import type { RecordChange } from "./record-change.ts";
import type { Sides } from "./side.ts";

/** The differences that account for a change of records; all of them where none does so in particular. */
export function becauseOf(
  change: RecordChange,
  differences: readonly Difference[],
  sides: Sides,
): readonly Difference[] {
  const pods = affectedPods(change, sides);
  const found = differences.filter(({ reach }) => accountsFor(reach, change, pods));
  return found.length > 0 ? found : differences;
}

function accountsFor(reach: Reach, { type }: RecordChange, pods: readonly AffectedPod[]): boolean {
  switch (reach.of) {
    case "service":
      return true;
    case "ports":
      return type === "SRV";
    case "members":
      return pods.length === 0 || pods.some(({ onBoth }) => onBoth);
    case "pod":
      return pods.some(({ key }) => key === reach.pod);
    case "pods":
      return pods.some(
        ({ owner, onBoth }) =>
          owner === reach.workload && (reach.which === "all" || onBoth === (reach.which === "names")),
      );
  }
}

interface AffectedPod {
  readonly key: string;
  readonly owner: string | null;
  readonly onBoth: boolean;
}

function affectedPods(
  { service, added, removed, replaced }: RecordChange,
  { before, after }: Sides,
): readonly AffectedPod[] {
  const { namespace } = keyParts(service);
  const records = [...added, ...removed, ...replaced.map(({ after: now }) => now)];
  return records.flatMap(({ pod: name }) => {
    if (name === null) return [];
    const key = objectKey({ metadata: { namespace, name } });
    const [old, now] = [before.pods.get(key), after.pods.get(key)];
    const owner = now !== undefined ? after.ownerKey(now) : old !== undefined ? before.ownerKey(old) : null;
    return [{ key, owner, onBoth: old !== undefined && now !== undefined }];
  });
}
