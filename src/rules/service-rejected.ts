import type { AdmissionNote } from "../kubernetes/admission-note.ts";
import { isDns1035Label, isDns1123Label } from "../kubernetes/names.ts";
import { admitService } from "../kubernetes/service-defaults.ts";
import type { FieldPath } from "../objects/origin.ts";
import { formatPath } from "../objects/origin.ts";
import type { Service } from "../objects/service.ts";
import { misspellingOf } from "./cluster-ip-misspelled.ts";
import { writtenField } from "./evidence/written-field.ts";
import { note, tryOnServer } from "./remedies/kubectl.ts";
import { nearLabel } from "./remedies/near-label.ts";
import { unfilledRemedy } from "./remedies/unfilled.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule } from "./rule.ts";

/** Faults of one Service that are told: with its first one it is refused already. */
const MOST = 10;

/**
 * What the API server does not take is never stored, and what is not stored has no names (pkg/apis/core/validation
 * validateService). What other rules tell of by its meaning for names is left to them.
 */
export const serviceRejected = defineRule({
  id: "service-rejected",
  link: "service",
  severity: "error",
  summary: "the API server rejects the Service, so that it is never made",
  needs: {},
  applies: ({ service, live }) => service !== null && !live,
  check({ service, headless }) {
    if (service === null || service.live) return [];
    const { name } = service.metadata;
    const rejected = admitService(service, null).rejected.filter((one) => !isTold(one, service, headless));
    const left = rejected.length - MOST;
    return rejected.slice(0, MOST).map(({ field, message }) => {
      // Kubernetes is about to allow Services the names that all else may have (RelaxedServiceNameValidation).
      const relaxed = field[0] === "metadata" && isDns1123Label(name);
      return {
        object: service,
        field,
        ...(relaxed ? { severity: "warning" as const } : {}),
        message: relaxed
          ? `The API server rejects Service ${name}: metadata.name must begin with a letter, but for versions that take digits there, too (RelaxedServiceNameValidation). Elsewhere it is never made, so none of its names exist.`
          : `The API server rejects Service ${name}: ${formatPath(field)} ${message}. It is never made, so none of its names exist.`,
        evidence: [writtenField(service, field), ...(left > 0 ? [`and ${left} more faults of this Service`] : [])],
        remedy: remedyOf(service, field),
      };
    });
  },
});

/** Whether another rule tells it. */
function isTold({ field, message }: AdmissionNote, service: Service, headless: boolean): boolean {
  const [part, of] = field;
  const { spec, metadata } = service;
  // dns-name-too-long
  if (part === "metadata") return metadata.name.length > 63;
  switch (of) {
    case "clusterIP":
    case "clusterIPs":
      // cluster-ip-misspelled, headless-type-conflict
      return spec.clusterIP === "None" || misspellingOf(service) !== null;
    case "ipFamilies":
    case "ipFamilyPolicy":
      // ip-family-mismatch
      return headless;
    case "externalName":
      // external-name-target
      return (spec.externalName ?? "") === "";
    case "ports":
      // port-unnamed; and that there are none is right as soon as the Service is headless.
      if (field.length === 2) return misspellingOf(service) !== null;
      if (field[3] === "targetPort" && isCopied(service, field[2])) return true;
      return headless && field[3] === "name" && message.startsWith("must be set");
    case "selector":
      return false;
    default:
      // headless-field-ignored
      return headless && spec.type === "ClusterIP";
  }
}

/** A targetPort that is left out is the port. */
function isCopied({ spec }: Service, index: FieldPath[number] | undefined): boolean {
  const port = typeof index === "number" ? spec.ports[index] : undefined;
  return port !== undefined && port.targetPort === port.port;
}

/** A name that is nearly one is written right; what else is meant the author alone knows. */
function remedyOf(service: Service, field: FieldPath): string {
  const unfilled = unfilledRemedy(writtenField(service, field));
  if (unfilled !== null) return unfilled;
  if (field[0] === "metadata") {
    const name = nearLabel(service.metadata.name);
    if (!isDns1035Label(name)) return tryOnServer();
    return [
      yamlLines({ metadata: { name } }),
      note("and in all that refers to it: serviceName, subdomain, clients"),
    ].join("\n");
  }
  const [, of, index, part] = field;
  if (of === "ports" && index === undefined) return note("write the ports that the Pods listen on under spec.ports");
  const port = of === "ports" && typeof index === "number" ? service.spec.ports[index] : undefined;
  if (port !== undefined && part === "name" && !isDns1123Label(port.name)) {
    const name = nearLabel(port.name);
    if (isDns1123Label(name)) return note(`name: ${name}, and clients that ask for SRV records say _${name}, too`);
  }
  return tryOnServer();
}
