// `plan` against a real cluster: what it says, then kubectl apply (or the steps that it gives), then what really changed.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/objects/snapshot.ts";
import { planOf } from "../../src/plan/plan.ts";
import {
  type ChangeDocument,
  type PlanDocument,
  type PlannedRecordDocument,
  planDocument,
} from "../../src/report/plan-document.ts";
import { readCluster } from "../../src/sources/cluster/collect.ts";
import { type KubeObject, type TestCluster, withNamespace } from "./cluster.ts";
import { type DnsReplicas, dnsReplicas } from "./live/answers.ts";
import { deployment, headless, idle, podSpec, service, statefulSet } from "./live/objects.ts";
import { install, kheadless, paste } from "./live/program.ts";
import { type World, worldIn } from "./live/world.ts";
import { connect } from "./oracle/world.ts";
import { cluster } from "./test-cluster.ts";

interface Scenario {
  readonly title: string;
  readonly before: readonly KubeObject[];
  readonly after: readonly KubeObject[];
  /** Ready Pods in the namespace, and Services with the addresses that their slices then hold. */
  readonly settled: Settled;
  readonly settledAfter: Settled;
  /** Whether records are lost: the exit code. */
  readonly code: 0 | 1;
  /** Effects that the plan must name. */
  readonly effects?: readonly string[];
  /** The API server refuses the update, and the steps of the plan are pasted in the place of kubectl apply. */
  readonly refused?: true;
  readonly prune?: true;
}

interface Settled {
  readonly pods: number;
  readonly published: Readonly<Record<string, number>>;
}

const parallel = { podManagementPolicy: "Parallel" };
const set = (replicas: number, more: Parameters<typeof statefulSet>[0] = {}): KubeObject =>
  statefulSet({ replicas, ...more, spec: { ...parallel, ...more.spec } });
const ports = (name: string, port: number, targetPort: number) => ({ ports: [{ name, port, targetPort }] });

