// Random states of a namespace: Services of every shape, the Pods they select or miss, slices written by hand.
import fc from "fast-check";
import type { KubeObject } from "../api.ts";

/** What one namespace holds. Names of services, labels and ports are drawn from few, so that they meet. */
export interface State {
  readonly services: readonly ServicePlan[];
  readonly pods: readonly PodPlan[];
  readonly slices: readonly SlicePlan[];
  readonly endpoints: readonly EndpointsPlan[];
}

interface ServicePlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: Readonly<Record<string, unknown>>;
}

interface PodPlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly spec: { readonly nodeName: string; readonly [field: string]: unknown };
  readonly status: Readonly<Record<string, unknown>>;
  readonly terminating: boolean;
}

interface SlicePlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly addressType: string;
  readonly endpoints: readonly object[];
  readonly ports: readonly object[];
}

interface EndpointsPlan {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly subsets: readonly object[];
}

export const FAKE_NODES = ["oracle-a", "oracle-b"];
/** A node that never was: the EndpointSlice controller leaves its Pods out. */
const GHOST_NODE = "oracle-ghost";

const SERVICE_NAMES = ["web", "db", "cache", "peer-svc", "www-1", "api", "manual", "mirror"];
const APPS = ["web", "db", "cache"];
const PORT_NAMES = ["http", "peer", "dns-tcp"];
const LONGEST_LABEL = `hand-${"x".repeat(58)}`;

const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });

const servicePorts = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom(...PORT_NAMES),
      protocol: fc.constantFrom("TCP", "TCP", "UDP"),
      port: fc.constantFrom(80, 7000, 9042),
      targetPort: maybe(fc.constantFrom<number | string>(8080, 7000, "http", "peer", "missing")),
    }),
    { maxLength: 3, selector: ({ name }) => name },
  )
  .map((ports) =>
    // The API server takes no (protocol, port) twice.
    ports.filter((port, at) => ports.findIndex((o) => o.port === port.port && o.protocol === port.protocol) === at),
  )
  // A single port may go without a name.
  .chain((ports) =>
    fc.boolean().map((unnamed) => (unnamed && ports.length === 1 ? ports.map(({ name: _, ...port }) => port) : ports)),
  );

const selector = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...APPS).map((app) => ({ app })) },
  { weight: 2, arbitrary: fc.constantFrom(...APPS).map((app) => ({ app, tier: "front" })) },
  { weight: 2, arbitrary: fc.constant(undefined) },
  { weight: 1, arbitrary: fc.constant({ app: "nobody" }) },
);

