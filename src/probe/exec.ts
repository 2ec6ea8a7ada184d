import { execIn } from "../sources/cluster/exec.ts";
import { PodStreamError } from "../sources/cluster/pod-stream.ts";
import { nodeOfClient } from "./client.ts";
import type { ProbeProgram } from "./errand.ts";
import { ProbeError } from "./error.ts";
import { refusal } from "./refusal.ts";
import type { PodName, ProbeAccess, ProbeWatch, RunOptions, VantageRun } from "./vantage.ts";

/**
 * Runs a program in a container of a client's own Pod, which must have what it calls: nothing is made, nothing stays.
 * `container` null: the Pod's default one.
 */
export async function runByExec(
  access: ProbeAccess,
  pod: PodName,
  container: string | null,
  { command, args }: ProbeProgram,
  { timeout }: RunOptions,
  watch: ProbeWatch,
): Promise<VantageRun> {
  const since = performance.now();
  const timeUp = AbortSignal.timeout(timeout);
  const signal = AbortSignal.any([watch.interrupted, timeUp]);
  watch.progress({ pod, stage: "running", because: "" });
  try {
    const node = await nodeOfClient(access, pod, signal);
    const { stdout, exitCode } = await execIn(access.forward, pod, container, [...command, ...args], signal);
    const ended = performance.now() - since;
    const timings = { created: 0, scheduled: null, running: null, ended, read: ended };
    return { log: stdout, exitCode, pod, node, timings };
  } catch (error) {
    watch.interrupted.throwIfAborted();
    if (timeUp.aborted) {
      const where = `${pod.namespace}/${pod.name}`;
      throw new ProbeError(
        `the command in Pod ${where} was not done within ${timeout / 1000} s`,
        "--timeout 3m waits longer",
      );
    }
    throw error instanceof PodStreamError ? explained(error, pod) : error;
  }
}

function explained({ kind, message }: PodStreamError, { namespace, name }: PodName): ProbeError {
  switch (kind) {
    case "forbidden":
      return refusal({ status: 403, message, body: null }, "the command", namespace);
    case "gone":
      return new ProbeError(message, `kubectl -n ${namespace} get pods lists them`, "usage");
    case "refused":
      return new ProbeError(
        `nothing can be run in Pod ${namespace}/${name}: ${message}`,
        "its image may have no shell: --in without --exec brings one",
      );
    case "unreachable":
      return new ProbeError(message, "try again; a proxy on the way may not let WebSockets through");
  }
}
