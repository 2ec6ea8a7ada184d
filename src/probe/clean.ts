import { pathOf } from "../sources/cluster/resources.ts";
import { ProbeError } from "./error.ts";
import { type Identity, whoAmI } from "./identity.ts";
import { isJson } from "./merge-patch.ts";
import { USER_LABEL } from "./pod.ts";
import { removePod } from "./remove.ts";
import type { PodName, ProbeAccess } from "./vantage.ts";

/** What stays of a probe whose program was killed. */
interface Leftover extends PodName {
  readonly uid: string;
  /** Milliseconds since 1970 by the API server's clock: then it has ended by itself, and nobody reads its log any more. */
  readonly over: number;
}

/** For whoever made it: to end, to be read, to be removed. */
const MARGIN_MS = 60_000;

/**
 * Removes the Pods of earlier probes of the same user: in one namespace, or (null) in all. Also those that still run: who
 * asks for it knows of no other. Throws a ProbeError where they cannot be found or told from other people's.
 */
export async function cleanUp(
  access: ProbeAccess,
  namespace: string | null,
  signal: AbortSignal,
): Promise<readonly PodName[]> {
  const { user } = await whoAmI(access, signal);
  if (user === null) {
    throw new ProbeError(
      "the API server does not say who you are to it, so your probes' Pods cannot be told from other people's",
      `kubectl get pods -l ${USER_LABEL} shows all of them`,
    );
  }
  const found = await leftovers(access, user, namespace, signal);
  if (typeof found === "string") throw new ProbeError(`earlier probes' Pods cannot be found: ${found}`);
  for (const pod of found) {
    const failure = await removePod(access, pod, signal);
    if (failure !== null) throw new ProbeError(`Pod ${pod.namespace}/${pod.name} could not be removed: ${failure}`);
  }
  return found.map(({ name, namespace: place }) => ({ namespace: place, name }));
}

/**
 * What each probe does on its way: removes what earlier ones of the same user left whose time is over. Probes that run at
 * the same moment are left alone, and where anything fails nothing is lost.
 */
export async function cleanOld(
  access: ProbeAccess,
  { user, now }: Identity,
  namespace: string,
  signal: AbortSignal,
): Promise<void> {
  if (user === null || now === null) return;
  const found = await leftovers(access, user, namespace, signal);
  if (typeof found === "string") return;
  const over = found.filter((pod) => pod.over < Date.parse(now));
  await Promise.all(over.map((pod) => removePod(access, pod, signal)));
}

/** In words why not, where they cannot be listed. */
async function leftovers(
  { api }: ProbeAccess,
  user: string,
  namespace: string | null,
  signal: AbortSignal,
): Promise<readonly Leftover[] | string> {
  const query = { labelSelector: `${USER_LABEL}=${user}` };
  const answer = await api.get(pathOf("v1", namespace, "pods"), query, signal);
  const items = answer.status === 200 && isJson(answer.body) ? (answer.body.items ?? []) : null;
  if (!Array.isArray(items)) return answer.message === "" ? `status ${answer.status}` : answer.message;
  return items.flatMap((item: unknown) => {
    if (!isJson(item) || !isJson(item.metadata)) return [];
    const { name, namespace: place, uid, creationTimestamp } = item.metadata;
    const deadline = isJson(item.spec) ? Number(item.spec.activeDeadlineSeconds ?? 0) : 0;
    const over = Date.parse(String(creationTimestamp)) + deadline * 1000 + MARGIN_MS;
    return [{ name: String(name), namespace: String(place), uid: String(uid), over }];
  });
}
