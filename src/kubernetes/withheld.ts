import { type Pod, readyCondition } from "../objects/pod.ts";
import type { WithheldBy } from "./endpoint-slices.ts";

/** What keeps a Pod that exists from being a ready endpoint, as far as the Pod itself tells; null where nothing does. */
export function withheldByItself(pod: Pod): WithheldBy | null {
  const { status } = pod;
  if (status === null) return null;
  if (status.phase === "Succeeded" || status.phase === "Failed") return { why: "finished", phase: status.phase };
  if (status.podIPs.length === 0) return { why: "no-address", phase: status.phase };
  const since = pod.metadata.deletionTimestamp;
  if (since !== null) return { why: "terminating", since };
  const condition = readyCondition(pod);
  return condition?.status === "True" ? null : { why: "not-ready", condition };
}

/** The same in a few words that can stand in brackets behind the Pod's name. */
export function describeWithheld(withheld: WithheldBy): string {
  switch (withheld.why) {
    case "finished":
      return withheld.phase === "Succeeded" ? "it has finished" : "it has failed";
    case "no-address":
      return withheld.phase === "Pending" ? "Pending, without an address" : "without an address";
    case "other-family":
      return `its addresses ${withheld.addresses.join(", ")} are no ${withheld.families.join(" or ")} ones`;
    case "node-missing":
      return withheld.node === "" ? "it is on no Node" : `its Node ${withheld.node} does not exist`;
    case "terminating":
      return "terminating";
    case "not-ready": {
      const reason = withheld.condition?.reason ?? "";
      return reason === "" ? "not ready" : `not ready: ${reason}`;
    }
  }
}
