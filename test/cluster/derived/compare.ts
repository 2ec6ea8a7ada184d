// Two Snapshots of the same manifests, one derived from their text and one read from the cluster that they were applied
// to, told in the same words: what a cluster adds by chance (addresses, random letters) is left out.
import type { RecordType } from "../../../src/dns/records.ts";
import { predict } from "../../../src/dns/zone.ts";
import {
  ENDPOINT_SLICE_CONTROLLER,
  expectedSlices,
  possibleFamilyOf,
} from "../../../src/kubernetes/endpoint-slices.ts";
import { matchesLabels } from "../../../src/kubernetes/label-selector.ts";
import { isStandIn } from "../../../src/kubernetes/workload-pods.ts";
import { present } from "../../../src/objects/collected.ts";
import { type EndpointPort, MANAGED_BY_LABEL, serviceNameOf } from "../../../src/objects/endpoint-slice.ts";
import type { Pod } from "../../../src/objects/pod.ts";
import type { SnapshotIndex } from "../../../src/objects/snapshot-index.ts";
import type { Workload } from "../../../src/objects/workload.ts";
import { ownerOf } from "../../../src/trace/owners.ts";
import { zoneOf } from "../../../src/trace/zone.ts";
import { questionsAbout } from "../oracle/questions.ts";

/** Labels with values that only a cluster knows: none is claimed. */
const UNKNOWN_LABELS = [
  "pod-template-hash",
  "controller-revision-hash",
  "pod-template-generation",
  "controller-uid",
  "batch.kubernetes.io/controller-uid",
];
const COMPLETION_INDEX = "batch.kubernetes.io/job-completion-index";

/** Each Pod by its owner, name, hostname, subdomain and labels; random letters of a name as `*`. */
export function identitiesOf(index: SnapshotIndex, namespace: string): readonly string[] {
  return present(index.in("pods", namespace))
    .map((pod) => {
      const { hostname, subdomain } = pod.spec;
      const labels = Object.entries(pod.metadata.labels)
        .filter(([label]) => !UNKNOWN_LABELS.includes(label))
        .map(([label, value]) => `${label}=${value}`)
        .sort();
      const completion = pod.metadata.annotations[COMPLETION_INDEX] ?? "";
      return `${nameOf(index, pod)} hostname=${hostname} subdomain=${subdomain} ${labels} completes=${completion}`;
    })
    .sort();
}

function nameOf(index: SnapshotIndex, pod: Pod): string {
  const workloadNamed = (kind: string, name: string): Workload | null =>
    index.named("workloads", name).find((one) => one.kind === kind) ?? null;
  const owner = ownerOf(pod, workloadNamed);
  const { name } = pod.metadata;
  if (owner === null) return `Pod ${name}`;
  const whose = `${owner.ref.kind} ${owner.ref.name}`;
  if (owner.ref.kind === "StatefulSet") return `${whose} ${name}`;
  const completion = pod.metadata.annotations[COMPLETION_INDEX];
  const known = completion === undefined ? owner.ref.name : `${owner.ref.name}-${completion}`;
  // What comes behind the part that is known must be what a controller would put there, or stand for it.
  const rest = name.slice(known.length);
  const random = isStandIn(name)
    ? /^-<[a-z0-9]+>$/
    : owner.ref.kind === "Deployment"
      ? /^(-[a-z0-9]+){2}$/
      : /^-[a-z0-9]{5}$/;
  return name.startsWith(known) && random.test(rest)
    ? `${whose} ${known}-*`
    : `${whose} ${name}, which is no name of its`;
}

/** Each endpoint of each Service that slices are made for, as the rules expect them of the manifests. */
export function expectedEndpoints(index: SnapshotIndex, namespace: string): readonly string[] {
  return present(index.in("services", namespace))
    .flatMap((service) => {
      const { selector } = service.spec;
      const pods = present(index.in("pods", namespace)).filter(
        ({ metadata }) => selector !== null && matchesLabels(selector, metadata.labels),
      );
      const expected = expectedSlices(service, pods, null);
      if (!expected.made) return [];
      return expected.slices.flatMap(({ addressType, ports, endpoints }) =>
        endpoints.map(({ pod, conditions, hostname }) =>
          endpointText(service.metadata.name, addressType, nameOf(index, pod), hostname, ports, conditions),
        ),
      );
    })
    .sort();
}

