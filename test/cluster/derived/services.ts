// Random Service manifests, valid and not, in every way that the API server has a word on.
import fc from "fast-check";

type Fields = Readonly<Record<string, unknown>>;

export interface ServiceManifest {
  readonly apiVersion: "v1";
  readonly kind: "Service";
  readonly metadata: { readonly name: string };
  readonly spec: Fields;
}

/** What of the cluster decides whether a manifest is taken: addresses that a Service may have. */
export interface Addresses {
  /** One free address of each family of the cluster's Services, the primary family first. */
  readonly free: readonly string[];
}

/** A field that is mostly left out, so that most manifests have few faults, and some have none. */
const rarely = <T>(...values: readonly T[]): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 15, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: fc.constantFrom(...values) });

const names = fc.oneof(
  { weight: 40, arbitrary: fc.constant("web") },
  // Later versions take a digit first, too; none takes these.
  {
    weight: 1,
    arbitrary: fc.constantFrom("Web", "my.web", "web_1", "-web", "web-", "a".repeat(64)),
  },
);

const ports = fc.oneof(
  { weight: 8, arbitrary: fc.constant<readonly Fields[] | undefined>([{ port: 80 }]) },
  { weight: 1, arbitrary: fc.constant(undefined) },
  {
    weight: 5,
    arbitrary: fc
      .array(
        fc.record(
          {
            name: fc.oneof(
              { weight: 15, arbitrary: fc.constantFrom("http", "peer", "sql") },
              {
                weight: 1,
                arbitrary: fc.constantFrom("my_port", "Http", "a.b", "-x", "", "a".repeat(64), "a".repeat(63)),
              },
            ),
            protocol: fc.oneof(
              { weight: 15, arbitrary: fc.constantFrom("TCP", "UDP", "SCTP") },
              { weight: 1, arbitrary: fc.constantFrom("tcp", "HTTP", "") },
            ),
            port: fc.oneof(
              { weight: 15, arbitrary: fc.constantFrom<unknown>(80, 81, 443, 8080, 9042) },
              { weight: 1, arbitrary: fc.constantFrom<unknown>(0, -1, 65535, 65536, "80", null) },
            ),
            targetPort: fc.oneof(
              { weight: 9, arbitrary: fc.constantFrom<unknown>(8080, "http", "a-name-of-15-ch") },
              {
                weight: 1,
                arbitrary: fc.constantFrom<unknown>(
                  0,
                  65536,
                  "8080",
                  "80a",
                  "a-name-of-16-chr",
                  "http--2",
                  "Http",
                  "",
                  "-a",
                ),
              },
            ),
            nodePort: rarely(0, 31987),
            appProtocol: rarely("kubernetes.io/h2c", "not valid"),
          },
          { requiredKeys: ["port"] },
        ),
        { maxLength: 3 },
      )
      // Whether a node port is free is the cluster's to know: no two ports ask for one.
      .map((ports) => ports.map(({ nodePort, ...port }, at) => (at === 0 ? { ...port, nodePort } : port))),
  },
);

const selectors = fc.oneof(
  { weight: 9, arbitrary: fc.constantFrom<Fields | undefined | null>({ app: "web" }, undefined, {}, null) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fields>(
      { app: "" },
      { "a b": "c" },
      { app: "not valid" },
      { "example.com/app": "web" },
      { "Example.com/app": "web" },
      { "/app": "web" },
      { "a/b/c": "d" },
      { app: "a".repeat(64) },
      { ["a".repeat(64)]: "b" },
      { app: "-web" },
      { app: 1 },
    ),
  },
);

const externalNames = fc.constantFrom<unknown>(
  "db.example.com",
  "db.example.com",
  "db.example.com.",
  "10.0.0.1",
  "db",
  "DB.example.com",
  "db_1.example.com",
  "http://db.example.com",
  "db..example.com",
  ".",
  "",
  undefined,
);

function clusterIps({ free }: Addresses): fc.Arbitrary<Fields> {
  const [first = "", second] = free;
  const reversed = free.toReversed();
  return fc.oneof(
    { weight: 9, arbitrary: fc.constantFrom<Fields>({ clusterIP: "None" }, {}) },
    {
      weight: 3,
      arbitrary: fc.constantFrom<Fields>(
        { clusterIP: "" },
        { clusterIP: null },
        { clusterIP: "", clusterIPs: [] },
        { clusterIP: "None", clusterIPs: ["None"] },
        { clusterIP: first },
        { clusterIP: first, clusterIPs: [first] },
        { clusterIP: first, clusterIPs: free },
        ...(second === undefined ? [] : [{ clusterIP: second }, { clusterIP: second, clusterIPs: reversed }]),
      ),
    },
    {
      weight: 2,
      arbitrary: fc.constantFrom<Fields>(
        { clusterIP: "none" },
        { clusterIP: "NONE" },
        { clusterIP: "null" },
        { clusterIP: "None " },
        { clusterIP: "web" },
        { clusterIP: ["None"] },
        { clusterIP: 10 },
        { clusterIPs: ["None"] },
        { clusterIPs: [first] },
        { clusterIP: "", clusterIPs: ["None"] },
        { clusterIP: "None", clusterIPs: ["None", first] },
        { clusterIP: "None", clusterIPs: [first] },
        { clusterIP: "None", clusterIPs: ["None", "None"] },
        { clusterIP: first, clusterIPs: [first, "None"] },
        { clusterIP: first, clusterIPs: [first, first] },
        { clusterIP: first, clusterIPs: [first, "nonsense"] },
        { clusterIP: first, clusterIPs: ["None"] },
        { clusterIP: first, clusterIPs: [...free, first] },
        { clusterIP: first, clusterIPs: reversed },
        { clusterIp: "None" },
        { cluster_ip: "None" },
        { ClusterIP: "None" },
      ),
    },
  );
}

