import { matchesSelector } from "../kubernetes/label-selector.ts";
import { describeRef, type ObjectRef, refOf } from "../objects/meta.ts";
import type { Stanza } from "./kubernetes-lookup.ts";
import { under } from "./kubernetes-lookup.ts";
import { addressOfReverse } from "./name.ts";
import { NONE_WITHHELD, type Unknown, unknown, type WithheldPods } from "./outcome.ts";
import * as reasons from "./reasons.ts";
import type { Cause } from "./records.ts";
import { serviceEndpoints } from "./service-endpoints.ts";
import type { ListState } from "./zone-input.ts";

export type Reverse =
  | {
      readonly status: "found";
      readonly items: readonly { readonly target: string; readonly pod: string | null; readonly object: ObjectRef }[];
      readonly reason: string;
      /** Not every namespace was read: others may list the address, too. */
      readonly incomplete: string | null;
    }
  | { readonly status: "missing"; readonly cause: Cause; readonly reason: string; readonly withheld: WithheldPods }
  | Unknown;

/**
 * The names of the address that a reverse name stands for; null where it stands for none. Mirrors
 * plugin/kubernetes/reverse.go: the first Service with that cluster IP, else every slice that lists it as ready.
 */
export function reverseLookUp(stanza: Stanza, name: string): Reverse | null {
  const address = addressOfReverse(name);
  if (address === null) return null;
  const { index, options } = stanza;
  const zone = options.primaryZone ?? ".";
  const unwritable = (what: string): Unknown =>
    unknown(
      "reverse",
      `${what} a name with an empty label, cannot write that into an answer, and the client gets none (a timeout)`,
    );
  // Only with `namespaces` does CoreDNS look at namespaces here; then they must exist, too.
  const exposed = (namespace: string): boolean =>
    options.namespaces.length === 0 ||
    (options.namespaces.includes(namespace) &&
      (index.namespaces.has(namespace) || index.input.namespaces.state.status !== "complete"));
  const labelled = (labels: Readonly<Record<string, string>>): boolean =>
    options.labels === null || matchesSelector(options.labels, labels);

  const service = (index.servicesByClusterIp().get(address) ?? []).find(
    ({ metadata }) => exposed(metadata.namespace) && labelled(metadata.labels),
  );
  if (service !== undefined) {
    if (zone === ".") return unwritable("in the root zone CoreDNS makes");
    const target = under(`${service.metadata.name}.${service.metadata.namespace}.svc`, zone);
    const item = { target, pod: null, object: refOf(service) };
    return { status: "found", items: [item], reason: reasons.reverseOfService(address, service), incomplete: null };
  }
  const { services, slices } = index.input;
  const gap = becauseOf(services.everywhere) ?? becauseOf(slices.everywhere);
  const items: Extract<Reverse, { status: "found" }>["items"][number][] = [];
  for (const { slice, endpoint } of options.noEndpoints ? [] : (index.endpointsByAddress().get(address) ?? [])) {
    if (!exposed(slice.namespace) || !labelled(slice.labels)) continue;
    if (slice.service === null) {
      return unwritable(`${describeRef(slice.object)} has no label kubernetes.io/service-name: CoreDNS makes`);
    }
    if (zone === ".") return unwritable("in the root zone CoreDNS makes");
    const one = { ...slice, endpoints: [{ ...endpoint, addresses: [address] }] };
    const [tuple] = serviceEndpoints([one], null, options.endpointPodNames, index.input.version).tuples;
    if (tuple?.label == null) continue;
    const target = `${tuple.label}.${under(`${slice.service}.${slice.namespace}.svc`, zone)}`;
    items.push({ target, pod: endpoint.pod, object: slice.object });
  }
  if (items.length > 0) {
    const objects = [...new Set(items.map((item) => describeRef(item.object)))];
    const reason = reasons.reverseOfEndpoints(address, objects);
    return { status: "found", items, reason, incomplete: gap === null ? null : `not every namespace was read: ${gap}` };
  }
  if (gap !== null) return unknown("not-collected", `not every namespace was read: ${gap}`);
  if (index.hasUnknownAddresses()) {
    return unknown("not-collected", `Pods that do not exist yet may get the address ${address}`);
  }
  return {
    status: "missing",
    cause: "address-unknown-to-all",
    reason: reasons.reverseMissing(address),
    withheld: NONE_WITHHELD,
  };
}

function becauseOf(state: ListState): string | null {
  return state.status === "complete" ? null : state.because;
}
