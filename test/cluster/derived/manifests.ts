// Random manifests of a namespace: workloads of every kind, Pods of their own, Services over them.
import fc from "fast-check";
import type { IPFamily } from "../../../src/objects/service.ts";
import type { KubeObject } from "../api.ts";

type Fields = Readonly<Record<string, unknown>>;

/** The only node that the Pods may run on, and its label. A DaemonSet makes one Pod there, as many as are derived. */
export const NODE = "derived-a";
export const NODE_LABEL = "kheadless.test/derived";

const APPS = ["web", "db", "cache"];
const SERVICES = ["web", "db", "cache", "peers", "alone"];
const maybe = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> => fc.constantFrom(undefined, ...values);

const containerPorts = fc.subarray([
  { name: "http", containerPort: 8080 },
  { name: "peer", containerPort: 7001 },
  { name: "peer-u", containerPort: 7001, protocol: "UDP" },
  { containerPort: 9042 },
]);
const sidecars = fc.constantFrom<readonly Fields[] | undefined>(
  undefined,
  undefined,
  [{ name: "side", image: "none", restartPolicy: "Always", ports: [{ name: "side", containerPort: 7002 }] }],
  // It ends before the others begin: its ports don't count.
  [{ name: "init", image: "none", ports: [{ name: "side", containerPort: 7003 }] }],
);

const podSpecs = fc
  .record({
    hostname: maybe<string | undefined>(undefined, undefined, "fixed"),
    subdomain: maybe<string | undefined>(undefined, ...APPS, ...SERVICES, "missing"),
    ports: containerPorts,
    initContainers: sidecars,
  })
  .map(({ ports, ...spec }) => ({
    ...spec,
    containers: [{ name: "main", image: "none", ports }],
    nodeSelector: { [NODE_LABEL]: "" },
    tolerations: [{ key: "kheadless.test/fake-node", operator: "Exists" }],
  }));

const podLabels = fc
  .record({ app: fc.constantFrom(...APPS), tier: maybe("front", "back") })
  .map(({ app, tier }): Record<string, string> => (tier === undefined ? { app } : { app, tier }));

/** The part that all workloads share. Each selects by a label of its own, so that none adopts another's Pods. */
const templated = (name: string, restartPolicy?: string): fc.Arbitrary<{ labels: object; template: Fields }> =>
  fc.tuple(podLabels, podSpecs).map(([own, spec]) => {
    const labels = { workload: name };
    return { labels, template: { metadata: { labels: { ...own, ...labels } }, spec: { ...spec, restartPolicy } } };
  });

const object = (apiVersion: string, kind: string, name: string, spec: object): KubeObject => ({
  apiVersion,
  kind,
  metadata: { name },
  spec: { ...spec },
});

const replicas = maybe(0, 1, 2, 3, 4);

const statefulSet = (name: string): fc.Arbitrary<KubeObject> =>
  fc
    .record({
      body: templated(name),
      replicas,
      serviceName: maybe("", ...APPS, ...APPS, ...SERVICES, "missing"),
      podManagementPolicy: maybe("OrderedReady", "Parallel", ""),
      ordinals: maybe(undefined, { start: 0 }, { start: 1 }, { start: 7 }),
    })
    .map(({ body: { labels, template }, ...spec }) =>
      object("apps/v1", "StatefulSet", name, { ...spec, selector: { matchLabels: labels }, template }),
    );

const replicated = (apiVersion: string, kind: string, name: string): fc.Arbitrary<KubeObject> =>
  fc.record({ body: templated(name), replicas }).map(({ body: { labels, template }, replicas }) => {
    const plain = kind === "ReplicationController";
    return object(apiVersion, kind, name, {
      replicas,
      // A ReplicationController's selector is a plain map, and may be left out.
      ...(plain ? {} : { selector: { matchLabels: labels } }),
      template,
    });
  });

const daemonSet = (name: string): fc.Arbitrary<KubeObject> =>
  templated(name).map(({ labels, template }) =>
    object("apps/v1", "DaemonSet", name, { selector: { matchLabels: labels }, template }),
  );

