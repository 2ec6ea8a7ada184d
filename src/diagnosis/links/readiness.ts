import { hasSelector } from "../../objects/service.ts";
import { listed } from "../../trace/words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `2 of 3 Ready, not mysql-2`. */
export function readinessLine({ trace }: LinkView): LinkLine {
  const { service, live } = trace;
  if (!live) return { summary: "only a running cluster knows", judged: "no" };
  if (service !== null && !hasSelector(service)) return { summary: "the Service selects no Pod", judged: "no" };
  const { podStates } = trace.parts;
  if (podStates.status === "unavailable") {
    return { summary: "Pods were not read", judged: podStates.byNature ? "no" : "unknown" };
  }
  const pods = podStates.value;
  const ready = pods.filter(({ state }) => state.is === "ready").length;
  const waiting = pods.filter(({ state }) => state.is === "not-ready").map(({ pod }) => pod.metadata.name);
  const running = ready + waiting.length;
  if (running === 0) return { summary: "no Pod is running", judged: "no" };
  const missing = waiting.length === 0 ? "" : `, not ${listed(waiting)}`;
  const anyway = waiting.length > 0 && service?.spec.publishNotReadyAddresses === true ? " (published anyway)" : "";
  return {
    summary: `${ready} of ${running} Ready${missing}${anyway}`,
    judged: ready > 0 || anyway !== "" ? "yes" : "no",
  };
}
