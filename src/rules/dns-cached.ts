import { answerText } from "../dns/compare.ts";
import { DNS_NAMESPACE } from "../objects/dns-scope.ts";
import type { ObservedAnswer } from "../objects/observation.ts";
import type { Pod } from "../objects/pod.ts";
import type { DnsCorefile } from "../trace/dns-corefile.ts";
import { type Observed, type ObservedReply, readReplies } from "../trace/observed.ts";
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
  needs: { corefile: "optional", clusterDns: "optional", observed: "optional" },
  liveOnly: true,
  applies: ({ headless }) => headless,
  check({ service, namespace, name, corefile, clusterDns, observed }) {
    const pods = clusterDns.status === "unavailable" ? null : clusterDns.value.pods;
    const now = observed.status === "unavailable" ? [] : servedNow(observed.value);
    if (now.length > 0) {
      const object = service ?? { apiVersion: "v1", kind: "Service", namespace, name };
      return now.map(({ reply, question }) => cachedNow(object, question, reply, pods));
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
      kubectl(DNS_NAMESPACE, "edit", "configmap", corefile.configMap.metadata.name),
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
