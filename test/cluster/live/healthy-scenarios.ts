// What runs well in real clusters, and may look odd: doctor must find nothing there, at no moment.
import type { KubeObject } from "../api.ts";
import { toolsImage } from "../cluster.ts";
import {
  APP,
  daemonSet,
  deployment,
  endpoints,
  headless,
  idle,
  job,
  NAME,
  podSpec,
  READY_AT_ONCE,
  service,
  slice,
  statefulSet,
} from "./objects.ts";
import { upAndPublished, type World } from "./world.ts";

export interface HealthyScenario {
  readonly title: string;
  readonly objects: readonly KubeObject[];
  /** Waits until the state is there. */
  settles(world: World): Promise<unknown>;
  /** The Services to ask about; by default every one that is headless or needed headless. */
  readonly asks?: readonly string[];
  /** What goes on while doctor is asked over and over, until it has ended. */
  readonly meanwhile?: (world: World) => Promise<unknown>;
  /** Warnings that are true while it goes on: a name that is gone for some seconds. */
  readonly passing?: readonly string[];
}

const PROBED = podSpec(idle({ readinessProbe: READY_AT_ONCE }));

/** Changes the template, so that all Pods are made again. */
const rollOut = (kind: string, revision: string) => async (world: World) => {
  await world.patch(kind, NAME, { spec: { template: { metadata: { annotations: { revision } } } } });
  await rolledOut(world, kind);
};

async function rolledOut(world: World, kind: string): Promise<void> {
  await world.api.wait(
    world.ref(kind, NAME),
    (found) => {
      const { replicas = 0, updatedReplicas = 0, readyReplicas = 0, observedGeneration } = found?.status ?? {};
      const wanted = found?.spec.replicas;
      const current = observedGeneration === found?.metadata.generation;
      return current && [replicas, updatedReplicas, readyReplicas].every((count) => count === wanted);
    },
    { seconds: 120 },
  );
}

async function scaled(world: World, kind: string, replicas: number): Promise<void> {
  await world.patch(kind, NAME, { spec: { replicas } });
  await world.ready(replicas);
}

export const HEALTHY_SCENARIOS: readonly HealthyScenario[] = [
  {
    title: "a StatefulSet with a Service for its Pods and one for its clients",
    objects: [
      headless("db-headless", { publishNotReadyAddresses: true }),
      service(NAME),
      statefulSet({ replicas: 2, serviceName: "db-headless", pod: PROBED }),
    ],
    settles: upAndPublished(2, "db-headless"),
  },
  {
    title: "a StatefulSet that is rolled out",
    objects: [headless(), statefulSet({ replicas: 3, pod: PROBED, spec: { podManagementPolicy: "Parallel" } })],
    settles: upAndPublished(3),
    meanwhile: rollOut("StatefulSet", "2"),
    passing: ["pod-terminating"],
  },
  {
    title: "a Deployment that is rolled out",
    objects: [headless("db-headless"), service(NAME), deployment({ replicas: 2, pod: PROBED })],
    settles: upAndPublished(2, "db-headless"),
    meanwhile: rollOut("Deployment", "2"),
  },
  {
    title: "a StatefulSet that is scaled up and down",
    objects: [headless(), statefulSet({ replicas: 1, pod: PROBED })],
    settles: upAndPublished(1),
    async meanwhile(world) {
      await scaled(world, "StatefulSet", 3);
      await scaled(world, "StatefulSet", 1);
    },
  },
  {
    title: "a DaemonSet on the Node's network",
    objects: [
      headless("agents", { selector: { app: "agent" } }),
      daemonSet({
        name: "agent",
        labels: { app: "agent" },
        pod: podSpec(idle({ ports: [] }), { hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" }),
      }),
    ],
    settles: upAndPublished(1, "agents"),
  },
  {
    title: "an Indexed Job whose Pods know each other",
    objects: [
      headless("workers", { selector: { app: "worker" }, publishNotReadyAddresses: true }),
      job({
        name: "worker",
        labels: { app: "worker" },
        command: ["sleep", "100000"],
        pod: { subdomain: "workers" },
        spec: { completionMode: "Indexed", completions: 2, parallelism: 2 },
      }),
    ],
    settles: upAndPublished(2, "workers"),
  },
  {
    title: "a Job that is done beside Pods that serve",
    objects: [
      headless(),
      statefulSet(),
      job({ name: "migrate", command: ["true"], labels: { ...APP, job: "migrate" } }),
    ],
    async settles(world) {
      await world.pods((pods) => pods.some(({ status }) => status?.phase === "Succeeded"));
      await world.published(1);
    },
  },
  {
    title: "endpoints outside the cluster, by slice, by Endpoints, by alias",
    objects: [
      headless("by-slice", { selector: undefined }),
      slice("by-slice-1", ["192.0.2.30"], { "kubernetes.io/service-name": "by-slice" }),
      headless("by-endpoints", { selector: undefined }),
      endpoints("by-endpoints", ["192.0.2.31"]),
      service("by-alias", { type: "ExternalName", selector: undefined, externalName: "www.external.test" }),
    ],
    settles: (world) => world.published(1, "by-endpoints"),
    asks: ["by-slice", "by-endpoints"],
  },
  {
    title: "two roles of one application under one discovery Service",
    objects: [
      headless("search-discovery", { selector: { app: "search" }, publishNotReadyAddresses: true }),
      headless("search-master", { selector: { app: "search", role: "master" } }),
      headless("search-data", { selector: { app: "search", role: "data" } }),
      statefulSet({ name: "search-master", labels: { app: "search", role: "master", release: "one" } }),
      statefulSet({ name: "search-data", labels: { app: "search", role: "data", release: "one" } }),
    ],
    settles: upAndPublished(2, "search-discovery"),
  },
  {
    title: "a slice that somebody deleted, and its controller made again",
    objects: [headless(), statefulSet()],
    async settles(world) {
      await upAndPublished(1)(world);
      const before = (await world.slices(() => true)).map(({ metadata }) => metadata.uid);
      const query = `labelSelector=${encodeURIComponent("kubernetes.io/service-name=db")}`;
      const path = `/apis/discovery.k8s.io/v1/namespaces/${world.namespace}/endpointslices?${query}`;
      await world.api.request("DELETE", path);
      await world.slices((found) => found.length > 0 && !found.some(({ metadata }) => before.includes(metadata.uid)));
      await world.published(1);
    },
  },
  {
    title: "Pods with an init container, a sidecar and a hostname of their own",
    objects: [
      headless("mail", { selector: { app: "mail" } }),
      deployment({
        name: "mail",
        labels: { app: "mail" },
        pod: podSpec(idle({ ports: [{ name: NAME, containerPort: 5432 }] }), {
          hostname: "mx",
          subdomain: "mail",
          initContainers: [
            { name: "setup", image: toolsImage, command: ["true"] },
            { ...idle({ name: "sidecar", ports: [] }), restartPolicy: "Always" },
          ],
        }),
      }),
    ],
    settles: upAndPublished(1, "mail"),
  },
];
