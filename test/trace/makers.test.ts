import { expect, test } from "vitest";
import type { Maker } from "../../src/trace/makers.ts";
import { podYaml, traceOf } from "./pods.ts";

const owned = (kind: string, name: string, apiVersion = "apps/v1"): string =>
  `ownerReferences: [{ apiVersion: ${apiVersion}, kind: ${kind}, name: ${name}, uid: u, controller: true }]`;
const workload = (kind: string, name: string, meta = "", apiVersion = "apps/v1"): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name}${meta === "" ? "" : `, ${meta}`} }\nspec: { template: { metadata: { labels: { app: x } } } }\n`;

function makerOf(pod: string, ...workloads: readonly string[]): Maker | null {
  const { pods, workloads: part } = traceOf([pod, ...workloads].join("---\n")).parts;
  if (pods.status !== "complete" || part.status !== "complete") throw new Error("not collected");
  const [only] = pods.value.selected;
  if (only === undefined) throw new Error("no Pod");
  const maker = part.value.makerOf(only);
  // Pods are found again by their maker.
  if (maker !== null && maker.ref.kind !== "Node") expect(pods.value.madeBy(maker.ref)).toContain(only);
  return maker;
}

const named = (maker: Maker | null): string | null => (maker === null ? null : `${maker.ref.kind}/${maker.ref.name}`);

test("nobody made a bare Pod", () => {
  expect(makerOf(podYaml("p", "phase: Running"))).toBeNull();
});

test("a ReplicaSet's Pods are its Deployment's", () => {
  const pod = podYaml("p", "phase: Running", "", owned("ReplicaSet", "web-5f6d"));
  const maker = makerOf(
    pod,
    workload("ReplicaSet", "web-5f6d", owned("Deployment", "web")),
    workload("Deployment", "web"),
  );
  expect(named(maker)).toBe("Deployment/web");
  expect(maker?.workload?.kind).toBe("Deployment");
});

test("an operator's resource above a StatefulSet is the maker, though it is not read", () => {
  const pod = podYaml("p", "phase: Running", "", owned("StatefulSet", "es"));
  const set = workload("StatefulSet", "es", owned("Elasticsearch", "main", "elasticsearch.k8s.elastic.co/v1"));
  const maker = makerOf(pod, set);
  expect(named(maker)).toBe("Elasticsearch/main");
  expect(maker?.workload).toBeNull();
});

test("a ReplicaSet that was not read, and a ring of owners", () => {
  expect(named(makerOf(podYaml("p", "phase: Running", "", owned("ReplicaSet", "web-5f6d"))))).toBe(
    "ReplicaSet/web-5f6d",
  );
  const ring = [
    workload("StatefulSet", "a", owned("StatefulSet", "b")),
    workload("StatefulSet", "b", owned("StatefulSet", "a")),
  ];
  expect(makerOf(podYaml("p", "phase: Running", "", owned("StatefulSet", "a")), ...ring)?.ref.kind).toBe("StatefulSet");
});

test("static Pods are made by the Node that they are on", () => {
  const maker = makerOf(podYaml("p", "phase: Running", "", owned("Node", "node-1", "v1")));
  expect(maker?.ref).toMatchObject({ kind: "Node", name: "node-1", namespace: "" });
});
