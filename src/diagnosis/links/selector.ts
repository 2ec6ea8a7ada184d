import { hasSelector, type Service } from "../../objects/service.ts";
import { count, listed } from "../../trace/words.ts";
import { labelText } from "../words.ts";
import { ownersOf } from "./owners.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `app=mysql matches 3 Pods of StatefulSet mysql`. */
export function selectorLine({ trace }: LinkView): LinkLine {
  const { service, namespace } = trace;
  if (service === null) return { summary: "no Service, so nothing is selected", judged: "no" };
  if (service.spec.type === "ExternalName") return { summary: "an ExternalName Service selects nothing", judged: "no" };
  if (!hasSelector(service)) return { summary: withoutSelector(trace), judged: "yes" };

  const { pods } = trace.parts;
  if (pods.status === "unavailable") {
    return { summary: `${wantedBy(service)} (${pods.because})`, judged: pods.byNature ? "no" : "unknown" };
  }
  const { selected, inNamespace } = pods.value;
  if (selected.length === 0) {
    const wanted = wantedBy(service);
    const among = inNamespace.length === 0 ? `nothing: no Pods in ${namespace}` : `none of ${them(inNamespace.length)}`;
    return {
      summary: inNamespace.length === 0 ? `${wanted} matches ${among}` : `${wanted} matches ${among} in ${namespace}`,
      // Whose fault that is, is for the rules to say: a workload that is scaled to zero is none of the selector's.
      judged: pods.status === "complete" ? "no" : "unknown",
    };
  }
  return {
    summary() {
      const owners = ownersOf(selected, trace);
      const uncounted = selected.every((pod) => pod.derivedFrom !== null && COUNTLESS.has(pod.derivedFrom.kind));
      const pod = uncounted ? "the Pods" : count(selected.length, "Pod");
      const atLeast = pods.status === "partial" ? "at least " : "";
      const of = owners.length === 0 ? "" : ` of ${listed(owners)}`;
      return `${wantedBy(service)} matches ${atLeast}${pod}${of}`;
    },
    judged: "yes",
  };
}

function wantedBy({ spec }: Service): string {
  return labelText(spec.selector ?? {});
}

function withoutSelector({ live, parts: { endpointSlices } }: LinkView["trace"]): string {
  const none = live && endpointSlices.status === "complete" && endpointSlices.value.ofService.length === 0;
  return none ? "no selector, and no EndpointSlice by others" : "no selector: its EndpointSlices are made by others";
}

/** Kinds whose number of Pods no manifest tells: one derived Pod stands for all. */
const COUNTLESS: ReadonlySet<string> = new Set(["DaemonSet", "CronJob"]);

function them(number: number): string {
  return number === 1 ? "the 1 Pod" : `the ${number} Pods`;
}
