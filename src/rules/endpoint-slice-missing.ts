import { mirrorEndpoints } from "../kubernetes/endpoint-slice-mirroring.ts";
import { type Pod, readyCondition } from "../objects/pod.ts";
import { answeredAddresses, isOlderThanLag, isSettled } from "../trace/answered.ts";
import type { Part } from "../trace/part.ts";
import type { Parts, Subject } from "../trace/trace.ts";
import { byName, count, listed } from "../trace/words.ts";
import { unfollowedBy } from "./evidence/lost-labels.ts";
import { kubectl, note } from "./remedies/kubectl.ts";
import { nodeGone } from "./remedies/pod-remedy.ts";
import { provenance } from "./remedies/provenance.ts";
import { resync } from "./remedies/resync.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/**
 * CoreDNS knows Pods only by EndpointSlices. What the controller should have made of the Service and its Pods
 * (endpointslice reconciler.go) is compared with the slices that there are; a Pod whose last change is younger than the
 * controller's lag is not missed yet.
 */
export const endpointSliceMissing = defineRule({
  id: "endpoint-slice-missing",
  link: "endpointslices",
  severity: "error",
  summary: "Pods that should be published are in no EndpointSlice",
  needs: { expected: "complete", endpointSlices: "complete", endpoints: "optional" },
  liveOnly: true,
  applies: ({ service }) => service !== null && service.spec.type !== "ExternalName",
  check(context) {
    const { service, expected, endpointSlices, endpoints, now } = context;
    // Of a Service that manifests change the slices are still to be made.
    if (service?.live !== true || !isOlderThanLag(service.metadata.creationTimestamp, now)) return [];
    if (expected === null || !expected.made) return notMirrored(context, endpointSlices, endpoints);
    const answered = new Set(answeredAddresses(endpointSlices.ofService).map(({ address }) => address));
    const missing = new Map<Pod, string[]>();
    for (const { endpoints: wanted } of expected.slices) {
      for (const { pod, addresses, conditions } of wanted) {
        if (!conditions.ready || !isSettled(pod, now)) continue;
        const absent = (addresses ?? []).filter((address) => !answered.has(address));
        if (absent.length > 0) missing.set(pod, [...(missing.get(pod) ?? []), ...absent]);
      }
    }
    const homeless = expected.pods
      .filter(({ pod, withheld }) => withheld?.why === "node-missing" && isReady(pod) && isSettled(pod, now))
      .map(({ pod }) => pod);
    return [
      ...(missing.size === 0 ? [] : [notPublished(context, missing, endpointSlices, expected.pods.length)]),
      ...(homeless.length === 0 ? [] : [withoutNode(context, homeless)]),
    ];
  },
});

function isReady(pod: Pod): boolean {
  return pod.metadata.deletionTimestamp === null && readyCondition(pod)?.status === "True";
}

function notPublished(
  subject: Subject,
  missing: ReadonlyMap<Pod, readonly string[]>,
  slices: Parts["endpointSlices"],
  selected: number,
): RuleFinding {
  const { namespace, name, service, now } = subject;
  const pods = [...missing.keys()].sort((a, b) => byName(a.metadata.name, b.metadata.name));
  const names = listed(pods.map((pod) => pod.metadata.name));
  const held = new Set(slices.ofService.flatMap((slice) => slice.endpoints).flatMap(({ addresses }) => addresses));
  const none = slices.ofService.length === 0;
  const publishing = service?.spec.publishNotReadyAddresses === true;
  const unfollowed = unfollowedBy(service, slices);
  return {
    object: unfollowed?.object ?? service ?? { apiVersion: "v1", kind: "Service", namespace, name },
    ...(unfollowed === null ? {} : { field: unfollowed.field }),
    message: `${pods.length === 1 ? `Pod ${names} is` : `Pods ${names} are`} ${publishing ? "selected" : "selected and Ready"}, and ${none ? `Service ${name} has no EndpointSlice` : `no EndpointSlice publishes ${pods.length === 1 ? "it" : "them"}`}: ${unfollowed?.clause ?? "the EndpointSlice controller has not followed"}. ${answersWithout(subject, pods.length, pods.length === selected)}`,
    evidence: [
      ...pods.slice(0, 3).map((pod) => missingText(pod, missing.get(pod) ?? [], held)),
      none
        ? `no EndpointSlice labelled kubernetes.io/service-name=${name}`
        : `${count(slices.ofService.length, "EndpointSlice")} of ${name}: ${listed(slices.ofService.map((slice) => slice.metadata.name).sort(byName))}`,
      ...(unfollowed?.evidence ?? []),
      ...(service === null ? [] : provenance(service, now)),
    ],
    remedy: (
      unfollowed?.remedy ?? [
        note("is the controller that makes slices running, and is each Pod's Node there?"),
        kubectl("kube-system", "get", "pods", "-l", "component=kube-controller-manager"),
        kubectl("", "get", "nodes", ...nodesOf(pods), "--ignore-not-found"),
        ...resync(namespace, name, now),
      ]
    ).join("\n"),
  };
}

