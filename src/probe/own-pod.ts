import { type Creation, createPod } from "./create.ts";
import type { ProbeProgram } from "./errand.ts";
import { ProbeError } from "./error.ts";
import { untilRead } from "./life.ts";
import {
  CONTAINER,
  type Maker,
  NAME_PREFIX,
  type PodManifest,
  type ProbePodOptions,
  probePod,
  randomSuffix,
} from "./pod.ts";
import { removePod } from "./remove.ts";
import type { PodName, ProbeAccess, ProbeWatch, RunOptions, VantageRun } from "./vantage.ts";

/**
 * Runs a program in a Pod of its own, and removes it, however it ends. Throws a ProbeError where it could not be run to its
 * end, a ClusterError where the API server cannot be reached, the reason of `watch.interrupted` where that ends it.
 */
export async function runInPod(
  access: ProbeAccess,
  options: ProbePodOptions,
  program: ProbeProgram,
  maker: Maker,
  run: RunOptions,
  watch: ProbeWatch,
): Promise<VantageRun> {
  watch.interrupted.throwIfAborted();
  const since = performance.now();
  const pod: PodName = { namespace: options.namespace, name: `${NAME_PREFIX}${randomSuffix()}` };
  const manifest = probePod(options, program, pod.name, maker);
  let creation: Creation = { isThere: true, uid: null, error: null };
  watch.progress({ pod, stage: "creating", because: "" });
  try {
    creation = await created(access, manifest, pod, run.timeout, watch);
    if (creation.error !== null) throw creation.error;
    watch.interrupted.throwIfAborted();
    const awaited = { pod, container: CONTAINER, image: options.image, since, created: performance.now() - since };
    return await untilRead(access, awaited, run, watch);
  } finally {
    if (creation.isThere) {
      watch.progress({ pod, stage: "removing", because: "" });
      const failure = await removePod(access, { ...pod, uid: creation.uid }, watch.abandoned);
      if (failure !== null) watch.left(pod, failure);
    }
  }
}

/** A creation under way is waited for also after an interruption: nobody could know what became of it. */
async function created(
  access: ProbeAccess,
  manifest: PodManifest,
  pod: PodName,
  timeout: number,
  watch: ProbeWatch,
): Promise<Creation> {
  const timeUp = AbortSignal.timeout(timeout);
  try {
    return await createPod(access, manifest, pod, watch, AbortSignal.any([watch.abandoned, timeUp]));
  } catch (error) {
    watch.abandoned.throwIfAborted();
    throw timeUp.aborted ? notTaken(timeout, error) : error;
  }
}

function notTaken(timeout: number, cause: unknown): ProbeError {
  return new ProbeError(
    `the API server has not taken the probe's Pod within ${timeout / 1000} s`,
    "an admission webhook may be slow; --timeout 3m waits longer",
    "unchecked",
    { cause },
  );
}
