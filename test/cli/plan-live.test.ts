import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { kubeconfigFor, makeFolder } from "../api-server/kubeconfig.ts";
import { endpointSlice, headlessService, pod, shop, statefulSet } from "../api-server/objects.ts";
import { startApiServer } from "../api-server/server.ts";
import type { StoredObject } from "../api-server/store.ts";
import { run as runOnFiles, start } from "./run.ts";

const COREFILE = ".:53 {\n  kubernetes cluster.local in-addr.arpa ip6.arpa {\n    ttl 30\n  }\n}\n";
const APPLIED = { "kubectl.kubernetes.io/last-applied-configuration": "{}" };
const APP = { app: "mysql" };

function withMeta(object: StoredObject, more: object): StoredObject {
  return { ...object, metadata: { ...object.metadata, ...more } };
}

/** As if kubectl had applied it. */
function applied(object: StoredObject): StoredObject {
  return withMeta(object, { annotations: APPLIED });
}

/** mysql with one Pod that has a name; beside it what kubectl applied before, and what somebody else made. */
function cluster(): StoredObject[] {
  const endpoint = {
    addresses: ["10.244.0.10"],
    conditions: { ready: true, serving: true, terminating: false },
    hostname: "mysql-0",
    targetRef: { kind: "Pod", namespace: "shop", name: "mysql-0" },
  };
  const owner = { apiVersion: "apps/v1", kind: "StatefulSet", name: "mysql", uid: "u", controller: true };
  const own = shop().map((object): StoredObject => {
    const { kind, metadata } = object;
    if (kind === "ConfigMap") return { ...object, data: { Corefile: COREFILE } };
    const managed = { ...metadata.labels, "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" };
    if (metadata.name === "mysql-x7k2p")
      return { ...object, metadata: { ...metadata, labels: managed }, endpoints: [endpoint] };
    if (kind === "Pod" && metadata.name === "mysql-0") return withMeta(object, { ownerReferences: [owner] });
    return object;
  });
  return [
    ...own,
    applied(headlessService("shop", "old", APP, { part: "of-mysql" })),
    endpointSlice("shop", "old-1", "old", {
      "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
    }),
    headlessService("shop", "by-hand", APP),
    endpointSlice("shop", "by-hand-1", "by-hand"),
    applied(statefulSet("shop", "leftover", "by-hand", { app: "leftover" })),
    pod("shop", "leftover-0", { app: "leftover" }),
  ];
}

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: mysql, namespace: shop }
spec: { clusterIP: None, selector: { app: mysql }, ports: [{ name: mysql, port: 3306 }] }
`;
const SET = (replicas: number, serviceName = "mysql") => `apiVersion: apps/v1
kind: StatefulSet
metadata: { name: mysql, namespace: shop }
spec:
  replicas: ${replicas}
  serviceName: ${serviceName}
  selector: { matchLabels: { app: mysql } }
  template: { metadata: { labels: { app: mysql } }, spec: { containers: [{ name: main, image: "mysql:8" }] } }
`;

async function plan(manifests: string, args: readonly string[] = [], forbidden: readonly string[] = []) {
  const server = await startApiServer({ objects: cluster(), forbidden });
  const folder = await makeFolder();
  onTestFinished(async () => {
    await server.close();
    await folder.remove();
  });
  const file = await folder.write("new.yaml", manifests);
  const config = { KUBECONFIG: await folder.write("config", kubeconfigFor(server)) };
  const { status, stdout, stderr } = await start(["plan", "-f", file, ...args, "-o", "json"], config).ended;
  expect(stderr).toBe("");
  const document = JSON.parse(stdout);
  const changes = document.changes.map(
    ({ change, name, type }: Record<string, string>) => `${change} ${name?.replace(".svc.cluster.local.", "")} ${type}`,
  );
  const effects = document.effects.map(({ effect }: { readonly effect: string }) => effect);
  return { status, document, changes, effects, requests: server.requests };
}

describe("plan over a cluster", () => {
  test("objects that -f does not hold stay as they are, and only the namespace is read", async () => {
    const { status, document, changes, requests } = await plan(`${SERVICE}---\n${SET(1)}`);
    expect({ status, changes, unchecked: document.unchecked }).toEqual({ status: 0, changes: [], unchecked: [] });
    expect(document.base.kind).toBe("cluster");
    const foreign = requests.filter(({ path }) => /\/namespaces\/default\//.test(path) || /secrets/.test(path));
    expect(foreign).toEqual([]);
  });

  test("a StatefulSet scaled to zero takes names and addresses away", async () => {
    const { status, changes, document } = await plan(SET(0), ["--base", "live"]);
    expect(status).toBe(1);
    expect(changes).toContain("removed mysql-0.mysql.shop A");
    expect(document.changes[0].removed[0]).toMatchObject({ pod: "mysql-0" });
  });

  test("what the API server refuses is planned as it is wanted, and said to fail", async () => {
    const { status, effects, changes } = await plan(SET(1, "by-hand"));
    expect(status).toBe(1);
    expect(effects).toContain("apply-rejected");
    expect(changes).toContain("removed mysql-0.mysql.shop A");
  });

  test("--prune deletes what kubectl applied before, with its Pods, and nothing that it did not", async () => {
    const { changes } = await plan(`${SERVICE}---\n${SET(1)}`, ["--prune"]);
    expect(
      changes.filter((line: string) => line.startsWith("removed")).map((line: string) => line.split(" ")[1]),
    ).toEqual(expect.arrayContaining(["old.shop"]));
    expect(changes.filter((line: string) => line.includes("by-hand"))).toEqual([]);
  });

  test("--prune -l leaves alone what has other labels", async () => {
    const { changes } = await plan(`${SERVICE}---\n${SET(1)}`, ["--prune", "-l", "part=of-nothing"]);
    expect(changes).toEqual([]);
  });

  test("a list that is forbidden is not told, and is no pass", async () => {
    const { status, document } = await plan(SERVICE, [], ["list endpointslices in shop"]);
    expect(status).toBe(3);
    expect(document.unchecked).toEqual([{ reason: expect.stringContaining("no permission to list endpointslices") }]);
  });
});

test("plan over a snapshot file", async () => {
  const folder = await makeFolder();
  onTestFinished(() => folder.remove());
  const file = join(folder.path, "new.yaml");
  writeFileSync(file, SET(1));
  const args = ["plan", "-f", file, "--snapshot", "examples/pods-not-ready.snapshot.json"];
  const { status, stdout, stderr } = runOnFiles(args);
  expect(stderr).toBe("");
  expect(stdout).toContain("Plan  ");
  expect(status).toBe(0);
  expect(runOnFiles([...args, "--prune"])).toMatchObject({
    status: 2,
    stderr: expect.stringContaining("--prune needs the cluster"),
  });
});
