import {
  type EndpointSlice,
  type Endpoints,
  MANAGED_BY_LABEL,
  SERVICE_NAME_LABEL,
  serviceNameOf,
} from "../objects/endpoint-slice.ts";
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

/** What was written by hand in a namespace and belongs to no Service, by the Service that it was plausibly meant for. */
export interface Strays {
  readonly slices: ReadonlyMap<string, readonly StraySlice[]>;
  readonly endpoints: ReadonlyMap<string, readonly Endpoints[]>;
}

/** What the Endpoints controller puts on its own since Kubernetes 1.33; mirrored slices take an Endpoints object's labels over. */
const ENDPOINTS_BY_LABEL = "endpoints.kubernetes.io/managed-by";
/** When the controller last had a reason to write; nobody writes it by hand. */
const TRIGGER_ANNOTATION = "endpoints.kubernetes.io/last-change-trigger-time";
/** Comparisons of names that one namespace may cost: beyond, only equal beginnings tell whose a slice is. */
const COMPARISONS = 1_000_000;

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
  { name, service }: Asked,
  slices: Parts["endpointSlices"],
  services: Parts["services"],
): readonly StraySlice[] {
  if (service === null || !isSelectorless(service) || slices.ofService.some(holdsAddresses)) return [];
  return [
    ...slices.strays,
    ...slices.elsewhere
      .filter((slice) => isManual(slice) && belongsToNobody(slice, name, services))
      .map((slice): StraySlice => ({ slice, why: { is: "elsewhere", namespace: slice.metadata.namespace } })),
  ];
}

/**
 * Endpoints objects that were plausibly written for this selector-less Service under another name: the mirroring
 * controller makes slices only for a Service of the very same name.
 */
export function strayEndpoints(
  { service }: Asked,
  slices: Parts["endpointSlices"],
  endpoints: Parts["endpoints"],
): readonly Endpoints[] {
  if (service === null || !isSelectorless(service)) return [];
  return endpoints.ofService !== null || slices.ofService.some(holdsAddresses) ? [] : endpoints.strays;
}

/** Finds the owners of what is left over in a namespace, once for all of its Services. */
export function straysOf(
  services: readonly Service[],
  slices: readonly EndpointSlice[],
  endpoints: readonly Endpoints[],
): Strays {
  const known = new Set(services.map((one) => one.metadata.name));
  const manual = slices.filter(isManual);
  const unlabelled = manual.filter((slice) => serviceNameOf(slice) === null);
  const orphans = manual.filter((slice) => {
    const label = serviceNameOf(slice);
    return label !== null && !known.has(label);
  });
  const labelled = new Set(slices.map(serviceNameOf));
  const waiting = services.filter((one) => isSelectorless(one) && !labelled.has(one.metadata.name));
  // Where one slice and one Service are left over, they belong together whatever their names.
  const only = waiting.length === 1 && unlabelled.length + orphans.length === 1 ? (waiting[0] ?? null) : null;
  const lone = endpoints.filter((one) => !known.has(one.metadata.name) && one.subsets.some(isFilled));
  const nearest = (orphans.length + lone.length) * known.size <= COMPARISONS ? nearNames : () => [];

  const bySlice = new Map<string, StraySlice[]>();
  const add = (service: string | undefined, stray: StraySlice): void => {
    if (service !== undefined) bySlice.set(service, [...(bySlice.get(service) ?? []), stray]);
  };
  for (const slice of unlabelled) {
    const meant = meantAsLabel(slice, known);
    const instead = meant === null ? null : { kind: meant.kind, key: meant.key };
    add(meant?.name ?? only?.metadata.name ?? ownerByName(slice, known), { slice, why: { is: "unlabelled", instead } });
  }
  for (const slice of orphans) {
    const label = serviceNameOf(slice) ?? "";
    const meant = only?.metadata.name ?? nearest(label, known)[0] ?? ownerByName(slice, known);
    add(meant, { slice, why: { is: "mislabelled", label } });
  }
  return { slices: bySlice, endpoints: Map.groupBy(lone, (one) => nearest(one.metadata.name, known)[0] ?? "") };
}

function isSelectorless(service: Service): boolean {
  return isHeadless(service) && !hasSelector(service);
}

function holdsAddresses(slice: EndpointSlice): boolean {
  return slice.endpoints.some((endpoint) => endpoint.addresses.length > 0);
}

function isFilled({ addresses, notReadyAddresses }: Endpoints["subsets"][number]): boolean {
  return addresses.length + notReadyAddresses.length > 0;
}

/** Written by a person or their tools, and filled: not by one of Kubernetes' controllers, and no part of another object. */
function isManual(slice: EndpointSlice): boolean {
  const manager = slice.metadata.labels[MANAGED_BY_LABEL] ?? "";
  return !manager.endsWith(".k8s.io") && controllerOf(slice) === null && holdsAddresses(slice);
}

/** Its own namespace was read whole and has no Service that the slice could be of. */
function belongsToNobody({ metadata }: EndpointSlice, name: string, services: Parts["services"]): boolean {
  const there = services.of(metadata.namespace);
  return there.status === "complete" && !there.items.some((one) => one.metadata.name === name);
}

/** A key that a person took for the label: `service-name`, `kubernetes.io/service`, or the right key as an annotation. */
function meantAsLabel(
  { metadata }: EndpointSlice,
  services: ReadonlySet<string>,
): { readonly kind: "label" | "annotation"; readonly key: string; readonly name: string } | null {
  const annotated = metadata.annotations[SERVICE_NAME_LABEL];
  if (annotated !== undefined && services.has(annotated)) {
    return { kind: "annotation", key: SERVICE_NAME_LABEL, name: annotated };
  }
  const label = Object.entries(metadata.labels).find(([key, value]) => /service/i.test(key) && services.has(value));
  return label === undefined ? null : { kind: "label", key: label[0], name: label[1] };
}

/** The Service whose name the slice's begins with, as Kubernetes' own slices do; the longest where several do. */
function ownerByName({ metadata }: EndpointSlice, services: ReadonlySet<string>): string | undefined {
  for (let end = metadata.name.length; end > 0; end = metadata.name.lastIndexOf("-", end - 1)) {
    const name = metadata.name.slice(0, end);
    if (services.has(name)) return name;
  }
  return undefined;
}
