import { answerText } from "../dns/compare.ts";
import { age } from "../trace/age.ts";
import { type Observed, type ObservedReply, readReplies, serialOf } from "../trace/observed.ts";
import { listed } from "../trace/words.ts";
import { kubectl } from "./remedies/kubectl.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

const SHOWN = 4;

/**
 * Every replica of CoreDNS watches the API server for itself. One whose watch is stuck, or which does not answer at all,
 * gives wrong answers to the share of clients that kube-proxy leads to it. The serial of the zone is the second of the last
 * change that a replica saw; serials may differ while the answers do not, and then nothing is wrong.
 */
export const dnsReplicasDisagree = defineRule({
  id: "dns-replicas-disagree",
  link: "answer",
  severity: "error",
  summary: "the replicas of cluster DNS answer differently",
  needs: { observed: "complete" },
  liveOnly: true,
  applies: ({ service }) => service !== null,
  check({ observed, now }) {
    const odd = new Map<string, Odd[]>();
    for (const question of observed.questions) {
      const reading = readReplies(question);
      if (reading.is !== "split") continue;
      for (const reply of reading.odd) {
        const name = reply.replica.pod.name;
        odd.set(name, [
          ...(odd.get(name) ?? []),
          { question: `${question.name.slice(0, -1)} ${question.type}`, reply, rest: reading.rest },
        ]);
      }
    }
    return [...odd.values()].flatMap((found) => told(found, observed, now));
  },
});

interface Odd {
  readonly question: string;
  readonly reply: ObservedReply;
  readonly rest: readonly ObservedReply[];
}

function told(found: readonly Odd[], observed: Observed, now: string | null): readonly RuleFinding[] {
  const [first] = found;
  if (first === undefined) return [];
  const { pod } = first.reply.replica;
  const others = first.rest.map(({ replica }) => replica.pod.name);
  const elsewhere =
    first.rest[0] === undefined
      ? ""
      : `, and ${listed(others)} ${others.length === 1 ? "answers" : "answer"} ${answerText(first.rest[0].answer)}`;
  const silent = first.reply.answer.status === "failed";
  const says = silent
    ? `does not answer for ${first.question}`
    : `answers ${answerText(first.reply.answer)} for ${first.question}`;
  const why = silent
    ? "clients that are led to it wait for a timeout"
    : "it missed changes that the others saw, and clients that are led to it get its answer";
  return [
    {
      object: { apiVersion: "v1", kind: "Pod", ...pod },
      message: `Replica ${pod.name} of cluster DNS ${says}${elsewhere}: ${why}.`,
      evidence: [
        ...found.slice(0, SHOWN).map(({ question, reply, rest }) => {
          const other = rest[0] === undefined ? "" : `; ${rest[0].replica.pod.name}: ${answerText(rest[0].answer)}`;
          return `${question}: ${pod.name}: ${answerText(reply.answer)}${other}`;
        }),
        ...(found.length > SHOWN ? [`and ${found.length - SHOWN} more names`] : []),
        ...serials(observed, now),
      ],
      remedy: kubectl(pod.namespace, "delete", "pod", pod.name),
    },
  ];
}

/** When each replica last saw a change. */
function serials({ replicas }: Observed, now: string | null): readonly string[] {
  const known = replicas.flatMap((replica) => {
    const serial = serialOf(replica);
    if (serial === null) return [];
    const ago = age(new Date(serial * 1000).toISOString(), now);
    return [`${replica.pod.name} ${ago === null ? serial : `${ago} ago`}`];
  });
  return known.length === 0 ? [] : [`last change seen (serial of the zone): ${known.join(", ")}`];
}