const families = fc.oneof(
  { weight: 6, arbitrary: fc.constant<Fields>({}) },
  {
    weight: 3,
    arbitrary: fc.record(
      {
        ipFamilyPolicy: fc.constantFrom<unknown>("SingleStack", "PreferDualStack", "RequireDualStack"),
        ipFamilies: fc.constantFrom<unknown>(["IPv4"], ["IPv6"], ["IPv4", "IPv6"], ["IPv6", "IPv4"], []),
      },
      { requiredKeys: [] },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Fields>(
      { ipFamilyPolicy: "DualStack" },
      { ipFamilyPolicy: "" },
      { ipFamilies: ["ipv4"] },
      { ipFamilies: ["IPv4", "IPv4"] },
      { ipFamilies: ["IPv4", "IPv6", "IPv4"], ipFamilyPolicy: "RequireDualStack" },
      { ipFamilies: "IPv4" },
    ),
  },
);

const options = fc.record({
  publishNotReadyAddresses: rarely<unknown>(true, false, "true"),
  sessionAffinity: rarely<unknown>("ClientIP", "None", "", "Sticky"),
  externalIPs: rarely<unknown>(
    ["192.0.2.1"],
    ["192.0.2.1", "2001:db8::1"],
    ["127.0.0.1"],
    ["169.254.1.1"],
    ["224.0.0.1"],
    ["0.0.0.0"],
    ["::1"],
    ["fe80::1"],
    ["ff02::1"],
    ["nonsense"],
    ["192.0.2.01"],
    ["2001:DB8::1"],
    ["2001:db8:0::1"],
    [],
  ),
  loadBalancerIP: rarely<unknown>("None", "192.0.2.1", "", "192.0.2.010"),
  loadBalancerClass: rarely<unknown>("example.com/lb", "not valid", ""),
  loadBalancerSourceRanges: rarely<unknown>(
    ["192.0.2.0/24"],
    [],
    ["nonsense"],
    ["192.0.2.1/24"],
    [" 192.0.2.0/24"],
    ["192.0.2.0/024"],
    ["2001:DB8::/32"],
    ["192.0.2.0/33"],
  ),
  externalTrafficPolicy: rarely<unknown>("Local", "Cluster", "", "local"),
  internalTrafficPolicy: rarely<unknown>("Local", "Cluster", "", "Node"),
  trafficDistribution: rarely<unknown>("PreferClose", "PreferSameZone", "PreferSameNode", "Nearest", ""),
  externalName: rarely<unknown>("db.example.com", ""),
});

export function serviceManifests(addresses: Addresses): fc.Arbitrary<ServiceManifest> {
  const type = fc.oneof(
    { weight: 10, arbitrary: fc.constantFrom<unknown>(undefined, "ClusterIP") },
    { weight: 4, arbitrary: fc.constantFrom<unknown>("NodePort", "LoadBalancer") },
    { weight: 1, arbitrary: fc.constantFrom<unknown>("Headless", "clusterIP", "", null) },
  );
  const any = fc
    .record({ type, ports, selector: selectors, ip: clusterIps(addresses), families, options })
    .map(({ ip, families, options, ...spec }) => ({ ...spec, ...ip, ...families, ...options }));
  const external = fc
    .record({
      ports,
      selector: selectors,
      externalName: externalNames,
      // Mostly left out, as the type allows none of them.
      ip: fc.oneof({ weight: 4, arbitrary: fc.constant<Fields>({}) }, { weight: 1, arbitrary: clusterIps(addresses) }),
      families: fc.oneof({ weight: 4, arbitrary: fc.constant<Fields>({}) }, { weight: 1, arbitrary: families }),
      options,
    })
    .map(({ ip, families, options, ...spec }) => ({ ...options, type: "ExternalName", ...spec, ...ip, ...families }));
  return fc.record({
    apiVersion: fc.constant("v1" as const),
    kind: fc.constant("Service" as const),
    metadata: fc.record({ name: names }),
    spec: fc.oneof({ weight: 6, arbitrary: any as fc.Arbitrary<Fields> }, { weight: 1, arbitrary: external }),
  });
}
