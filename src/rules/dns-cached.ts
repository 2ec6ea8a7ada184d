import { answerText } from "../dns/compare.ts";
import { DNS_NAMESPACE } from "../objects/dns-scope.ts";
import type { ObservedAnswer } from "../objects/observation.ts";
import type { Pod } from "../objects/pod.ts";
import type { DnsCorefile } from "../trace/dns-corefile.ts";
import { type Observed, type ObservedReply, readReplies } from "../trace/observed.ts";
import { asObserved, type Probed, type ProbedQuestion, type ProbedVantage } from "../trace/probed.ts";
import { listed } from "../trace/words.ts";
import { editCorefile, indentOf, restartDns } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/** Seconds of staleness that are not worth a line: clients keep answers about as long. */
const SHORT = 10;

/**
 * plugin/cache stands before `kubernetes` and knows nothing of Pods that come and go. Answers asked with the CD bit are
 * kept under another key, so the same question asked so shows what stands behind the cache.
 */
export const dnsCached = defineRule({
  id: "dns-cached",
  link: "answer",
  severity: "info",
  summary: "how long a cache goes on with old and with negative answers; a warning where it does so now",
  needs: { corefile: "optional", clusterDns: "optional", observed: "optional", probed: "optional" },
  liveOnly: true,
  applies: ({ headless }) => headless,
  check({ service, namespace, name, corefile, clusterDns, observed, probed }) {
    const pods = clusterDns.status === "unavailable" ? null : clusterDns.value.pods;
    const object = service ?? { apiVersion: "v1", kind: "Service", namespace, name };
    const now = observed.status === "unavailable" ? [] : servedNow(observed.value);
    if (now.length > 0) return now.map(({ reply, question }) => cachedNow(object, question, reply, pods));
    if (observed.status !== "unavailable" && probed.status !== "unavailable") {
      const before = servedBefore(probed.value, observed.value);
      if (before.length > 0) return before.map((one) => cachedBefore(object, one));
    }
    return corefile.status === "unavailable" ? [] : windows(corefile.value, pods);
  },
});

interface Served {
  readonly question: string;
  readonly reply: ObservedReply;
}

/** One reply for each question that a cache answers otherwise than what stands behind it. */
function servedNow({ questions }: Observed): readonly Served[] {
  return questions.flatMap((question) => {
    const reading = readReplies(question);
    const reply = reading.is === "cached" ? reading.by[0] : undefined;
    return reply === undefined ? [] : [{ question: `${question.name.slice(0, -1)} ${question.type}`, reply }];
  });
}

function cachedNow(
  object: RuleFinding["object"],
  question: string,
  { replica, answer, past }: ObservedReply,
  pods: readonly Pod[] | null,
): RuleFinding {
  const left = ttlLeft(answer);
  const behind = past === null ? "" : `; behind the cache stands ${answerText(past.answer)}`;
  return {
    object,
    severity: "warning",
    message: `${replica.pod.name} still answers ${answerText(answer)} for ${question} from its cache${left === null ? "" : `, for up to ${left} s more`}${behind}.`,
    evidence: [
      `asked plainly: ${answerText(answer)}${left === null ? "" : ` (TTL ${left})`}`,
      ...(past === null ? [] : [`asked with the CD bit: ${answerText(past.answer)}`]),
    ],
    remedy: [
      note(left === null ? "wait for the cache to forget it, or:" : `wait ${left} s, or:`),
      restartDns(pods),
    ].join("\n"),
  };
}

function ttlLeft(answer: ObservedAnswer): number | null {
  if (answer.status === "failed") return null;
  const ttls = answer.answers.map(({ ttl }) => ttl);
  return ttls.length === 0 ? (answer.soa?.ttl ?? null) : Math.max(...ttls);
}

/** A question that clients on a node are answered otherwise than the replicas answer it, which is as predicted. */
interface ServedBefore {
  readonly question: ProbedQuestion;
  readonly vantage: ProbedVantage;
  readonly answer: ObservedAnswer;
  readonly right: string;
}

