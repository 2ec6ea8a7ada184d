// How each daemon of the cluster is configured and started.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { certificate, createCertificates, key, publicKey, writeKubeconfig } from "./certificates.ts";
import { cniFolder } from "./packages.ts";
import { ClusterError, lastLines, waitFor } from "./run.ts";
import { processes, runInside, startDaemon } from "./sandbox.ts";
import {
  clusterDomain,
  cniNetwork,
  containerdSocket,
  dnsAddress,
  hasIPv6,
  images,
  logFile,
  nodeAddress,
  nodeAddress6,
  nodeName,
  podRange,
  podRange6,
  runFolder,
  serviceRange,
  serviceRange6,
} from "./settings.ts";

const inRunFolder = (...names: string[]) => join(runFolder, ...names);
const config = (name: string) => inRunFolder("config", name);

function writeConfig(name: string, content: object | string): string {
  mkdirSync(inRunFolder("config"), { recursive: true });
  const text = typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`;
  writeFileSync(config(name), text, { mode: 0o600 });
  return config(name);
}

type Flags = Record<string, string | number | boolean>;
const asArguments = (flags: Flags) => Object.entries(flags).map(([name, value]) => `--${name}=${value}`);

/** The daemons by name, each with its program: what has to run in a healthy cluster. */
const programs = {
  containerd: "containerd",
  etcd: "etcd",
  "kube-apiserver": "kube-apiserver",
  "kube-controller-manager": "kube-controller-manager",
  "kube-scheduler": "kube-scheduler",
  "kube-proxy": "kube-proxy",
  kubelet: "kubelet",
  "upstream-dns": "coredns",
};
type Daemon = keyof typeof programs;

/** The daemons that should run and don't. */
export function missingDaemons(): Daemon[] {
  const running = new Set(processes().map(({ program }) => program));
  return (Object.keys(programs) as Daemon[]).filter((name) => !running.has(programs[name]));
}

const endOfLog = (name: Daemon) =>
  `the end of ${logFile(name)}:\n${lastLines(readFileSync(logFile(name), "utf8"), 15)}`;

/** For a step that waits in vain: which daemons have ended, and what they said last. */
export const describeMissing = (): string =>
  missingDaemons()
    .map((name) => `${name} does not run; ${endOfLog(name)}`)
    .join("\n");

/** Starts a daemon and waits until it is ready, or tells what it said last. */
async function start(name: Daemon, program: string, args: readonly string[], ready?: () => unknown): Promise<void> {
  const started = Date.now();
  startDaemon(name, program, args);
  const state = await waitFor(
    name,
    60,
    async () => {
      if (missingDaemons().includes(name)) {
        // It needs a moment to appear; later its absence means that it has ended.
        return Date.now() - started > 3000 ? "ended" : undefined;
      }
      await ready?.();
      return "ready";
    },
    () => endOfLog(name),
  );
  if (state === "ended") throw new ClusterError(`${name} ended; ${endOfLog(name)}`);
}

/** A kubeconfig for one of the daemons. */
const identity = (user: string, groups: readonly string[] = []) =>
  writeKubeconfig(config(`${user.replaceAll(":", "-")}.kubeconfig`), user, groups);

export async function startContainerd(): Promise<void> {
  const file = writeConfig(
    "containerd.toml",
    `version = 2
root = "${inRunFolder("containerd/root")}"
state = "${inRunFolder("containerd/state")}"
[grpc]
  address = "${containerdSocket}"
[plugins."io.containerd.internal.v1.opt"]
  path = "${inRunFolder("containerd/opt")}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${images.pause}"
  # Without the right to lower a score, runc would die at setting one.
  restrict_oom_score_adj = true
  disable_apparmor = true
  netns_mounts_under_state_dir = true
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniFolder()}"
    conf_dir = "${inRunFolder("cni")}"
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      Root = "${inRunFolder("containerd/runc")}"
`,
  );
  const route = (to: string) => ({ dst: to });
  const range = (subnet: string) => [{ subnet }];
  mkdirSync(inRunFolder("cni"), { recursive: true });
  const network = {
    cniVersion: "0.4.0",
    name: cniNetwork,
    plugins: [
      {
        type: "bridge",
        bridge: "pods",
        isGateway: true,
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: inRunFolder("pod-addresses"),
          ranges: hasIPv6 ? [range(podRange), range(podRange6)] : [range(podRange)],
          routes: hasIPv6 ? [route("0.0.0.0/0"), route("::/0")] : [route("0.0.0.0/0")],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
  writeFileSync(inRunFolder("cni", "pods.conflist"), JSON.stringify(network));
  await start("containerd", "containerd", ["--config", file], () =>
    runInside("ctr", "--address", containerdSocket, "version"),
  );
}

/** etcd and the API server, until it says that it is ready. */
export async function startControlPlane(binaries: string, isReady: () => Promise<unknown>): Promise<void> {
  await createCertificates();
  const etcd = {
    name: "etcd",
    "data-dir": inRunFolder("etcd"),
    "listen-client-urls": "http://127.0.0.1:2379",
    "advertise-client-urls": "http://127.0.0.1:2379",
    "listen-peer-urls": "http://127.0.0.1:2380",
    // Its data doesn't outlive the cluster.
    "unsafe-no-fsync": true,
    // 30,000 Pods, each as it was before and after every change until the next compaction, come near the 2 GiB of its own.
    "quota-backend-bytes": 8 * 1024 ** 3,
    "log-level": "warn",
  };
  await start("etcd", join(binaries, "etcd"), asArguments(etcd));

  const apiServer = {
    "etcd-servers": "http://127.0.0.1:2379",
    "advertise-address": nodeAddress,
    "secure-port": 6443,
    "service-cluster-ip-range": `${serviceRange},${serviceRange6}`,
    "authorization-mode": "Node,RBAC",
    "enable-admission-plugins": "NodeRestriction",
    "allow-privileged": true,
    "client-ca-file": certificate("ca"),
    "tls-cert-file": certificate("server"),
    "tls-private-key-file": key("server"),
    "kubelet-client-certificate": certificate("to-kubelet"),
    "kubelet-client-key": key("to-kubelet"),
    // The node's name is in no DNS.
    "kubelet-preferred-address-types": "InternalIP",
    "service-account-issuer": `https://kubernetes.default.svc.${clusterDomain}`,
    "service-account-key-file": publicKey("tokens"),
    "service-account-signing-key-file": key("tokens"),
  };
  await start("kube-apiserver", join(binaries, "kube-apiserver"), asArguments(apiServer), isReady);

  const controllerManager = {
    kubeconfig: await identity("system:kube-controller-manager"),
    "bind-address": "127.0.0.1",
    "leader-elect": false,
    "use-service-account-credentials": true,
    "service-account-private-key-file": key("tokens"),
    "root-ca-file": certificate("ca"),
    "cluster-signing-cert-file": certificate("ca"),
    "cluster-signing-key-file": key("ca"),
    "flex-volume-plugin-dir": inRunFolder("volume-plugins"),
    // Tests make many objects at once.
    "kube-api-qps": 200,
    "kube-api-burst": 400,
  };
  const scheduler = {
    kubeconfig: await identity("system:kube-scheduler"),
    "bind-address": "127.0.0.1",
    "leader-elect": false,
  };
  await Promise.all([
    start("kube-controller-manager", join(binaries, "kube-controller-manager"), asArguments(controllerManager)),
    start("kube-scheduler", join(binaries, "kube-scheduler"), asArguments(scheduler)),
  ]);
}

