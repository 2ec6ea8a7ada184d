import { readdirSync, readFileSync } from "node:fs";
import { Readable } from "node:stream";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { runRules } from "../../src/diagnosis/engine.ts";
import { mergeFindings } from "../../src/diagnosis/merge.ts";
import { complete, notHeld, partial, unavailable } from "../../src/objects/collected.ts";
import { readObject } from "../../src/objects/read/read-object.ts";
import type { ClusterDnsFacts, Resource, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { RULES } from "../../src/rules/index.ts";
import { InputError } from "../../src/sources/input-error.ts";
import { KEPT_ANNOTATIONS } from "../../src/sources/snapshot-file/redact.ts";
import { parseSnapshot, readSnapshotFile, writeSnapshot } from "../../src/sources/snapshot-file.ts";
import { namespaceLookups } from "../../src/trace/lookups.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";
import { traceService } from "../../src/trace/trace.ts";
import { deepFreeze } from "../deep-freeze.ts";
import { arbitraryObject } from "../objects/arbitrary.ts";
import { type Case, readCases, snapshotOf } from "../rules/table.ts";

const RESOURCES = [
  "services",
  "endpointSlices",
  "endpoints",
  "pods",
  "workloads",
  "events",
  "namespaces",
  "nodes",
  "configMaps",
  "networkPolicies",
] as const satisfies readonly Resource[];

/** A cluster's Snapshot of the objects, as readCluster gives it. */
function clusterOf(objects: readonly unknown[], rest: Partial<Snapshot> = {}): Snapshot {
  const read = objects.map((object) => readObject(object, { origin: null, defaultNamespace: "shop", live: true }));
  const lists = Object.fromEntries(
    RESOURCES.map((resource) => {
      const items = read.flatMap((one) => (one.status === "read" && one.resource === resource ? [one.object] : []));
      return [resource, [{ namespace: null, result: complete(items) }]];
    }),
  );
  return deepFreeze({
    source: { kind: "cluster", description: "context test" },
    takenAt: "2026-01-01T00:00:00Z",
    clusterDomain: null,
    defaultNamespace: "shop",
    invalid: [],
    ...rest,
    lists: { ...(lists as unknown as Snapshot["lists"]), ...rest.lists },
  });
}

const again = (snapshot: Snapshot): Snapshot => parseSnapshot(writeSnapshot(snapshot), "s.json");
const pod = (spec: object, metadata: object = {}) => ({
  apiVersion: "v1",
  kind: "Pod",
  metadata: { name: "a", namespace: "shop", ...metadata },
  spec,
  status: { phase: "Running" },
});

describe("a Snapshot that is written and read", () => {
  test("is the same again but for its source and what is redacted", () => {
    fc.assert(
      fc.property(fc.array(arbitraryObject, { maxLength: 4 }), (objects) => {
        const snapshot = clusterOf(objects);
        const expected = { ...redacted(snapshot), source: { kind: "snapshot", description: "context test" } };
        expect(again(snapshot)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });

  test("is written as the same bytes again", () => {
    fc.assert(
      fc.property(fc.array(arbitraryObject, { maxLength: 4 }), (objects) => {
        const written = writeSnapshot(clusterOf(objects));
        expect(writeSnapshot(parseSnapshot(written, "s.json"))).toBe(written);
      }),
      { numRuns: 100 },
    );
  });

  test("keeps apart what was not collected, and why", () => {
    const pods = [
      { namespace: "shop", result: unavailable("no permission to list pods in shop") },
      { namespace: "db", result: partial([], "cut short") },
      { namespace: null, result: notHeld("not asked for") },
    ];
    const snapshot = clusterOf([], { lists: { pods } as unknown as Snapshot["lists"] });
    expect(again(snapshot).lists).toEqual(snapshot.lists);
  });

  test("keeps what else was found out", () => {
    const clusterDns: ClusterDnsFacts = {
      vacantNameServers: ["10.96.0.53"],
      access: complete([
        {
          account: "system:serviceaccount:kube-system:coredns",
          verb: "list",
          group: "",
          resource: "pods",
          allowed: false,
          because: "no role allows it",
        },
      ]),
      logs: partial(
        [{ pod: { namespace: "kube-system", name: "coredns-a" }, lines: ["[ERROR] x"] }],
        "one Pod was not asked",
      ),
      observations: complete([
        {
          pod: { namespace: "kube-system", name: "coredns-a" },
          ip: "10.0.0.2",
          ready: true,
          failure: null,
          answers: [
            {
              name: "a.",
              type: "SRV",
              checkingDisabled: true,
              askedAt: "2026-01-01T00:00:00Z",
              again: false,
              status: "answered",
              rcode: "NOERROR",
              flags: { aa: true, tc: false, ra: false },
              answers: [
                { name: "a.", type: "SRV", ttl: 30, data: { priority: 0, weight: 33, port: 80, target: "b." } },
                { name: "a.", type: "A", ttl: 30, data: "10.0.0.3" },
              ],
              additional: [],
              soa: { name: "c.", ttl: 30, mname: "d.", serial: 5, minimum: 30 },
              rtt: 1.5,
            },
            {
              name: "a.",
              type: "A",
              checkingDisabled: false,
              askedAt: "2026-01-01T00:00:00Z",
              again: true,
              status: "failed",
              because: "it timed out",
            },
          ],
        },
      ]),
    };
    const invalid = [
      {
        ref: { apiVersion: "v1", kind: "Pod", namespace: "shop", name: "a" },
        location: null,
        field: ["spec", 0],
        message: "no",
      },
      { ref: null, location: null, field: null, message: "no" },
    ];
    const snapshot = clusterOf([], { clusterDns, invalid, clusterDomain: "example.org", takenAt: null });
    expect(again(snapshot)).toEqual({ ...snapshot, source: { kind: "snapshot", description: "context test" } });
  });
});

const TABLES = new URL("../rules/", import.meta.url);
const CASES = readdirSync(TABLES)
  .filter((file) => file.endsWith(".yaml"))
  .flatMap((file) => readCases(new URL(file, TABLES)).map((one) => ({ title: `${file}, ${one.name}`, one })));

test("every rule finds the same in a snapshot file as on the cluster, byte for byte", () => {
  const live = CASES.filter(({ one }) => one.live === true && one.manifests === undefined)
    .map((one) => ({ ...one, snapshot: snapshotOf(one.one) }))
    // Manifests over a cluster point into files, and a probe is made by doctor alone: a snapshot file holds neither.
    .filter(({ snapshot }) => snapshot.clusterDns?.probe === undefined);
  expect(live.length).toBeGreaterThan(0);
  for (const { title, one, snapshot } of live) {
    expect(`${title}: ${outcomeOf(again(snapshot), one)}`).toBe(`${title}: ${outcomeOf(snapshot, one)}`);
  }
});

test("every annotation that a rule looks for is kept", () => {
  const asked = new Set<string>();
  for (const { one } of CASES) outcomeOf(watched(snapshotOf(one), asked), one);
  expect([...asked].filter((key) => !KEPT_ANNOTATIONS.includes(key))).toEqual([]);
  expect(asked.size).toBeGreaterThan(0);
});

/** The Snapshot with annotations that note in `asked` what is looked for in them. */
function watched(snapshot: Snapshot, asked: Set<string>): Snapshot {
  const note = (key: string | symbol): void => {
    if (typeof key === "string" && key.includes("/")) asked.add(key);
  };
  const watch = (value: unknown): unknown => {
    if (typeof value !== "object" || value === null) return value;
    if (Array.isArray(value)) return value.map(watch);
    // Where a manifest's object stands, which is no part of it.
    if (Object.getPrototypeOf(value) !== Object.prototype) return value;
    const copy = Object.fromEntries(Object.entries(value).map(([key, part]) => [key, watch(part)]));
    if (typeof copy.annotations !== "object" || copy.annotations === null) return copy;
    const annotations = new Proxy(copy.annotations, {
      get(target, key) {
        note(key);
        return Reflect.get(target, key) as unknown;
      },
      has(target, key) {
        note(key);
        return Reflect.has(target, key);
      },
      getOwnPropertyDescriptor(target, key) {
        note(key);
        return Reflect.getOwnPropertyDescriptor(target, key);
      },
    });
    return { ...copy, annotations };
  };
  return watch(snapshot) as Snapshot;
}

/** Everything that all rules say of the case's subjects, as text. */
function outcomeOf(snapshot: Snapshot, { service }: Case): string {
  const index = indexSnapshot(snapshot);
  const lookups = namespaceLookups(index);
  const [namespace, name] = (service ?? "").includes("/") ? (service ?? "").split("/") : ["default", service];
  const asked = name === undefined ? [] : [{ namespace: namespace ?? "", name, asked: true }];
  const subjects = [...asked, ...subjectsOf(index, { externalNames: true })];
  const outcomes = subjects.flatMap((subject) => runRules(RULES, traceService(lookups, subject)));
  return JSON.stringify({
    findings: mergeFindings(outcomes.flatMap((outcome) => (outcome.status === "ran" ? outcome.findings : []))),
    unchecked: outcomes.flatMap((outcome) => (outcome.status === "unchecked" ? [outcome.reason] : [])),
  });
}

describe("left out of a snapshot file", () => {
  const written = (...objects: unknown[]) => writeSnapshot(clusterOf(objects));

  test("are the values of variables, and where else they come from", () => {
    const env = [
      { name: "PASSWORD", value: "sesame" },
      { name: "TOKEN", valueFrom: { secretKeyRef: { name: "hidden", key: "token" } } },
      { name: "POD", valueFrom: { fieldRef: { fieldPath: "metadata.name" } } },
      { name: "PEERS", valueFrom: { configMapKeyRef: { name: "conf", key: "peers" } } },
    ];
    const text = written(pod({ containers: [{ name: "a", env }] }));
    expect(text).not.toMatch(/sesame|hidden/);
    expect(parseSnapshot(text, "s.json").lists.pods).toMatchObject([
      {
        result: {
          items: [
            {
              spec: {
                containers: [
                  {
                    env: [
                      { name: "PASSWORD", value: null, fieldPath: null, configMapKey: null },
                      { name: "TOKEN", value: null, fieldPath: null, configMapKey: null },
                      { name: "POD", value: null, fieldPath: "metadata.name", configMapKey: null },
                      { name: "PEERS", value: null, fieldPath: null, configMapKey: { name: "conf", key: "peers" } },
                    ],
                  },
                ],
              },
            },
          ],
        },
      },
    ]);
  });

  test("are annotations that no rule reads, of objects and of templates", () => {
    const annotations = {
      "kubectl.kubernetes.io/last-applied-configuration": "sesame",
      ...Object.fromEntries(KEPT_ANNOTATIONS.map((key) => [key, "kept"])),
    };
    const text = written(pod({}, { annotations }), {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "d", annotations },
      spec: { template: { metadata: { annotations } } },
    });
    expect(text).not.toContain("sesame");
    expect(text.match(/"kept"/g)).toHaveLength(3 * KEPT_ANNOTATIONS.length);
  });

  test("is what the documentation says", () => {
    const page = readFileSync(new URL("../../docs/snapshot-file.md", import.meta.url), "utf8");
    expect([...page.matchAll(/^ {2}- `(.+)`$/gm)].map(([, key]) => key)).toEqual(KEPT_ANNOTATIONS);
  });

  test("is the data of ConfigMaps but for Corefiles", () => {
    const data = {
      Corefile: ".:53 {}",
      "Corefile.base": "x",
      "shop.server": "y",
      "log.override": "z",
      password: "sesame",
    };
    const snapshot = clusterOf([{ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "coredns" }, data }]);
    expect(again(snapshot).lists.configMaps).toMatchObject([
      {
        result: {
          items: [{ data: { Corefile: ".:53 {}", "Corefile.base": "x", "shop.server": "y", "log.override": "z" } }],
        },
      },
    ]);
    expect(writeSnapshot(snapshot)).not.toContain("sesame");
  });

  test("are words of commands that are called secrets", () => {
    const command = ["server", "--password=sesame", "--api-token", "sesame", "--name", "x", "--auth-file=sesame"];
    const args = ["--requirepass", "$(PASSWORD)", "mysql://root:sesame@mysql.shop:3306/db", "--replicas=3"];
    const container = { name: "a", command, args };
    const [list] = again(clusterOf([pod({ containers: [container] })])).lists.pods;
    expect(list).toMatchObject({
      result: {
        items: [
          {
            spec: {
              containers: [
                {
                  command: [
                    "server",
                    "--password=REDACTED",
                    "--api-token",
                    "REDACTED",
                    "--name",
                    "x",
                    "--auth-file=REDACTED",
                  ],
                  args: ["--requirepass", "$(PASSWORD)", "mysql://root:REDACTED@mysql.shop:3306/db", "--replicas=3"],
                },
              ],
            },
          },
        ],
      },
    });
  });
});

describe("refused in one line", () => {
  function refusal(content: string): string {
    try {
      parseSnapshot(content, "s.json");
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
      expect(error.message).not.toContain("\n");
      return error.message;
    }
    throw new Error("it was read");
  }
  const valid = JSON.parse(writeSnapshot(clusterOf([pod({})]))) as Record<string, unknown>;
  const changed = (change: object) => JSON.stringify({ ...valid, ...change });

  test.each([
    ["", "s.json is no snapshot file, as it is not JSON"],
    ["apiVersion: v1\nkind: Service\n", "s.json is no snapshot file, as it is not JSON: manifests are read with -f"],
    [writeSnapshot(clusterOf([])).slice(0, -5), "s.json is no snapshot file, as it is not JSON"],
    ["[]", "s.json is no snapshot file of kheadless"],
    ["null", "s.json is no snapshot file of kheadless"],
    ['{"kind":"Snapshot"}', "s.json is no snapshot file of kheadless: its kind is Snapshot"],
    [
      '{"apiVersion":"v1","kind":"List"}',
      "s.json is no snapshot file of kheadless: its kind is List (manifests are read with -f)",
    ],
    [
      changed({ apiVersion: "kheadless/v2" }),
      "s.json is a snapshot of version kheadless/v2; this kheadless reads kheadless/v1",
    ],
    [changed({ takenAt: "yesterday" }), "s.json is damaged: takenAt: expected a time"],
    [changed({ lists: [] }), "s.json is damaged: lists: expected a map, found a list"],
    [
      changed({ lists: { pods: [{ status: "whole" }] } }),
      "s.json is damaged: lists.pods[0].status: expected complete, partial or unavailable",
    ],
    [
      changed({ lists: { pods: [{ status: "complete", items: [5] }] } }),
      "s.json is damaged: lists.pods[0].items[0]: expected a map, found the number 5",
    ],
    [
      changed({ lists: { pods: [{ status: "complete", items: [{ ...pod({ containers: 5 }) }] }] } }),
      "s.json is damaged: lists.pods[0].items[0].spec.containers: expected a list, found the number 5",
    ],
    [
      changed({ lists: { services: [{ status: "complete", items: [pod({})] }] } }),
      "s.json is damaged: lists.services[0].items[0].kind: expected one of the services",
    ],
  ])("%j", (content, message) => {
    expect(refusal(content)).toBe(message);
  });

  test("any damage gives an InputError or a Snapshot", () => {
    const text = writeSnapshot(clusterOf([pod({ containers: [{ name: "a" }] })]));
    fc.assert(
      fc.property(fc.nat(text.length), fc.nat(20), fc.string({ maxLength: 3 }), (at, length, put) => {
        try {
          parseSnapshot(text.slice(0, at) + put + text.slice(at + length), "s.json");
        } catch (error) {
          expect(error).toBeInstanceOf(InputError);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test("a Snapshot of manifests is not written", () => {
    const snapshot = clusterOf([], { source: { kind: "manifests", description: "a.yaml" } });
    expect(() => writeSnapshot(snapshot)).toThrow(InputError);
  });
});

test("a snapshot file is read from standard input too", async () => {
  const snapshot = clusterOf([pod({})]);
  const read = await readSnapshotFile("-", Readable.from([writeSnapshot(snapshot)]));
  expect(read).toEqual({ ...snapshot, source: { kind: "snapshot", description: "context test" } });
});

/** What a snapshot file leaves out, taken out of a Snapshot otherwise than the writer does it. */
function redacted(snapshot: Snapshot): Snapshot {
  const text = JSON.stringify(snapshot, (key, value: unknown) => {
    if (key === "annotations") return only(value, (name) => KEPT_ANNOTATIONS.includes(name));
    if (key === "data") return only(value, (name) => name.startsWith("Corefile"));
    if (key === "env") return (value as object[]).map((variable) => ({ ...variable, value: null }));
    return value;
  });
  return JSON.parse(text) as Snapshot;
}

function only(value: unknown, keep: (name: string) => boolean): unknown {
  return Object.fromEntries(Object.entries(value as object).filter(([name]) => keep(name)));
}