/** The same of the slices that the controller has made; those left out of which the manifests do not tell. */
export function realEndpoints(index: SnapshotIndex, namespace: string, derived: SnapshotIndex): readonly string[] {
  const unsure = new Set(
    present(derived.in("services", namespace)).map((one) => `${one.metadata.name} ${possibleFamilyOf(one)}`),
  );
  const pods = new Map(present(index.in("pods", namespace)).map((pod) => [pod.metadata.name, pod]));
  return present(index.in("endpointSlices", namespace))
    .filter(({ metadata }) => metadata.labels[MANAGED_BY_LABEL] === ENDPOINT_SLICE_CONTROLLER)
    .filter((slice) => !unsure.has(`${serviceNameOf(slice)} ${slice.addressType}`))
    .flatMap((slice) =>
      slice.endpoints.map(({ targetRef, conditions, hostname }) => {
        const pod = pods.get(targetRef?.name ?? "");
        const name = pod === undefined ? `no Pod ${targetRef?.name}` : nameOf(index, pod);
        return endpointText(serviceNameOf(slice) ?? "", slice.addressType, name, hostname, slice.ports, conditions);
      }),
    )
    .sort();
}

function endpointText(
  service: string,
  family: string,
  pod: string,
  hostname: string | null,
  ports: readonly EndpointPort[],
  conditions: {
    readonly ready: boolean | null;
    readonly serving: boolean | null;
    readonly terminating: boolean | null;
  },
): string {
  const told = ports.map(({ name, protocol, port }) => `${name}/${protocol}/${port}`).sort();
  const { ready, serving, terminating } = conditions;
  return `${service} ${family} ${pod} hostname=${hostname ?? ""} ports=${told} ${JSON.stringify({ ready, serving, terminating })}`;
}

export interface NameComparison {
  /** Answers that both sides know. */
  readonly compared: number;
  /** Of these, with records. */
  readonly answered: number;
  /** `TYPE name: why`, of what the manifests do not tell. */
  readonly unknown: readonly string[];
  readonly mismatches: readonly string[];
}

/** Every name that the manifests speak of, asked of both zones: code, and how many records of which type. */
export function compareNames(derived: SnapshotIndex, real: SnapshotIndex, namespace: string): NameComparison {
  const { zone: derivedZone, domain } = zoneOf(derived);
  const { zone: realZone } = zoneOf(real);
  const unknown: string[] = [];
  const mismatches: string[] = [];
  let compared = 0;
  let answered = 0;
  for (const { name, type } of questionsAbout(derived, namespace, domain.name)) {
    if (isStandIn(name) || !name.includes(`${namespace}.svc.`)) continue;
    const [left, right] = [derivedZone, realZone].map((zone) => predict(zone, name, type as RecordType));
    if (left === undefined || right === undefined) continue;
    if (!left.known || left.incomplete !== null) {
      unknown.push(`${type} ${name}: ${left.known ? left.incomplete : left.because}`);
      continue;
    }
    if (!right.known || right.incomplete !== null) {
      mismatches.push(`${type} ${name}: the cluster does not tell: ${right.known ? right.incomplete : right.because}`);
      continue;
    }
    compared += 1;
    if (right.answers.length > 0) answered += 1;
    const [ours, theirs] = [left, right].map(({ rcode, answers }) => {
      const types = answers.map((answer) => answer.type).sort();
      return `${rcode} ${types.join(" ")}`;
    });
    if (ours !== theirs)
      mismatches.push(`${type} ${name}: derived ${ours} (${left.reason}), real ${theirs} (${right.reason})`);
  }
  return { compared, answered, unknown, mismatches };
}
