import { expect, test } from "vitest";
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import type { Collected } from "../../src/objects/collected.ts";
import type { Service } from "../../src/objects/service.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { snapshotOfManifests } from "../../src/sources/manifests.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";

const service = (name: string): string => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { clusterIP: None, selector: { app: ${name} }, ports: [{ name: db, port: 5432 }] }
`;
const statefulSet = (name: string): string => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: ${name} }
spec:
  serviceName: ${name}
  selector: { matchLabels: { app: ${name} } }
  template:
    metadata: { labels: { app: ${name} } }
    spec: { containers: [{ name: db, image: db, env: [{ name: FIRST, value: ${name}-0.${name} }] }] }
`;

/** How often a Service's name is read while all rules judge so many of them, each with a StatefulSet, in one namespace. */
function namesRead(services: number): number {
  const names = Array.from({ length: services }, (_, at) => `db-${at}`);
  const text = names.flatMap((name) => [service(name), statefulSet(name)]).join("---\n");
  const options = { defaultNamespace: "shop", clusterDomain: null, description: "a test" };
  const snapshot = snapshotOfManifests([{ file: "a.yaml", text, found: false, damaged: false }], options);
  let reads = 0;
  const counted = (one: Service): Service => ({
    ...one,
    metadata: Object.defineProperty({ ...one.metadata }, "name", {
      get: () => {
        reads += 1;
        return one.metadata.name;
      },
    }),
  });
  const watched = snapshot.lists.services.map(({ namespace, result }) => ({
    namespace,
    result:
      result.status === "unavailable"
        ? result
        : ({ ...result, items: result.items.map(counted) } as Collected<Service>),
  }));
  const index = indexSnapshot({ ...snapshot, lists: { ...snapshot.lists, services: watched } });
  reads = 0;
  const found = diagnose(index, {
    subjects: subjectsOf(index, { externalNames: true }),
    everything: true,
    severityOf: () => null,
    ignores: [],
  });
  expect(found.services).toHaveLength(services);
  expect(found.findings).toEqual([]);
  return reads;
}

test("what is judged of sound Services grows with their number, and not with its square", () => {
  const few = namesRead(100);
  expect(few).toBeGreaterThan(100);
  expect(namesRead(400)).toBeLessThan(6 * few);
});
