import { describe, expect, test } from "vitest";
import type { Owner } from "../../src/trace/owners.ts";
import { podYaml, traceOf } from "./pods.ts";

const owned = (kind: string, name: string, apiVersion = "apps/v1"): string =>
  `ownerReferences: [{ apiVersion: ${apiVersion}, kind: ${kind}, name: ${name}, uid: u, controller: true }]`;
const workload = (kind: string, name: string, meta = "", apiVersion = "apps/v1"): string =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name}${meta === "" ? "" : `, ${meta}`} }\nspec: { template: { metadata: { labels: { app: x } } } }\n`;

function ownerOf(pod: string, ...workloads: readonly string[]): Owner | null {
  const { pods, workloads: part } = traceOf([pod, ...workloads].join("---\n")).parts;
  if (pods.status !== "complete" || part.status !== "complete") throw new Error("not collected");
  const [only] = pods.value.selected;
  if (only === undefined) throw new Error("no Pod");
  return part.value.ownerOf(only);
}

const named = (owner: Owner | null): string | null => (owner === null ? null : `${owner.ref.kind}/${owner.ref.name}`);

describe("ownerOf", () => {
  test("a Deployment above its ReplicaSet", () => {
    const pod = podYaml("p", "phase: Running", "", owned("ReplicaSet", "web-5f6d"));
    const owner = ownerOf(
      pod,
      workload("ReplicaSet", "web-5f6d", owned("Deployment", "web")),
      workload("Deployment", "web"),
    );
    expect(named(owner)).toBe("Deployment/web");
    expect(owner?.workload?.kind).toBe("Deployment");
  });

  test("a CronJob above its Job", () => {
    const pod = podYaml("p", "phase: Running", "", owned("Job", "nightly-1", "batch/v1"));
    const job = workload("Job", "nightly-1", owned("CronJob", "nightly", "batch/v1"), "batch/v1");
    const cron =
      "apiVersion: batch/v1\nkind: CronJob\nmetadata: { name: nightly }\nspec: { jobTemplate: { spec: { template: {} } } }\n";
    expect(named(ownerOf(pod, job, cron))).toBe("CronJob/nightly");
  });

  test("an operator's resource above a StatefulSet is not climbed to", () => {
    const pod = podYaml("p", "phase: Running", "", owned("StatefulSet", "db"));
    const owner = ownerOf(pod, workload("StatefulSet", "db", owned("Database", "main", "example.com/v1")));
    expect(named(owner)).toBe("StatefulSet/db");
    expect(owner?.workload?.kind).toBe("StatefulSet");
  });

  test("an operator that makes Pods itself is named, and is no workload", () => {
    const owner = ownerOf(podYaml("p", "phase: Running", "", owned("PodSet", "kafka", "example.com/v1")));
    expect(named(owner)).toBe("PodSet/kafka");
    expect(owner?.workload).toBeNull();
  });

  test("without any workload read, a Deployment is known by the hash in the ReplicaSet's name", () => {
    const pod = podYaml("p", "phase: Running", "", owned("ReplicaSet", "web-5f6d")).replace(
      "{ app: a }",
      "{ app: a, pod-template-hash: 5f6d }",
    );
    expect(named(ownerOf(pod))).toBe("Deployment/web");
  });

  test("a Pod that nobody controls", () => {
    expect(ownerOf(podYaml("p", "phase: Running"))).toBeNull();
  });

  test("owners in a ring, which only a manifest can write, do not hang", () => {
    const pod = podYaml("p", "phase: Running", "", owned("StatefulSet", "a"));
    expect(
      ownerOf(
        pod,
        workload("StatefulSet", "a", owned("StatefulSet", "b")),
        workload("StatefulSet", "b", owned("StatefulSet", "a")),
      ),
    ).not.toBeNull();
  });
});
