import type { Answer } from "../../dns/records.ts";
import { isNameHolder } from "../../rules/evidence/name-holder.ts";
import { describeObserved } from "../../trace/dns-words.ts";
import { count, listed } from "../../trace/words.ts";
import type { NameAnswer } from "../answers.ts";
import { runsOf } from "../words.ts";
import type { LinkLine, LinkView } from "./view.ts";

/** `10.244.0.5, 10.244.0.6 and 1 more; mysql-{0..2}.mysql`, or `NXDOMAIN for mysql.shop.svc.cluster.local`. */
export function answerLine({ answer, trace }: LinkView): LinkLine {
  return {
    summary() {
      const seen = describeObserved(trace.parts.observed);
      return seen === null ? predictedText(answer) : `${predictedText(answer)}; ${seen}`;
    },
    // Which earlier link is to blame for a negative answer is for the rules to say; where none does, this is no health.
    judged: answer.status === "answers" ? "yes" : isNameHolder(trace) ? "no" : "unknown",
  };
}

function predictedText(answer: NameAnswer): string {
  switch (answer.status) {
    case "answers":
      return [positive(answer), ...below(answer)].join("; ");
    case "negative":
      return `${rcodeOf(answer)} for ${listed([answer.name.slice(0, -1), ...podRuns(answer.pods().negative)])}`;
    case "unknown":
      return unknownBecause(answer);
  }
}

/** `NXDOMAIN`, `NODATA`, `SERVFAIL`: what a client of the Service's name sees. */
export function rcodeOf(answer: NameAnswer): string {
  const first = answer.predictions().find((one): one is Answer => one.known);
  if (first === undefined) return "no answer";
  return first.rcode === "NOERROR" ? "NODATA" : first.rcode;
}

function positive(answer: NameAnswer): string {
  const records = answer.predictions().flatMap((one) => (one.known ? one.answers : []));
  const alias = records.find((record) => record.type === "CNAME");
  if (alias !== undefined) return `CNAME ${String(alias.data)}`;
  const addresses = [...new Set(records.flatMap(({ data }) => (typeof data === "string" ? [data] : [])))].sort();
  if (addresses.length > 0) return listed(addresses);
  const pods = new Set(records.flatMap(({ pod }) => (pod === null ? [] : [pod])));
  return pods.size === 0 ? "the address that the cluster will assign" : `the addresses of ${count(pods.size, "Pod")}`;
}

function below(answer: NameAnswer): readonly string[] {
  const { answering, negative } = answer.pods();
  return [
    ...(answering.length === 0 ? [] : [`${listed(podRuns(answering))} too`]),
    ...(negative.length === 0 ? [] : [`NXDOMAIN for ${listed(podRuns(negative))}`]),
  ];
}

/** `mysql-0.mysql`, `mysql-1.mysql`: `mysql-{0..1}.mysql`. */
function podRuns(names: readonly string[]): readonly string[] {
  const service = names[0]?.slice(names[0].indexOf(".")) ?? "";
  return runsOf(names.map((name) => name.slice(0, name.indexOf(".")))).map((run) => `${run}${service}`);
}

function unknownBecause(answer: NameAnswer): string {
  for (const one of answer.predictions()) if (!one.known) return one.because;
  return "cannot be told from what was read";
}
