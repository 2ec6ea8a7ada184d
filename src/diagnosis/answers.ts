import type { Prediction, RecordType } from "../dns/records.ts";
import { isStandIn } from "../kubernetes/workload-pods.ts";
import { hasEnded } from "../objects/pod.ts";
import type { ServiceTrace } from "../trace/trace.ts";
import { byName } from "../trace/words.ts";

/** Predicts what cluster DNS answers for an absolute name. */
export type Predict = (name: string, type: RecordType) => Prediction;

/** What cluster DNS is predicted to answer for a Service's own name, and for the names of the Pods that should be below it. */
export interface NameAnswer {
  /** Absolute, with its trailing dot. */
  readonly name: string;
  /** `negative`: neither A nor AAAA has an answer. `unknown`: what was read does not tell. */
  readonly status: "answers" | "negative" | "unknown";
  /** A, then AAAA. */
  predictions(): readonly Prediction[];
  /** The Pods whose subdomain is the Service, by their names below it (`mysql-0.mysql`), at most POD_NAMES of them. */
  pods(): { readonly answering: readonly string[]; readonly negative: readonly string[] };
}

/** A chain's line has room for a few names; the rest of a large workload would only cost time. */
const POD_NAMES = 100;

export function answerFor(trace: ServiceTrace, predict: Predict): NameAnswer {
  const { namespace, name, clusterDomain } = trace;
  const own = `${name}.${namespace}.svc.${clusterDomain}.`;
  const address = predict(own, "A");
  const predictions = (): readonly Prediction[] => [address, predict(own, "AAAA")];
  return {
    name: own,
    // What has an address of one family answers, whatever the other says.
    status: isAnswer(address) ? "answers" : statusOf(predictions()),
    predictions,
    pods: () => podAnswers(trace, own, predict),
  };
}

function podAnswers(trace: ServiceTrace, own: string, predict: Predict): ReturnType<NameAnswer["pods"]> {
  const answering: string[] = [];
  const negative: string[] = [];
  for (const hostname of hostnamesOf(trace)) {
    const address = predict(`${hostname}.${own}`, "A");
    const status = isAnswer(address) ? "answers" : statusOf([address, predict(`${hostname}.${own}`, "AAAA")]);
    if (status === "answers") answering.push(`${hostname}.${trace.name}`);
    else if (status === "negative") negative.push(`${hostname}.${trace.name}`);
  }
  return { answering, negative };
}

function statusOf(predictions: readonly Prediction[]): NameAnswer["status"] {
  if (predictions.some(isAnswer)) return "answers";
  return predictions.some((one) => !one.known) ? "unknown" : "negative";
}

function isAnswer(prediction: Prediction): boolean {
  return prediction.known && prediction.answers.length > 0;
}

/** The names that Pods ask to have under this Service; a stand-in for a name that only the cluster knows is none. */
function hostnamesOf(trace: ServiceTrace): readonly string[] {
  const { pods } = trace.parts;
  if (pods.status === "unavailable") return [];
  const hostnames = pods.value.withSubdomain.flatMap((pod) => {
    const { hostname } = pod.spec;
    return hostname === "" || isStandIn(hostname) || hasEnded(pod) ? [] : [hostname];
  });
  return [...new Set(hostnames)].sort(byName).slice(0, POD_NAMES);
}
