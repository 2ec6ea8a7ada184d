import type { Prediction } from "../../dns/records.ts";
import type { CandidateOutcome, Walk } from "../../dns/search.ts";
import type { SnapshotIndex } from "../../objects/snapshot-index.ts";
import type { ObservedDocument } from "./document.ts";
import type { Question } from "./question.ts";

export type Outcome = CandidateOutcome | "forwarded";

/**
 * What all the types that were asked for come to. What the servers really said weighs more than the prediction; a name
 * that one of them denies does not resolve every time.
 */
export function outcomeOf(predictions: readonly Prediction[], observed: readonly ObservedDocument[]): Outcome {
  const each = predictions.map((one): Outcome => {
    const said = observed.filter(({ type, rcode }) => type === one.type && rcode !== null);
    const denied = said.find(({ answers }) => answers.length === 0);
    if (denied !== undefined) return outcomeOfCode(denied.rcode);
    if (said.length > 0) return "answers";
    if (!one.known) return one.cause === "forwarded" ? "forwarded" : "unknown";
    return one.answers.length > 0 ? "answers" : outcomeOfCode(one.rcode);
  });
  const order: readonly Outcome[] = ["answers", "unknown", "forwarded", "nodata", "servfail", "refused", "nxdomain"];
  return order.find((outcome) => each.includes(outcome)) ?? "unknown";
}

/** Of an answer without records. */
function outcomeOfCode(rcode: string | null): Outcome {
  const codes: Readonly<Record<string, CandidateOutcome>> = {
    NOERROR: "nodata",
    NXDOMAIN: "nxdomain",
    SERVFAIL: "servfail",
    REFUSED: "refused",
  };
  return codes[rcode ?? ""] ?? "servfail";
}

export function resolvesOf(
  status: Walk["status"],
  candidates: readonly { readonly name: string; readonly outcome: Outcome }[],
  { name, namespace }: Question,
  index: SnapshotIndex,
): boolean | null {
  if (status === "answers") return true;
  // That mysql.cluster.local does not exist says nothing of a client whose own namespace was not read.
  const known =
    candidates[0]?.outcome === "unknown" ? candidates.filter(({ name }) => /\.(?:svc|pod)\./.test(name)) : candidates;
  const denied = known.some(({ outcome }) => outcome !== "forwarded" && outcome !== "unknown");
  if (status === "unknown" || !denied) return null;
  return candidates.some(({ outcome }) => outcome === "forwarded") && mayBeOutside(name, namespace, index)
    ? null
    : false;
}

/** Top-level domains that a name outside of the cluster most often has, besides those of countries. */
const OUTSIDE =
  /^(?:[a-z]{2}|com|net|org|edu|gov|mil|int|info|biz|app|dev|cloud|online|site|arpa|local|lan|home|corp|internal|intranet|private|test|example)$/;

/**
 * Whether upstream resolvers may know the name as it is. One label they never do; nor a name whose last label is
 * Kubernetes' own, or a namespace or a Service that is there.
 */
function mayBeOutside(name: string, namespace: string, index: SnapshotIndex): boolean {
  const labels = name.toLowerCase().replace(/\.$/, "").split(".");
  const last = labels.at(-1) ?? "";
  if (labels.length < 2 || !OUTSIDE.test(last)) return false;
  const inside =
    index.named("namespaces", last).length > 0 ||
    index.named("services", last).some(({ metadata }) => metadata.namespace === namespace);
  return !inside;
}
