// The Debian packages that the cluster leans on, installed where they are missing.
import { existsSync } from "node:fs";
import { platform } from "node:os";
import { join } from "node:path";
import { env, geteuid } from "node:process";
import { CannotRunHere, onPath, run, say } from "./run.ts";

const packageOf: Record<string, string> = {
  containerd: "containerd",
  runc: "runc",
  ip: "iproute2",
  iptables: "iptables",
  dig: "bind9-dnsutils",
  busybox: "busybox",
  socat: "socat",
  conntrack: "conntrack",
  openssl: "openssl",
  nsenter: "util-linux",
};

const cniFolders = ["/usr/lib/cni", "/opt/cni/bin"];
const cniFolderHere = () => cniFolders.find((folder) => existsSync(join(folder, "bridge")));

/** Where the CNI plugins are. */
export function cniFolder(): string {
  const folder = cniFolderHere();
  if (folder === undefined) throw new CannotRunHere(`no CNI plugins in ${cniFolders.join(" or ")}`);
  return folder;
}

/** Throws where this machine can't run a cluster, naming what is missing. */
export async function checkMachine(): Promise<void> {
  if (platform() !== "linux") throw new CannotRunHere(`Linux is missing: this is ${platform()}`);
  if (geteuid?.() !== 0)
    throw new CannotRunHere("root is missing: the cluster needs namespaces, mounts and interfaces");
  if (!onPath("go")) throw new CannotRunHere("Go is missing: the cluster's binaries are built with it");
  try {
    await run("unshare", ["--net", "--mount", "--pid", "--fork", "true"]);
  } catch (error) {
    throw new CannotRunHere(`root may not make namespaces here: ${error instanceof Error ? error.message : error}`);
  }
}

export async function installPackages(): Promise<void> {
  const missing = Object.entries(packageOf).filter(([command]) => !onPath(command));
  const packages = missing.map(([, name]) => name);
  if (cniFolderHere() === undefined) packages.push("containernetworking-plugins");
  if (packages.length === 0) return;

  if (!onPath("apt-get")) throw new CannotRunHere(`missing, and no apt-get to install it: ${packages.join(", ")}`);
  say(`installing ${packages.join(" ")}`);
  const aptEnvironment = { ...env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update"], { env: aptEnvironment });
  await run("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env: aptEnvironment });
}
