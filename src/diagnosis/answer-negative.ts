import { hasSelector } from "../objects/service.ts";
import { kubectl, note } from "../rules/remedies/kubectl.ts";
import type { ServiceTrace } from "../trace/trace.ts";
import type { NameAnswer } from "./answers.ts";
import { ENGINE_RULES } from "./catalogue.ts";
import { docsOf, type Finding } from "./engine.ts";
import { rcodeOf } from "./links/answer.ts";

/**
 * The name is predicted to have no address while nothing before it is broken: whatever the cause, it is not healthy.
 * Only told of a running cluster, and only where no error, silenced or not, already says why. With `blind` some rule could
 * not be run, which may have known.
 */
export function negativeAnswer(
  trace: ServiceTrace,
  answer: NameAnswer,
  told: readonly Finding[],
  blind: boolean,
): readonly Finding[] {
  const { service, live } = trace;
  if (!live || service === null || answer.status !== "negative") return [];
  if (told.some(({ severity }) => severity === "error")) return [];
  const { id, severity, link } = ENGINE_RULES.answerNegative;
  const bare = answer.name.slice(0, -1);
  const reasons = [...new Set(answer.predictions().flatMap((one) => (one.known ? [one.reason] : [])))];
  const [reason, ...others] = reasons;
  const why = blind ? "what would say why could not be looked at" : "no other rule says why";
  return [
    {
      rule: id,
      severity,
      link,
      object: { apiVersion: "v1", kind: "Service", namespace: trace.namespace, name: trace.name },
      field: null,
      message: `Cluster DNS answers ${rcodeOf(answer)} for ${bare}${reason === undefined ? "" : `: ${reason}`}.`,
      evidence: [...others, `what is behind it is not known: ${why}`],
      remedy: [
        kubectl(
          trace.namespace,
          "get",
          "endpointslices",
          "-l",
          `kubernetes.io/service-name=${trace.name}`,
          "-o",
          "yaml",
        ),
        ...(hasSelector(service)
          ? []
          : [note("whoever writes them says which endpoints are ready (conditions.ready)")]),
        `kheadless resolve ${bare}.`,
      ].join("\n"),
      location: service.origin?.start ?? null,
      docs: docsOf(id),
      services: [`${trace.namespace}/${trace.name}`],
    },
  ];
}
