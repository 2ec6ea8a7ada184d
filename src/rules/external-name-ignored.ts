import { parseIp } from "../kubernetes/ip.ts";
import type { FieldChange } from "../objects/field-change.ts";
import { hasSelector, type Service } from "../objects/service.ts";
import { aliasCommand, manualEndpoints } from "./evidence/external-name.ts";
import { note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { defineRule } from "./rule.ts";

/**
 * Only `type: ExternalName` makes CoreDNS answer a CNAME (plugin/kubernetes findServices looks at the type). The API
 * server accepts externalName beside any other type with no more than a warning, and nothing ever reads it.
 */
export const externalNameIgnored = defineRule({
  id: "external-name-ignored",
  link: "service",
  severity: "error",
  summary: "externalName without type: ExternalName, which nothing reads",
  needs: { endpointSlices: "optional" },
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName",
  check({ service, headless, endpointSlices, now }) {
    const target = service?.spec.externalName ?? "";
    if (service === null || target === "") return [];
    const ownSlices =
      endpointSlices.status !== "unavailable" &&
      endpointSlices.value.ofService.some((slice) => slice.endpoints.some(({ addresses }) => addresses.length > 0));
    const answersAnyway = hasSelector(service) || ownSlices;
    const { name } = service.metadata;
    return [
      {
        object: service,
        field: ["spec", "externalName"],
        ...(answersAnyway ? { severity: "warning" as const } : {}),
        message: `Service ${name} sets externalName, but is of type ${service.spec.type}: externalName is read only with type: ExternalName. ${effect(service, headless, answersAnyway)}`,
        evidence: [
          `externalName: ${target}`,
          `type: ${service.spec.type}, clusterIP: ${service.spec.clusterIPs[0] ?? (service.spec.clusterIP || "not written")}`,
          hasSelector(service) ? "it has a selector" : ownSlices ? "it has EndpointSlices of its own" : "no selector",
          ...provenance(service, now),
        ],
        remedy: remedyOf(service, target, answersAnyway),
        patch: service.live || answersAnyway || parseIp(target) !== null ? [] : aliasPatch(service),
      },
    ];
  },
});

/** Nothing answers for the Service now, so that an alias is all that it can be meant to be. */
function aliasPatch({ spec }: Service): readonly FieldChange[] {
  const inTheWay: readonly (readonly [string, boolean])[] = [
    ["clusterIP", spec.clusterIP !== null],
    ["clusterIPs", spec.clusterIPs.length > 0],
    ["selector", spec.selector !== null],
    ["ipFamilies", spec.ipFamilies.length > 0],
    ["ipFamilyPolicy", spec.ipFamilyPolicy !== null],
  ];
  // Other types have fields of their own that would have to go, too.
  if (spec.type !== "ClusterIP") return [];
  return [
    { path: ["spec", "type"], value: "ExternalName" },
    ...inTheWay.flatMap(([field, isWritten]) => (isWritten ? [{ path: ["spec", field], value: null }] : [])),
  ];
}

function effect(service: Service, headless: boolean, answersAnyway: boolean): string {
  if (answersAnyway) {
    const what = headless ? "the addresses of its own endpoints" : "its cluster IP";
    return `Its name answers ${what}, and not a CNAME to ${service.spec.externalName}.`;
  }
  return headless
    ? "As a headless Service without selector it gets no endpoints, so its name is NXDOMAIN and not a CNAME."
    : "Its name answers a cluster IP that leads nowhere, for it has no endpoints, and not a CNAME.";
}

function remedyOf(service: Service, target: string, answersAnyway: boolean): string {
  if (parseIp(target) !== null) return manualEndpoints(service, target);
  if (!answersAnyway) return aliasCommand(service, target);
  return [
    note("the alias is what is wanted:"),
    aliasCommand(service, target),
    note("its own endpoints are what is wanted: remove spec.externalName instead"),
  ].join("\n");
}
