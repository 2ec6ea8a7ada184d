import fc from "fast-check";

/** Objects as people and API servers write them: valid for the reader, with any optional field there or not. */

const word = fc.stringMatching(/^[a-z]([a-z0-9-]{0,12}[a-z0-9])?$/);
const anyText = fc.string({ maxLength: 12, unit: "grapheme" });
/** Texts that YAML would take for something else where they are not quoted. */
const trickyText = fc.constantFrom("true", "yes", "y", "0644", "1e3", "null", "~", "", " x", "a: b", "- a", "#c", "<<");
/** Without the merge key, which the library that writes YAML in tests does not quote. */
const trickyKey = trickyText.filter((text) => text !== "<<");
const labelText = fc.oneof(word, anyText, trickyText);
const labels = fc.dictionary(fc.oneof(word, trickyKey, fc.constant("app.kubernetes.io/name")), labelText, {
  maxKeys: 4,
});
const port = fc.integer({ min: 1, max: 65_535 });
const protocol = fc.constantFrom("TCP", "UDP", "SCTP");
const ipv4 = fc.ipV4();
const time = fc.constantFrom("2026-01-01T00:00:00Z", "2026-02-03T04:05:06Z");

/** A map with any of the optional fields left out. */
function map<T extends Record<string, fc.Arbitrary<unknown>>>(
  required: T,
  optional: Record<string, fc.Arbitrary<unknown>>,
) {
  return fc.record({ ...required, ...optional }, { requiredKeys: Object.keys(required) });
}

const list = <T>(item: fc.Arbitrary<T>) => fc.array(item, { maxLength: 3 });

const metadata = map(
  { name: word },
  {
    namespace: word,
    uid: word,
    labels,
    annotations: fc.dictionary(fc.oneof(word, fc.constant("kheadless.dev/ignore")), anyText, { maxKeys: 3 }),
    ownerReferences: list(
      map({ apiVersion: fc.constant("apps/v1"), kind: word, name: word, uid: word }, { controller: fc.boolean() }),
    ),
    creationTimestamp: fc.oneof(time, fc.constant(null)),
    deletionTimestamp: time,
    finalizers: list(word),
  },
);

function object(
  apiVersion: string,
  kind: string,
  rest: Record<string, fc.Arbitrary<unknown>>,
): fc.Arbitrary<Record<string, unknown>> {
  return map({ apiVersion: fc.constant(apiVersion), kind: fc.constant(kind), metadata }, rest) as fc.Arbitrary<
    Record<string, unknown>
  >;
}

const condition = map({ type: word, status: word }, { reason: word, message: anyText, lastTransitionTime: time });

