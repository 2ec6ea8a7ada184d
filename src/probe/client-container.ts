import { pathOf } from "../sources/cluster/resources.ts";
import { nodeOfClient } from "./client.ts";
import type { ProbeProgram } from "./errand.ts";
import { untilRead } from "./life.ts";
import { NAME_PREFIX, probeContainer, randomSuffix } from "./pod.ts";
import { refusal } from "./refusal.ts";
import type { PodName, ProbeAccess, ProbeWatch, RunOptions, VantageRun } from "./vantage.ts";

/**
 * Runs a program in an ephemeral container of a client's Pod: in its network namespace, with its /etc/resolv.conf. The
 * container stays in the Pod's spec, ended, for as long as the Pod lives: the API has no way to take it out again.
 */
export async function runInContainer(
  access: ProbeAccess,
  pod: PodName,
  image: string,
  program: ProbeProgram,
  run: RunOptions,
  watch: ProbeWatch,
): Promise<VantageRun> {
  watch.interrupted.throwIfAborted();
  const since = performance.now();
  const container = `${NAME_PREFIX}${randomSuffix()}`;
  watch.progress({ pod, stage: "creating", because: "" });
  await nodeOfClient(access, pod, watch.interrupted);
  const path = `${pathOf("v1", pod.namespace, "pods", pod.name)}/ephemeralcontainers`;
  const body = { spec: { ephemeralContainers: [probeContainer(container, image, program)] } };
  const answer = await access.api.change({ method: "PATCH", path, body }, watch.interrupted);
  if (answer.status < 200 || answer.status >= 300) throw refusal(answer, "the probe's container", pod.namespace);
  const awaited = { pod, container, image, since, created: performance.now() - since };
  return await untilRead(access, awaited, run, watch);
}
