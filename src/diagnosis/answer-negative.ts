import { hasSelector, type Service } from "../objects/service.ts";
import { isNameHolder } from "../rules/evidence/name-holder.ts";
import { podNotRunning } from "../rules/pod-not-running.ts";
import { kubectl, note } from "../rules/remedies/kubectl.ts";
import { replicasZero } from "../rules/replicas-zero.ts";
import { selectorMatchesNoPods } from "../rules/selector-matches-no-pods.ts";
import { formOf } from "../trace/references/host-form.ts";
import type { ServiceTrace } from "../trace/trace.ts";
import type { NameAnswer } from "./answers.ts";
import { ENGINE_RULES } from "./catalogue.ts";
import { docsOf, type Finding } from "./engine.ts";
import { rcodeOf } from "./links/answer.ts";

/**
 * The name is predicted to have no address while nothing before it is broken: whatever the cause, it is not healthy.
 * Only told of a running cluster, and only where nothing else, silenced or not, already says why. With `blind` some rule
 * could not be run, which may have known.
 */
export function negativeAnswer(
  trace: ServiceTrace,
  answer: NameAnswer,
  told: readonly Finding[],
  blind: boolean,
): readonly Finding[] {
  const { service, live } = trace;
  if (!live || service === null || answer.status !== "negative" || isNameHolder(trace)) return [];
  if (told.some(saysWhy)) return [];
  const { id, severity, link } = ENGINE_RULES.answerNegative;
  const bare = answer.name.slice(0, -1);
  const reasons = [...new Set(answer.predictions().flatMap((one) => (one.known ? [one.reason] : [])))];
  const [reason, ...others] = reasons;
  const why = blind ? "what would say why could not be looked at" : "no other rule says why";
  const target = aliasedService(service, trace.clusterDomain);
  return [
    {
      rule: id,
      severity,
      link,
      object: { apiVersion: "v1", kind: "Service", namespace: trace.namespace, name: trace.name },
      field: null,
      message: `Cluster DNS answers ${rcodeOf(answer)} for ${bare}${reason === undefined ? "" : `: ${reason}`}.`,
      evidence:
        target === null
          ? [...others, `what is behind it is not known: ${why}`]
          : [`what is behind it is told of the Service that it is an alias of: ${target}`],
      remedy:
        target === null
          ? [...lookAtSlices(service), `kheadless resolve ${bare}.`].join("\n")
          : `kheadless doctor ${target}`,
      location: service.origin?.start ?? null,
      docs: docsOf(id),
      services: [`${trace.namespace}/${trace.name}`],
    },
  ];
}

/** An error, or a warning that there are no Pods where none have to be: of a Job, or of a Service that an operator made. */
function saysWhy({ rule, severity }: Finding): boolean {
  return severity === "error" || WITHOUT_PODS.includes(rule);
}
const WITHOUT_PODS: readonly string[] = [podNotRunning.id, replicasZero.id, selectorMatchesNoPods.id];

/** The Service of the cluster that an alias leads to, `name.namespace`; null for a name elsewhere, and for what is no alias. */
function aliasedService({ spec: { type, externalName } }: Service, clusterDomain: string): string | null {
  if (type !== "ExternalName" || externalName === null) return null;
  const form = formOf(externalName, clusterDomain);
  return form?.form === "svc" ? `${form.service}.${form.namespace}` : null;
}

function lookAtSlices(service: Service): readonly string[] {
  const { namespace, name } = service.metadata;
  return [
    kubectl(namespace, "get", "endpointslices", "-l", `kubernetes.io/service-name=${name}`, "-o", "yaml"),
    ...(hasSelector(service) ? [] : [note("whoever writes them says which endpoints are ready (conditions.ready)")]),
  ];
}
