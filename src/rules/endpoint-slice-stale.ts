import { MIRRORING_CONTROLLER } from "../kubernetes/endpoint-slice-mirroring.ts";
import { ENDPOINT_SLICE_CONTROLLER } from "../kubernetes/endpoint-slices.ts";
import { type EndpointSlice, MANAGED_BY_LABEL } from "../objects/endpoint-slice.ts";
import { hasEnded } from "../objects/pod.ts";
import { type AnsweredAddress, answeredAddresses, isOlderThanLag, isSettled } from "../trace/answered.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { byName, count, listed } from "../trace/words.ts";
import { isPublishing } from "./evidence/consequence.ts";
import { type Unfollowed, unfollowedBy } from "./evidence/lost-labels.ts";
import { formerSelector, isOfLostSelector, ofLostSelector } from "./evidence/lost-selector.ts";
import { first, podBehind, slicesOf, stateOf, these } from "./evidence/slice-text.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { resync } from "./remedies/resync.ts";
import { defineRule, type RuleFinding, type Severity } from "./rule.ts";

/**
 * CoreDNS adds up all slices that carry the Service's name, whoever made them (plugin/kubernetes
 * findServices): what nobody keeps up to date any more is answered like the rest.
 */
export const endpointSliceStale = defineRule({
  id: "endpoint-slice-stale",
  link: "endpointslices",
  severity: "warning",
  summary: "an EndpointSlice publishes addresses that no selected Pod has",
  needs: {
    expected: "complete",
    pods: "complete",
    endpointSlices: "present",
    workloads: "optional",
    endpoints: "optional",
  },
  liveOnly: true,
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName",
  check(context) {
    const { service, expected, pods, endpointSlices, workloads, endpoints } = context;
    // Of a Service that manifests change the slices are still to be made.
    if (service?.live !== true || expected === null) return [];
    const written = endpoints.status === "unavailable" ? null : endpoints.value.ofService;
    if (!expected.made) {
      const left = endpointSlices.ofService
        .filter((slice) => isOfLostSelector(slice, written))
        .sort((a, b) => byName(a.metadata.name, b.metadata.name));
      const former = workloads.status === "unavailable" ? null : formerSelector(left, pods, workloads.value);
      return ofLostSelector(context, left, written, pods, former);
    }
    const wanted = new Set(
      expected.slices
        .flatMap((slice) => slice.endpoints)
        .filter(({ conditions }) => conditions.ready)
        .flatMap(({ addresses }) => addresses ?? []),
    );
    const answered = answeredAddresses(endpointSlices.ofService);
    const good = answered.some(({ address }) => wanted.has(address));
    const extra = answered.filter(({ address }) => !wanted.has(address));
    const findings: RuleFinding[] = [];
    const unfollowed = extra.length === 0 ? null : unfollowedBy(service, endpointSlices);
    const managerOf = (slice: EndpointSlice): string =>
      slice.metadata.labels[MANAGED_BY_LABEL] ??
      (unfollowed?.slices.includes(slice) === true ? ENDPOINT_SLICE_CONTROLLER : "");
    for (const [manager, addresses] of Map.groupBy(extra, ({ slice }) => managerOf(slice))) {
      if (manager === ENDPOINT_SLICE_CONTROLLER || manager === MIRRORING_CONTROLLER) {
        const stale = addresses.filter((one) => isStale(one, context, pods));
        if (stale.length > 0) findings.push(notFollowed(context, stale, pods, good, unfollowed));
      } else findings.push(added(context, addresses, manager, good));
    }
    return findings;
  },
});

/** Whether nobody keeps up an address that a controller published: its Pod is gone, is selected no more, or is not Ready. */
function isStale({ endpoint, address }: AnsweredAddress, { now, service }: Subject, pods: Parts["pods"]): boolean {
  const pod = podBehind(endpoint.targetRef?.name, address, pods);
  if (pod === undefined || !pods.selected.includes(pod)) return true;
  const finished = hasEnded(pod);
  // The controller leaves the endpoint of a Pod that ends where it is: not-ready-published.
  if (finished && isPublishing({ service })) return false;
  // When the deletion was asked for is not known, only when it is to be over.
  const { deletionTimestamp } = pod.metadata;
  return isSettled(pod, now) && (deletionTimestamp === null || isOlderThanLag(deletionTimestamp, now));
}

/** The controller's own slices differ from what it should make of the Pods. */
function notFollowed(
  { namespace, name, now }: Subject,
  stale: readonly AnsweredAddress[],
  pods: Parts["pods"],
  good: boolean,
  unfollowed: Unfollowed | null,
): RuleFinding {
  const slices = slicesOf(stale);
  return {
    object: first(slices),
    severity: good ? "warning" : "error",
    message: `${these(slices)} ${slices.length === 1 ? "publishes" : "publish"} ${count(stale.length, "address")} that no Ready Pod of Service ${name} has, and cluster DNS answers with ${stale.length === 1 ? "it" : "them"}: ${unfollowed?.clause ?? "the EndpointSlice controller has not followed"}.${good ? "" : " There is no other address."}`,
    evidence: [...stale.slice(0, 5).map((one) => stateOf(one, pods)), ...(unfollowed?.evidence ?? [])],
    remedy: (
      unfollowed?.remedy ?? [
        note("is the controller that makes slices running?"),
        kubectl("kube-system", "get", "pods", "-l", "component=kube-controller-manager"),
        ...resync(namespace, name, now),
      ]
    ).join("\n"),
  };
}

/** Somebody else's slice adds to the answer of a Service whose Pods a selector finds. */
function added(
  { namespace, name }: Subject,
  addresses: readonly AnsweredAddress[],
  manager: string,
  good: boolean,
): RuleFinding {
  const slices = slicesOf(addresses);
  // By convention a controller names itself under a domain, and people do not (staff, cluster-admins).
  const isController = manager.includes(".");
  const severity: Severity = isController ? "info" : "warning";
  const by = manager === "" ? "written by hand" : `managed by ${manager}`;
  return {
    object: first(slices),
    severity,
    message: `${these(slices)} (${by}) ${slices.length === 1 ? "adds" : "add"} ${listed([...new Set(addresses.map(({ address }) => address))])} to the answer for Service ${name}, which no selected Pod has. Cluster DNS adds up all slices of the name${good ? "" : ", and has no other address for it"}.`,
    evidence: slices.map((slice) => `EndpointSlice ${slice.metadata.name}: ${by}, kubernetes.io/service-name=${name}`),
    remedy: isController
      ? note(`as wanted where ${manager} is to publish them; else take the Service from it`)
      : [
          note("where those addresses are not meant to be answered any more:"),
          kubectl(namespace, "delete", "endpointslice", ...slices.map((slice) => slice.metadata.name)),
          ...(manager === "" ? [] : [note(`where ${manager} makes them again, take the Service from it`)]),
        ].join("\n"),
  };
}
