import { ENDPOINT_SLICE_CONTROLLER, hostnameUnder } from "../../kubernetes/endpoint-slices.ts";
import { MANAGED_BY_LABEL } from "../../objects/endpoint-slice.ts";
import { once } from "../../objects/kept.ts";
import { hasEnded, type Pod } from "../../objects/pod.ts";
import { answeredAddresses } from "../../trace/answered.ts";
import type { Part } from "../../trace/part.ts";
import type { Parts, StatedPod, Subject } from "../../trace/trace.ts";
import { count, listed } from "../../trace/words.ts";

/**
 * How many are left to answer: Ready Pods, under publishNotReadyAddresses those that run as well, and addresses in
 * slices of other managers (another cluster's Pods, addresses written by hand).
 */
export function leftToAnswer(
  states: readonly StatedPod[],
  slices: Part<Parts["endpointSlices"]>,
  publishing: boolean,
): number {
  const pods = states.filter(({ state }) => state.is === "ready" || (publishing && state.is === "not-ready"));
  const added = slices.status === "unavailable" ? [] : slices.value.ofService;
  const addresses = added
    .filter(({ metadata }) => metadata.labels[MANAGED_BY_LABEL] !== ENDPOINT_SLICE_CONTROLLER)
    .flatMap((slice) => slice.endpoints)
    .filter(({ conditions }) => conditions.ready !== false);
  return pods.length + addresses.length;
}

/** Whether the Service publishes Pods that are not Ready. */
export function isPublishing({ service }: Pick<Subject, "service">): boolean {
  return service?.spec.publishNotReadyAddresses === true;
}

/** Tells of a Pod whether cluster DNS hands out an address of it; of none where slices were not read. */
export function answeredPods(slices: Part<Parts["endpointSlices"]>): (pod: Pod) => boolean {
  // A later Pod may have taken over the address of one that has ended: the endpoint says whose it is.
  const answered = once(
    () =>
      new Set(
        answeredAddresses(slices.status === "unavailable" ? [] : slices.value.ofService).map(
          ({ endpoint, address }) => `${endpoint.targetRef?.name ?? ""} ${address}`,
        ),
      ),
  );
  return ({ metadata, status }) =>
    (status?.podIPs ?? []).some((ip) => answered().has(`${metadata.name} ${ip}`) || answered().has(` ${ip}`));
}

/**
 * What clients see while these Pods do not answer: one or two sentences. Only a headless Service's name vanishes; a
 * cluster IP is answered whatever is behind it. `published` tells which of the Pods a Service that publishes not-ready
 * addresses hands out all the same.
 */
export function consequence(
  subject: Subject,
  pods: readonly Pod[],
  left: number,
  published: (pod: Pod) => boolean = isPublishable,
): string {
  const { namespace, name, service, headless } = subject;
  const full = `${name}.${namespace}`;
  if (!headless) {
    return left === 0
      ? `DNS still answers ${full} with the cluster IP, and nothing is behind it.`
      : `Behind the cluster IP ${left === 1 ? "1 other still takes" : `${left} others still take`} connections.`;
  }
  const addressed = pods.filter(published);
  if (isPublishing(subject) && addressed.length > 0) {
    const own = addressed.length === 1 ? "its address" : "their addresses";
    return left === 0
      ? `The Service publishes not-ready addresses, so ${full} still resolves, to Pods that take no connections.`
      : `The Service publishes not-ready addresses, so DNS hands out ${own} beside ${left === 1 ? "1 other" : `${left} others`}.`;
  }
  if (left === 0) return `Nothing is left to answer, so cluster DNS says NXDOMAIN for ${full} and every name below it.`;
  const names = service === null ? [] : pods.map((pod) => hostnameUnder(service, pod)).filter((one) => one !== "");
  const lost = [...new Set(names)].map((hostname) => `${hostname}.${full}`);
  const gone = lost.length === 0 ? "" : `, and ${listed(lost)} ${lost.length === 1 ? "does" : "do"} not exist`;
  // Pods that were never made have no address that others could be beside.
  const others = pods.length === 0 ? `${count(left, "address")} only` : count(left, "other address");
  return `DNS answers ${full} with ${others}${gone}.`;
}

/** Whether it may be an endpoint: it has an address, and has not ended (controller_utils.go ShouldPodBeInEndpoints). */
export function isPublishable(pod: Pod): boolean {
  return !hasEnded(pod) && (pod.status?.podIPs.length ?? 0) > 0;
}