const SCENARIOS: readonly Scenario[] = [
  {
    title: "a StatefulSet that scales down",
    before: [headless(), service("db-read"), set(3)],
    after: [headless(), service("db-read"), set(1)],
    settled: { pods: 3, published: { db: 3, "db-read": 3 } },
    settledAfter: { pods: 1, published: { db: 1, "db-read": 1 } },
    code: 1,
    effects: ["names-lost", "records-lost"],
  },
  {
    title: "one that scales up, with a Service beside",
    before: [headless(), set(1)],
    after: [headless(), service("db-read"), set(3)],
    settled: { pods: 1, published: { db: 1 } },
    settledAfter: { pods: 3, published: { db: 3, "db-read": 3 } },
    code: 0,
    effects: ["names-come"],
  },
  {
    title: "a port that is renamed and one that moves",
    before: [headless("db", ports("pg", 5432, 5432)), headless("two", ports("web", 80, 8080)), set(2)],
    after: [headless("db", ports("sql", 5432, 5432)), headless("two", ports("web", 80, 9090)), set(2)],
    settled: { pods: 2, published: { db: 2, two: 2 } },
    settledAfter: { pods: 2, published: { db: 2, two: 2 } },
    code: 1,
    effects: ["names-lost", "port-moved"],
  },
  {
    title: "a Service with a cluster IP that becomes headless, by the steps",
    before: [service("db"), set(2)],
    after: [headless(), set(2)],
    settled: { pods: 2, published: { db: 2 } },
    settledAfter: { pods: 2, published: { db: 2 } },
    code: 1,
    effects: ["records-lost", "apply-rejected", "headless-gained"],
    refused: true,
  },
  {
    title: "clusterIP: None that is left out",
    before: [headless(), set(1)],
    after: [service("db"), set(1)],
    settled: { pods: 1, published: { db: 1 } },
    settledAfter: { pods: 1, published: { db: 1 } },
    code: 0,
    effects: ["cluster-ip-kept"],
  },
  {
    title: "a StatefulSet whose names move to another Service, by the steps",
    before: [headless(), headless("peers"), set(2)],
    after: [headless(), headless("peers"), set(2, { serviceName: "peers" })],
    settled: { pods: 2, published: { db: 2, peers: 2 } },
    settledAfter: { pods: 2, published: { db: 2, peers: 2 } },
    code: 1,
    effects: ["names-lost", "apply-rejected"],
    refused: true,
  },
  {
    title: "podManagementPolicy, by the steps: the Pods go on running",
    before: [headless(), set(2)],
    after: [headless(), statefulSet({ replicas: 2 })],
    settled: { pods: 2, published: { db: 2 } },
    settledAfter: { pods: 2, published: { db: 2 } },
    code: 0,
    effects: ["apply-rejected"],
    refused: true,
  },
  {
    title: "a selector that no longer matches",
    before: [headless(), set(2)],
    after: [headless("db", { selector: { app: "other" } }), set(2)],
    settled: { pods: 2, published: { db: 2 } },
    settledAfter: { pods: 2, published: { db: 0 } },
    code: 1,
    effects: ["names-lost"],
  },
  {
    title: "a Deployment that scales down and is made again",
    before: [headless(), deployment({ replicas: 3 })],
    after: [headless(), deployment({ replicas: 2, pod: podSpec(idle({ env: [{ name: "A", value: "b" }] })) })],
    settled: { pods: 3, published: { db: 3 } },
    settledAfter: { pods: 2, published: { db: 2 } },
    code: 1,
    effects: ["records-lost"],
  },
  {
    title: "a roll-out that changes no name",
    before: [headless(), set(2)],
    after: [headless(), set(2, { pod: podSpec(idle({ env: [{ name: "A", value: "b" }] })) })],
    settled: { pods: 2, published: { db: 2 } },
    settledAfter: { pods: 2, published: { db: 2 } },
    code: 0,
    effects: ["rollout-gap"],
  },
  {
    title: "a Service that --prune deletes, and another that nobody applied",
    before: [headless(), headless("gone"), set(1)],
    after: [headless(), set(1)],
    settled: { pods: 1, published: { db: 1, gone: 1 } },
    settledAfter: { pods: 1, published: { db: 1, gone: 0 } },
    code: 1,
    effects: ["names-lost"],
    prune: true,
  },
  {
    title: "without --prune it stays",
    before: [headless(), headless("gone"), set(1)],
    after: [headless(), set(1)],
    settled: { pods: 1, published: { db: 1, gone: 1 } },
    settledAfter: { pods: 1, published: { db: 1, gone: 1 } },
    code: 0,
  },
];

/** What a plan says of each record, as far as it can know it before: not which addresses will be given out. */
function told(changes: readonly ChangeDocument[]): readonly string[] {
  return changes
    .flatMap(({ name, type, added, removed, replaced }) => [
      ...added.map((one) => `+ ${name} ${type} ${recordText(one)}`),
      ...removed.map((one) => `- ${name} ${type} ${recordText(one)}`),
      // A Pod that is made again has another address, which is nothing that the change is about.
      ...replaced
        .filter(({ before, after }) => type !== "A" || before.pod === null || before.pod !== after.pod)
        .map(({ before, after }) => `~ ${name} ${type} ${holder(before)}${movedPort(before, after)}`),
    ])
    .filter((line) => !/^\+ .* PTR /.test(line))
    .toSorted();
}

/** Whose record it is; of Pods whose names are chosen later by who makes them. */
function holder({ data, pod }: PlannedRecordDocument): string {
  if (pod !== null) return pod.replace(/^db-(<\d+>|[a-z0-9]+-[a-z0-9]{5})$/, "a Pod of db");
  if (data === null || (typeof data === "string" && data.startsWith("10.96."))) return "a cluster IP";
  return typeof data === "string" || !("target" in data) ? String(data) : data.target;
}

