// How much memory a large cluster takes and how long it is judged: a Snapshot as it would have been read, made in memory.
// node --expose-gc test/bench/judge.ts [pods] [services] [nodes]
import { diagnose } from "../../src/diagnosis/diagnose.ts";
import { complete, notHeld } from "../../src/objects/collected.ts";
import { readObject } from "../../src/objects/read/read-object.ts";
import type { Resource, Resources, Snapshot } from "../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../src/objects/snapshot-index.ts";
import { KIND_SHAPES } from "../../src/sources/cluster/protobuf/kind-shapes.ts";
import { readProtobufList } from "../../src/sources/cluster/protobuf/list-reader.ts";
import { internTexts } from "../../src/sources/cluster/protobuf/texts.ts";
import { subjectsOf } from "../../src/trace/subjects.ts";
import { encodeList } from "../api-server/protobuf.ts";
import { largeCluster } from "./large-cluster.ts";

const [pods = 150_000, services = 10_000, nodes = 5_000] = process.argv.slice(2).map(Number);
const texts = internTexts();
const BATCH = 1000;

function read<R extends Resource>(apiVersion: string, kind: string, count: number, make: (at: number) => object) {
  const items: Resources[R][] = [];
  const take = (item: object) => {
    const context = { origin: null, defaultNamespace: "", live: true, sharing: true };
    const result = readObject(Object.assign(item, { apiVersion, kind }), context);
    if (result.status !== "read") throw new Error(`${kind}: ${JSON.stringify(result)}`);
    items.push(result.object as Resources[R]);
  };
  for (let from = 0; from < count; from += BATCH) {
    const batch = Array.from({ length: Math.min(BATCH, count - from) }, (_, at) => make(from + at));
    const reader = readProtobufList(`${kind}List`, KIND_SHAPES[kind] ?? [], texts, take);
    reader.push(encodeList(apiVersion, kind, batch, "") ?? Buffer.alloc(0));
    reader.end();
  }
  return [{ namespace: null, result: complete(items) }];
}

const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};
const cluster = largeCluster(pods, services, nodes);
const before = heap();
const podLists = read<"pods">("v1", "Pod", pods, cluster.pod);
const afterPods = heap();
const snapshot: Snapshot = {
  source: { kind: "cluster", description: "made in memory" },
  takenAt: "2026-03-01T00:00:00Z",
  clusterDomain: "cluster.local",
  defaultNamespace: "default",
  invalid: [],
  lists: {
    pods: podLists,
    services: read<"services">("v1", "Service", services, cluster.service),
    endpointSlices: read<"endpointSlices">("discovery.k8s.io/v1", "EndpointSlice", services, cluster.slice),
    workloads: read<"workloads">("apps/v1", "StatefulSet", services, cluster.statefulSet),
    nodes: read<"nodes">("v1", "Node", nodes, cluster.node),
    namespaces: read<"namespaces">("v1", "Namespace", cluster.namespaces, cluster.namespace),
    endpoints: [{ namespace: null, result: complete([]) }],
    events: [{ namespace: null, result: complete([]) }],
    networkPolicies: [{ namespace: null, result: complete([]) }],
    configMaps: [{ namespace: null, result: notHeld("not asked for") }],
  },
};
const held = heap() - before;
const started = process.cpuUsage();
const index = indexSnapshot(snapshot);
const subjects = subjectsOf(index, { externalNames: true });
// As scan does for its table.
const diagnosis = diagnose(index, { subjects, everything: true, severityOf: () => null, ignores: [], tellsOk: false });
const { user, system } = process.cpuUsage(started);

const megabytes = (bytes: number) => `${(bytes / 1_000_000).toFixed(0)} MB`;
console.log(`${pods} Pods, ${services} Services, ${nodes} nodes`);
console.log(`a Pod takes ${((afterPods - before) / pods).toFixed(0)} bytes, all ${megabytes(held)}`);
console.log(`judged ${subjects.length} Services in ${((user + system) / 1e6).toFixed(2)} s of processor time`);
const rules = Map.groupBy(diagnosis.findings, ({ rule }) => rule);
console.log([...rules].map(([rule, found]) => `${rule}: ${found.length}`).join(", "));
console.log(`${diagnosis.findings.length} findings, ${diagnosis.crashes.length} crashes`);
console.log(`peak memory ${megabytes(process.resourceUsage().maxRSS * 1024)}`);
