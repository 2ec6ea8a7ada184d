import { type ChildProcess, type SpawnSyncOptionsWithStringEncoding, spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../..", import.meta.url));
export const BIN = fileURLToPath(new URL("../../bin/kheadless.js", import.meta.url));

/** An environment with a locale, and without anything that says how to show things or where a cluster is. */
export const CLEAN_ENV: Readonly<Record<string, string>> = {
  PATH: process.env.PATH ?? "",
  HOME: "/nonexistent",
  LANG: "C.UTF-8",
};

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the real bin as a user does, from the root of the repository, and waits until it ends. */
export function run(
  args: readonly string[],
  given: {
    readonly input?: string;
    readonly env?: Record<string, string>;
    readonly cwd?: string;
    readonly bin?: string;
  } = {},
): Ended {
  const options: SpawnSyncOptionsWithStringEncoding = {
    encoding: "utf8",
    cwd: given.cwd ?? ROOT,
    env: { ...CLEAN_ENV, ...given.env },
    input: given.input ?? "",
    timeout: 20_000,
    maxBuffer: 64 * 1024 * 1024,
  };
  const { status, stdout, stderr, error } = spawnSync(process.execPath, [given.bin ?? BIN, ...args], options);
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Runs a shell line that finds the bin as `$KHEADLESS`, as in `$KHEADLESS lint x | head -1`. */
export function shell(line: string, env: Record<string, string> = {}): Ended {
  const { status, stdout, stderr, error } = spawnSync("bash", ["-c", line], {
    encoding: "utf8",
    cwd: ROOT,
    env: { ...CLEAN_ENV, KHEADLESS: `${process.execPath} ${BIN}`, ...env },
    timeout: 20_000,
  });
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** The same beside the test: for commands that talk to a server of the test's own process. */
export function start(
  args: readonly string[],
  env: Record<string, string> = {},
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const child = spawn(process.execPath, [BIN, ...args], {
    cwd: ROOT,
    env: { ...CLEAN_ENV, ...env },
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 25_000,
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const ended = new Promise<Ended>((resolve) => {
    child.on("close", (status) => resolve({ status, stdout, stderr }));
  });
  return { child, ended };
}
