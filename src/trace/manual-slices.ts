import type { Endpoints } from "../objects/endpoint-slice.ts";
import { type EndpointSlice, MANAGED_BY_LABEL, SERVICE_NAME_LABEL, serviceNameOf } from "../objects/endpoint-slice.ts";
import { controllerOf } from "../objects/meta.ts";
import { nearNames } from "../objects/near-names.ts";
import { hasSelector, isHeadless, type Service } from "../objects/service.ts";
import type { Parts, Subject } from "./trace.ts";

/**
 * A slice that somebody wrote for a selector-less headless Service and that DNS does not count as the Service's,
 * because of its label or its namespace. The question is shared: where there is one, the label is the cause, and that
 * the Service has neither selector nor slices only follows.
 */
export interface StraySlice {
  readonly slice: EndpointSlice;
  readonly why: /** It has no service-name label; `instead` is a label or annotation that was meant as one, null without. */
    | {
        readonly is: "unlabelled";
        readonly instead: { readonly kind: "label" | "annotation"; readonly key: string } | null;
      }
    /** Its label names a Service that does not exist. */
    | { readonly is: "mislabelled"; readonly label: string }
    /** It stands in another namespace, which has no such Service. */
    | { readonly is: "elsewhere"; readonly namespace: string };
}

/** What the Endpoints controller puts on its own since Kubernetes 1.33; mirrored slices take an Endpoints object's labels over. */
const ENDPOINTS_BY_LABEL = "endpoints.kubernetes.io/managed-by";
/** When the controller last had a reason to write; nobody writes it by hand. */
const TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";

/** Whether Kubernetes' own Endpoints controller wrote an Endpoints object, or the one that a slice mirrors. */
export function isByEndpointsController({ metadata }: Endpoints | EndpointSlice): boolean {
  return (
    metadata.labels[ENDPOINTS_BY_LABEL] === "endpoint-controller" ||
    Object.hasOwn(metadata.annotations, TRIGGER_ANNOTATION)
  );
}

type Asked = Pick<Subject, "namespace" | "name" | "service">;

/**
 * The slices that were plausibly meant for this Service; none for a Service with a selector (the controller makes
 * its slices) and none for one that has a slice with addresses of its own.
 */
export function straySlices(
  subject: Asked,
  slices: Parts["endpointSlices"],
  services: Parts["services"],
): readonly StraySlice[] {
  const { name, service } = subject;
  if (service === null || !isSelectorless(service) || slices.ofService.some(holdsAddresses)) return [];
  const inNamespace = slices.inNamespace.filter((slice) => isManual(slice) && holdsAddresses(slice));
  const unlabelled = inNamespace.filter((slice) => serviceNameOf(slice) === null);
  const known = new Set(services.inNamespace.map((one) => one.metadata.name));
  const orphans = inNamespace.filter((slice) => {
    const label = serviceNameOf(slice);
    return label !== null && !known.has(label);
  });
  const waiting = services.inNamespace.filter(
    (one) => isSelectorless(one) && !slices.inNamespace.some((slice) => serviceNameOf(slice) === one.metadata.name),
  );
  const onlyOnes = waiting.length === 1 && unlabelled.length + orphans.length === 1;
  return [
    ...unlabelled.flatMap((slice): StraySlice[] => {
      const instead = meantAsLabel(slice, name);
      const meant = instead !== null || onlyOnes || bestByName(slice.metadata.name, known) === name;
      return meant ? [{ slice, why: { is: "unlabelled", instead } }] : [];
    }),
    ...orphans.flatMap((slice): StraySlice[] => {
      const label = serviceNameOf(slice) ?? "";
      const meant = onlyOnes || nearNames(label, known)[0] === name || bestByName(slice.metadata.name, known) === name;
      return meant ? [{ slice, why: { is: "mislabelled", label } }] : [];
    }),
    ...slices.elsewhere
      .filter((slice) => isManual(slice) && holdsAddresses(slice))
      .filter((slice) => belongsToNobody(slice, name, services))
      .map((slice): StraySlice => ({ slice, why: { is: "elsewhere", namespace: slice.metadata.namespace } })),
  ];
}

/**
 * Endpoints objects that were plausibly written for this selector-less Service under another name: the mirroring
 * controller makes slices only for a Service of the very same name.
 */
export function strayEndpoints(
  subject: Asked,
  slices: Parts["endpointSlices"],
  services: Parts["services"],
  endpoints: Parts["endpoints"],
): readonly Endpoints[] {
  const { name, service } = subject;
  if (service === null || !isSelectorless(service)) return [];
  if (endpoints.ofService !== null || slices.ofService.some(holdsAddresses)) return [];
  const known = new Set(services.inNamespace.map((one) => one.metadata.name));
  return endpoints.inNamespace.filter(
    (one) =>
      !known.has(one.metadata.name) &&
      one.subsets.some(({ addresses, notReadyAddresses }) => addresses.length + notReadyAddresses.length > 0) &&
      nearNames(one.metadata.name, known)[0] === name,
  );
}

function isSelectorless(service: Service): boolean {
  return isHeadless(service) && !hasSelector(service);
}

function holdsAddresses(slice: EndpointSlice): boolean {
  return slice.endpoints.some((endpoint) => endpoint.addresses.length > 0);
}

/** Its own namespace was read whole and has no Service that the slice could be of. */
function belongsToNobody({ metadata }: EndpointSlice, name: string, services: Parts["services"]): boolean {
  const there = services.of(metadata.namespace);
  return there.status === "complete" && !there.items.some((one) => one.metadata.name === name);
}

/** Written by a person or their tools: not by one of Kubernetes' controllers, and no part of another object. */
function isManual(slice: EndpointSlice): boolean {
  const manager = slice.metadata.labels[MANAGED_BY_LABEL] ?? "";
  return !manager.endsWith(".k8s.io") && controllerOf(slice) === null;
}

/** A key that a person took for the label: `service-name`, `kubernetes.io/service`, or the right key as an annotation. */
function meantAsLabel(
  { metadata }: EndpointSlice,
  name: string,
): { readonly kind: "label" | "annotation"; readonly key: string } | null {
  if (metadata.annotations[SERVICE_NAME_LABEL] === name) return { kind: "annotation", key: SERVICE_NAME_LABEL };
  const key = Object.keys(metadata.labels).find((one) => /service/i.test(one) && metadata.labels[one] === name);
  return key === undefined ? null : { kind: "label", key };
}

/** The Service whose name the slice's begins with, as Kubernetes' own slices do; the longest where several do. */
function bestByName(slice: string, services: ReadonlySet<string>): string | null {
  for (let end = slice.length; end > 0; end = slice.lastIndexOf("-", end - 1)) {
    const name = slice.slice(0, end);
    if (services.has(name)) return name;
  }
  return null;
}
