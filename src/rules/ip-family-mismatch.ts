import type { AdmissionNote } from "../kubernetes/admission-note.ts";
import { parseIp } from "../kubernetes/ip.ts";
import { admitService } from "../kubernetes/service-defaults.ts";
import type { Pod } from "../objects/pod.ts";
import { hasSelector, type IPFamily, type Service } from "../objects/service.ts";
import { byName, listed } from "../trace/words.ts";
import { isPeer } from "./evidence/selected-groups.ts";
import { kubectl, kubectlPatch, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * The EndpointSlice controller makes slices of the Service's families only (endpointslice utils.go
 * getAddressTypesForService): a Pod without an address of one of them is in none, and so not in DNS.
 */
export const ipFamilyMismatch = defineRule({
  id: "ip-family-mismatch",
  link: "service",
  severity: "warning",
  summary: "the Service's IP families hold no address of its Pods, or contradict their policy",
  needs: { pods: "optional" },
  applies: ({ service, headless }) =>
    headless && service !== null && (service.spec.ipFamilies.length > 0 || service.spec.ipFamilyPolicy !== null),
  check({ service, pods, now }) {
    if (service === null) return [];
    const rejection = service.live ? null : rejectionOf(service);
    if (rejection !== null) return [rejectedBy(service, rejection)];
    if (!hasSelector(service) || pods.status === "unavailable") return [];
    const addressed = pods.value.selected
      .filter((pod) => isPeer(pod) && addressFamilies(pod).length > 0)
      .sort((a, b) => byName(a.metadata.name, b.metadata.name));
    const dual = needsBoth(service, addressed);
    if (dual !== null) return [dual];
    const wanted = service.spec.ipFamilies;
    if (wanted.length === 0) return [];
    const left = addressed.filter((pod) => !addressFamilies(pod).some((family) => wanted.includes(family)));
    const [first] = left;
    if (first === undefined) return [];
    const none = left.length === addressed.length;
    const names = left.map((pod) => pod.metadata.name);
    const has = addressFamilies(first);
    const { name } = service.metadata;
    return [
      {
        object: service,
        field: ["spec", "ipFamilies"],
        ...(none ? { severity: "error" as const } : {}),
        message: `Service ${name} has ipFamilies ${wanted.join(" and ")}, and ${none ? "none of its Pods has" : `${listed(names)} ${names.length === 1 ? "has not" : "have not"}`} an address of ${wanted.length === 1 ? "that family" : "these families"}. Endpoints are made of the Service's families only, so ${none ? "there are none and its name is NXDOMAIN" : "these Pods are in no answer"}.`,
        evidence: [
          `ipFamilies: ${wanted.join(", ")}; ipFamilyPolicy: ${service.spec.ipFamilyPolicy ?? "not set"}`,
          ...left.slice(0, 3).map((pod) => `Pod ${pod.metadata.name}: ${(pod.status?.podIPs ?? []).join(", ")}`),
          ...provenance(service, now),
        ],
        remedy: changeFamilies(service, has),
      },
    ];
  },
});

function addressFamilies({ status }: Pod): readonly IPFamily[] {
  const found = (status?.podIPs ?? []).flatMap((ip) => parseIp(ip)?.family ?? []);
  return [...new Set(found)];
}

/** What the API server refuses of the families and their policy, whatever families the cluster has. */
function rejectionOf(service: Service): AdmissionNote | null {
  const { rejected } = admitService(service, null);
  return rejected.find(({ field }) => field[1] === "ipFamilies" || field[1] === "ipFamilyPolicy") ?? null;
}

function rejectedBy(service: Service, { field, message }: AdmissionNote): RuleFinding {
  const { ipFamilies, ipFamilyPolicy } = service.spec;
  return {
    object: service,
    field,
    severity: "error",
    message: `The API server rejects Service ${service.metadata.name}: ${field[1]} ${message}. The Service is never made, so its name does not exist.`,
    evidence: [`ipFamilies: ${ipFamilies.join(", ")}`, `ipFamilyPolicy: ${ipFamilyPolicy ?? "not written"}`],
    remedy: yamlLines({ spec: { ipFamilyPolicy: "PreferDualStack", ipFamilies: [...new Set(ipFamilies)] } }),
  };
}

/** A manifest that demands both families, laid over a cluster whose Pods have one: the cluster is single-stack. */
function needsBoth(service: Service, addressed: readonly Pod[]): RuleFinding | null {
  if (service.live || service.spec.ipFamilyPolicy !== "RequireDualStack") return null;
  const families = [...new Set(addressed.flatMap(addressFamilies))];
  const [only, another] = families;
  if (only === undefined || another !== undefined) return null;
  return {
    object: service,
    field: ["spec", "ipFamilyPolicy"],
    message: `Service ${service.metadata.name} has ipFamilyPolicy: RequireDualStack, and its Pods have ${only} addresses only: on a cluster of one family the API server rejects it, and its name does not exist.`,
    evidence: addressed.slice(0, 3).map((pod) => `Pod ${pod.metadata.name}: ${(pod.status?.podIPs ?? []).join(", ")}`),
    remedy: yamlLines({ spec: { ipFamilyPolicy: "PreferDualStack" } }),
  };
}

/** The first family of a Service cannot be changed, so a live one is made again; a headless one loses no address by it. */
function changeFamilies(service: Service, families: readonly IPFamily[]): string {
  const spec = { ipFamilyPolicy: families.length > 1 ? "PreferDualStack" : "SingleStack", ipFamilies: families };
  const { namespace, name } = service.metadata;
  if (!service.live) return yamlLines({ spec });
  return [
    note("the first family cannot be changed: this deletes the Service and makes it again"),
    `${kubectlPatch(namespace, "service", name, { spec }, "merge")} --dry-run=client -o yaml | ${kubectl(namespace, "replace", "--force", "-f", "-")}`,
  ].join("\n");
}