const families = fc.constantFrom<Record<string, unknown>>(
  {},
  {},
  { ipFamilyPolicy: "SingleStack" },
  { ipFamilyPolicy: "PreferDualStack" },
  { ipFamilyPolicy: "SingleStack", ipFamilies: ["IPv6"] },
  { ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv6", "IPv4"] },
);

const headless = fc
  .record({ selector, ports: servicePorts, publishNotReadyAddresses: fc.boolean(), families })
  .map(({ families, ...spec }) => ({ clusterIP: "None", ...spec, ...families }));
const clusterIp = fc.record({ selector, ports: servicePorts, families }).map(({ families, ports, ...spec }) => ({
  ...spec,
  ports: ports.length === 0 ? [{ port: 80 }] : ports,
  ...families,
}));
const externalName = (namespace: string): fc.Arbitrary<Record<string, unknown>> =>
  fc.record({
    type: fc.constant("ExternalName"),
    externalName: fc.oneof(
      fc.constantFrom(...SERVICE_NAMES).map((name) => `${name}.${namespace}.svc.cluster.local`),
      // With a dot at the end it is the same name; and names of other kinds in the zone, whole chains of them.
      fc.constantFrom(...SERVICE_NAMES).map((name) => `${name}.${namespace}.svc.cluster.local.`),
      fc.constantFrom(
        `nowhere.${namespace}.svc.cluster.local`,
        `a.b.c.web.${namespace}.svc.cluster.local`,
        `hand-0.manual.${namespace}.svc.cluster.local`,
        `198-18-0-1.${namespace}.pod.cluster.local`,
        `${namespace}.svc.cluster.local`,
        "kubernetes.default.svc.cluster.local",
        "dns-version.cluster.local",
        "cluster.local",
        "1.0.18.198.in-addr.arpa",
        "db.example.test",
        "10.1.2.3",
      ),
    ),
  });

const services = (namespace: string): fc.Arbitrary<readonly ServicePlan[]> =>
  fc.uniqueArray(fc.constantFrom(...SERVICE_NAMES), { minLength: 4, maxLength: SERVICE_NAMES.length }).chain((names) =>
    fc.tuple(
      ...names.map((name) =>
        fc.record({
          name: fc.constant(name),
          labels: fc.constantFrom<Record<string, string>>({}, { exposed: "yes" }),
          spec: fc.oneof(
            { weight: 7, arbitrary: headless as fc.Arbitrary<Record<string, unknown>> },
            { weight: 2, arbitrary: clusterIp as fc.Arbitrary<Record<string, unknown>> },
            { weight: 1, arbitrary: externalName(namespace) },
          ),
        }),
      ),
    ),
  );

const condition = (type: string, status: string) => ({
  type,
  status,
  lastProbeTime: null,
  lastTransitionTime: new Date(0).toISOString(),
});

/** Addresses of documentation and test networks: nothing is ever sent to them. */
const addressesOf = (block: number, index: number, shape: string): readonly string[] => {
  const v4 = `198.18.${block}.${index + 1}`;
  const v6 = shape.endsWith("zero") ? `2001:db8:${block}:${index}::` : `2001:db8:${block}::${index + 1}`;
  switch (shape) {
    case "none":
      return [];
    case "both":
      return [v4, v6];
    case "both-reversed":
      return [v6, v4];
    case "v6":
    case "v6-zero":
      return [v6];
    default:
      return [v4];
  }
};

const podShape = fc.record({
  app: fc.constantFrom(...APPS),
  tier: maybe(fc.constantFrom("front", "back")),
  hostname: fc.constantFrom("", "", "own", "shared"),
  subdomain: fc.constantFrom("", ...SERVICE_NAMES.slice(0, 5), "missing"),
  node: fc.constantFrom(...FAKE_NODES, ...FAKE_NODES, ...FAKE_NODES, GHOST_NODE),
  hostNetwork: fc.constantFrom(false, false, false, false, true),
  phase: fc.constantFrom("Running", "Running", "Running", "Running", "Pending", "Succeeded", "Failed", "Unknown"),
  ready: fc.constantFrom("True", "True", "True", "False", "Unknown", undefined),
  addresses: fc.constantFrom("v4", "v4", "v4", "both", "both", "both-reversed", "v6", "v6-zero", "none"),
  ports: fc.subarray([
    { name: "http", containerPort: 8080, protocol: "TCP" },
    { name: "peer", containerPort: 7001, protocol: "TCP" },
    { name: "peer-u", containerPort: 7001, protocol: "UDP" },
  ]),
  sidecarPeer: fc.constantFrom(false, false, true),
  terminating: fc.constantFrom(false, false, false, false, true),
});

const pods = (block: number): fc.Arbitrary<readonly PodPlan[]> =>
  fc.array(podShape, { minLength: 3, maxLength: 10 }).map((shapes) =>
    shapes.map((shape, index): PodPlan => {
      const name = `${shape.app}-${index}`;
      const podIPs = addressesOf(block, index, shape.addresses);
      const sidecar = {
        name: "side",
        image: "none",
        restartPolicy: "Always",
        ports: [{ name: "peer", containerPort: 7002, protocol: "TCP" }],
      };
      const ports = shape.sidecarPeer ? shape.ports.filter((port) => port.name !== "peer") : shape.ports;
      return {
        name,
        labels: { app: shape.app, ...(shape.tier !== undefined && { tier: shape.tier }) },
        spec: {
          nodeName: shape.node,
          ...(shape.hostname !== "" && { hostname: shape.hostname === "own" ? name : shape.hostname }),
          ...(shape.subdomain !== "" && { subdomain: shape.subdomain }),
          ...(shape.hostNetwork && { hostNetwork: true }),
          // hostNetwork wants hostPort = containerPort; the API server fills it in.
          containers: [{ name: "main", image: "none", ports }],
          ...(shape.sidecarPeer && { initContainers: [sidecar] }),
        },
        status: {
          phase: shape.phase,
          conditions: shape.ready === undefined ? [] : [condition("Ready", shape.ready)],
          ...(podIPs.length > 0 && { podIP: podIPs[0], podIPs: podIPs.map((ip) => ({ ip })) }),
          hostIP: "198.18.255.1",
          hostIPs: [{ ip: "198.18.255.1" }],
        },
        terminating: shape.terminating,
      };
    }),
  );

const slices = (block: number): fc.Arbitrary<readonly SlicePlan[]> =>
  fc
    .array(
      fc.record({
        service: fc.constantFrom<string | undefined>("manual", "manual", "manual", "web", "gone", undefined),
        addressType: fc.constantFrom("IPv4", "IPv4", "IPv6", "FQDN"),
        managed: fc.boolean(),
        exposed: fc.boolean(),
        ports: fc.constantFrom<readonly object[]>(
          [],
          [{ name: "http", port: 8080, protocol: "TCP" }],
          [{ port: 9042, protocol: "TCP" }],
          [{ name: "peer", protocol: "TCP" }],
          [
            { name: "http", port: 8080, protocol: "TCP" },
            { name: "dns-tcp", port: 53, protocol: "UDP" },
          ],
          // Ports that only the protocol tells apart, one of them SCTP; and one that stands twice under two names.
          [
            { name: "peer", port: 7001, protocol: "SCTP" },
            { name: "peer", port: 7001, protocol: "UDP" },
          ],
          [
            { name: "http", port: 8080, protocol: "TCP" },
            { name: "", port: 8080, protocol: "TCP" },
          ],
        ),
        endpoints: fc.array(
          fc.record({
            ready: fc.constantFrom(true, true, false, undefined),
            serving: maybe(fc.boolean()),
            terminating: maybe(fc.boolean()),
            hostname: fc.constantFrom<string | undefined>("hand-0", "hand-1", LONGEST_LABEL, undefined, undefined),
            targetRef: fc.boolean(),
            // Several addresses of one endpoint, and those of an endpoint in another slice once more.
            more: fc.constantFrom(0, 0, 0, 1, 2),
            repeats: fc.constantFrom(false, false, true),
          }),
          { maxLength: 3 },
        ),
      }),
      { maxLength: 4 },
    )
    .map((shapes) =>
      shapes.map(
        ({ service, addressType, managed, exposed, ports, endpoints }, at): SlicePlan => ({
          name: `hand-${at}`,
          labels: {
            ...(service !== undefined && { "kubernetes.io/service-name": service }),
            ...(managed && { "endpointslice.kubernetes.io/managed-by": "oracle.kheadless.test" }),
            ...(exposed && { exposed: "yes" }),
          },
          addressType,
          ports,
          endpoints: endpoints.map(({ ready, serving, terminating, hostname, targetRef, more, repeats }, index) => ({
            addresses: Array.from({ length: more + 1 }, (_, nth) =>
              handAddress(addressType, block, (repeats ? 0 : at * 16) + index * 4 + nth),
            ),
            conditions: {
              ...(ready !== undefined && { ready }),
              ...(serving !== undefined && { serving }),
              ...(terminating !== undefined && { terminating }),
            },
            ...(hostname !== undefined && { hostname }),
            ...(targetRef && { targetRef: { kind: "Pod", name: `by-hand-${at}-${index}` } }),
          })),
        }),
      ),
    );

function handAddress(addressType: string, block: number, index: number): string {
  if (addressType === "FQDN") return `host-${index}.example.test`;
  return addressType === "IPv4" ? `198.19.${block}.${index + 1}` : `2001:db8:ff${block.toString(16)}::${index + 1}`;
}

const endpoints = (block: number): fc.Arbitrary<readonly EndpointsPlan[]> =>
  fc
    .record({
      labels: fc.constantFrom<Record<string, string>>({}, {}, { "endpointslice.kubernetes.io/skip-mirror": "true" }),
      ready: fc.integer({ min: 0, max: 3 }),
      notReady: fc.integer({ min: 0, max: 2 }),
      hostname: fc.boolean(),
      ports: fc.constantFrom<readonly object[]>([{ name: "http", port: 8080 }], [{ port: 9042 }]),
    })
    .map(({ labels, ready, notReady, hostname, ports }) => {
      const address = (index: number) => ({
        ip: `198.19.${block}.${100 + index}`,
        ...(hostname && { hostname: `mirrored-${index}` }),
      });
      const addresses = Array.from({ length: ready }, (_, index) => address(index));
      const notReadyAddresses = Array.from({ length: notReady }, (_, index) => address(ready + index));
      const subset = {
        ...(ready > 0 && { addresses }),
        ...(notReady > 0 && { notReadyAddresses }),
        ports,
      };
      return [{ name: "mirror", labels, subsets: ready + notReady > 0 ? [subset] : [] }];
    });

/** States of one namespace. `block` (0-199) keeps the addresses of namespaces that exist side by side apart. */
export function states(namespace: string, block: number): fc.Arbitrary<State> {
  return fc.record({
    services: services(namespace),
    pods: pods(block),
    slices: slices(block),
    endpoints: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: endpoints(block) }),
  });
}

/** The finalizer that keeps a deleted Pod terminating. */
const HOLD = "kheadless.test/hold";

/** The objects of a state as the API takes them; Pods still without status. */
export function objectsOf(state: State, namespace: string): Record<keyof State, readonly KubeObject[]> {
  return {
    services: state.services.map(({ name, labels, spec }) => ({
      apiVersion: "v1",
      kind: "Service",
      metadata: { name, namespace, labels },
      spec,
    })),
    pods: state.pods.map(({ name, labels, spec, terminating }) => ({
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name, namespace, labels, ...(terminating && { finalizers: [HOLD] }) },
      spec,
    })),
    slices: state.slices.map(({ name, labels, addressType, endpoints, ports }) => ({
      apiVersion: "discovery.k8s.io/v1",
      kind: "EndpointSlice",
      metadata: { name, namespace, labels },
      addressType,
      endpoints,
      ports,
    })),
    endpoints: state.endpoints.map(({ name, labels, subsets }) => ({
      apiVersion: "v1",
      kind: "Endpoints",
      metadata: { name, namespace, labels },
      subsets,
    })),
  };
}