const job = (name: string): fc.Arbitrary<KubeObject> =>
  fc
    .record({
      body: templated(name, "Never"),
      parallelism: maybe(0, 1, 2, 3),
      completions: maybe(1, 2, 4),
      completionMode: maybe("NonIndexed", "Indexed", "Indexed"),
      suspend: maybe(undefined, undefined, false, true),
    })
    // A Job sets its own selector; one that is Indexed must know how many it is to complete.
    .map(({ body, completions, completionMode, ...spec }) =>
      object("batch/v1", "Job", name, {
        ...spec,
        completionMode,
        completions: completionMode === "Indexed" ? (completions ?? 2) : completions,
        template: { ...body.template, metadata: { labels: (body.template.metadata as Fields).labels } },
      }),
    );

const pod = (name: string): fc.Arbitrary<KubeObject> =>
  fc
    .record({ labels: podLabels, spec: podSpecs, hostname: maybe(name, "shared"), subdomain: maybe(...SERVICES) })
    .map(({ labels, spec, hostname, subdomain }) => {
      const made = object("v1", "Pod", name, { ...spec, hostname, subdomain });
      return { ...made, metadata: { name, labels } };
    });

const ports = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom("http", "peer", "dns-tcp"),
      protocol: maybe("TCP", "UDP", ""),
      port: fc.constantFrom(80, 7000, 9042),
      targetPort: maybe<number | string>(8080, "http", "peer", "peer-u", "side", "missing", 0),
    }),
    { maxLength: 3, selector: ({ port }) => port },
  )
  .map((list) => list.filter((port, at) => list.findIndex(({ name }) => name === port.name) === at))
  .chain((list) =>
    fc.boolean().map((unnamed) => (unnamed && list.length === 1 ? list.map(({ name: _, ...port }) => port) : list)),
  );

const selectors = (own: string): fc.Arbitrary<Fields | undefined> =>
  fc.oneof(
    { weight: 8, arbitrary: fc.constantFrom(...(APPS.includes(own) ? [own] : APPS)).map((app) => ({ app })) },
    { weight: 2, arbitrary: fc.constantFrom(...APPS).map((app) => ({ app, tier: "front" })) },
    {
      weight: 4,
      arbitrary: fc.constantFrom<Fields | undefined>(
        { app: "nobody" },
        { workload: "set-a" },
        { "statefulset.kubernetes.io/pod-name": "set-a-1" },
        { "apps.kubernetes.io/pod-index": "1" },
        { "batch.kubernetes.io/job-completion-index": "0" },
        { "job-name": "job-a" },
        { "batch.kubernetes.io/job-name": "job-b" },
        {},
        undefined,
      ),
    },
  );

function service(name: string, families: readonly IPFamily[]): fc.Arbitrary<KubeObject> {
  const dual = families.length > 1;
  const choices: readonly Fields[] = [
    {},
    {},
    { ipFamilyPolicy: "SingleStack" },
    { ipFamilies: [families[0]] },
    ...(dual
      ? [
          { ipFamilyPolicy: "PreferDualStack" },
          { ipFamilies: ["IPv6"] },
          { ipFamilyPolicy: "RequireDualStack" },
          { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] },
        ]
      : []),
  ];
  return fc
    .record({
      clusterIP: fc.constantFrom("None", "None", "None", undefined),
      selector: selectors(name),
      ports,
      publishNotReadyAddresses: maybe(true, false),
      families: fc.constantFrom(...choices),
    })
    .map(({ families, ports, ...spec }) =>
      object("v1", "Service", name, {
        ...spec,
        ...families,
        ports: ports.length === 0 && spec.clusterIP === undefined ? [{ port: 80 }] : ports,
      }),
    );
}

/** Manifests of one namespace, without its name. `families` are those of the cluster's Services, the primary one first. */
export function manifests(families: readonly IPFamily[]): fc.Arbitrary<readonly KubeObject[]> {
  const some = fc.tuple(
    statefulSet("set-a"),
    statefulSet("set-b"),
    replicated("apps/v1", "Deployment", "deploy"),
    replicated("apps/v1", "ReplicaSet", "replica"),
    replicated("v1", "ReplicationController", "control"),
    daemonSet("agent"),
    job("job-a"),
    job("job-b"),
    pod("own-0"),
    pod("own-1"),
  );
  const over = fc.tuple(...SERVICES.map((name) => service(name, families)));
  return fc.tuple(some, over).map(([workloads, services]) => [...services, ...workloads]);
}
