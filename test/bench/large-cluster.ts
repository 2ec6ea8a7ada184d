/** A healthy cluster's objects as the API server would send them, made one at a time; one Service in fifty is broken. */
export function largeCluster(pods: number, services: number, nodes: number) {
  const replicas = Math.floor(pods / services);
  const namespaces = Math.max(1, Math.floor(services / 20));
  const namespaceOf = (service: number) => `team-${service % namespaces}`;
  const metadata = (name: string, service: number | null, rest: object = {}) => ({
    name,
    ...(service === null ? {} : { namespace: namespaceOf(service) }),
    uid: `00000000-0000-4000-8000-${name.padStart(12, "0").slice(-12)}`,
    creationTimestamp: "2026-01-01T00:00:00Z",
    ...rest,
  });
  const labelsOf = (service: number) => ({
    app: `app-${service}`,
    "app.kubernetes.io/part-of": `part-${service % 30}`,
  });
  const ipOf = (pod: number) => `10.${pod >> 16}.${(pod >> 8) & 255}.${pod & 255}`;
  const hostOf = (pod: number) => `192.168.${(pod % nodes) >> 8}.${(pod % nodes) & 255}`;
  const containers = (service: number) => [
    {
      name: "main",
      image: `registry.example.com/app-${service % 100}:1.2.3`,
      args: ["--listen=:8080", `--peer=app-${service}-0.app-${service}`],
      ports: [{ name: "http", containerPort: 8080, protocol: "TCP" }],
      env: Array.from({ length: 10 }, (_, at) => ({ name: `SETTING_${at}`, value: `value-${at}` })),
      readinessProbe: { httpGet: { path: "/healthz", port: "http" }, periodSeconds: 10, failureThreshold: 3 },
    },
  ];
  const podSpec = (service: number) => ({
    restartPolicy: "Always",
    dnsPolicy: "ClusterFirst",
    containers: containers(service),
  });
  const serviceOf = (pod: number) => Math.floor(pod / replicas) % services;

  return {
    namespaces,
    namespace: (at: number) => ({ metadata: metadata(`team-${at}`, null), status: { phase: "Active" } }),
    node: (at: number) => ({
      metadata: metadata(`node-${at}`, null),
      status: {
        addresses: [{ type: "InternalIP", address: `192.168.${at >> 8}.${at & 255}` }],
        conditions: [{ type: "Ready", status: "True", lastTransitionTime: "2026-01-01T00:00:00Z" }],
      },
    }),
    service: (at: number) => ({
      metadata: metadata(`app-${at}`, at, { labels: labelsOf(at) }),
      spec: {
        type: "ClusterIP",
        clusterIP: "None",
        clusterIPs: ["None"],
        ipFamilies: ["IPv4"],
        ipFamilyPolicy: "SingleStack",
        selector: { app: at % 50 === 0 ? `app-${at}-typo` : `app-${at}` },
        ports: [{ name: "http", port: 8080, targetPort: "http", protocol: "TCP" }],
      },
    }),
    statefulSet: (at: number) => ({
      metadata: metadata(`app-${at}`, at, { labels: labelsOf(at) }),
      spec: {
        replicas,
        serviceName: `app-${at}`,
        selector: { matchLabels: { app: `app-${at}` } },
        template: { metadata: { labels: labelsOf(at) }, spec: podSpec(at) },
      },
      status: { replicas, readyReplicas: replicas },
    }),
    slice: (at: number) => ({
      metadata: metadata(`app-${at}-abcde`, at, {
        labels: {
          "kubernetes.io/service-name": `app-${at}`,
          "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io",
          "service.kubernetes.io/headless": "",
        },
        ownerReferences: [
          { apiVersion: "v1", kind: "Service", name: `app-${at}`, uid: `service-${at}`, controller: true },
        ],
      }),
      addressType: "IPv4",
      ports: at % 50 === 0 ? [] : [{ name: "http", port: 8080, protocol: "TCP" }],
      endpoints: Array.from({ length: at % 50 === 0 ? 0 : replicas }, (_, ordinal) => ({
        addresses: [ipOf(at * replicas + ordinal)],
        conditions: { ready: true, serving: true, terminating: false },
        hostname: `app-${at}-${ordinal}`,
        nodeName: `node-${(at * replicas + ordinal) % nodes}`,
        targetRef: { kind: "Pod", namespace: namespaceOf(at), name: `app-${at}-${ordinal}` },
      })),
    }),
    pod: (at: number) => {
      const service = serviceOf(at);
      const name = `app-${service}-${at % replicas}`;
      const started = new Date(Date.UTC(2026, 0, 1) + at * 11_000).toISOString().replace(".000", "");
      const image = `registry.example.com/app-${service % 100}:1.2.3`;
      return {
        metadata: metadata(name, service, {
          creationTimestamp: started,
          labels: {
            ...labelsOf(service),
            "statefulset.kubernetes.io/pod-name": name,
            "apps.kubernetes.io/pod-index": String(at % replicas),
          },
          ownerReferences: [
            {
              apiVersion: "apps/v1",
              kind: "StatefulSet",
              name: `app-${service}`,
              uid: `set-${service}`,
              controller: true,
            },
          ],
        }),
        spec: {
          ...podSpec(service),
          nodeName: `node-${at % nodes}`,
          hostname: name,
          subdomain: `app-${service}`,
          serviceAccountName: "default",
        },
        status: {
          phase: "Running",
          podIP: ipOf(at),
          podIPs: [{ ip: ipOf(at) }],
          hostIP: hostOf(at),
          hostIPs: [{ ip: hostOf(at) }],
          startTime: started,
          conditions: ["PodReadyToStartContainers", "Initialized", "Ready", "ContainersReady", "PodScheduled"].map(
            (type) => ({ type, status: "True", lastTransitionTime: started }),
          ),
          containerStatuses: [
            {
              name: "main",
              image,
              ready: true,
              started: true,
              restartCount: 0,
              state: { running: { startedAt: started } },
            },
          ],
        },
      };
    },
  };
}
