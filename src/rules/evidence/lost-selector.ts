import { MIRRORING_CONTROLLER } from "../../kubernetes/endpoint-slice-mirroring.ts";
import { ENDPOINT_SLICE_CONTROLLER } from "../../kubernetes/endpoint-slices.ts";
import { parseIp } from "../../kubernetes/ip.ts";
import { type EndpointSlice, type Endpoints, MANAGED_BY_LABEL } from "../../objects/endpoint-slice.ts";
import { readyCondition } from "../../objects/pod.ts";
import { answeredAddresses } from "../../trace/answered.ts";
import { isByEndpointsController } from "../../trace/manual-slices.ts";
import type { Parts, Subject } from "../../trace/trace.ts";
import { count } from "../../trace/words.ts";
import { kubectl, note } from "../remedies/kubectl.ts";
import { provenance } from "../remedies/provenance.ts";
import { changeSelector } from "../remedies/selector-remedies.ts";
import type { RuleFinding } from "../rule.ts";
import { first, podBehind, stateOf, these } from "./slice-text.ts";

/** Made by Kubernetes for a Service that had a selector then: the controllers leave a Service without one alone. */
export function isOfLostSelector(slice: EndpointSlice, written: Endpoints | null): boolean {
  const manager = slice.metadata.labels[MANAGED_BY_LABEL];
  if (manager === ENDPOINT_SLICE_CONTROLLER) return slice.endpoints.length > 0;
  const mirrored = manager === MIRRORING_CONTROLLER && slice.endpoints.length > 0;
  return mirrored && (isByEndpointsController(slice) || (written !== null && isByEndpointsController(written)));
}

export function ofLostSelector(
  { service, namespace, name, now }: Subject,
  slices: readonly EndpointSlice[],
  written: Endpoints | null,
  pods: Parts["pods"],
  former: Readonly<Record<string, string>> | null,
): readonly RuleFinding[] {
  if (service === null || slices.length === 0) return [];
  const answered = answeredAddresses(slices);
  const alive = answered.filter(({ endpoint, address }) => {
    const pod = podBehind(endpoint.targetRef?.name, address, pods);
    // A StatefulSet's Pod that was made again has the name of the one before, and another address.
    const holds = pod?.status?.podIPs.some((ip) => (parseIp(ip)?.text ?? ip) === address) === true;
    return holds && readyCondition(pod)?.status === "True" && pod.metadata.deletionTimestamp === null;
  });
  const addresses = new Set(answered.map(({ address }) => address)).size;
  const leading = new Set(alive.map(({ address }) => address)).size;
  return [
    {
      object: first(slices),
      severity: alive.length === 0 ? "error" : "warning",
      message: `${these(slices)} ${slices.length === 1 ? "is" : "are"} left of a selector that Service ${name} no longer has: no controller keeps ${slices.length === 1 ? "it" : "them"} up, and changes of the Pods no longer reach DNS. ${alive.length === 0 ? "No Ready Pod has an address of theirs." : `${leading} of ${count(addresses, "address")} still ${leading === 1 ? "leads" : "lead"} to a Ready Pod.`}`,
      evidence: [
        "spec.selector: none",
        ...slices.map(
          (slice) => `EndpointSlice ${slice.metadata.name}: managed by ${slice.metadata.labels[MANAGED_BY_LABEL]}`,
        ),
        // Both controllers' slices may hold the same address.
        ...[...new Set(answered.filter((one) => !alive.includes(one)).map((one) => stateOf(one, pods)))].slice(0, 3),
        ...provenance(service, now),
      ],
      remedy: [
        ...(former === null
          ? []
          : [note("give the selector back, as the workload of these Pods has it:"), changeSelector(service, former)]),
        ...removal(former !== null, namespace, slices, written),
      ].join("\n"),
    },
  ];
}

function removal(
  alternative: boolean,
  namespace: string,
  slices: readonly EndpointSlice[],
  written: Endpoints | null,
): readonly string[] {
  const lines = [
    kubectl(namespace, "delete", "endpointslice", ...slices.map((slice) => slice.metadata.name)),
    ...(written !== null && isByEndpointsController(written)
      ? [kubectl(namespace, "delete", "endpoints", written.metadata.name)]
      : []),
  ];
  const intro = note(
    alternative
      ? "or, where others are to provide endpoints from now on:"
      : "remove what is left, so that others can provide endpoints:",
  );
  return [intro, ...(alternative ? lines.map((line) => note(line)) : lines)];
}

/** The selector that the one workload behind these slices' Pods has. */
export function formerSelector(
  slices: readonly EndpointSlice[],
  pods: Parts["pods"],
  workloads: Parts["workloads"],
): Readonly<Record<string, string>> | null {
  const names = new Set(slices.flatMap((slice) => slice.endpoints).flatMap(({ targetRef }) => targetRef?.name ?? []));
  const behind = pods.inNamespace.filter((pod) => names.has(pod.metadata.name));
  const owners = new Set(behind.map((pod) => workloads.ownerOf(pod)?.workload ?? null));
  const [owner] = owners;
  if (owners.size !== 1 || owner === null || owner === undefined) return null;
  const labels = owner.selector?.matchLabels ?? {};
  return Object.keys(labels).length === 0 ? null : labels;
}
