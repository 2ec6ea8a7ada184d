import { describe, expect, test } from "vitest";
import { derivePods, isStandIn } from "../../src/kubernetes/workload-pods.ts";
import type { Workload } from "../../src/objects/workload.ts";
import { manifests, only } from "../trace/world.ts";

function workload(kind: string, spec: string, apiVersion = "apps/v1"): Workload {
  const template = kind === "CronJob" ? "" : TEMPLATE;
  const yaml = `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: {name: web, namespace: shop}\nspec:\n${spec}${template}`;
  return only(manifests(yaml), "workloads");
}

const TEMPLATE = `
  template:
    metadata: {labels: {app: web}, annotations: {note: kept}}
    spec: {hostname: fixed, subdomain: elsewhere, containers: [{name: c, image: i}]}
`;
const CRON = `
  schedule: "* * * * *"
  jobTemplate:
    spec:
      completionMode: Indexed
      completions: 3
      parallelism: 3
      template:
        metadata: {labels: {app: web}}
        spec: {containers: [{name: c, image: i}]}
`;

describe("StatefulSet", () => {
  test("fixes hostname, subdomain and its own labels over the template's", () => {
    const { pods, cut } = derivePods(workload("StatefulSet", "  serviceName: peers\n  replicas: 2\n"), 10);
    expect(cut).toBe(false);
    expect(pods.map(({ metadata, spec }) => [metadata.name, spec.hostname, spec.subdomain])).toEqual([
      ["web-0", "web-0", "peers"],
      ["web-1", "web-1", "peers"],
    ]);
    expect(pods[1]?.metadata.labels).toEqual({
      app: "web",
      "statefulset.kubernetes.io/pod-name": "web-1",
      "apps.kubernetes.io/pod-index": "1",
    });
    expect(pods[1]).toMatchObject({
      status: null,
      derivedFrom: { kind: "StatefulSet", namespace: "shop", name: "web" },
      metadata: { namespace: "shop", annotations: { note: "kept" } },
    });
  });

  test("without serviceName takes even the template's subdomain away", () => {
    const { pods } = derivePods(workload("StatefulSet", "  replicas: 1\n"), 10);
    expect(pods[0]?.spec).toMatchObject({ hostname: "web-0", subdomain: "" });
  });

  test("counts from ordinals.start", () => {
    const { pods } = derivePods(
      workload("StatefulSet", "  serviceName: p\n  replicas: 2\n  ordinals: {start: 5}\n"),
      10,
    );
    expect(pods.map((pod) => pod.metadata.name)).toEqual(["web-5", "web-6"]);
  });

  test("is cut at the limit, and says so", () => {
    const { pods, cut } = derivePods(workload("StatefulSet", "  replicas: 1000000\n"), 3);
    expect(pods).toHaveLength(3);
    expect(cut).toBe(true);
  });

  test("scaled to zero makes none", () => {
    expect(derivePods(workload("StatefulSet", "  replicas: 0\n"), 10)).toEqual({ pods: [], cut: false });
  });
});

describe("names that controllers complete", () => {
  test.each([
    ["Deployment", "apps/v1", "  replicas: 2\n", ["web-<1>", "web-<2>"]],
    ["ReplicaSet", "apps/v1", "", ["web-<1>"]],
    ["ReplicationController", "v1", "", ["web-<1>"]],
    ["DaemonSet", "apps/v1", "", ["web-<node>"]],
    ["Job", "batch/v1", "  parallelism: 2\n  completions: 2\n", ["web-<1>", "web-<2>"]],
  ])("%s: a stand-in that no object can have", (kind, apiVersion, spec, names) => {
    const { pods } = derivePods(workload(kind, spec, apiVersion), 10);
    expect(pods.map((pod) => pod.metadata.name)).toEqual(names);
    expect(pods.every((pod) => isStandIn(pod.metadata.name))).toBe(true);
    expect(pods[0]?.spec).toMatchObject({ hostname: "fixed", subdomain: "elsewhere" });
  });

  test("a StatefulSet's Pod has a name of its own", () => {
    expect(isStandIn("web-0")).toBe(false);
  });
});

test("an Indexed Job sets the hostname over the template's, and leaves the subdomain", () => {
  const { pods } = derivePods(
    workload("Job", "  completionMode: Indexed\n  completions: 2\n  parallelism: 2\n", "batch/v1"),
    10,
  );
  expect(pods.map(({ spec }) => [spec.hostname, spec.subdomain])).toEqual([
    ["web-0", "elsewhere"],
    ["web-1", "elsewhere"],
  ]);
  expect(pods[1]?.metadata.labels).toMatchObject({
    "batch.kubernetes.io/job-completion-index": "1",
    "batch.kubernetes.io/job-name": "web",
  });
  expect(isStandIn(pods[0]?.metadata.name ?? "")).toBe(true);
});

test("a CronJob's Job has no name yet, and so its Pods have no hostname yet", () => {
  const { pods } = derivePods(workload("CronJob", CRON, "batch/v1"), 10);
  expect(pods).toHaveLength(1);
  expect(pods[0]?.spec.hostname).toBe("web-<run>-0");
  expect(isStandIn(pods[0]?.spec.hostname ?? "")).toBe(true);
});

test("a suspended Job makes no Pod", () => {
  expect(derivePods(workload("Job", "  suspend: true\n", "batch/v1"), 10).pods).toEqual([]);
});
