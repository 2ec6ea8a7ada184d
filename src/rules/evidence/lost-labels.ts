import { ENDPOINT_SLICE_CONTROLLER } from "../../kubernetes/endpoint-slices.ts";
import {
  type EndpointSlice,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  serviceNameOf,
} from "../../objects/endpoint-slice.ts";
import { controllerOf } from "../../objects/meta.ts";
import type { FieldPath } from "../../objects/origin.ts";
import type { Service } from "../../objects/service.ts";
import type { Parts } from "../../trace/trace.ts";
import { byName, listed } from "../../trace/words.ts";
import { kubectl, note } from "../remedies/kubectl.ts";
import { these } from "./slice-text.ts";

/**
 * Slices that the EndpointSlice controller made of a Service, and by whose labels it does not find them any more. It goes on
 * expecting what it made: until the labels are back it takes its own cache for out of date, and makes no other slice of the
 * Service ("EndpointSlice informer cache is out of date": endpointslice_controller.go syncService, endpointslice/util
 * endpointslice_tracker.go StaleSlices; seen on Kubernetes 1.34).
 */
export function unfollowedBy(service: Service | null, { ownedBy }: Parts["endpointSlices"]): Unfollowed | null {
  if (service === null) return null;
  const slices = ownedBy(service.metadata.uid)
    .filter((slice) => controllerOf(slice)?.kind === "Service" && lostLabels(slice, service).length > 0)
    .sort((a, b) => byName(a.metadata.name, b.metadata.name));
  const [object] = slices;
  if (object === undefined) return null;
  const { name, namespace } = service.metadata;
  const names = slices.map(({ metadata }) => metadata.name);
  const labels = [...new Set(slices.flatMap((slice) => lostLabels(slice, service)))];
  const one = slices.length === 1;
  return {
    slices,
    object,
    field: ["metadata", "labels"],
    clause: `${these(slices)}, which the EndpointSlice controller made, ${one ? "has" : "have"} lost the label${labels.length === 1 ? "" : "s"} ${listed(labels)}, and it makes no other of the Service while ${one ? "that one is" : "those are"} there`,
    evidence: slices.map((slice) => labelsText(slice, name)),
    remedy: [
      kubectl(
        namespace,
        "label",
        "endpointslice",
        ...names,
        `${SERVICE_NAME_LABEL}=${name}`,
        `${MANAGED_BY_LABEL}=${ENDPOINT_SLICE_CONTROLLER}`,
        "--overwrite",
      ),
      note("then look for what took them away"),
    ],
  };
}

/** What keeps the controller from following a Service, as findings tell it. */
export interface Unfollowed {
  readonly slices: readonly EndpointSlice[];
  /** The first of them. */
  readonly object: EndpointSlice;
  readonly field: FieldPath;
  /** A clause for the message: which slices have lost what, and what follows. */
  readonly clause: string;
  readonly evidence: readonly string[];
  readonly remedy: readonly string[];
}

function labelsText({ metadata }: EndpointSlice, service: string): string {
  const has = [SERVICE_NAME_LABEL, MANAGED_BY_LABEL].map((key) =>
    metadata.labels[key] === undefined ? `no ${key}` : `${key}=${metadata.labels[key]}`,
  );
  return `EndpointSlice ${metadata.name} is owned by Service ${service}, and has ${has.join(", ")}`;
}

/** Another manager's label is that manager's: it may own its slices by the Service, too. */
function lostLabels(slice: EndpointSlice, { metadata }: Service): readonly string[] {
  const manager = slice.metadata.labels[MANAGED_BY_LABEL];
  if (manager !== undefined && manager !== ENDPOINT_SLICE_CONTROLLER) return [];
  return [
    ...(serviceNameOf(slice) === metadata.name ? [] : [SERVICE_NAME_LABEL]),
    ...(manager === undefined ? [MANAGED_BY_LABEL] : []),
  ];
}