/** A Pod whose Node is gone is passed over, too; where Nodes were read, withoutNode tells it. */
function nodesOf(pods: readonly Pod[]): readonly string[] {
  return [...new Set(pods.map((pod) => pod.spec.nodeName))].filter((node) => node !== "").slice(0, 3);
}

function missingText(pod: Pod, addresses: readonly string[], held: ReadonlySet<string>): string {
  const { name } = pod.metadata;
  const ready = readyCondition(pod);
  const since =
    ready?.status === "True" && ready.lastTransitionTime !== null ? `, Ready since ${ready.lastTransitionTime}` : "";
  return `Pod ${name}: ${listed(addresses)}${addresses.some((address) => held.has(address)) ? " only as ready: false" : " in no slice"}${since}`;
}

function answersWithout({ headless, namespace, name }: Subject, pods: number, all: boolean): string {
  if (!headless) return pods === 1 ? "Its cluster IP does not lead there." : "Its cluster IP leads to none of them.";
  return all
    ? `Cluster DNS says NXDOMAIN for ${name}.${namespace} and every name below it.`
    : `Cluster DNS leaves ${pods === 1 ? "it" : "them"} out of ${name}.${namespace}.`;
}

/** The controller passes over a Pod whose Node it cannot find, and tries again later (utils.go, reconciler.go). */
function withoutNode(subject: Subject, homeless: readonly Pod[]): RuleFinding {
  const [first] = homeless;
  const nodes = [...new Set(homeless.map((pod) => pod.spec.nodeName))].sort(byName);
  const pods = homeless.map((pod) => pod.metadata.name).sort(byName);
  return {
    object: first ?? { apiVersion: "v1", kind: "Service", namespace: subject.namespace, name: subject.name },
    field: ["spec", "nodeName"],
    message: `${pods.length === 1 ? `Pod ${listed(pods)} is` : `Pods ${listed(pods)} are`} Ready on ${nodes.length === 1 ? "Node" : "Nodes"} ${listed(nodes)}, which ${nodes.length === 1 ? "does" : "do"} not exist: the EndpointSlice controller leaves such Pods out. ${answersWithout(subject, pods.length, false)}`,
    evidence: nodes.map((node) => `no Node ${node === "" ? '""' : node}`),
    remedy: [
      note("so that they are made again on a Node that exists:"),
      ...homeless.flatMap((pod) => nodeGone(pod, true)),
    ].join("\n"),
  };
}

/** A selector-less Service whose Endpoints object should be mirrored, and is not. */
function notMirrored(
  subject: Subject,
  slices: Parts["endpointSlices"],
  endpoints: Part<Parts["endpoints"]>,
): readonly RuleFinding[] {
  const { namespace, name, service, now } = subject;
  const written = endpoints.status === "unavailable" ? null : endpoints.value.ofService;
  if (written === null || !isOlderThanLag(written.metadata.creationTimestamp, now)) return [];
  const mirroring = mirrorEndpoints(written, service);
  if (!mirroring.mirrored) return [];
  const answered = new Set(answeredAddresses(slices.ofService).map(({ address }) => address));
  const missing = mirroring.slices
    .flatMap((slice) => slice.endpoints)
    .filter(({ ready, address }) => ready && !answered.has(address))
    .map(({ address }) => address);
  if (missing.length === 0) return [];
  return [
    {
      object: written,
      message: `Endpoints ${name} holds ${listed(missing)}, and no EndpointSlice publishes ${missing.length === 1 ? "it" : "them"}: the EndpointSliceMirroring controller has not followed, and cluster DNS reads slices only.`,
      evidence: [
        `${count(slices.ofService.length, "EndpointSlice")} labelled kubernetes.io/service-name=${name}`,
        ...provenance(written, now),
      ],
      remedy: [
        note("is the controller that mirrors Endpoints running?"),
        kubectl("kube-system", "get", "pods", "-l", "component=kube-controller-manager"),
        ...resync(namespace, name, now, "endpoints"),
      ].join("\n"),
    },
  ];
}
