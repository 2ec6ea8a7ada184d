import { SERVICE_NAME_LABEL } from "../objects/endpoint-slice.ts";
import { hasSelector } from "../objects/service.ts";
import { type StraySlice, straySlices } from "../trace/manual-slices.ts";
import { count, listed } from "../trace/words.ts";
import { kubectl, kubectlApply, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { sliceIn } from "./remedies/slice-objects.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * CoreDNS finds a Service's slices by their label and namespace alone (plugin/kubernetes object/endpoint.go
 * EndpointSliceToEndpoints); its name means nothing.
 */
export const endpointSliceUnlabelled = defineRule({
  id: "endpoint-slice-unlabelled",
  link: "endpointslices",
  severity: "error",
  summary: "a hand-written EndpointSlice that does not name its Service",
  needs: { endpointSlices: "complete", services: "complete" },
  applies: ({ service, headless }) => headless && service !== null && !hasSelector(service),
  check(context) {
    const { namespace, name, live, endpointSlices, services, now } = context;
    return straySlices(context, endpointSlices, services).map((stray): RuleFinding => {
      const { slice, why } = stray;
      const addresses = [...new Set(slice.endpoints.flatMap((endpoint) => endpoint.addresses))];
      return {
        object: slice,
        field: why.is === "elsewhere" ? ["metadata", "namespace"] : ["metadata", "labels", SERVICE_NAME_LABEL],
        message: `EndpointSlice ${slice.metadata.name} ${wrong(stray)}, so it is not counted as one of Service ${name}, which has no selector and no slice of its own: cluster DNS answers NXDOMAIN for ${name}.${namespace}.${why.is === "unlabelled" ? " Reverse look-ups of its addresses time out as well." : ""}`,
        evidence: [
          `${count(addresses.length, "address")}: ${listed(addresses)}`,
          ...labelEvidence(stray, name),
          ...provenance(slice, now),
        ],
        remedy: live ? command(stray, namespace, name) : lines(stray, namespace, name),
        // A label or annotation of another key names the Service already.
        patch:
          !live && why.is === "unlabelled" && why.instead !== null
            ? [{ path: ["metadata", "labels", SERVICE_NAME_LABEL], value: name }]
            : [],
      };
    });
  },
});

function wrong({ why }: StraySlice): string {
  switch (why.is) {
    case "unlabelled":
      return why.instead === null
        ? `has no label ${SERVICE_NAME_LABEL}`
        : `has no label ${SERVICE_NAME_LABEL}, only the ${why.instead.kind} ${why.instead.key}`;
    case "mislabelled":
      return `has the label ${SERVICE_NAME_LABEL}=${why.label}, and there is no Service of that name`;
    case "elsewhere":
      return `stands in namespace ${why.namespace}, where there is no Service of that name`;
  }
}

function labelEvidence({ slice, why }: StraySlice, name: string): readonly string[] {
  const labels = Object.entries(slice.metadata.labels).map(([key, value]) => `${key}=${value}`);
  if (why.is === "mislabelled") return [`${SERVICE_NAME_LABEL}: ${why.label}, the Service is ${name}`];
  return [labels.length === 0 ? "its labels: none" : `its labels: ${listed(labels, 5)}`];
}

function command({ slice, why }: StraySlice, namespace: string, name: string): string {
  const own = slice.metadata.namespace;
  if (why.is !== "elsewhere") {
    const overwrite = why.is === "mislabelled" ? ["--overwrite"] : [];
    return kubectl(own, "label", "endpointslice", slice.metadata.name, `${SERVICE_NAME_LABEL}=${name}`, ...overwrite);
  }
  return [
    note(`a slice cannot be moved, so it is made again in ${namespace}:`),
    kubectlApply(namespace, sliceIn(namespace, slice)),
    kubectl(own, "delete", "endpointslice", slice.metadata.name),
  ].join("\n");
}

function lines({ why }: StraySlice, namespace: string, name: string): string {
  return yamlLines({ metadata: why.is === "elsewhere" ? { namespace } : { labels: { [SERVICE_NAME_LABEL]: name } } });
}
