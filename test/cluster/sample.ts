// A namespace with something of all that doctor looks at. Its Pods have no kubelet, so what is made stays as it is.
import type { KubeObject } from "./api.ts";
import { reference, type TestCluster, withFakeNodes, withNamespace } from "./cluster.ts";
import { deployment, endpoints, headless, idle, pod, podSpec, statefulSet } from "./live/objects.ts";

const NODE = "kheadless-sample";

/**
 * The Services of the sample and how an administrator's doctor ends for each:
 * `db` healthy, `typo` a selector that matches no Pods, `slow` a Pod that is not Ready, `manual` hand-written Endpoints,
 * `gone` a Service that a StatefulSet needs and nobody made.
 */
export async function withSample<T>({ api }: TestCluster, work: (namespace: string) => Promise<T>): Promise<T> {
  return withFakeNodes(api, [NODE], () =>
    withNamespace(api, async (namespace) => {
      const spec = podSpec(undefined, { nodeName: NODE, terminationGracePeriodSeconds: 0 });
      const withSettings = idle({ envFrom: [{ configMapRef: { name: "settings" } }] });
      const labels = (app: string) => ({ app });
      const objects: readonly KubeObject[] = [
        headless("db"),
        statefulSet({ replicas: 2, pod: spec, spec: { podManagementPolicy: "Parallel" } }),
        headless("typo", { selector: labels("wbe") }),
        { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings" }, data: { PEER: "db-0.db:5432" } },
        deployment({ name: "web", labels: labels("web"), pod: { ...spec, containers: [withSettings] } }),
        headless("slow", { selector: labels("slow") }),
        pod("slow", { ...spec, hostname: "slow", subdomain: "slow" }, labels("slow")),
        headless("manual", { selector: undefined }),
        endpoints("manual", ["10.9.0.1"]),
        statefulSet({ name: "lost", serviceName: "gone", replicas: 0, labels: labels("lost") }),
      ];
      for (const object of objects) await api.create({ ...object, metadata: { namespace, ...object.metadata } });
      const made = await api.waitForAll({ apiVersion: "v1", kind: "Pod", namespace }, (pods) => pods.length === 4);
      await Promise.all(made.map((each, at) => api.patchStatus(each, { status: running(each, `10.9.1.${at + 1}`) })));
      await api.create(probeFailed(namespace));
      await api.waitForAll(
        { apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", namespace },
        (slices) =>
          addresses(slices, "db") === 2 && addresses(slices, "slow") === 1 && addresses(slices, "manual") === 1,
      );
      await api.wait(reference("apps/v1", "StatefulSet", "db", namespace), (set) => set?.status?.readyReplicas === 2);
      return work(namespace);
    }),
  );
}

function running({ metadata }: KubeObject, ip: string): object {
  const ready = metadata.name !== "slow";
  // Long enough ago that nothing is about to change.
  const at = new Date(Date.now() - 3_600_000).toISOString();
  const condition = (type: string, holds: boolean) => ({
    type,
    status: holds ? "True" : "False",
    lastTransitionTime: at,
    ...(holds ? {} : { reason: "ContainersNotReady", message: "containers with unready status: [main]" }),
  });
  return {
    phase: "Running",
    podIP: ip,
    podIPs: [{ ip }],
    conditions: [
      condition("PodScheduled", true),
      condition("Initialized", true),
      condition("ContainersReady", ready),
      condition("Ready", ready),
    ],
    containerStatuses: [
      {
        name: "main",
        image: "kheadless.test/tools:1",
        imageID: "",
        ready,
        started: true,
        restartCount: 0,
        state: { running: { startedAt: at } },
      },
    ],
  };
}

function probeFailed(namespace: string): KubeObject {
  return {
    apiVersion: "v1",
    kind: "Event",
    metadata: { name: "slow.probe", namespace },
    involvedObject: { apiVersion: "v1", kind: "Pod", name: "slow", namespace },
    type: "Warning",
    reason: "Unhealthy",
    message: "Readiness probe failed: dial tcp 10.9.1.4:5432: connect: connection refused",
    source: { component: "kubelet" },
    firstTimestamp: new Date().toISOString(),
    lastTimestamp: new Date().toISOString(),
    count: 3,
  };
}

function addresses(slices: readonly KubeObject[], service: string): number {
  return slices
    .filter(({ metadata }) => metadata.labels?.["kubernetes.io/service-name"] === service)
    .filter(({ addressType }) => addressType === "IPv4")
    .flatMap((slice) => slice.endpoints ?? []).length;
}

/** Keeps what `use` gives its work from now until `release` is called: for tests that share one. */
export async function hold<T>(
  use: (work: (value: T) => Promise<void>) => Promise<void>,
): Promise<{ readonly value: T; release(): Promise<void> }> {
  const given = Promise.withResolvers<T>();
  const over = Promise.withResolvers<void>();
  const used = use((value) => {
    given.resolve(value);
    return over.promise;
  });
  used.catch(given.reject);
  const value = await given.promise;
  return {
    value,
    release() {
      over.resolve();
      return used;
    },
  };
}

/** Runs so many at a time, in the order in which they stand. */
export async function sideBySide<T>(many: number, work: readonly (() => Promise<T>)[]): Promise<readonly T[]> {
  const results: T[] = [];
  const queue = [...work.entries()];
  const lane = async (): Promise<void> => {
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) results[next[0]] = await next[1]();
  };
  await Promise.all(Array.from({ length: many }, lane));
  return results;
}
