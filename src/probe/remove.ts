import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../sources/cluster/errors.ts";
import { pathOf } from "../sources/cluster/resources.ts";
import type { PodName, ProbeAccess } from "./vantage.ts";

/** How long a deletion may take before it counts as failed: the user waits for it. */
const PATIENCE_MS = 10_000;

/** A Pod of ours to remove; `uid` null where its creation was never confirmed. */
export interface Removable extends PodName {
  readonly uid: string | null;
}

/** Removes a Pod at once. null where it is gone; else why it may still be there. Never throws. */
export async function removePod(access: ProbeAccess, pod: Removable, abandoned: AbortSignal): Promise<string | null> {
  const timeUp = AbortSignal.timeout(PATIENCE_MS);
  const signal = AbortSignal.any([abandoned, timeUp]);
  try {
    for (let again = pod.uid === null ? UNCONFIRMED_TRIES : 0; ; again--) {
      const answer = await access.api.change(
        { method: "DELETE", path: pathOf("v1", pod.namespace, "pods", pod.name), body: deletion(pod.uid) },
        signal,
      );
      // 409: another Pod has taken the name, which is not ours to delete.
      const gone = answer.status === 404 || answer.status === 409;
      if (!gone)
        return answer.status >= 200 && answer.status < 300 ? null : answer.message || `status ${answer.status}`;
      if (again <= 0) return null;
      await sleep(UNCONFIRMED_PAUSE_MS, undefined, { signal });
    }
  } catch (error) {
    if (abandoned.aborted) return "interrupted again";
    if (timeUp.aborted) return `no answer within ${PATIENCE_MS / 1000} s`;
    return messageOf(error);
  }
}

/** A creation whose answer was lost may still be under way in the API server. */
const UNCONFIRMED_TRIES = 3;
const UNCONFIRMED_PAUSE_MS = 700;

function deletion(uid: string | null): object {
  return {
    apiVersion: "v1",
    kind: "DeleteOptions",
    gracePeriodSeconds: 0,
    ...(uid === null ? {} : { preconditions: { uid } }),
  };
}
