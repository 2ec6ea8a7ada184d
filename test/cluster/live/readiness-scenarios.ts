// Broken at readiness: the Pods run and are not Ready, or are published all the same.
import { run } from "../run.ts";
import { holdSlices, releaseSlices } from "./held-slices.ts";
import {
  APP,
  deployment,
  endedAt,
  FAKE_NODE,
  headless,
  idle,
  NAME,
  PORT,
  pod,
  podSpec,
  READY_AT_ONCE,
  readyAt,
  statefulSet,
} from "./objects.ts";
import { mendTemplate } from "./pod-scenarios.ts";
import type { Scenario } from "./scenario.ts";
import { isPast, isReady, isRunning, type World } from "./world.ts";

export const READINESS_SCENARIOS: readonly Scenario[] = [
  {
    title: "a readiness probe that nobody answers",
    objects: [
      headless(),
      statefulSet({ pod: podSpec(idle({ readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 } })) }),
    ],
    breaks: (world) => unreadyWithEvent(world, "db-0"),
    finds: {
      rule: "pod-not-ready",
      link: "readiness",
      severity: "error",
      object: "StatefulSet/db",
      evidence: ["connection refused"],
    },
    mend: mendTemplate({ readinessProbe: READY_AT_ONCE }),
  },
  {
    title: "a Pod that waits for the name of its own Service before it opens its port",
    objects: [
      headless(),
      statefulSet({
        pod: podSpec(
          idle({
            command: [
              "sh",
              "-c",
              `until nslookup db.NAMESPACE.svc.cluster.local >/dev/null 2>&1; do sleep 1; done; exec httpd -f -p ${PORT}`,
            ],
            readinessProbe: { tcpSocket: { port: PORT }, periodSeconds: 1 },
          }),
        ),
      }),
    ],
    breaks: (world) => unreadyWithEvent(world, "db-0"),
    finds: {
      rule: "bootstrap-deadlock",
      link: "readiness",
      severity: "error",
      object: "Service/db",
      message: ["The Pods of StatefulSet db wait for db.NAMESPACE.svc.cluster.local in container main (nslookup)"],
      evidence: ["1 Pod, none of them Ready"],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "Pods whose init container waits for the name of the first of them",
    objects: [
      headless(),
      statefulSet({
        replicas: 2,
        spec: { podManagementPolicy: "Parallel" },
        pod: podSpec(idle(), {
          initContainers: [
            {
              ...idle({
                name: "wait",
                command: [
                  "sh",
                  "-c",
                  "until nslookup db-0.db.NAMESPACE.svc.cluster.local >/dev/null 2>&1; do sleep 1; done",
                ],
              }),
              ports: [],
            },
          ],
        }),
      }),
    ],
    // Both: one whose init container is still to start is broken in another way.
    breaks: (world) =>
      world.pods(
        (found) =>
          found.length === 2 &&
          found.every(({ status }) => status?.initContainerStatuses?.[0]?.state?.running !== undefined),
      ),
    finds: {
      rule: "bootstrap-deadlock",
      link: "readiness",
      severity: "error",
      object: "Service/db",
      message: [
        "The Pods of StatefulSet db wait for db-0.db.NAMESPACE.svc.cluster.local in init container wait (nslookup)",
      ],
    },
    mend: "remedy",
    answers: "db-0.db",
  },
  {
    title: "one Pod whose readiness probe fails",
    objects: [
      headless(),
      statefulSet({
        replicas: 2,
        spec: { podManagementPolicy: "Parallel" },
        pod: podSpec(
          idle({
            readinessProbe: {
              exec: {
                command: ["sh", "-c", 'test "$HOSTNAME" = db-0 || test -e /tmp/joined || { echo no quorum; exit 1; }'],
              },
              periodSeconds: 1,
            },
          }),
        ),
      }),
    ],
    breaks: async (world) => {
      await unreadyWithEvent(world, "db-1");
      await world.published(1);
      // Until then it may still be starting, while another answers.
      await world.pod("db-1", ({ status }) => isPast(status?.containerStatuses?.[0]?.state?.running?.startedAt, 13));
    },
    finds: {
      rule: "pod-not-ready",
      link: "readiness",
      severity: "warning",
      object: "StatefulSet/db",
      message: ["Pod db-1 of StatefulSet db", "db-1.db.NAMESPACE does not exist"],
      evidence: ["no quorum"],
    },
    mend: async (world) => {
      await inPod(world, "db-1", "touch /tmp/joined");
    },
    answers: "db-1.db",
  },
  {
    title: "a startup probe that has not passed",
    objects: [
      headless(),
      statefulSet({
        pod: podSpec(
          idle({
            startupProbe: { exec: { command: ["test", "-e", "/tmp/up"] }, periodSeconds: 1, failureThreshold: 600 },
          }),
        ),
      }),
    ],
    breaks: (world) => unreadyWithEvent(world, "db-0"),
    finds: {
      rule: "pod-not-ready",
      link: "readiness",
      severity: "error",
      object: "StatefulSet/db",
      message: ["startup probe"],
    },
    mend: async (world) => {
      await inPod(world, "db-0", "touch /tmp/up");
    },
  },
  {
    title: "a readiness gate that nobody opens",
    objects: [
      headless(),
      statefulSet({ pod: podSpec(idle(), { readinessGates: [{ conditionType: "kheadless.test/admitted" }] }) }),
    ],
    breaks: (world) => world.pod("db-0", (one) => isRunning(one) && !isReady(one)),
    finds: {
      rule: "pod-not-ready",
      link: "readiness",
      severity: "error",
      object: "StatefulSet/db",
      message: ["kheadless.test/admitted"],
    },
    mend: async (world) => {
      const condition = { type: "kheadless.test/admitted", status: "True" };
      await world.api.patchStatus(world.ref("Pod", "db-0"), { status: { conditions: [condition] } }, "strategic-merge");
    },
  },
  {
    title: "publishNotReadyAddresses on the only Service that clients have",
    objects: [
      headless(NAME, { publishNotReadyAddresses: true }),
      deployment({ pod: podSpec(idle({ readinessProbe: READY_AT_ONCE })) }),
    ],
    breaks: async (world) => {
      await world.ready(1);
      await world.published(1);
    },
    finds: {
      rule: "not-ready-published",
      link: "readiness",
      severity: "warning",
      object: "Service/db",
      field: "spec.publishNotReadyAddresses",
    },
    mend: "remedy",
  },
  {
    title: "publishNotReadyAddresses with a Pod that has ended",
    // Where a kubelet says "not Ready" and "Succeeded" in two updates, the second may draw no look of the controller's, and
    // the address stays. That is chance: here the slice is held.
    objects: [
      headless(NAME, { publishNotReadyAddresses: true }),
      statefulSet({ replicas: 1 }),
      pod("once", podSpec(idle(), { restartPolicy: "Never", nodeName: FAKE_NODE }), { ...APP, once: "yes" }),
    ],
    async breaks(world) {
      const once = world.ref("Pod", "once");
      await world.api.patchStatus(once, { status: readyAt("10.244.200.10") });
      await world.ready(2);
      await world.published(2);
      await holdSlices(world);
      await world.api.patchStatus(once, { status: endedAt("10.244.200.10") });
    },
    finds: {
      rule: "not-ready-published",
      link: "readiness",
      severity: "warning",
      object: "Pod/once",
      message: ["Completed"],
    },
    mend: (world) => releaseSlices(world, NAME),
  },
  {
    title: "the annotation of old for not-ready Pods",
    objects: [
      headless(NAME, {}, { annotations: { "service.alpha.kubernetes.io/tolerate-unready-endpoints": "true" } }),
      statefulSet(),
    ],
    breaks: async (world) => {
      await world.ready(1);
      await world.published(1);
    },
    finds: {
      rule: "tolerate-unready-annotation",
      link: "readiness",
      severity: "warning",
      object: "Service/db",
    },
    mend: "remedy",
  },
  {
    title: "a Deployment with a subdomain and without hostname",
    objects: [headless(), deployment({ replicas: 2, pod: podSpec(idle(), { subdomain: NAME }) })],
    breaks: async (world) => {
      await world.ready(2);
      await world.published(2);
    },
    finds: {
      rule: "subdomain-without-hostname",
      link: "readiness",
      severity: "warning",
      object: "Deployment/db",
      field: "spec.template.spec.subdomain",
    },
    mend: "remedy",
  },
  {
    title: "a Deployment of one with a subdomain and without hostname",
    objects: [headless(), deployment({ pod: podSpec(idle(), { subdomain: NAME }) })],
    breaks: async (world) => {
      await world.ready(1);
      await world.published(1);
    },
    finds: {
      rule: "subdomain-without-hostname",
      link: "readiness",
      severity: "warning",
      object: "Deployment/db",
    },
    mend: "remedy",
    answers: "db.db",
  },
];

/** Waits until a probe has failed and the kubelet has said so. */
async function unreadyWithEvent(world: World, name: string): Promise<void> {
  await world.pod(name, (one) => isRunning(one) && !isReady(one));
  await world.api.waitForAll({ apiVersion: "v1", kind: "Event", namespace: world.namespace }, (events) =>
    events.some(({ reason, involvedObject }) => reason === "Unhealthy" && involvedObject.name === name),
  );
}

async function inPod({ kubeconfig, namespace }: World, name: string, script: string): Promise<void> {
  await run("kubectl", ["--kubeconfig", kubeconfig, "-n", namespace, "exec", name, "--", "sh", "-c", script]);
}
