import { mirrorEndpoints } from "../kubernetes/endpoint-slice-mirroring.ts";
import type { Endpoints } from "../objects/endpoint-slice.ts";
import type { Service } from "../objects/service.ts";
import { answeredAddresses } from "../trace/answered.ts";
import { isByEndpointsController, strayEndpoints } from "../trace/manual-slices.ts";
import type { Subject } from "../trace/trace.ts";
import { listed } from "../trace/words.ts";
import { kubectl, kubectlApply, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { slicesFor } from "./remedies/slice-objects.ts";
import { type YamlValue, yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/** More than these make no command that anybody would paste. */
const ADDRESSES_TO_WRITE_OUT = 20;

/**
 * CoreDNS reads EndpointSlices only. A hand-written Endpoints object is known to it through the slices that the
 * EndpointSliceMirroring controller makes of it (endpointslicemirroring_controller.go syncEndpoints), for a Service of
 * the same name without a selector.
 */
export const endpointsDeprecated = defineRule({
  id: "endpoints-deprecated",
  link: "endpointslices",
  severity: "info",
  summary: "hand-written Endpoints, deprecated since Kubernetes 1.33",
  needs: { endpoints: "present", endpointSlices: "complete", services: "complete" },
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName",
  check(context) {
    const { service, live, endpoints, endpointSlices } = context;
    if (service === null) return [];
    const written = endpoints.ofService;
    if (written === null) {
      return strayEndpoints(context, endpointSlices, endpoints).map((one) =>
        report(context, service, one, {
          is: `belongs to no Service: it is mirrored only for a Service of its very name, and the Service is ${service.metadata.name}`,
          evidence: `Endpoints ${one.metadata.name}, Service ${service.metadata.name}`,
        }),
      );
    }
    const addresses = addressesOf(written);
    if (addresses.length === 0 || isByEndpointsController(written)) return [];
    const mirroring = mirrorEndpoints(written, service);
    if (mirroring.mirrored) return [report(context, service, written, null)];
    // Whoever keeps it from being mirrored may write slices as well, as the API server does for itself.
    const answered = new Set(answeredAddresses(endpointSlices.ofService).map(({ address }) => address));
    if (addresses.every((address) => answered.has(address))) return [];
    switch (mirroring.because) {
      case "skip-mirror-label":
        return [
          report(context, service, written, {
            is: "is not mirrored, because its label endpointslice.kubernetes.io/skip-mirror says so",
            evidence: "endpointslice.kubernetes.io/skip-mirror: true",
          }),
        ];
      case "service-has-selector":
        // In a cluster it is the controller's by then.
        return live ? [] : [overwritten(service, written)];
      default:
        return [];
    }
  },
});

function addressesOf({ subsets }: Endpoints): readonly string[] {
  return subsets.flatMap(({ addresses }) => addresses.map(({ ip }) => ip));
}

/** `missed`: why DNS does not know it; null where it is mirrored, and only old-fashioned. */
function report(
  { namespace, name, live, now }: Subject,
  service: Service,
  written: Endpoints,
  missed: { readonly is: string; readonly evidence: string } | null,
): RuleFinding {
  const addresses = addressesOf(written);
  return {
    object: written,
    severity: missed === null ? "info" : "error",
    message:
      missed === null
        ? `Endpoints ${written.metadata.name} is written by hand. The API is deprecated since Kubernetes 1.33: cluster DNS knows it only because a controller mirrors it into EndpointSlices.`
        : `Endpoints ${written.metadata.name} ${missed.is}. Cluster DNS reads EndpointSlices only, so ${name}.${namespace} is not answered with ${listed(addresses)}.`,
    evidence: [
      `addresses: ${listed(addresses)}`,
      ...(missed === null ? [] : [missed.evidence]),
      ...provenance(written, now),
    ],
    remedy: asSlices(service, written, live, addresses.length),
  };
}

function asSlices(service: Service, written: Endpoints, live: boolean, addresses: number): string {
  const slices = addresses > ADDRESSES_TO_WRITE_OUT ? [] : slicesFor(service, written);
  if (slices.length === 0) {
    return note(`write EndpointSlices with the label kubernetes.io/service-name=${service.metadata.name} instead`);
  }
  const { namespace, name } = written.metadata;
  if (!live)
    return [note("instead of the Endpoints:"), slices.map((slice: YamlValue) => yamlLines(slice)).join("\n---\n")].join(
      "\n",
    );
  return [
    ...slices.map((slice) => kubectlApply(namespace, slice)),
    kubectl(namespace, "delete", "endpoints", name),
  ].join("\n");
}

function overwritten(service: Service, written: Endpoints): RuleFinding {
  const { name } = service.metadata;
  return {
    object: written,
    severity: "error",
    message: `Service ${name} has a selector, so the Endpoints controller writes over the Endpoints of its name: ${listed(addressesOf(written))} will be replaced by the addresses of the selected Pods, and nothing mirrors them into EndpointSlices.`,
    evidence: [`Endpoints ${written.metadata.name}: ${listed(addressesOf(written))}`, "the Service has a selector"],
    remedy: [
      note(`remove the Endpoints, where Service ${name} is to answer with its Pods;`),
      note("remove the selector and write EndpointSlices, where it is to answer with these addresses"),
    ].join("\n"),
  };
}
