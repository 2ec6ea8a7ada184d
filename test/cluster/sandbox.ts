// The room in which the cluster lives: a PID, mount and network namespace of its own, held by one process.
// When that process ends, the kernel ends every daemon and container in it and takes back every mount, interface and
// iptables rule. So nothing has to be remembered one by one, and no crash leaves anything running.
import { spawn } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { kill } from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { ClusterError, run, waitFor } from "./run.ts";
import {
  cacheFolder,
  hasIPv6,
  hostAddress,
  hostInterface,
  logFile,
  nodeAddress,
  nodeAddress6,
  runFolder,
  serviceRange,
  serviceRange6,
} from "./settings.ts";

/**
 * Every process of ours has this variable, with the run folder as its value. It is how they are found again: unlike
 * a recorded pid it can't name someone else's process.
 */
const mark = "KHEADLESS_CLUSTER_PROCESS";
const environment = {
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  HOME: runFolder,
  [mark]: runFolder,
};

/** A file that only we make: no folder without it is ever removed. */
const folderMark = join(runFolder, "made-by-kheadless-cluster");

/**
 * Where containerd, the kubelet and CNI plugins write whatever their configuration says. In the sandbox these are
 * empty, but for the folders of ours in them.
 */
const hiddenFolders = ["/run", "/var/lib", "/var/log"];

/** Takes the folder to hide, the folder of the new one, and what has to stay visible. */
const hide = `hide() {
  hidden=$1 new=$2; shift 2
  mount -n -t tmpfs -o mode=755 kheadless "$new"
  for kept; do
    case $kept in
      "$hidden"/*) mkdir -p "$new\${kept#"$hidden"}"; mount -n --bind "$kept" "$new\${kept#"$hidden"}" ;;
    esac
  done
  mount -n --rbind "$new" "$hidden"
}`;

/**
 * Settings of the whole machine that the kubelet would change. It leaves alone what already has the value that it
 * wants, so in the sandbox it sees files that have it.
 */
const kernelSettings = {
  "kernel/keys/root_maxbytes": "25000000",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
};

interface Process {
  readonly pid: number;
  /** The name of the program's file. */
  readonly program: string;
}

/** The processes of this cluster, found by their mark. Containers are not among them; they end with the sandbox. */
export function processes(): Process[] {
  const wanted = `\0${mark}=${runFolder}\0`;
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        if (!`\0${readFileSync(`/proc/${pid}/environ`, "utf8")}\0`.includes(wanted)) return [];
        return [{ pid: Number(pid), program: basename(readlinkSync(`/proc/${pid}/exe`)) }];
      } catch {
        return []; // It has ended meanwhile.
      }
    });
}

/** False as well for one that has ended, and that its parent has not taken note of yet. */
function isAlive(pid: number): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

function end(pid: number): void {
  try {
    kill(pid, "SIGKILL");
  } catch {
    // It has ended meanwhile.
  }
}

/** The process that holds the namespaces: PID 1 of the sandbox. */
function holder(): number | undefined {
  return processes().find(({ pid }) => {
    try {
      const status = readFileSync(`/proc/${pid}/status`, "utf8");
      return /^NSpid:\s+\d+\s+1$/m.test(status);
    } catch {
      return false;
    }
  })?.pid;
}

const enter = (pid: number) => ["--target", `${pid}`, "--mount", "--net", "--pid"];

function holderOrThrow(): number {
  const pid = holder();
  if (pid === undefined) throw new ClusterError("the cluster is not running on this machine");
  return pid;
}

/** Runs a command in the sandbox and gives its standard output. */
export const runInside = (command: string, ...args: string[]): Promise<string> =>
  run("nsenter", [...enter(holderOrThrow()), command, ...args], { env: environment });

/** Runs a command of the host in the cluster's network: from there Services and Pods can be reached. */
export const runInNetwork = (command: string, ...args: string[]): Promise<string> =>
  run("nsenter", ["--target", `${holderOrThrow()}`, "--net", command, ...args]);

export function startDaemon(name: string, program: string, args: readonly string[]): void {
  const log = openSync(logFile(name), "a");
  const child = spawn("nsenter", [...enter(holderOrThrow()), program, ...args], {
    cwd: "/",
    env: environment,
    stdio: ["ignore", log, log],
    detached: true,
  });
  child.on("error", (error) => writeFileSync(log, `${name} did not start: ${error.message}\n`));
  child.unref();
  closeSync(log);
}

