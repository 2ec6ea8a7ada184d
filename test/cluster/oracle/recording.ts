// What a real CoreDNS answered about random states, with the Snapshot of that moment: `npm test` replays it.
import type { ObservedAnswer } from "../../../src/objects/observation.ts";
import type { Listed, Resource, Resources, Snapshot } from "../../../src/objects/snapshot.ts";
import { parseSnapshot, writeSnapshot } from "../../../src/sources/snapshot-file.ts";

export interface Recording {
  readonly snapshot: Snapshot;
  readonly answers: readonly ObservedAnswer[];
}

/** Of the Snapshot only those namespaces, and what cluster DNS consists of. */
export function writeRecording({
  snapshot,
  namespaces,
  answers,
}: Recording & { readonly namespaces: readonly string[] }): string {
  const kept = new Set([...namespaces, "kube-system", "default"]);
  const keep = <R extends Resource>(lists: readonly Listed<Resources[R]>[]): readonly Listed<Resources[R]>[] =>
    lists.map(({ namespace, result }) => ({
      namespace,
      result:
        result.status === "unavailable"
          ? result
          : {
              ...result,
              items: result.items.filter(({ kind, metadata }) =>
                kind === "Namespace"
                  ? kept.has(metadata.name)
                  : metadata.namespace === "" || kept.has(metadata.namespace),
              ),
            },
    }));
  const lists = Object.fromEntries(
    Object.entries(snapshot.lists).map(([resource, listed]) => [resource, keep(listed as readonly Listed<never>[])]),
  ) as unknown as Snapshot["lists"];
  // Log lines and rights say nothing of answers.
  const { clusterDns: _, ...rest } = snapshot;
  return `${JSON.stringify({ snapshot: JSON.parse(writeSnapshot({ ...rest, lists })), answers })}\n`;
}

export function readRecording(text: string, file: string): Recording {
  const { snapshot, answers } = JSON.parse(text);
  return { snapshot: parseSnapshot(JSON.stringify(snapshot), file), answers };
}
