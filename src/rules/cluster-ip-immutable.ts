import { isWritten, type KubernetesObject } from "../objects/meta.ts";
import { formatPath } from "../objects/origin.ts";
import { isHeadless, type Service } from "../objects/service.ts";
import type { UpdateNote } from "../objects/snapshot.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The API server lets nobody change a cluster IP, to None and from None alike (registry/core/service
 * validateServiceClusterIPsRelatedFields, ValidateServiceUpdate), and fills in the old one where an update leaves it out
 * (storage.go patchAllocatedValues).
 */
export const clusterIpImmutable = defineRule({
  id: "cluster-ip-immutable",
  link: "service",
  severity: "error",
  summary: "the manifest turns a live Service headless, or back: it must be recreated",
  needs: { applied: "optional" },
  applies: ({ service }) => service !== null,
  check({ service, applied, name, now }) {
    // Without manifests over a cluster nothing is updated.
    if (applied.status === "unavailable" || service === null) return [];
    const isOfService = ({ object }: UpdateNote): boolean => object.kind === "Service" && object.metadata.name === name;
    const rejected = applied.value.rejected.filter(isOfService);
    const kept = applied.value.kept.filter(isOfService);
    return [
      ...rejected.map((update) => refused(service, update, now)),
      ...kept.map((update) => stays(service, update, now)),
    ];
  },
});

function refused(service: Service, { object, field, message }: UpdateNote, now: string | null): RuleFinding {
  const { name, namespace } = service.metadata;
  const written = object.kind === "Service" ? object : service;
  const goesOn = isHeadless(service)
    ? `the name ${name}.${namespace} goes on answering the Pods' own addresses`
    : `the name ${name}.${namespace} goes on answering the one address ${addressOf(service)}, and no Pod's own`;
  return {
    object: written,
    field,
    brief: "the manifest would change it, which is rejected",
    message: `kubectl apply fails on Service ${name}: ${formatPath(field)} ${message}. The Service stays as it is in the cluster, so ${goesOn}.`,
    evidence: [
      `in the cluster: ${stateOf(service)}`,
      `in the manifest: ${stateOf(written)}`,
      ...provenance(service, now),
    ],
    remedy: recreate(written),
  };
}

function stays(service: Service, { object }: UpdateNote, now: string | null): RuleFinding {
  const { name } = service.metadata;
  return {
    object,
    field: ["spec", "clusterIP"],
    severity: "warning",
    message: `The manifest of Service ${name} no longer says clusterIP: None, but the API server keeps what it had: the Service stays headless, without a cluster IP, and ports are not translated.`,
    evidence: [
      "what kubectl applied the last time says clusterIP: None, the manifest does not",
      ...provenance(service, now),
    ],
    remedy: [note("write clusterIP: None again where it is to stay headless; else:"), recreate(object)].join("\n"),
  };
}

/** What is deleted and applied again is without a name for a moment; a Service without Pods of its own loses no more. */
function recreate(written: KubernetesObject): string {
  const { namespace, name } = written.metadata;
  const file = written.origin?.file ?? "";
  const again =
    !isWritten(written) || file === "<stdin>"
      ? [kubectl(namespace, "delete", "service", name), note("then apply the manifest again")]
      : [`${kubectl(namespace, "delete", "service", name)} && ${kubectl(namespace, "apply", "-f", file)}`];
  return [
    note("it must be deleted and made again; until then its names do not exist, and its cluster IP is given up"),
    ...again,
  ].join("\n");
}

function stateOf({ spec }: Service): string {
  const ip = spec.clusterIPs[0] ?? spec.clusterIP;
  return `type: ${spec.type}, ${ip === null || ip === "" ? "no clusterIP written" : `clusterIP: ${ip}`}`;
}

function addressOf({ spec }: Service): string {
  return spec.clusterIPs[0] ?? spec.clusterIP ?? "of its own";
}
