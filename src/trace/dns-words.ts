import { compareAnswer } from "../dns/compare.ts";
import type { Prediction } from "../dns/records.ts";
import { present } from "../objects/collected.ts";
import type { ObservedRecord } from "../objects/observation.ts";
import type { Pod } from "../objects/pod.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import type { DnsCorefile } from "./dns-corefile.ts";
import { type DnsServers, isReady } from "./dns-servers.ts";
import { type Observed, readReplies } from "./observed.ts";
import type { Part } from "./part.ts";
import { count, listed } from "./words.ts";

/** One line about cluster DNS: `CoreDNS 1.13.2: 2 of 2 Pods Ready, serves cluster.local`, or why it is not known. */
export function describeServers(servers: Part<DnsServers>, corefile: Part<DnsCorefile>): string {
  if (servers.status === "unavailable") return servers.because;
  const { place, service, software, image, pods, ready, nodeLocal, onNodes } = servers.value;
  const version = /:v?([0-9]+(?:\.[0-9]+)*)[^/]*$/.exec(image)?.[1] ?? "";
  const name =
    software === "coredns"
      ? `CoreDNS ${version}`.trim()
      : software === "kube-dns"
        ? `kube-dns ${version}`.trim()
        : image || "cluster DNS";
  if (service === null) return `${name} without a Service`;
  if (onNodes !== null) return onNodes;
  const up =
    pods === null
      ? `${count(ready.length, "ready endpoint")}`
      : `${pods.filter(isReady).length} of ${count(pods.length, "Pod")} Ready`;
  const restarts = (pods ?? []).reduce((sum, pod) => sum + restartsOf(pod), 0);
  const zones = corefile.status === "unavailable" ? [] : corefile.value.clusterZones.map((zone) => zone.slice(0, -1));
  return [
    `${name}: ${up}`,
    ...(place === "" ? [] : [place]),
    ...(restarts > 0 ? [count(restarts, "restart")] : []),
    ...(zones.length > 0 ? [`serves ${listed(zones)}`] : []),
    ...(nodeLocal ? ["NodeLocal DNSCache in front, which is not asked"] : []),
  ].join(", ");
}

function restartsOf({ status }: Pod): number {
  return (status?.containerStatuses ?? []).reduce((sum, { restartCount }) => sum + restartCount, 0);
}

/** One line about what the replicas said: `2 replicas: all 9 answers as predicted`; null where they were not asked. */
export function describeObserved(observed: Part<Observed>): string | null {
  if (observed.status === "unavailable") return observed.byNature ? null : observed.because;
  const { replicas, questions } = observed.value;
  const who = count(replicas.filter(({ ready }) => ready).length, "replica");
  const readings = questions.map((question) => ({ question, reading: readReplies(question) }));
  const wrong = readings.filter(({ reading }) => reading.is !== "as-predicted" && reading.is !== "unknown");
  if (!replicas.some(({ ready }) => ready)) return "no replica is ready to be asked";
  if (wrong.length === 0) return `${who} asked: ${count(questions.length, "answer")} as predicted`;
  const names = [...new Set(wrong.map(({ question }) => question.name.slice(0, -1)))];
  return `${who} asked: other answers than predicted for ${listed(names)}`;
}

/** What one server said to a question, as `resolve` shows it. */
export interface ServerAnswer {
  /** `coredns-abc (10.244.0.29)`. */
  readonly server: string;
  /** null where no answer came; `failure` says why. */
  readonly rcode: string | null;
  readonly answers: readonly ObservedRecord[];
  /** null where there is no prediction to hold it to. */
  readonly agrees: boolean | null;
  /** In what it differs; empty where it agrees. */
  readonly differences: readonly string[];
  readonly cached: boolean;
  readonly failure: string | null;
}

/** What every replica said to one question, in their order; none where it was not asked. */
export function serverAnswers(snapshot: Snapshot, prediction: Prediction): readonly ServerAnswer[] {
  const observations = snapshot.clusterDns?.observations ?? null;
  if (observations === null) return [];
  return present(observations).flatMap(({ pod, ip, failure, answers }): readonly ServerAnswer[] => {
    const server = `${pod.name} (${ip})`;
    const nothing = { server, rcode: null, answers: [], agrees: false, differences: [], cached: false };
    if (failure !== null) return [{ ...nothing, agrees: null, failure }];
    const { name, type } = prediction;
    const answer = answers.find((one) => one.name === name && one.type === type && !one.checkingDisabled);
    if (answer === undefined) return [];
    const comparison = compareAnswer(prediction, answer);
    const said = {
      agrees: comparison.agrees,
      differences: comparison.agrees === false ? comparison.differences : [],
      cached: comparison.agrees === true && comparison.cached,
    };
    if (answer.status === "failed") return [{ ...nothing, ...said, failure: answer.because }];
    return [{ server, rcode: answer.rcode, answers: answer.answers, ...said, failure: null }];
  });
}
