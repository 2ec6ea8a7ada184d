import { pathOf } from "../sources/cluster/resources.ts";
import { isJson, type Json } from "./merge-patch.ts";
import type { PodName, ProbeAccess } from "./vantage.ts";

/** Newest last. */
export interface PodEvent {
  readonly type: string;
  readonly reason: string;
  readonly message: string;
}

/** What the scheduler and the kubelet tell of a Pod; null where it may not be read. */
export async function readEvents(
  { api }: ProbeAccess,
  { namespace, name }: PodName,
  signal: AbortSignal,
): Promise<readonly PodEvent[] | null> {
  const query = { fieldSelector: `involvedObject.kind=Pod,involvedObject.name=${name}` };
  const answer = await api.get(pathOf("v1", namespace, "events"), query, signal);
  const items = answer.status === 200 && isJson(answer.body) ? (answer.body.items ?? []) : null;
  if (!Array.isArray(items)) return null;
  return items
    .filter(isJson)
    .sort((a, b) => timeOf(a) - timeOf(b))
    .map(({ type, reason, message }) => ({ type: String(type), reason: String(reason), message: String(message) }));
}

function timeOf({ lastTimestamp, eventTime, firstTimestamp }: Json): number {
  return Date.parse(String(lastTimestamp ?? eventTime ?? firstTimestamp)) || 0;
}
