// The cluster's DNS: CoreDNS as kubeadm installs it, and how tests change it.
import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type Api, type KubeObject, reference } from "./api.ts";
import { clusterDomain, dnsAddress, images } from "./settings.ts";

const namespace = "kube-system";
const labels = { "k8s-app": "kube-dns" };
const corefileAnnotation = "kheadless.test/corefile";

const deployment = reference("apps/v1", "Deployment", "coredns", namespace);
const configMap = reference("v1", "ConfigMap", "coredns", namespace);
const pods = { apiVersion: "v1", kind: "Pod", namespace, labelSelector: "k8s-app=kube-dns" };

/** The Corefile that kubeadm writes. */
export const defaultCorefile = `.:53 {
    errors
    health {
       lameduck 5s
    }
    ready
    kubernetes ${clusterDomain} in-addr.arpa ip6.arpa {
       pods insecure
       fallthrough in-addr.arpa ip6.arpa
       ttl 30
    }
    prometheus :9153
    forward . /etc/resolv.conf {
       max_concurrent 1000
    }
    cache 30 {
       disable success ${clusterDomain}
       disable denial ${clusterDomain}
    }
    loop
    reload
    loadbalance
}
`;

const probe = (path: string, port: number) => ({ httpGet: { path, port, scheme: "HTTP" } });

const objects: KubeObject[] = [
  { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "coredns", namespace } },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRole",
    metadata: { name: "system:coredns" },
    rules: [
      { apiGroups: [""], resources: ["services", "pods", "namespaces"], verbs: ["list", "watch"] },
      { apiGroups: ["discovery.k8s.io"], resources: ["endpointslices"], verbs: ["list", "watch"] },
    ],
  },
  {
    apiVersion: "rbac.authorization.k8s.io/v1",
    kind: "ClusterRoleBinding",
    metadata: { name: "system:coredns" },
    roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "ClusterRole", name: "system:coredns" },
    subjects: [{ kind: "ServiceAccount", name: "coredns", namespace }],
  },
  { ...configMap, metadata: { name: "coredns", namespace }, data: { Corefile: defaultCorefile } },
  {
    apiVersion: "v1",
    kind: "Service",
    metadata: {
      name: "kube-dns",
      namespace,
      labels: { ...labels, "kubernetes.io/cluster-service": "true", "kubernetes.io/name": "CoreDNS" },
      annotations: { "prometheus.io/port": "9153", "prometheus.io/scrape": "true" },
    },
    spec: {
      selector: labels,
      clusterIP: dnsAddress,
      ports: [
        { name: "dns", port: 53, targetPort: 53, protocol: "UDP" },
        { name: "dns-tcp", port: 53, targetPort: 53, protocol: "TCP" },
        { name: "metrics", port: 9153, targetPort: 9153, protocol: "TCP" },
      ],
    },
  },
  {
    ...deployment,
    metadata: { name: "coredns", namespace, labels },
    spec: {
      replicas: 2,
      selector: { matchLabels: labels },
      strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 1 } },
      template: {
        metadata: { labels },
        spec: {
          serviceAccountName: "coredns",
          priorityClassName: "system-cluster-critical",
          nodeSelector: { "kubernetes.io/os": "linux" },
          tolerations: [
            { key: "CriticalAddonsOnly", operator: "Exists" },
            { key: "node-role.kubernetes.io/control-plane", effect: "NoSchedule" },
          ],
          dnsPolicy: "Default",
          containers: [
            {
              name: "coredns",
              image: images.coredns,
              imagePullPolicy: "IfNotPresent",
              args: ["-conf", "/etc/coredns/Corefile"],
              resources: { limits: { memory: "170Mi" }, requests: { cpu: "100m", memory: "70Mi" } },
              volumeMounts: [{ name: "config-volume", mountPath: "/etc/coredns", readOnly: true }],
              ports: [
                { name: "dns", containerPort: 53, protocol: "UDP" },
                { name: "dns-tcp", containerPort: 53, protocol: "TCP" },
                { name: "metrics", containerPort: 9153, protocol: "TCP" },
                { name: "liveness-probe", containerPort: 8080, protocol: "TCP" },
                { name: "readiness-probe", containerPort: 8181, protocol: "TCP" },
              ],
              livenessProbe: {
                ...probe("/health", 8080),
                initialDelaySeconds: 60,
                timeoutSeconds: 5,
                failureThreshold: 5,
              },
              // Every second, so that tests wait no longer than needed.
              readinessProbe: { ...probe("/ready", 8181), periodSeconds: 1 },
              securityContext: {
                allowPrivilegeEscalation: false,
                capabilities: { add: ["NET_BIND_SERVICE"], drop: ["ALL"] },
                readOnlyRootFilesystem: true,
              },
            },
          ],
          volumes: [
            { name: "config-volume", configMap: { name: "coredns", items: [{ key: "Corefile", path: "Corefile" }] } },
          ],
        },
      },
    },
  },
];