function servedBefore({ questions }: Probed, seen: Observed): readonly ServedBefore[] {
  return questions.flatMap((question) => {
    const replicas = seen.questions.find(({ name, type }) => name === question.name && type === question.type);
    const right = replicas?.replies[0]?.answer;
    if (!question.steady || replicas === undefined || right === undefined) return [];
    if (readReplies(replicas).is !== "as-predicted") return [];
    const byPlace = Map.groupBy(question.replies, ({ vantage }) => vantage);
    return [...byPlace].flatMap(([vantage, replies]): readonly ServedBefore[] => {
      // Whoever asks somebody else is not answered by a cache of cluster DNS.
      if (vantage.asksClusterDns !== true) return [];
      const own = replies.filter(({ reply }) => reply.server === null && reply.status === "answered");
      const wrong = own.filter(({ comparison }) => comparison.agrees === false && !comparison.onlyTtl);
      const [first] = wrong;
      const answer = first === undefined ? null : asObserved(first.reply);
      if (answer === null || wrong.length < own.length) return [];
      return [{ question, vantage, answer, right: answerText(right) }];
    });
  });
}

function cachedBefore(object: RuleFinding["object"], { question, vantage, answer, right }: ServedBefore): RuleFinding {
  const left = ttlLeft(answer);
  const [server = ""] = vantage.resolvConf?.nameservers ?? [];
  const where = vantage.node === "" ? vantage.pod.name : vantage.node;
  return {
    object,
    severity: "warning",
    message: `Clients on ${where} are answered ${answerText(answer)} for ${question.name.slice(0, -1)} ${question.type} by ${server}, and the replicas of cluster DNS answer ${right}: a cache in front of them, as NodeLocal DNSCache is, still holds it${left === null ? "" : `, for up to ${left} s more`}.`,
    evidence: [
      `${server} from ${where}: ${answerText(answer)}${left === null ? "" : ` (TTL ${left})`}`,
      `every replica: ${right}`,
    ],
    remedy: [
      note(left === null ? "wait for the cache to forget it, or start it anew:" : `wait ${left} s, or start it anew:`),
      kubectl(DNS_NAMESPACE, "get", "pods", "-l", "k8s-app=node-local-dns", "-o", "wide"),
    ].join("\n"),
  };
}

/** What the Corefile, and that of NodeLocal DNSCache in front, let a cache keep. */
function windows(corefile: DnsCorefile, pods: readonly Pod[] | null): readonly RuleFinding[] {
  const { cache, nodeCache, domain, configMap } = corefile;
  const positive = cache.positive + nodeCache.positive;
  const negative = cache.negative + nodeCache.negative;
  if (Math.max(positive, negative) < SHORT) return [];
  const zone = domain.slice(0, -1);
  const told = [
    ...(negative > 0 ? [`a name that was asked for too early stays NXDOMAIN for up to ${negative} s`] : []),
    ...(positive > 0 ? [`an address that is gone is still answered for up to ${positive} s`] : []),
  ];
  const stale =
    cache.stale > 0
      ? `; while CoreDNS has nothing newer, expired answers go on for up to ${cache.stale} s (serve_stale)`
      : "";
  const both = nodeCache.positive + nodeCache.negative > 0 ? "CoreDNS and NodeLocal DNSCache keep" : "CoreDNS keeps";
  return [
    {
      object: configMap,
      field: ["data", "Corefile"],
      message: `${both} answers of ${zone} in a cache: ${listed(told)}${stale}.`,
      evidence: [
        `CoreDNS: positive ${cache.positive} s, negative ${cache.negative} s`,
        ...(nodeCache.positive + nodeCache.negative > 0
          ? [`NodeLocal DNSCache: positive ${nodeCache.positive} s, negative ${nodeCache.negative} s`]
          : []),
      ],
      remedy: uncache(corefile, zone, pods).join("\n"),
    },
  ];
}

/** As kubeadm 1.34 has it: CoreDNS answers the cluster's own names from memory anyway, so caching them gains nothing. */
function uncache(corefile: DnsCorefile, zone: string, pods: readonly Pod[] | null): readonly string[] {
  const head = note(
    `where Pods look for each other while they start, keep ${zone} out of the cache, as kubeadm 1.34 does:`,
  );
  const at = corefile.cacheLine;
  if (at === null || !/^cache( \d+)?$/.test(corefile.lineText(at))) {
    return [
      head,
      note(`cache 30 { disable success ${zone}; disable denial ${zone} }`),
      kubectl(corefile.configMap.metadata.namespace, "edit", "configmap", corefile.configMap.metadata.name),
    ];
  }
  return [
    head,
    ...editCorefile(corefile, pods, (line, number) => {
      if (number !== at) return null;
      const indent = indentOf(line);
      const inner = `${indent}${indent === "" ? "   " : indent.slice(0, Math.max(3, indent.length / 2))}`;
      return [`${line.trimEnd()} {`, `${inner}disable success ${zone}`, `${inner}disable denial ${zone}`, `${indent}}`];
    }),
  ];
}
