// Broken at the Pods: they don't run, or hang in their deletion.

import { deployment, headless, idle, job, NAME, podSpec, statefulSet } from "./objects.ts";
import type { Scenario } from "./scenario.ts";
import { isPast, type World, waitsFor } from "./world.ts";

/** Gives the StatefulSet's Pods another spec, and has those that never were Ready made again. */
export const mendTemplate =
  (container: object, pods: readonly string[] = ["db-0"]) =>
  async (world: World) => {
    const set = world.ref("StatefulSet", NAME);
    await world.api.patch(set, { spec: { template: { spec: podSpec(idle(container as Record<string, unknown>)) } } });
    for (const name of pods) await world.api.delete(world.ref("Pod", name), { now: true });
  };

export const POD_SCENARIOS: readonly Scenario[] = [
  {
    title: "a container that crashes again and again",
    objects: [
      headless(),
      statefulSet({
        replicas: 2,
        pod: podSpec(
          idle({
            command: ["sh", "-c", "echo no config >&2; exit 3"],
            // Without one it would be Ready for the moment that it runs.
            readinessProbe: { exec: { command: ["true"] }, initialDelaySeconds: 5 },
          }),
        ),
      }),
    ],
    breaks: (world) => world.pod("db-0", waitsFor("CrashLoopBackOff")),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["CrashLoopBackOff", "NXDOMAIN for db.NAMESPACE"],
      evidence: ["exit code 3", "db-1 will be made only after db-0 is Ready"],
    },
    mend: mendTemplate({}),
  },
  {
    title: "one of three Pods that crashes",
    objects: [
      headless(),
      statefulSet({
        replicas: 3,
        spec: { podManagementPolicy: "Parallel" },
        pod: podSpec(idle({ command: ["sh", "-c", 'test "$HOSTNAME" != db-2 || exit 7; sleep 100000'] })),
      }),
    ],
    breaks: async (world) => {
      await world.pod("db-2", waitsFor("CrashLoopBackOff"));
      await world.published(2);
    },
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "warning",
      object: "StatefulSet/db",
      message: ["Pod db-2 of StatefulSet db", "and db-2.db.NAMESPACE does not exist"],
      evidence: ["exit code 7"],
    },
    mend: mendTemplate({}, ["db-0", "db-1", "db-2"]),
    answers: "db-2.db",
  },
  {
    title: "an image that cannot be pulled",
    objects: [headless(), statefulSet({ pod: podSpec(idle({ image: "kheadless.invalid/no-such-image:1" })) })],
    breaks: (world) => world.pod("db-0", (one) => waitsFor("ImagePullBackOff")(one) || waitsFor("ErrImagePull")(one)),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["kheadless.invalid/no-such-image:1"],
    },
    mend: mendTemplate({}),
  },
  {
    title: "Pods that ask for more than any Node has",
    objects: [headless(), statefulSet({ pod: podSpec(idle({ resources: { requests: { memory: "8000Gi" } } })) })],
    breaks: (world) =>
      world.pod("db-0", ({ status }) =>
        status?.conditions?.some(({ reason }: { reason: string }) => reason === "Unschedulable"),
      ),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["Unschedulable"],
      evidence: ["Insufficient memory"],
    },
    mend: mendTemplate({}),
  },
  {
    title: "a ConfigMap that is missing",
    objects: [headless(), statefulSet({ pod: podSpec(idle({ envFrom: [{ configMapRef: { name: "settings" } }] })) })],
    breaks: (world) => world.pod("db-0", waitsFor("CreateContainerConfigError")),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["CreateContainerConfigError"],
      evidence: ["settings"],
    },
    mend: async (world) => {
      await world.create({ apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" } });
    },
  },
  {
    title: "an init container that waits for ever",
    objects: [
      headless(),
      statefulSet({
        pod: podSpec(idle(), { initContainers: [{ ...idle({ name: "wait-for-it" }), ports: [] }] }),
      }),
    ],
    breaks: (world) =>
      world.pod("db-0", ({ status }) => status?.initContainerStatuses?.[0]?.state?.running !== undefined),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["wait-for-it"],
    },
    mend: async (world) => {
      const set = world.ref("StatefulSet", NAME);
      await world.api.patch(set, { spec: { template: { spec: { initContainers: null } } } });
      await world.api.delete(world.ref("Pod", "db-0"), { now: true });
    },
  },
  {
    title: "a StatefulSet whose Pods a quota forbids",
    objects: [
      headless(),
      { apiVersion: "v1", kind: "ResourceQuota", metadata: { name: "none" }, spec: { hard: { pods: "0" } } },
      statefulSet(),
    ],
    breaks: (world) => world.refused(),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["should have 1 Pod and has none: the API server refuses to make them"],
      evidence: ["exceeded quota"],
    },
    mend: (world) => world.api.delete(world.ref("ResourceQuota", "none")),
  },
  {
    title: "a StatefulSet whose ServiceAccount is not there",
    objects: [headless(), statefulSet({ pod: podSpec(idle(), { serviceAccountName: "runner" }) })],
    breaks: (world) => world.refused(),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      message: ["the API server refuses to make them"],
      evidence: ['serviceaccount "runner" not found'],
    },
    // By itself the controller tries again later the longer it was refused.
    mend: (world) => world.patch("StatefulSet", NAME, { metadata: { annotations: { "kheadless.test/again": "1" } } }),
  },
  {
    title: "a Job that is done",
    objects: [headless(), job({ command: ["true"] })],
    breaks: (world) => world.pods((pods) => pods.some(({ status }) => status?.phase === "Succeeded")),
    finds: {
      rule: "pod-not-running",
      link: "pods",
      severity: "error",
      object: "Job/db",
      message: ["Completed"],
    },
    mend: async (world) => {
      await world.create(statefulSet({ name: "server", serviceName: NAME }));
    },
  },
  {
    title: "a Pod that a finalizer keeps",
    objects: [headless(), statefulSet({ replicas: 2 })],
    breaks: async (world) => {
      await world.ready(2);
      await world.patch("Pod", "db-1", { metadata: { finalizers: ["kheadless.test/hold"] } });
      await world.api.delete(world.ref("Pod", "db-1"));
      // Who set it gets a little time.
      await world.pod("db-1", ({ metadata }) => isPast(metadata.deletionTimestamp, 13));
      await world.published(1);
    },
    finds: {
      rule: "pod-terminating",
      link: "pods",
      severity: "warning",
      object: "Pod/db-1",
      message: ["kheadless.test/hold"],
    },
    mend: "remedy",
    answers: "db-1.db",
  },
  {
    title: "a StatefulSet scaled to zero",
    objects: [headless(), statefulSet({ replicas: 0 })],
    breaks: (world) => world.published(0),
    finds: {
      rule: "replicas-zero",
      link: "pods",
      severity: "error",
      object: "StatefulSet/db",
      field: "spec.replicas",
    },
    mend: "remedy",
  },
  {
    title: "a suspended Job",
    objects: [headless(), job({ command: ["sleep", "100000"], spec: { suspend: true } })],
    breaks: (world) => world.published(0),
    finds: {
      rule: "replicas-zero",
      link: "pods",
      severity: "error",
      object: "Job/db",
      field: "spec.suspend",
    },
    mend: "remedy",
  },
  {
    title: "a hostname that all replicas share",
    objects: [headless(), deployment({ replicas: 2, pod: podSpec(idle(), { hostname: "one", subdomain: NAME }) })],
    breaks: async (world) => {
      await world.ready(2);
      await world.published(2);
    },
    finds: {
      rule: "hostname-shared",
      link: "pods",
      severity: "warning",
      object: "Deployment/db",
      message: ["hostname: one"],
    },
    mend: "remedy",
    answers: "one.db",
  },
];