function recordText(record: PlannedRecordDocument): string {
  const who = holder(record);
  // The target of an unnamed Pod is not known, nor which of the ports stands with it.
  return record.port === null || who === "a Pod of db" ? who : `${who} port ${record.port}`;
}

function movedPort({ port: from }: PlannedRecordDocument, { port: to }: PlannedRecordDocument): string {
  return from === null || to === null || from === to ? "" : ` port ${from} -> ${to}`;
}

describe.runIf(cluster !== null).concurrent("what plan says of a change, and what it really does", () => {
  const given = cluster as TestCluster;
  const folder = mkdtempSync(join(tmpdir(), "kheadless-plan-"));
  let replicas: DnsReplicas;
  let connection: Awaited<ReturnType<typeof connect>>;

  beforeAll(async () => {
    await install();
    replicas = await dnsReplicas(given);
    connection = await connect(given);
  });
  afterAll(() => {
    replicas?.close();
    connection?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  function live(namespace: string): Promise<Snapshot> {
    const resources = ["services", "endpointSlices", "endpoints", "pods", "workloads"] as const;
    const request = { namespaces: [namespace], resources, clusterDns: true, clusterDomain: null };
    return readCluster(connection, request, new AbortController().signal);
  }

  async function settle(world: World, { pods, published }: Settled): Promise<void> {
    for (const kind of ["StatefulSet", "Deployment"] as const) await world.rolledOut(kind);
    await world.ready(pods);
    for (const [name, count] of Object.entries(published)) await world.published(count, name);
  }

  function write(namespace: string, name: string, items: readonly KubeObject[]): string {
    const file = join(folder, `${namespace}-${name}.json`);
    const objects = items.map((item) => ({ ...item, metadata: { ...item.metadata, namespace } }));
    writeFileSync(file, JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
    return file;
  }

  for (const scenario of SCENARIOS) {
    it(scenario.title, () =>
      withNamespace(given.api, async (namespace) => {
        const world = worldIn(given, namespace);
        const [before, after] = [
          write(namespace, "before", scenario.before),
          write(namespace, "after", scenario.after),
        ];
        expect(await paste(given.kubeconfig, `kubectl apply -f ${before}`)).toEqual([]);
        if (scenario.prune) await world.create(headless("by-hand", {}, {}));
        await settle(world, scenario.settled);

        const flags = scenario.prune ? ["--prune"] : [];
        const { code, stdout, stderr } = await kheadless(given.kubeconfig, [
          "plan",
          "-f",
          after,
          ...flags,
          "-o",
          "json",
        ]);
        expect(stderr).toBe("");
        const plan: PlanDocument = JSON.parse(stdout);
        expect(plan.unchecked).toEqual([]);
        expect([...new Set(plan.effects.map(({ effect }) => effect))].sort()).toEqual(
          [...(scenario.effects ?? [])].sort(),
        );
        expect(code).toBe(scenario.code);

        const was = await live(namespace);
        const apply = `kubectl apply -f ${after}${scenario.prune ? ` --prune --all -n ${namespace}` : ""}`;
        const failed = await paste(given.kubeconfig, apply);
        expect(failed.length > 0).toBe(scenario.refused === true);
        if (scenario.refused) {
          const steps = plan.effects.map(({ remedy }) => remedy).filter((remedy) => remedy !== "");
          expect(await paste(given.kubeconfig, steps.join("\n"))).toEqual([]);
        }
        await settle(world, scenario.settledAfter);

        const is = await live(namespace);
        const real = planDocument(planOf({ before: was, after: is, applying: { command: "" } }));
        expect(told(plan.changes)).toEqual(told(real.changes));
        for (const name of new Set(plan.changes.flatMap((one) => (one.type === "A" ? [one.name] : [])))) {
          await replicas.confirm(world, name);
        }
      }),
    );
  }
});
