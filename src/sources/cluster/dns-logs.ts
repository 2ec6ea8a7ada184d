import { type Collected, complete, partial, unavailable } from "../../objects/collected.ts";
import type { PodLog } from "../../objects/observation.ts";
import type { Pod } from "../../objects/pod.ts";
import type { Api } from "./http.ts";
import { describeLacks, type Lack, lackOf } from "./lack.ts";
import { pathOf } from "./resources.ts";

const TAIL_LINES = 200;
const MOST_BYTES = 256 * 1024;
const SINCE_SECONDS = 3600;
/** Replicas log the same faults: a few of them are enough. */
const MOST_PODS = 4;
const KEPT_LINES = 20;
const LONGEST_LINE = 500;
/** What CoreDNS's log (plugin/pkg/log), klog in it, and a dying Go process mark as a fault. */
const FAULT = /\[(ERROR|FATAL|WARNING)\]|^[EF]\d{4} |^panic:|\bforbidden\b|not ready|Still waiting on|^\S+:\d+ - Error/;

/** What the Pods of cluster DNS logged of faults in the last hour, each the newest lines of it. */
export async function readDnsLogs(api: Api, pods: readonly Pod[], signal: AbortSignal): Promise<Collected<PodLog>> {
  const logs: PodLog[] = [];
  const lacks: Lack[] = [];
  await Promise.all(
    pods.slice(0, MOST_PODS).map(async (pod) => {
      const { namespace, name } = pod.metadata;
      const [container] = pod.spec.containers;
      const status = pod.status?.containerStatuses.find((one) => one.name === container?.name);
      // Between two starts the fault is in the log of the one before.
      const previous = status?.state?.type === "waiting" && status.lastState?.type === "terminated";
      const query: Record<string, string> = {
        tailLines: String(TAIL_LINES),
        limitBytes: String(MOST_BYTES),
        sinceSeconds: String(SINCE_SECONDS),
        ...(container === undefined ? {} : { container: container.name }),
        ...(previous ? { previous: "true" } : {}),
      };
      const answer = await api.text(`${pathOf("v1", namespace, "pods", name)}/log`, query, signal);
      if (answer.status === 200 && typeof answer.body === "string") {
        logs.push({ pod: { namespace, name }, lines: faultsOf(answer.body) });
      } else {
        lacks.push(lackOf(answer, "get", "pods/log", ` in ${namespace}`));
      }
    }),
  );
  logs.sort((a, b) => (a.pod.name < b.pod.name ? -1 : 1));
  if (lacks.length === 0) return complete(logs);
  return logs.length === 0 ? unavailable(describeLacks(lacks)) : partial(logs, describeLacks(lacks));
}

function faultsOf(log: string): readonly string[] {
  return log
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => FAULT.test(line))
    .slice(-KEPT_LINES)
    .map((line) => (line.length <= LONGEST_LINE ? line : `${line.slice(0, LONGEST_LINE)}...`));
}
