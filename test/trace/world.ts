import { expect } from "vitest";
import { complete } from "../../src/objects/collected.ts";
import type { Resource, Resources, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../../src/objects/snapshot-index.ts";
import { byResource } from "../../src/sources/manifests/by-resource.ts";
import { type ManifestText, noObjects, readManifestText } from "../../src/sources/manifests/objects.ts";
import { snapshotOfManifests } from "../../src/sources/manifests/snapshot.ts";

/** What a cluster returns, status included: every list whole, of every namespace. */
export function live(yaml: string, changes: Partial<Snapshot["lists"]> = {}): SnapshotIndex {
  const read = noObjects();
  readManifestText(textOf(yaml), { defaultNamespace: "default", live: true }, read);
  expect(read.invalid).toEqual([]);
  const lists = Object.fromEntries(
    Object.entries(byResource(read.objects).held).map(([resource, items]) => [
      resource,
      [{ namespace: null, result: complete<unknown>(items) }],
    ]),
  ) as unknown as Snapshot["lists"];
  return indexSnapshot({
    source: { kind: "cluster", description: "a test" },
    takenAt: "2026-01-01T00:00:00Z",
    clusterDomain: null,
    defaultNamespace: "default",
    lists: { ...lists, ...changes },
    invalid: [],
  });
}

/** What the manifests of a text make, with the Pods of their workloads. */
export function manifests(yaml: string): SnapshotIndex {
  const options = { defaultNamespace: "default", clusterDomain: null, description: "a test" };
  return indexSnapshot(snapshotOfManifests([textOf(yaml)], options));
}

function textOf(text: string): ManifestText {
  return { file: "test.yaml", text, found: false, damaged: false };
}

/** The only object of a kind. */
export function only<R extends Resource>(index: SnapshotIndex, resource: R): Resources[R] {
  const items = index.all(resource);
  expect(items).toHaveLength(1);
  return items[0] as Resources[R];
}
