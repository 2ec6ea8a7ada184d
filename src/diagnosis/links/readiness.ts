import { readyCondition } from "../../objects/pod.ts";
import { hasSelector } from "../../objects/service.ts";
import { listed } from "../../trace/words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `2 of 3 Ready, not mysql-2`. */
export function readinessLine({ trace }: LinkView): LinkLine {
  if (!trace.live) return { summary: "only a running cluster knows", judged: "no" };
  const { service } = trace;
  if (service !== null && !hasSelector(service)) return { summary: "the Service selects no Pod", judged: "no" };
  const { pods } = trace.parts;
  if (pods.status === "unavailable") return { summary: "Pods were not read", judged: pods.byNature ? "no" : "unknown" };
  const running = pods.value.selected.filter((pod) => pod.status?.phase === "Running");
  if (running.length === 0) return { summary: "no Pod is running", judged: "no" };
  const waiting = running
    .filter((pod) => readyCondition(pod)?.status !== "True")
    .map((pod) => pod.metadata.name)
    .sort();
  const summary = `${running.length - waiting.length} of ${running.length} Ready`;
  const missing = waiting.length === 0 ? "" : `, not ${listed(waiting)}`;
  const anyway = waiting.length > 0 && service?.spec.publishNotReadyAddresses === true ? " (published anyway)" : "";
  return { summary: `${summary}${missing}${anyway}`, judged: "yes" };
}
