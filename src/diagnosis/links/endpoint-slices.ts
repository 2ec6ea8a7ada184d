import { hasSelector } from "../../objects/service.ts";
import { count } from "../../trace/words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `mysql-x7k2p: 2 ready of 3`. */
export function endpointSlicesLine({ trace }: LinkView): LinkLine {
  const { service } = trace;
  const { endpointSlices } = trace.parts;
  if (endpointSlices.status === "unavailable") {
    return { summary: endpointSlices.because, judged: endpointSlices.byNature ? "no" : "unknown" };
  }
  const slices = endpointSlices.value.ofService;
  const one = slices[0];
  if (one === undefined) {
    if (service === null) return { summary: "none", judged: "no" };
    if (!service.live && hasSelector(service)) return { summary: "none yet: the cluster makes them", judged: "no" };
    return { summary: "none of this Service", judged: endpointSlices.status === "complete" ? "no" : "unknown" };
  }
  const name = slices.length === 1 ? one.metadata.name : count(slices.length, "slice");
  const endpoints = slices.flatMap((slice) => slice.endpoints);
  // DNS takes an endpoint without the condition as ready, and so must this count.
  const ready = endpoints.filter((endpoint) => endpoint.conditions.ready !== false).length;
  const held = endpoints.length === 0 ? "no endpoints" : `${ready} ready of ${endpoints.length}`;
  // Slices only show what their Pods are: whether they should hold more is for the rules to say.
  return { summary: `${name}: ${held}`, judged: ready > 0 ? "yes" : "no" };
}
