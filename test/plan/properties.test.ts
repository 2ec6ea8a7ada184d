import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { type Plan, planOf } from "../../src/plan/plan.ts";
import type { RecordChange } from "../../src/plan/record-change.ts";
import { planDocument } from "../../src/report/plan-document.ts";
import { manifests } from "./cases.ts";

/** A small world of which any part may differ: two Services over the Pods of two workloads, with a slice by hand. */
const world = fc.record({
  headless: fc.boolean(),
  serviceName: fc.constantFrom("db", "other"),
  replicas: fc.nat(4),
  start: fc.nat(2),
  port: fc.constantFrom(5432, 5433),
  portName: fc.constantFrom("pg", "sql"),
  target: fc.constantFrom("5432", "6432", "pg"),
  app: fc.constantFrom("db", "web"),
  families: fc.constantFrom("", "IPv4", "IPv6", "IPv4, IPv6"),
  second: fc.boolean(),
  web: fc.nat(3),
  external: fc.constantFrom("", "a.example.com", "b.example.com"),
  manual: fc.constantFrom("", "192.0.2.7", "192.0.2.8"),
});
type World = typeof world extends fc.Arbitrary<infer T> ? T : never;

function documentsOf(given: World): readonly string[] {
  const { headless, serviceName, replicas, start, port, portName, target, app, families, second, web } = given;
  const asked = families === "" ? "" : `, ipFamilies: [${families}]`;
  const policy = families.includes(",") ? ", ipFamilyPolicy: RequireDualStack" : "";
  return [
    `{ apiVersion: v1, kind: Service, metadata: { name: db }, spec: { ${headless ? "clusterIP: None, " : ""}selector: { app: ${app} }, ports: [{ name: ${portName}, port: ${port}, targetPort: ${target} }]${asked}${policy} } }`,
    `{ apiVersion: apps/v1, kind: StatefulSet, metadata: { name: db }, spec: { serviceName: ${serviceName}, replicas: ${replicas}, ordinals: { start: ${start} }, template: { metadata: { labels: { app: db } }, spec: { containers: [{ name: db, ports: [{ name: pg, containerPort: 5432 }] }] } } } }`,
    `{ apiVersion: apps/v1, kind: Deployment, metadata: { name: web }, spec: { replicas: ${web}, template: { metadata: { labels: { app: web } }, spec: { containers: [{ name: web }] } } } }`,
    ...(second
      ? [
          "{ apiVersion: v1, kind: Service, metadata: { name: other }, spec: { clusterIP: None, selector: { app: db } } }",
        ]
      : []),
    ...(given.external === ""
      ? []
      : [
          `{ apiVersion: v1, kind: Service, metadata: { name: away }, spec: { type: ExternalName, externalName: ${given.external} } }`,
        ]),
    ...(given.manual === ""
      ? []
      : [
          "{ apiVersion: v1, kind: Service, metadata: { name: hand }, spec: { clusterIP: None } }",
          `{ apiVersion: discovery.k8s.io/v1, kind: EndpointSlice, metadata: { name: hand-1, labels: { kubernetes.io/service-name: hand } }, addressType: IPv4, endpoints: [{ addresses: [${given.manual}] }] }`,
        ]),
  ];
}

const snapshotOf = (documents: readonly string[]): Snapshot => manifests("all.yaml", documents.join("\n---\n"));

function plan(before: Snapshot, after: Snapshot): Plan {
  return planOf({ before, after, applying: { command: "kubectl apply -f all.yaml" } });
}

/** What changes, without why. */
function recordsOf({ changes }: Plan): readonly unknown[] {
  return changes.map(({ name, type, change, added, removed, replaced }) => ({
    name,
    type,
    change,
    added: dataOf(added),
    removed: dataOf(removed),
    replaced: dataOf(replaced.map(({ before }) => before)).concat(dataOf(replaced.map(({ after }) => after))),
  }));
}

function dataOf(records: RecordChange["added"]): readonly string[] {
  return records.map(({ data, pod, port }) => JSON.stringify([data, pod, port])).sort();
}

const MIRRORED = { added: "removed", removed: "added", changed: "changed" } as const;

function mirrored({ changes }: Plan): Plan["changes"] {
  return changes.map((change) => ({
    ...change,
    change: MIRRORED[change.change],
    added: change.removed,
    removed: change.added,
    replaced: change.replaced.map(({ before, after }) => ({ before: after, after: before })),
  }));
}

describe("a plan", () => {
  test("of equal inputs holds nothing", () => {
    fc.assert(
      fc.property(world, (one) => {
        const found = plan(snapshotOf(documentsOf(one)), snapshotOf(documentsOf(one)));
        const flaws = found.effects.filter(({ effect }) => effect !== "apply-rejected");
        expect([found.changes, flaws]).toEqual([[], []]);
      }),
    );
  });

  test("from one world to another is the mirror image of the way back", () => {
    fc.assert(
      fc.property(world, world, (one, other) => {
        // A cluster IP that is left out is kept, which knows one direction only.
        fc.pre(one.headless === other.headless);
        const [there, back] = [
          plan(snapshotOf(documentsOf(one)), snapshotOf(documentsOf(other))),
          plan(snapshotOf(documentsOf(other)), snapshotOf(documentsOf(one))),
        ];
        expect(recordsOf({ ...there, changes: mirrored(back) })).toEqual(recordsOf(there));
      }),
    );
  });

  test("does not depend on the order of documents", () => {
    fc.assert(
      fc.property(world, world, (one, other) => {
        const strip = (text: unknown): string =>
          JSON.stringify(text, (key, value) => (key === "location" ? null : value));
        const [before, after] = [documentsOf(one), documentsOf(other)];
        const straight = planDocument(plan(snapshotOf(before), snapshotOf(after)));
        const reversed = planDocument(plan(snapshotOf(before.toReversed()), snapshotOf(after.toReversed())));
        expect(strip(reversed)).toEqual(strip(straight));
      }),
    );
  });

  test("says of every change what makes it, and counts a loss wherever a record goes", () => {
    fc.assert(
      fc.property(world, world, (one, other) => {
        const found = plan(snapshotOf(documentsOf(one)), snapshotOf(documentsOf(other)));
        for (const { because, removed, service } of found.changes) {
          expect(because).not.toEqual([]);
          const told = found.effects.some(
            ({ severity, services }) => severity === "error" && services.includes(service),
          );
          if (removed.length > 0) expect(told).toBe(true);
        }
      }),
    );
  });
});
