import { mirrorEndpoints } from "../kubernetes/endpoint-slice-mirroring.ts";
import type { Endpoints } from "../objects/endpoint-slice.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { provenance } from "./remedies/provenance.ts";
import { defineRule } from "./rule.ts";

/** Addresses that an Endpoints object holds, or that are mirrored of one subset, at most. */
const CAPACITY = 1000;
/** What the Endpoints controller writes when it leaves addresses out. */
const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";

/**
 * The Endpoints controller cuts its object off at 1000 addresses (endpoints_controller.go truncateEndpoints), the
 * mirroring controller each subset (endpointslicemirroring reconciler.go): what is beyond is lost to whoever reads it.
 */
export const endpointsTruncated = defineRule({
  id: "endpoints-truncated",
  link: "endpointslices",
  severity: "warning",
  summary: "an Endpoints object with more addresses than it can hold",
  needs: { endpoints: "present" },
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName",
  check({ service, namespace, name, endpoints, live, now }) {
    const written = endpoints.ofService;
    if (service === null || written === null) return [];
    const addresses = addressesOf(written);
    const cut = written.metadata.annotations[OVER_CAPACITY];
    const mirroring = mirrorEndpoints(written, service);
    const lost = mirroring.mirrored && addresses > CAPACITY ? mirroring.skipped : 0;
    // Written by hand it may hold more: only what one subset has beyond the limit is not mirrored.
    if (cut === undefined && lost === 0) return [];
    // Slices hold what Endpoints cannot, so a Service with a selector loses nothing in DNS.
    const effect =
      lost > 0
        ? `${lost} of them are not mirrored into EndpointSlices, so cluster DNS does not answer with them`
        : "CoreDNS reads EndpointSlices and has them all; clients that still read Endpoints (old proxies, kube-dns, discovery of kind endpoints) miss the rest";
    return [
      {
        object: written,
        message: `Endpoints ${name} ${cut === undefined ? `holds ${addresses} addresses, and of those with the same ports ${CAPACITY} are mirrored` : `was cut off at ${CAPACITY} addresses`}: ${effect}.`,
        evidence: [
          `${addresses} addresses`,
          ...(cut === undefined ? [] : [`${OVER_CAPACITY}: ${cut}`]),
          ...provenance(written, now),
        ],
        remedy:
          lost > 0
            ? note(
                `write EndpointSlices with the label kubernetes.io/service-name=${name}, 1000 addresses each at most, instead of Endpoints`,
              )
            : [
                note("let clients read EndpointSlices, or the names:"),
                ...(live
                  ? [kubectl(namespace, "get", "endpointslices", "-l", `kubernetes.io/service-name=${name}`)]
                  : []),
              ].join("\n"),
      },
    ];
  },
});

function addressesOf({ subsets }: Endpoints): number {
  return subsets.reduce(
    (sum, { addresses, notReadyAddresses }) => sum + addresses.length + notReadyAddresses.length,
    0,
  );
}
