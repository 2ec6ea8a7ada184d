// What the one-machine cluster is called, where it lives and which addresses it has. Everything that must differ
// between two clusters on one machine follows from the run folder.
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { env } from "node:process";

export const kubernetesVersion = "v1.34.4";

/** Sockets, logs, state and kubeconfigs of the running cluster. `cluster:down` removes it. */
export const runFolder = resolve(env.KHEADLESS_CLUSTER_DIR || "/run/kheadless-cluster");

/** Built binaries, kept from run to run. */
export const cacheFolder = join(env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kheadless", "cluster");

const runFolderHash = createHash("sha256").update(runFolder).digest();

/** Goes into names that the whole machine sees: interface, CNI network. */
const clusterId = runFolderHash.toString("hex", 0, 2);
export const hostInterface = `kheadless-${clusterId}`;
export const cniNetwork = `kheadless-${clusterId}`;

const subnet = runFolderHash.readUInt8(2);
/** The two ends of the wire between the host and the cluster's network namespace. */
export const hostAddress = `10.211.${subnet}.1`;
export const nodeAddress = `10.211.${subnet}.2`;
export const nodeAddress6 = `fd00:10:211:${subnet.toString(16)}::2`;
export const nodeName = "node-1";

export const serviceRange = "10.96.0.0/16";
export const serviceRange6 = "fd00:10:96::/112";
export const firstServiceAddress = "10.96.0.1";
export const dnsAddress = "10.96.0.10";
export const podRange = "10.244.0.0/16";
export const podRange6 = "fd00:10:244::/64";
export const clusterDomain = "cluster.local";

/** With IPv6 in the kernel, node and Pods have both families; without, only Services and fake Pods may. */
export const hasIPv6 = existsSync("/proc/sys/net/ipv6");

export const server = `https://${nodeAddress}:6443`;
export const adminKubeconfig = join(runFolder, "kubeconfig");
export const containerdSocket = join(runFolder, "containerd.sock");
export const logFile = (daemon: string): string => join(runFolder, "logs", `${daemon}.log`);

export const images = {
  pause: "kheadless.test/pause:1",
  coredns: "registry.k8s.io/coredns/coredns:v1.13.2",
  /** The name that users' clusters pull for a probe: here it is an image of ours that holds dig and busybox. */
  probe: "registry.k8s.io/e2e-test-images/agnhost:2.53",
  /** The same content, for workloads of the tests. */
  tools: "kheadless.test/tools:1",
} as const;