/** The kubelet and kube-proxy, and the DNS server that the node's own resolv.conf names. */
export async function startNode(binaries: string): Promise<void> {
  const upstream = writeConfig(
    "upstream.Corefile",
    `# What the cluster's DNS forwards to. It knows external.test and the names under it; of all others it says at once
# that they don't exist.
.:53 {
    template IN A external.test {
        answer "{{ .Name }} 60 IN A 192.0.2.80"
    }
    template IN AAAA external.test {
        answer "{{ .Name }} 60 IN AAAA 2001:db8::80"
    }
    template ANY ANY . {
        rcode NXDOMAIN
        authority ". 60 IN SOA upstream.test. nobody.upstream.test. 1 7200 900 1209600 60"
    }
    errors
}
`,
  );
  const kubelet = {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: certificate("ca") },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${containerdSocket}`,
    clusterDNS: [dnsAddress],
    clusterDomain,
    resolvConf: writeConfig(
      "resolv.conf",
      `nameserver ${nodeAddress}
`,
    ),
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: false,
    enforceNodeAllocatable: [],
    failSwapOn: false,
    // The disk belongs to the machine: however full it is, no Pod is evicted for it.
    evictionHard: {
      "memory.available": "0%",
      "nodefs.available": "0%",
      "nodefs.inodesFree": "0%",
      "imagefs.available": "0%",
    },
    imageGCHighThresholdPercent: 100,
    maxPods: 200,
    // Pods that are deleted without a grace period while they start made this part of the 1.34 kubelet panic.
    featureGates: { InPlacePodVerticalScaling: false },
    podLogsDir: inRunFolder("pod-logs"),
    volumePluginDir: inRunFolder("volume-plugins"),
    registerNode: true,
  };
  const kubeletFlags = {
    config: writeConfig("kubelet.json", kubelet),
    kubeconfig: await identity(`system:node:${nodeName}`, ["system:nodes"]),
    "hostname-override": nodeName,
    "node-ip": hasIPv6 ? `${nodeAddress},${nodeAddress6}` : nodeAddress,
    "root-dir": inRunFolder("kubelet"),
    "cert-dir": inRunFolder("kubelet", "pki"),
  };
  const proxyFlags = {
    kubeconfig: await identity("system:kube-proxy"),
    "hostname-override": nodeName,
    "proxy-mode": "iptables",
    // That limit is the whole machine's.
    "conntrack-max-per-core": 0,
  };
  await Promise.all([
    start("upstream-dns", join(binaries, "coredns"), ["-conf", upstream]),
    start("kubelet", join(binaries, "kubelet"), asArguments(kubeletFlags)),
    start("kube-proxy", join(binaries, "kube-proxy"), asArguments(proxyFlags)),
  ]);
}