const service = object("v1", "Service", {
  spec: map(
    {},
    {
      type: fc.constantFrom("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
      clusterIP: fc.constantFrom("None", "", "10.0.0.1"),
      clusterIPs: list(fc.constantFrom("None", "10.0.0.1")),
      selector: labels,
      ports: list(
        map(
          { port },
          {
            name: word,
            protocol,
            targetPort: fc.oneof(port, word),
            nodePort: port,
            appProtocol: word,
          },
        ),
      ),
      publishNotReadyAddresses: fc.boolean(),
      externalName: fc.domain(),
      ipFamilies: list(fc.constantFrom("IPv4", "IPv6")),
      ipFamilyPolicy: fc.constantFrom("SingleStack", "PreferDualStack", "RequireDualStack"),
      sessionAffinity: fc.constantFrom("None", "ClientIP"),
      externalIPs: list(ipv4),
      loadBalancerIP: ipv4,
      loadBalancerClass: word,
      loadBalancerSourceRanges: list(word),
      externalTrafficPolicy: word,
      internalTrafficPolicy: word,
      trafficDistribution: word,
    },
  ),
});

const probe = fc.oneof(
  map({}, { exec: map({}, { command: list(anyText) }), periodSeconds: port }),
  map({ httpGet: map({ port: fc.oneof(port, word) }, { path: fc.webPath() }) }, { failureThreshold: port }),
  map({ tcpSocket: map({ port: fc.oneof(port, word) }, {}) }, { initialDelaySeconds: port }),
  map({ grpc: map({ port }, {}) }, {}),
);

const envVar = fc.oneof(
  map({ name: word }, { value: anyText }),
  map(
    {
      name: word,
      valueFrom: fc.oneof(
        map({ fieldRef: map({ fieldPath: fc.constant("metadata.name") }, {}) }, {}),
        map({ configMapKeyRef: map({ name: word, key: word }, {}) }, {}),
        map({ secretKeyRef: map({ name: word, key: word }, {}) }, {}),
      ),
    },
    {},
  ),
);

const container = map(
  { name: word },
  {
    image: word,
    ports: list(map({ containerPort: port }, { name: word, protocol })),
    env: list(envVar),
    envFrom: list(map({}, { prefix: word, configMapRef: map({ name: word }, {}) })),
    command: list(anyText),
    args: list(anyText),
    readinessProbe: probe,
    livenessProbe: probe,
    startupProbe: probe,
    restartPolicy: fc.constant("Always"),
    resources: fc.constant({ requests: { cpu: "100m" } }),
  },
);

const podSpec = map(
  { containers: list(container) },
  {
    hostname: word,
    subdomain: word,
    setHostnameAsFQDN: fc.boolean(),
    hostNetwork: fc.boolean(),
    dnsPolicy: fc.constantFrom("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    dnsConfig: map(
      {},
      { nameservers: list(ipv4), searches: list(word), options: list(map({ name: word }, { value: word })) },
    ),
    hostAliases: list(map({ ip: ipv4, hostnames: list(word) }, {})),
    nodeName: word,
    serviceAccountName: word,
    restartPolicy: fc.constantFrom("Always", "OnFailure", "Never"),
    initContainers: list(container),
    readinessGates: list(map({ conditionType: word }, {})),
    volumes: list(fc.oneof(map({ name: word, configMap: map({ name: word }, {}) }, {}), map({ name: word }, {}))),
  },
);

const containerState = fc.oneof(
  map({ waiting: map({}, { reason: word, message: anyText }) }, {}),
  map({ running: map({}, { startedAt: time }) }, {}),
  map({ terminated: map({ exitCode: fc.nat(255) }, { reason: word, message: anyText, finishedAt: time }) }, {}),
);
const containerStatus = map(
  { name: word, ready: fc.boolean(), restartCount: fc.nat(9), image: word },
  { state: containerState, lastState: containerState, started: fc.boolean() },
);

const pod = object("v1", "Pod", {
  spec: podSpec,
  status: map(
    {},
    {
      phase: fc.constantFrom("Pending", "Running", "Succeeded", "Failed", "Unknown"),
      reason: word,
      message: anyText,
      podIP: ipv4,
      podIPs: list(map({ ip: ipv4 }, {})),
      hostIP: ipv4,
      hostIPs: list(map({ ip: ipv4 }, {})),
      conditions: list(condition),
      containerStatuses: list(containerStatus),
      initContainerStatuses: list(containerStatus),
      startTime: time,
    },
  ),
});

const labelSelector = map(
  {},
  {
    matchLabels: labels,
    matchExpressions: list(
      map({ key: word, operator: fc.constantFrom("In", "NotIn", "Exists", "DoesNotExist") }, { values: list(word) }),
    ),
  },
);
const template = map({ spec: podSpec }, { metadata: map({}, { labels, annotations: labels }) });
const replicaStatus = map({}, { replicas: fc.nat(9), readyReplicas: fc.nat(9) });

const claim = map(
  { metadata: map({ name: word }, {}) },
  {
    spec: map(
      {},
      {
        accessModes: list(fc.constantFrom("ReadWriteOnce", "ReadWriteMany")),
        storageClassName: word,
        volumeMode: fc.constantFrom("Block", "Filesystem"),
        resources: map({}, { requests: map({}, { storage: fc.constantFrom("1Gi", "1024Mi", 1.5) }) }),
      },
    ),
  },
);
const rollingUpdate = map({}, { maxUnavailable: fc.constantFrom(0, 2, "25%", "100%"), partition: fc.nat(3) });

const workloads = [
  object("apps/v1", "StatefulSet", {
    spec: map(
      { template },
      {
        replicas: fc.nat(5),
        selector: labelSelector,
        serviceName: word,
        ordinals: map({}, { start: fc.nat(9) }),
        podManagementPolicy: fc.constantFrom("OrderedReady", "Parallel"),
        volumeClaimTemplates: list(claim),
        updateStrategy: map({}, { type: fc.constantFrom("RollingUpdate", "OnDelete", ""), rollingUpdate }),
      },
    ),
    status: replicaStatus,
  }),
  object("apps/v1", "Deployment", {
    spec: map(
      { template },
      {
        replicas: fc.nat(5),
        selector: labelSelector,
        strategy: map({}, { type: fc.constantFrom("RollingUpdate", "Recreate"), rollingUpdate }),
      },
    ),
    status: replicaStatus,
  }),
  object("apps/v1", "DaemonSet", {
    spec: map({ template }, { selector: labelSelector, updateStrategy: map({}, { rollingUpdate }) }),
    status: map({}, { currentNumberScheduled: fc.nat(9), numberReady: fc.nat(9) }),
  }),
  object("v1", "ReplicationController", {
    spec: map({ template }, { replicas: fc.nat(5), selector: labels }),
    status: replicaStatus,
  }),
  object("batch/v1", "Job", {
    spec: map(
      { template },
      {
        parallelism: fc.nat(5),
        completions: fc.nat(5),
        completionMode: fc.constantFrom("Indexed", "NonIndexed"),
        suspend: fc.boolean(),
        selector: labelSelector,
      },
    ),
    status: map({}, { active: fc.nat(9), ready: fc.nat(9) }),
  }),
  object("batch/v1", "CronJob", {
    spec: map(
      { jobTemplate: map({ spec: map({ template }, { parallelism: fc.nat(5) }) }, {}) },
      { suspend: fc.boolean(), schedule: fc.constant("*/5 * * * *") },
    ),
  }),
].map((workload) => workload.filter((one) => "spec" in one));

const targetRef = map({ kind: fc.constant("Pod"), name: word }, { namespace: word });
const slicePort = map({}, { name: word, protocol, port });
const endpointSlice = object("discovery.k8s.io/v1", "EndpointSlice", {
  addressType: fc.constantFrom("IPv4", "IPv6", "FQDN"),
  endpoints: list(
    map(
      { addresses: list(ipv4) },
      {
        conditions: map({}, { ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() }),
        hostname: word,
        targetRef,
        nodeName: word,
      },
    ),
  ),
  ports: list(slicePort),
}).filter((one) => "addressType" in one);
const address = map({ ip: ipv4 }, { hostname: word, nodeName: word, targetRef });
const endpoints = object("v1", "Endpoints", {
  subsets: list(map({}, { addresses: list(address), notReadyAddresses: list(address), ports: list(slicePort) })),
});

const event = object("v1", "Event", {
  involvedObject: map({}, { apiVersion: word, kind: word, namespace: word, name: word }),
  type: fc.constantFrom("Normal", "Warning"),
  reason: word,
  message: anyText,
  count: fc.nat(9),
  lastTimestamp: time,
});
const namespace = object("v1", "Namespace", { status: map({}, { phase: word }) });
const node = object("v1", "Node", {
  status: map({}, { addresses: list(map({ type: word, address: ipv4 }, {})), conditions: list(condition) }),
});
const configMap = object("v1", "ConfigMap", {
  data: fc.dictionary(fc.oneof(word, fc.constant("Corefile")), anyText, { maxKeys: 3 }),
});

const policyPeer = map(
  {},
  {
    podSelector: labelSelector,
    namespaceSelector: labelSelector,
    ipBlock: map({ cidr: fc.constant("10.0.0.0/8") }, { except: list(fc.constant("10.1.0.0/16")) }),
  },
);
const policyRule = (peers: string) =>
  map({}, { [peers]: list(policyPeer), ports: list(map({}, { protocol, port: fc.oneof(port, word), endPort: port })) });
const networkPolicy = object("networking.k8s.io/v1", "NetworkPolicy", {
  spec: map(
    { podSelector: labelSelector },
    {
      policyTypes: list(fc.constantFrom("Ingress", "Egress")),
      ingress: list(policyRule("from")),
      egress: list(policyRule("to")),
    },
  ),
});

/** Any object of a kind that we read, as plain JSON. */
export const arbitraryObject: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  service,
  pod,
  ...workloads,
  endpointSlice,
  endpoints,
  event,
  namespace,
  node,
  configMap,
  networkPolicy,
);
