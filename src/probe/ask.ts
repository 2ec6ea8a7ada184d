import type { Labels } from "../objects/meta.ts";
import { cleanOld } from "./clean.ts";
import { runInContainer } from "./client-container.ts";
import type { ProbeProgram } from "./errand.ts";
import { ProbeError } from "./error.ts";
import { runByExec } from "./exec.ts";
import { type Identity, whoAmI } from "./identity.ts";
import { checkLabels, labelsLike } from "./like.ts";
import { checkNode, listNodes } from "./nodes.ts";
import { runInPod } from "./own-pod.ts";
import { makesPod, type Place } from "./place.ts";
import { type Maker, type PodManifest, type ProbePodOptions, probePod, randomSuffix, setsLabels } from "./pod.ts";
import { CONTAINER_RIGHTS, checkRights, POD_RIGHTS, type Right } from "./rights.ts";
import type { ProbeAccess, ProbeWatch, RunOptions, VantageRun } from "./vantage.ts";

/** What became of asking from one place. */
export type Vantage =
  | ({ readonly status: "ran" } & VantageRun)
  /** Only of one node among several: where one place was asked for, its failure is thrown. */
  | { readonly status: "failed"; readonly node: string; readonly because: string };

/**
 * Runs a program at a place in the cluster, and leaves nothing behind that can be removed. Throws a ProbeError or ClusterError
 * that says why it could not, the reason of `watch.interrupted` where that ends it.
 */
export async function askFrom(
  access: ProbeAccess,
  wanted: Place,
  program: ProbeProgram,
  run: RunOptions,
  watch: ProbeWatch,
): Promise<readonly Vantage[]> {
  const place = await likeClient(access, wanted, watch);
  switch (place.kind) {
    case "container":
      await allowed(access, CONTAINER_RIGHTS, place.pod.namespace, watch.interrupted);
      return [{ status: "ran", ...(await runInContainer(access, place.pod, place.image, program, run, watch)) }];
    case "exec":
      return [{ status: "ran", ...(await runByExec(access, place.pod, place.container, program, run, watch)) }];
    case "pod": {
      const { options } = place;
      if (options.node !== null) await checkNode(access, options.node, watch.interrupted);
      return withMaker(access, options, program, watch, async (maker) => [
        { status: "ran", ...(await runInPod(access, options, program, maker, run, watch)) },
      ]);
    }
    case "every-node": {
      const nodes = await listNodes(access, watch.interrupted);
      return withMaker(access, place.options, program, watch, (maker) =>
        sideBySide(nodes, place.atOnce, async ({ name, unfit }): Promise<Vantage> => {
          if (unfit !== null) return { status: "failed", node: name, because: unfit };
          try {
            const there = { ...place.options, node: name };
            return { status: "ran", ...(await runInPod(access, there, program, maker, run, watch)) };
          } catch (error) {
            watch.interrupted.throwIfAborted();
            if (error instanceof ProbeError) return { status: "failed", node: name, because: error.message };
            throw error;
          }
        }),
      );
    }
  }
}

async function allowed(
  access: ProbeAccess,
  rights: readonly Right[],
  namespace: string,
  signal: AbortSignal,
): Promise<Identity> {
  const identity = await whoAmI(access, signal);
  await checkRights(access, identity, rights, namespace, signal);
  return identity;
}

/** The place with the labels of the client that it is to be like; those that were given stand over them. */
export async function likeClient<P extends Place>(access: ProbeAccess, place: P, watch: ProbeWatch): Promise<P> {
  if (!makesPod(place) || place.like === null) return place;
  const labels = { ...(await labelsLike(access, place.like, watch)), ...place.options.labels };
  return { ...place, options: { ...place.options, labels } };
}

/** The Pod of a place, for people who create it themselves: without what a run of ours finds it again by. */
export function podToCreate(options: ProbePodOptions, program: ProbeProgram): PodManifest {
  return probePod(options, program, null, null);
}

/** Checks what can be checked before any Pod is made, and removes beside it what earlier probes left. */
async function withMaker<T>(
  access: ProbeAccess,
  options: ProbePodOptions,
  program: ProbeProgram,
  watch: ProbeWatch,
  work: (maker: Maker) => Promise<T>,
): Promise<T> {
  const signal = watch.interrupted;
  const { labels } = probePod(options, program, null, null).metadata as { readonly labels: Labels };
  const [identity] = await Promise.all([
    allowed(access, POD_RIGHTS, options.namespace, signal),
    setsLabels(options) ? checkLabels(access, options.namespace, labels, signal) : null,
  ]);
  const cleaning = cleanOld(access, identity, options.namespace, signal).catch(() => {});
  try {
    return await work({ user: identity.user, run: randomSuffix() });
  } finally {
    await cleaning;
  }
}

/** At most `most` at a time; in the order of the items. The first error ends it, once all that were begun are done. */
async function sideBySide<T, R>(
  items: readonly T[],
  most: number,
  work: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results = new Map<number, R>();
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results.set(index, await work(item));
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const workers = await Promise.allSettled(Array.from({ length: most }, worker));
  const broken = workers.find((one) => one.status === "rejected");
  if (broken !== undefined) throw broken.reason;
  return [...results].sort(([a], [b]) => a - b).map(([, result]) => result);
}
