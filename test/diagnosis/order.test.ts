import { readdirSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { Resource, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { reportOf } from "../../src/report/document.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";
import { readCases, snapshotOf } from "../rules/table.ts";

/** The same objects, as a server or a folder could also have listed them. */
function reversed(snapshot: Snapshot): Snapshot {
  const lists = (Object.keys(snapshot.lists) as Resource[]).map((resource) => [
    resource,
    snapshot.lists[resource].map(({ namespace, result }) => ({
      namespace,
      result: result.status === "unavailable" ? result : { ...result, items: result.items.toReversed() },
    })),
  ]);
  return { ...snapshot, lists: Object.fromEntries(lists) as Snapshot["lists"] };
}

function reportOn(snapshot: Snapshot): unknown {
  const index = indexSnapshot(snapshot);
  const subjects = subjectsOf(index, { externalNames: true });
  const request = { subjects, everything: true, severityOf: () => null, ignores: [] };
  return reportOf(snapshot.source, diagnose(index, request));
}

const tables = new URL("../rules/", import.meta.url);

describe("no report depends on the order in which objects were read", () => {
  const files = readdirSync(tables).filter((file) => file.endsWith(".yaml"));
  test.each(files)("%s", (file) => {
    for (const one of readCases(new URL(file, tables))) {
      const snapshot = snapshotOf(one);
      expect(reportOn(reversed(snapshot)), one.name).toEqual(reportOn(snapshot));
    }
  });
});