export async function createSandbox(): Promise<void> {
  if (existsSync(runFolder) && readdirSync(runFolder).length > 0) {
    throw new ClusterError(`${runFolder} is not empty, and not ours`);
  }
  mkdirSync(runFolder, { recursive: true });
  writeFileSync(folderMark, "");
  mkdirSync(join(runFolder, "logs"));
  const settings = join(runFolder, "kernel-settings");
  const present = Object.entries(kernelSettings).filter(([name]) => existsSync(join("/proc/sys", name)));
  for (const [name, value] of present) {
    mkdirSync(dirname(join(settings, name)), { recursive: true });
    writeFileSync(join(settings, name), `${value}\n`);
  }
  const empty = join(runFolder, "empty");
  mkdirSync(empty);
  const ready = join(runFolder, "sandbox-ready");
  const prepare = [
    "set -e",
    "run=$1 cache=$2 settings=$3 empty=$4 ready=$5",
    hide,
    ...hiddenFolders.map((folder) => `hide ${folder} "$empty" "$run" "$cache"`),
    ...present.map(([name]) => `mount -n --bind "$settings/${name}" /proc/sys/${name}`),
    // A shell that waits also collects the processes that lost their parent, as PID 1 has to.
    'touch "$ready"; while :; do sleep 2147483 & wait; done',
  ].join("\n");
  const namespaces = ["--net", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc"];
  const script = ["sh", "-c", prepare, "sh", runFolder, cacheFolder, settings, empty, ready];
  const log = openSync(logFile("sandbox"), "a");
  const child = spawn("unshare", [...namespaces, ...script], {
    cwd: "/",
    env: environment,
    stdio: ["ignore", log, log],
    detached: true,
  });
  child.on("error", (error) => writeFileSync(log, `unshare did not start: ${error.message}\n`));
  child.unref();
  closeSync(log);
  await waitFor(
    "the sandbox",
    10,
    () => existsSync(ready) || undefined,
    () => readFileSync(logFile("sandbox"), "utf8"),
  );
  await connectNetwork();
}

/**
 * One wire between the host and the sandbox. The only routes are those to the host, to Pods and to Services, so the
 * cluster can't reach any other machine, and whatever it tries fails at once instead of running into a time-out.
 */
async function connectNetwork(): Promise<void> {
  const ip = (...args: string[]) => run("ip", args);
  const inside = (...args: string[]) => runInside("ip", ...args);
  await ip("link", "add", hostInterface, "type", "veth", "peer", "name", "eth0", "netns", `${holderOrThrow()}`);
  await ip("address", "add", `${hostAddress}/30`, "dev", hostInterface);
  await ip("link", "set", hostInterface, "up");
  await inside("link", "set", "lo", "up");
  await inside("address", "add", `${nodeAddress}/30`, "dev", "eth0");
  await inside("link", "set", "eth0", "up");
  // kube-proxy gives these packets a Pod's address, but they need a route before it sees them.
  await inside("route", "add", serviceRange, "dev", "eth0");
  const forwarding = ["net/ipv4/ip_forward"];
  if (hasIPv6) {
    await inside("address", "add", `${nodeAddress6}/64`, "dev", "eth0", "nodad");
    await inside("-6", "route", "add", serviceRange6, "dev", "eth0");
    forwarding.push("net/ipv6/conf/all/forwarding");
  }
  for (const setting of forwarding) await runInside("sh", "-c", `echo 1 >/proc/sys/${setting}`);
}

/** Ends and removes everything, whatever state it is in. True if there was anything. */
export async function destroySandbox(): Promise<boolean> {
  const found = processes().length > 0 || existsSync(folderMark) || existsSync(`/sys/class/net/${hostInterface}`);
  const ours = new Set(processes().map(({ pid }) => pid));
  const pidOne = holder();
  if (pidOne !== undefined) {
    end(pidOne);
    // The kernel ends all others in the namespace, and those that wait for them outside then end by themselves.
    for (let tries = 0; tries < 40 && [...ours].some(isAlive); tries++) await sleep(25);
  }
  await waitFor("the end of all processes", 20, () => {
    for (const { pid } of processes()) {
      ours.add(pid);
      end(pid);
    }
    // One that is ending has lost its mark already.
    return [...ours].some(isAlive) ? undefined : true;
  });
  // The kernel takes the interface back with the namespace, but later.
  if (existsSync(`/sys/class/net/${hostInterface}`)) {
    await run("ip", ["link", "delete", hostInterface]).catch(() => {});
  }
  removeCgroups();
  if (!existsSync(folderMark)) {
    removeEmptyFolder(runFolder);
  } else {
    rmSync(runFolder, { recursive: true, force: true });
  }
  return found;
}

/** Removes the cgroups of the containers that containerd ran last, which runc made beside each other. */
function removeCgroups(): void {
  const tasks = join(runFolder, "containerd/state/io.containerd.runtime.v2.task/k8s.io");
  const containers = existsSync(tasks) ? readdirSync(tasks) : [];
  const root = "/sys/fs/cgroup";
  // Version 2 has one hierarchy, version 1 one for each controller.
  for (const hierarchy of [root, ...readdirSync(root).map((controller) => join(root, controller))]) {
    const parent = join(hierarchy, "k8s.io");
    if (!existsSync(parent)) continue;
    for (const container of containers) removeEmptyFolder(join(parent, container));
    removeEmptyFolder(parent);
  }
}

/** Someone else may use it, or it may be gone. */
function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Then it stays.
  }
}
