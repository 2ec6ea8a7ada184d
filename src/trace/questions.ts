import { formatData } from "../dns/compare.ts";
import type { Prediction, RecordType } from "../dns/records.ts";
import { predict, type Zone } from "../dns/zone.ts";
import { findPort } from "../kubernetes/endpoint-slices.ts";
import { parseIp } from "../kubernetes/ip.ts";
import { isStandIn } from "../kubernetes/workload-pods.ts";
import type { EndpointSlice } from "../objects/endpoint-slice.ts";
import type { DnsQuestion } from "../objects/observation.ts";
import type { ObservationPlan } from "../objects/observation-plan.ts";
import type { Pod } from "../objects/pod.ts";
import type { Service, ServicePort } from "../objects/service.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import { indexSnapshot, type SnapshotIndex } from "../objects/snapshot-index.ts";
import { type DnsServers, dnsServers, isReady } from "./dns-servers.ts";
import { type NamespaceLookups, namespaceLookups } from "./lookups.ts";
import { doubtful, observedQuestions } from "./observed.ts";
import { byName } from "./words.ts";
import { type ClusterZone, zoneOf } from "./zone.ts";

/** Of one Service; more would only show the same again. */
const MOST_NAMES = 100;
/** Of all Services together: a stream carries them in seconds. */
const MOST_QUESTIONS = 5_000;

/**
 * What to ask about Services: each one's own name, its ports' SRV names, the names of its Pods and endpoints, and the
 * start of authority, whose serial tells what a replica last saw.
 */
export function doctorQuestions(
  index: SnapshotIndex,
  zone: ClusterZone,
  subjects: readonly { readonly namespace: string; readonly name: string }[],
): readonly DnsQuestion[] {
  const lookups = namespaceLookups(index);
  const apex = `${zone.domain.name}.`;
  const about = subjects.flatMap((subject) => questionsAbout(lookups, apex, subject));
  return [ask(apex, "SOA"), ...about].slice(0, MOST_QUESTIONS);
}

function questionsAbout(
  lookups: NamespaceLookups,
  apex: string,
  { namespace, name }: { readonly namespace: string; readonly name: string },
): readonly DnsQuestion[] {
  const own = `${name}.${namespace}.svc.${apex}`;
  const slices = lookups.slicesOf(namespace, name);
  const ports = new Set(
    slices
      .flatMap((slice) => slice.ports)
      .flatMap((port) => (port.name === "" ? [] : [`_${port.name}._${port.protocol.toLowerCase()}`])),
  );
  const hostnames = lookups
    .podsWithSubdomain(namespace, name)
    .flatMap(({ spec }) => (spec.hostname === "" || isStandIn(spec.hostname) ? [] : [spec.hostname]));
  const labels = [...new Set([...hostnames, ...slices.flatMap(endpointLabels)])].sort(byName).slice(0, MOST_NAMES);
  const six = slices.some(({ addressType }) => addressType === "IPv6");
  return [
    ask(own, "A"),
    ask(own, "AAAA"),
    ask(own, "SRV"),
    ...[...ports].sort().map((port) => ask(`${port}.${own}`, "SRV")),
    ...labels.flatMap((label) => [ask(`${label}.${own}`, "A"), ...(six ? [ask(`${label}.${own}`, "AAAA")] : [])]),
  ];
}

/** As CoreDNS names ready endpoints: by hostname, else by the address with hyphens (plugin/kubernetes endpointHostname). */
function endpointLabels({ endpoints }: EndpointSlice): readonly string[] {
  return endpoints.flatMap(({ addresses, conditions, hostname }) => {
    if (conditions.ready === false) return [];
    if (hostname !== null && hostname !== "") return [hostname];
    return addresses.flatMap((address) => {
      const ip = parseIp(address);
      if (ip === null) return [];
      const hyphened = ip.text.replaceAll(/[.:]/g, "-");
      return [hyphened.endsWith("-") ? `${hyphened}0` : hyphened];
    });
  });
}

function ask(name: string, type: string): DnsQuestion {
  return { name: name.toLowerCase(), type, checkingDisabled: false };
}

/** Plans the asking of every replica of cluster DNS. */
export function observationPlan(
  questionsOf: (index: SnapshotIndex, zone: ClusterZone) => readonly DnsQuestion[],
): ObservationPlan {
  return {
    replicas: replicasOf,
    questions: (snapshot) => {
      const index = indexSnapshot(snapshot);
      return questionsOf(index, zoneOf(index)).slice(0, MOST_QUESTIONS);
    },
    doubts: (snapshot) => {
      const observations = snapshot.clusterDns?.observations ?? null;
      if (observations === null || observations.status === "unavailable") return [];
      const { zone } = zoneOf(indexSnapshot(snapshot));
      return doubtful(
        observedQuestions(
          observations.items,
          (name, type) => predict(zone, name, type),
          () => true,
        ),
      );
    },
    steady: (before, after, questions) => {
      const [{ zone: old }, { zone: now }] = [zoneOf(indexSnapshot(before)), zoneOf(indexSnapshot(after))];
      return questions.filter(({ name, type }) => {
        // Whatever was asked is a type that predictions know, or its prediction is unknown.
        const expected = (zone: Zone) => expectedText(predict(zone, name, type as RecordType));
        return expected(old) === expected(now);
      });
    },
  };
}

/** What is to be expected, whatever the order of records; the same text for the same answer. */
function expectedText(prediction: Prediction): string {
  if (!prediction.known) return prediction.cause;
  return [prediction.rcode, ...prediction.answers.map(({ type, data }) => `${type} ${formatData(data)}`).sort()].join(
    " ",
  );
}

function replicasOf(snapshot: Snapshot): ReturnType<ObservationPlan["replicas"]> {
  const index = indexSnapshot(snapshot);
  const found = dnsServers(index, zoneOf(index).dns);
  if (found.status === "unavailable") return { replicas: [], because: found.because };
  const { pods, service } = found.value;
  if (pods === null) {
    const list = index.in("pods", "kube-system");
    return { replicas: [], because: list.status === "complete" ? "" : list.because };
  }
  const replicas = pods.filter(isUp).map((pod) => ({
    namespace: pod.metadata.namespace,
    name: pod.metadata.name,
    ip: pod.status?.podIPs[0] ?? "",
    ready: isReady(pod),
    port: portOf(pod, service),
  }));
  return { replicas, because: nobody(found.value) };
}

function nobody({ pods, onNodes }: DnsServers): string {
  if (onNodes !== null) return `${onNodes}: no replica can be asked through the API server`;
  return pods?.length === 0 ? "cluster DNS has no Pods to ask" : "no Pod of cluster DNS is running";
}

/** A Pod that is going away has been told to stop answering. */
function isUp({ metadata, status }: Pod): boolean {
  return metadata.deletionTimestamp === null && status?.phase === "Running" && status.podIPs.length > 0;
}

/** The container's port behind port 53 of the Service, over TCP where it tells it apart (OpenShift listens on 5353). */
function portOf(pod: Pod, service: Service | null): number {
  const ports = (service?.spec.ports ?? []).filter(({ port }) => port === 53);
  const tcp: ServicePort | undefined = ports.find(({ protocol }) => protocol === "TCP") ?? ports[0];
  return (tcp === undefined ? null : findPort(pod, tcp)) ?? 53;
}
