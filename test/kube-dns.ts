// Cluster DNS as a cluster shows it, for tests of something that stands beside it: documents without `---` around them.

/** The Service that clients ask, at 10.96.0.10. */
export const kubeDnsService = (ports = "[{ port: 53, protocol: UDP }]"): string => `
apiVersion: v1
kind: Service
metadata: { name: kube-dns, namespace: kube-system, labels: { k8s-app: kube-dns } }
spec:
  type: ClusterIP
  clusterIP: 10.96.0.10
  clusterIPs: [10.96.0.10]
  selector: { k8s-app: kube-dns }
  ports: ${ports}
`;

interface Replica {
  readonly name?: string;
  readonly label?: string;
  readonly image?: string;
  readonly ip?: string;
  readonly ready?: boolean;
  /** More of its metadata, and of its container: `, deletionTimestamp: ...`. */
  readonly meta?: string;
  readonly container?: string;
}

/** A Pod of CoreDNS, Ready unless said otherwise. */
export const coreDnsPod = ({
  name = "coredns-a",
  label = "kube-dns",
  image = "coredns:1.13.2",
  ip = "10.244.0.2",
  ready = true,
  meta = "",
  container = "",
}: Replica = {}): string => `
apiVersion: v1
kind: Pod
metadata: { name: ${name}, namespace: kube-system, labels: { k8s-app: ${label} }${meta} }
spec: { containers: [{ name: coredns, image: "${image}"${container} }] }
status:
  phase: Running
  podIP: ${ip}
  podIPs: [{ ip: ${ip} }]
  conditions: [{ type: Ready, status: "${ready ? "True" : "False"}" }]
  containerStatuses: [{ name: coredns, ready: ${ready}, restartCount: ${ready ? 0 : 3}, image: "${image}", state: { running: {} } }]
`;

/** The ConfigMap with CoreDNS's configuration. */
export const corefileMap = (corefile: string): string => `
apiVersion: v1
kind: ConfigMap
metadata: { name: coredns, namespace: kube-system }
data: { Corefile: ${JSON.stringify(corefile)} }
`;
