import { admitService } from "../kubernetes/service-defaults.ts";
import type { Service, ServiceSpec } from "../objects/service.ts";
import { meansNone } from "../trace/subjects.ts";
import { kubectlPatch, note } from "./remedies/kubectl.ts";
import { defineRule } from "./rule.ts";

interface Ignored {
  readonly field: keyof ServiceSpec;
  readonly written: string;
  /** What takes it away again; null deletes the field. */
  readonly neutral: string | null;
}

/**
 * Fields that only a proxy or a load balancer acts on. kube-proxy passes headless Services over (pkg/proxy/util
 * ShouldSkipService), so nothing does. What the API server itself fills in is not reported.
 */
export const headlessFieldIgnored = defineRule({
  id: "headless-field-ignored",
  link: "service",
  severity: "info",
  summary: "a field that has no effect on a headless Service",
  needs: {},
  applies: ({ service, headless }) => headless && service?.spec.type === "ClusterIP",
  check({ service }) {
    if (service === null) return [];
    const ignored = ignoredFields(service);
    if (ignored.length === 0) return [];
    const { namespace, name } = service.metadata;
    const rejected = new Map(
      service.live ? [] : admitService(service, null).rejected.map((one) => [one.field[1], one.message] as const),
    );
    return ignored.map(({ field, written, neutral }) => ({
      object: service,
      field: ["spec", field],
      ...(rejected.has(field) ? { severity: "error" as const } : {}),
      message: rejected.has(field)
        ? `Service ${name} sets ${field}, which the API server rejects: ${field} ${rejected.get(field)}. The Service is never made, so none of its names exist.`
        : `Service ${name} sets ${field}, which has no effect: no proxy and no load balancer stands before the Pods of a headless Service, and clients choose among the addresses themselves.`,
      evidence: [`${field}: ${written}`, "clusterIP: None"],
      remedy: service.live
        ? kubectlPatch(namespace, "service", name, { spec: { [field]: neutral } }, "merge")
        : note(`remove spec.${field}`),
      patch: service.live ? [] : [{ path: ["spec", field], value: null }],
    }));
  },
});

function ignoredFields({ spec }: Service): readonly Ignored[] {
  const found: Ignored[] = [];
  const text = (field: keyof ServiceSpec, value: string | null, defaults: string | null): void => {
    if (value !== null && value !== "" && value !== defaults) found.push({ field, written: value, neutral: defaults });
  };
  const list = (field: keyof ServiceSpec, values: readonly string[]): void => {
    if (values.length > 0) found.push({ field, written: values.join(", "), neutral: null });
  };
  text("sessionAffinity", spec.sessionAffinity, "None");
  list("externalIPs", spec.externalIPs);
  // `loadBalancerIP: None` is cluster-ip-misspelled's.
  if (spec.loadBalancerIP !== null && !meansNone(spec.loadBalancerIP))
    text("loadBalancerIP", spec.loadBalancerIP, null);
  text("loadBalancerClass", spec.loadBalancerClass, null);
  list("loadBalancerSourceRanges", spec.loadBalancerSourceRanges);
  if (spec.externalTrafficPolicy !== "Cluster") text("externalTrafficPolicy", spec.externalTrafficPolicy, null);
  text("internalTrafficPolicy", spec.internalTrafficPolicy, "Cluster");
  text("trafficDistribution", spec.trafficDistribution, null);
  return found;
}
