import type { EndpointSlice } from "../../objects/endpoint-slice.ts";
import { type Pod, readyCondition } from "../../objects/pod.ts";
import type { AnsweredAddress } from "../../trace/answered.ts";
import type { Parts } from "../../trace/trace.ts";
import { byName, listed } from "../../trace/words.ts";

/** By name, else by address: Pods on the Node's network share theirs. */
export function podBehind(name: string | undefined, address: string, pods: Parts["pods"]): Pod | undefined {
  return pods.inNamespace.find((pod) =>
    name === undefined ? pod.status?.podIPs.includes(address) === true : pod.metadata.name === name,
  );
}

export function stateOf({ endpoint, address }: AnsweredAddress, pods: Parts["pods"]): string {
  const name = endpoint.targetRef?.name;
  const pod = podBehind(name, address, pods);
  if (pod === undefined) return `${address}: ${name === undefined ? "no Pod has it" : `Pod ${name} is gone`}`;
  if (pod.metadata.deletionTimestamp !== null) return `${address}: Pod ${pod.metadata.name} is being deleted`;
  const { phase, podIPs = [] } = pod.status ?? {};
  if (!podIPs.includes(address)) return `${address}: Pod ${pod.metadata.name} has ${podIPs[0] ?? "no address"} now`;
  if (!pods.selected.includes(pod)) return `${address}: Pod ${pod.metadata.name} does not have the labels`;
  if (readyCondition(pod)?.status === "True") return `${address}: of a family that the Service does not have`;
  return `${address}: Pod ${pod.metadata.name} is ${phase === "Running" ? "not Ready" : phase}`;
}

export function slicesOf(addresses: readonly AnsweredAddress[]): readonly EndpointSlice[] {
  return [...new Set(addresses.map(({ slice }) => slice))].sort((a, b) => byName(a.metadata.name, b.metadata.name));
}

export function these(slices: readonly EndpointSlice[]): string {
  const names = listed(slices.map((slice) => slice.metadata.name));
  return `EndpointSlice${slices.length === 1 ? "" : "s"} ${names}`;
}

export function first(slices: readonly EndpointSlice[]): EndpointSlice {
  const [slice] = slices;
  if (slice === undefined) throw new Error("a finding about no slice");
  return slice;
}
