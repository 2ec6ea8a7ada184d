import type { AdmissionNote } from "../kubernetes/admission-note.ts";
import { admitSlice } from "../kubernetes/endpoint-slice-admission.ts";
import { isDns1123Subdomain } from "../kubernetes/names.ts";
import type { EndpointSlice } from "../objects/endpoint-slice.ts";
import { formatPath } from "../objects/origin.ts";
import { byName } from "../trace/words.ts";
import { writtenField } from "./evidence/written-field.ts";
import { note, tryOnServer } from "./remedies/kubectl.ts";
import { nearLabel } from "./remedies/near-label.ts";
import { unfilledRemedy } from "./remedies/unfilled.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/** Faults of one slice that are shown: with its first one it is refused already. */
const MOST = 5;

/**
 * What the API server does not take is never stored, and CoreDNS knows of no other slices (pkg/apis/discovery/validation
 * ValidateEndpointSlice).
 */
export const endpointSliceRejected = defineRule({
  id: "endpoint-slice-rejected",
  link: "endpointslices",
  severity: "error",
  summary: "the API server rejects a hand-written EndpointSlice of the Service",
  needs: { endpointSlices: "present" },
  applies: ({ service, live }) => service !== null && !live,
  check({ namespace, name, endpointSlices }) {
    return [...endpointSlices.ofService]
      .sort((a, b) => byName(a.metadata.name, b.metadata.name))
      .flatMap((slice): readonly RuleFinding[] => {
        const { rejected, irregular } = admitSlice(slice);
        const [first] = rejected;
        if (first !== undefined) {
          const message = `The API server rejects EndpointSlice ${slice.metadata.name}: ${formatPath(first.field)} ${first.message}. It is never made, so cluster DNS answers ${name}.${namespace} without its addresses.`;
          return [findingOf(slice, first, rejected, message)];
        }
        const [odd] = irregular;
        if (odd === undefined) return [];
        const message = `The API server rejects EndpointSlice ${slice.metadata.name} from some version on, 1.34 among them: ${formatPath(odd.field)} ${odd.message}. Where it is never made, cluster DNS answers ${name}.${namespace} without its addresses.`;
        const remedy = note("write it so: all versions take that");
        return [{ ...findingOf(slice, odd, irregular, message), severity: "warning", remedy }];
      });
  },
});

function findingOf(
  slice: EndpointSlice,
  first: AdmissionNote,
  all: readonly AdmissionNote[],
  message: string,
): RuleFinding {
  const left = all.length - MOST;
  return {
    object: slice,
    field: first.field,
    message,
    evidence: [
      `addressType: ${slice.addressType}`,
      ...all.slice(0, MOST).map(({ field }) => writtenField(slice, field)),
      ...(left > 0 ? [`and ${left} more faults of this slice`] : []),
    ],
    remedy: unfilledRemedy(writtenField(slice, first.field)) ?? remedyOf(slice, first),
  };
}

function remedyOf({ addressType, endpoints }: EndpointSlice, { field }: AdmissionNote): string {
  const [list, index, of, nth] = field;
  const endpoint = list === "endpoints" && typeof index === "number" ? endpoints[index] : undefined;
  const address = typeof nth === "number" ? (endpoint?.addresses[nth] ?? "") : "";
  if (endpoint === undefined) return tryOnServer();
  if (of === "hostname") {
    const label = nearLabel(endpoint.hostname ?? "");
    return label === "" ? tryOnServer() : note(`hostname: ${label}, and clients that ask for it say so, too`);
  }
  if (address.includes(":") && addressType === "IPv4") {
    return note("a slice holds addresses of one family: write a second one with addressType: IPv6");
  }
  // What is in this form of letters is a host's name, which a Service alone can give.
  if (addressType !== "FQDN" && /[a-z]/.test(address) && isDns1123Subdomain(address)) {
    return [
      note(`slices hold addresses. For another name of ${address} the Service alone does:`),
      yamlLines({ spec: { type: "ExternalName", externalName: address } }),
      note("without clusterIP, selector and this slice"),
    ].join("\n");
  }
  return tryOnServer();
}