export async function installClusterDns(api: Api): Promise<void> {
  for (const object of objects) await api.create(object);
}

const isReady = ({ status }: KubeObject): boolean =>
  status?.conditions?.some(
    ({ type, status: value }: { type: string; status: string }) => type === "Ready" && value === "True",
  ) ?? false;

/** Whether what is left of older replicas may answer on, or is waited for until it has ended. */
type Leaving = "left-alone" | "ended";
const seconds = 90;

/** The CoreDNS Pods, once there are as many as wanted, all of them ready and of the newest kind. */
export async function clusterDnsReady(api: Api, leaving: Leaving = "left-alone"): Promise<KubeObject[]> {
  const wanted = (await api.get(deployment)).spec.replicas;
  await api.wait(
    deployment,
    (found) => {
      const { replicas = 0, readyReplicas = 0, updatedReplicas = 0, observedGeneration = 0 } = found?.status ?? {};
      const current = observedGeneration === found?.metadata.generation;
      return current && replicas === wanted && readyReplicas === wanted && updatedReplicas === wanted;
    },
    { seconds },
  );
  const isLeaving = ({ metadata }: KubeObject) => metadata.deletionTimestamp !== undefined;
  return api.waitForAll(
    pods,
    (found) => {
      // They say a long good-bye. Struck off, they go on answering what kube-proxy still sends them, by what they knew.
      if (leaving === "left-alone") {
        for (const pod of found.filter(isLeaving)) void api.delete(pod, { now: true }).catch(() => {});
      }
      return found.length === wanted && found.every(isReady);
    },
    { seconds },
  );
}

/** Replaces the CoreDNS Pods at once, and waits for the new ones. */
export async function restartClusterDns(api: Api): Promise<KubeObject[]> {
  const old = await api.list(pods);
  await Promise.all(old.map((pod) => api.delete(pod, { now: true })));
  await Promise.all(old.map((pod) => api.wait(pod, (found) => found?.metadata.uid !== pod.metadata.uid)));
  return clusterDnsReady(api);
}

export async function scaleClusterDns(api: Api, replicas: number): Promise<KubeObject[]> {
  await api.patch(deployment, { spec: { replicas } });
  return clusterDnsReady(api);
}

export async function readCorefile(api: Api): Promise<string> {
  const { data } = await api.get(configMap);
  return data.Corefile;
}

/**
 * Lets all replicas serve another Corefile, and gives their Pods. They are started anew: CoreDNS's own reload comes up
 * to a minute later, and at another time in each replica.
 */
export async function applyCorefile(api: Api, corefile: string, leaving?: Leaving): Promise<KubeObject[]> {
  const hash = createHash("sha256").update(corefile).digest("hex").slice(0, 16);
  await api.patch(configMap, { data: { Corefile: corefile } });
  // The kubelet learns of the ConfigMap and of the new Pods through different watches; the first one needs a start.
  await sleep(500);
  const annotations = { [corefileAnnotation]: `${hash}-${Date.now()}` };
  await api.patch(deployment, { spec: { template: { metadata: { annotations } } } });
  return clusterDnsReady(api, leaving);
}

/**
 * Lets `work` run while all replicas serve another Corefile, then puts the one back that was there. Where Pods ask by the
 * address of cluster DNS afterwards, `leaving` must have `ended`.
 */
export async function withCorefile<T>(
  api: Api,
  corefile: string,
  work: (pods: KubeObject[]) => Promise<T>,
  leaving?: Leaving,
): Promise<T> {
  const before = await readCorefile(api);
  try {
    return await work(await applyCorefile(api, corefile));
  } finally {
    await applyCorefile(api, before, leaving);
  }
}

/** Undoes what an interrupted test left behind. */
export async function restoreClusterDns(api: Api): Promise<void> {
  if ((await readCorefile(api)) !== defaultCorefile) await applyCorefile(api, defaultCorefile);
  if ((await api.get(deployment)).spec.replicas !== 2) await scaleClusterDns(api, 2);
  await clusterDnsReady(api);
}
