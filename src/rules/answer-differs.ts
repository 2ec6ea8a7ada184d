import { answerText } from "../dns/compare.ts";
import { DNS_NAMESPACE } from "../objects/dns-scope.ts";
import { type ObservedQuestion, type ObservedReply, readReplies } from "../trace/observed.ts";
import type { Part } from "../trace/part.ts";
import type { Parts } from "../trace/trace.ts";
import { restartDns } from "./remedies/dns-remedies.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { type CannotTell, defineRule, type RuleFinding } from "./rule.ts";

const SHOWN = 4;

/**
 * All replicas answer alike, asked twice, and not what CoreDNS makes of the objects and settings that were read: they are
 * all behind, or something is at work that was not read.
 */
export const answerDiffers = defineRule({
  id: "answer-differs",
  link: "answer",
  severity: "error",
  summary: "the real answer is not the predicted one, and no other rule says why",
  needs: {
    observed: "present",
    prediction: "present",
    clusterDns: "optional",
    dnsAccess: "optional",
    corefile: "optional",
  },
  liveOnly: true,
  applies: ({ service }) => service !== null,
  check({ service, observed, prediction, clusterDns, dnsAccess, corefile }) {
    if (service === null || mayNotRead(dnsAccess)) return [];
    const differing = observed.questions.flatMap((question): readonly Wrong[] => {
      const reading = readReplies(question);
      return reading.is === "differs" ? [{ question, replies: reading.replies, onlyTtl: reading.onlyTtl }] : [];
    });
    const wrong = differing.filter(({ replies }) => replies.some(({ answer }) => answer.status !== "failed"));
    const [first] = wrong;
    if (first === undefined) return silence(differing);
    // They go by what they loaded before, which nobody can read; and a restart would end them (corefile-invalid).
    const { errors = [], suspects = [] } = corefile.status === "unavailable" ? {} : corefile.value.read;
    if (errors.length + suspects.length > 0) {
      const cannotTell = `the replicas ${errors.length > 0 ? "cannot" : "may not"} load the Corefile that predictions go by`;
      return { cannotTell, byNature: false };
    }
    const assumed = prediction.settings !== "collected";
    const bare = first.question.name.slice(0, -1);
    const given = first.replies[0] === undefined ? "" : answerText(first.replies[0].answer);
    const expected = expectedText(first.question);
    const onlyTtl = wrong.every((one) => one.onlyTtl);
    const message = onlyTtl
      ? `Cluster DNS hands out ${bare} ${first.question.type} for longer than its Corefile says.`
      : `Cluster DNS answers ${given} for ${bare} ${first.question.type}; by the objects of the cluster it should be ${expected}.`;
    return [
      {
        object: service,
        severity: onlyTtl || assumed ? "warning" : "error",
        message,
        evidence: [
          ...wrong
            .slice(0, SHOWN)
            .map(({ question, replies }) => `${question.name.slice(0, -1)} ${question.type}: ${differences(replies)}`),
          ...(wrong.length > SHOWN ? [`and ${wrong.length - SHOWN} more questions`] : []),
          ...(assumed ? ["the Corefile was not read: the prediction stands on kubeadm's settings"] : []),
        ],
        remedy: [
          note(
            "a Corefile that was changed a moment ago takes up to two minutes; else the replicas are behind, and start afresh with:",
          ),
          restartDns(clusterDns.status === "unavailable" ? null : clusterDns.value.pods),
          kubectl(DNS_NAMESPACE, "logs", "-l", "k8s-app=kube-dns", "--tail=50"),
        ].join("\n"),
      },
    ];
  },
});

interface Wrong {
  readonly question: ObservedQuestion;
  readonly replies: readonly ObservedReply[];
  readonly onlyTtl: boolean;
}

/** Where nobody answers it may be the way to the replicas that stalls as well as they themselves: nothing is claimed. */
function silence([first, ...more]: readonly Wrong[]): readonly RuleFinding[] | CannotTell {
  if (first === undefined) return [];
  const { name, type } = first.question;
  const others = more.length === 0 ? "" : ` and ${more.length} more`;
  const given = first.replies[0] === undefined ? "no answer" : answerText(first.replies[0].answer);
  return {
    cannotTell: `no replica of cluster DNS answered ${name.slice(0, -1)} ${type}${others}: ${given}`,
    byNature: false,
  };
}

/** Then cluster-dns-forbidden says why. */
function mayNotRead(access: Part<Parts["dnsAccess"]>): boolean {
  if (access.status === "unavailable") return false;
  return access.value.facts?.some(({ allowed, resource }) => !allowed && resource !== "pods") ?? false;
}

function differences(replies: readonly ObservedReply[]): string {
  const [first] = replies;
  return first?.comparison.agrees === false ? first.comparison.differences.join(", ") : "";
}

function expectedText({ prediction }: ObservedQuestion): string {
  if (!prediction.known) return "unknown";
  if (prediction.rcode !== "NOERROR") return prediction.rcode;
  const data = prediction.answers.map((record) => (typeof record.data === "string" ? record.data : record.name));
  return data.length === 0 ? "NODATA" : [...new Set(data)].sort().slice(0, 5).join(", ");
}
