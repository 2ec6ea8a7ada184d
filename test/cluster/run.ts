// Running commands, waiting, and telling what went wrong in one line.
import { type SpawnOptions, spawn, spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

/** Something that a reader can act on: shown without a stack. */
export class ClusterError extends Error {
  override name = "ClusterError";
}

/** This machine cannot run a cluster, and says why: not a failure of the cluster. */
export class CannotRunHere extends ClusterError {
  override name = "CannotRunHere";
}

export const say = (line: string): void => console.error(`cluster: ${line}`);

/** Runs a command to its end and gives its standard output; a failure carries what it said. */
export async function run(command: string, args: readonly string[], options: SpawnOptions = {}): Promise<string> {
  const child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"], ...options });
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.on("error", (error) => reject(new ClusterError(`${command} did not start: ${error.message}`)));
    child.on("close", (status, signal) => resolve(status ?? signal));
  });
  if (code !== 0) {
    const said = lastLines(stderr || stdout, 15);
    throw new ClusterError(`${command} ${args.slice(0, 3).join(" ")} ... ended with ${code}\n${said}`);
  }
  return stdout;
}

export const lastLines = (text: string, count: number): string => text.trimEnd().split("\n").slice(-count).join("\n");

export const onPath = (command: string): boolean =>
  spawnSync("sh", ["-c", `command -v ${command}`], { stdio: "ignore" }).status === 0;

/**
 * Asks `ready` until it gives something other than undefined. A throw counts as "not yet", and the last one is told
 * when the time is over. `describe` may add what is known by then, a log for instance.
 */
export async function waitFor<T>(
  what: string,
  seconds: number,
  ready: () => Promise<T | undefined> | T | undefined,
  describe: () => string = () => "",
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let pause = 20;
  let lastError = "";
  for (;;) {
    try {
      const result = await ready();
      if (result !== undefined) return result;
      lastError = "";
    } catch (error) {
      if (error instanceof ClusterError) lastError = error.message;
      else lastError = String(error);
    }
    if (Date.now() > deadline) {
      const details = [lastError, describe()].filter(Boolean).join("\n");
      throw new ClusterError(`${what}: not within ${seconds} s${details && `\n${details}`}`);
    }
    await sleep(pause);
    pause = Math.min(pause * 1.5, 250);
  }
}

/**
 * Runs `work` while holding a lock on `file`. The lock is flock's: the kernel frees it when the holder ends, and the
 * holder ends when our end of its pipe closes, so no crash of ours leaves it behind.
 */
export async function withLock<T>(file: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(file), { recursive: true });
  const holder = spawn("flock", [file, "sh", "-c", "echo locked; exec cat"], {
    stdio: ["pipe", "pipe", "inherit"],
    // In a process group of its own, so that Ctrl-C doesn't free the lock before we are done.
    detached: true,
  });
  const ended = new Promise<never>((_, reject) => {
    holder.on("error", (error) => reject(new ClusterError(`flock did not start: ${error.message}`)));
    holder.on("exit", (code) => reject(new ClusterError(`flock ${file} ended with ${code}`)));
  });
  ended.catch(() => {});
  const waiting = setTimeout(() => say(`another process holds ${file}, waiting for it`), 1000);
  try {
    await Promise.race([new Promise((resolve) => holder.stdout.once("data", resolve)), ended]);
    clearTimeout(waiting);
    return await work();
  } finally {
    clearTimeout(waiting);
    holder.stdin.end();
  }
}
