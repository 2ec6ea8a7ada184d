import { selects } from "../kubernetes/label-selector.ts";
import type { Unavailable } from "../objects/collected.ts";
import { hasSelector, type Service, type ServicePort } from "../objects/service.ts";
import type { Workload } from "../objects/workload.ts";
import { secondsBetween } from "../trace/age.ts";
import type { Part } from "../trace/part.ts";
import type { Reference } from "../trace/references/reference.ts";
import type { Parts, StatedPod, Subject } from "../trace/trace.ts";
import { byName, listed } from "../trace/words.ts";
import { answeredPods, isPublishing } from "./evidence/consequence.ts";
import { currentWorkloads } from "./evidence/current-workloads.ts";
import { isLeftover } from "./evidence/leftover-pods.ts";
import { groupEvidence, groupIs, groupPods, ownerFrom, subjectOf, wordFor } from "./evidence/pod-groups.ts";
import { referenceText } from "./evidence/reference-text.ts";
import { kubectlPatch, note } from "./remedies/kubectl.ts";
import { podRemedy } from "./remedies/pod-remedy.ts";
import { provenance } from "./remedies/provenance.ts";
import { resync } from "./remedies/resync.ts";
import { yamlLines } from "./remedies/yaml-lines.ts";
import { defineRule, type RuleFinding } from "./rule.ts";

/** From then on a Pod that is not Ready is more than one that takes its time to join its peers. */
const LONG_SECONDS = 600;
/** Labels by which the parts of one application call it the same. */
const APPLICATION_LABELS = ["app.kubernetes.io/name", "app", "k8s-app"];

/**
 * publishNotReadyAddresses makes every endpoint ready (endpointslice utils.go podToEndpoint). That is right for peers
 * that look for each other before they are Ready, and for the governing Service of a StatefulSet; clients get Pods that
 * cannot serve them.
 */
export const notReadyPublished = defineRule({
  id: "not-ready-published",
  link: "readiness",
  severity: "warning",
  summary: "Pods that cannot serve are published to clients",
  needs: {
    podStates: "complete",
    endpointSlices: "optional",
    workloads: "optional",
    services: "optional",
    references: "optional",
  },
  applies: (subject) =>
    subject.headless && isPublishing(subject) && subject.service !== null && hasSelector(subject.service),
  check(context) {
    const { service, podStates, endpointSlices, workloads, services, references, live } = context;
    if (service === null) return [];
    const used =
      workloads.status === "unavailable" || references.status === "unavailable"
        ? []
        : clientFindings(context, service, { workloads, services, references: references.value });
    return live ? [...used, ...deadFindings(context, podStates, endpointSlices, workloads)] : used;
  },
});

/** Workloads of other applications that ask for the Service itself; or a Service that is all that its Pods have. */
function clientFindings(
  subject: Subject,
  service: Service,
  around: {
    readonly workloads: Exclude<Part<Parts["workloads"]>, Unavailable>;
    readonly services: Part<Parts["services"]>;
    readonly references: Parts["references"];
  },
): readonly RuleFinding[] {
  const { services, references } = around;
  const workloads = around.workloads.value;
  const served = currentWorkloads(workloads.selected, workloads);
  if (!served.some(takesTime) || service.spec.ports.some(isGrpc)) return [];
  const clients = clientsOf(subject, workloads, references).filter(
    ({ workload }) => !served.includes(workload) && !isTask(workload) && !isSameApplication(workload, served),
  );
  const other = services.status === "unavailable" ? null : otherService(service, served, services.value);
  const { name, namespace, live, now, neededBy } = subject;
  const alone =
    clients.length === 0 &&
    around.workloads.status === "complete" &&
    services.status === "complete" &&
    other === null &&
    neededBy.length === 0 &&
    served.every(({ kind }) => kind === "Deployment");
  if (clients.length === 0 && !alone) return [];
  const who = clients.map(({ workload }) => `${workload.kind} ${workload.metadata.name}`);
  const why = alone
    ? "It is the only Service of its Pods, so whoever uses them uses it."
    : `${listed(who)} ${who.length === 1 ? "asks" : "ask"} for it by name.`;
  const off = live
    ? kubectlPatch(namespace, "service", name, { spec: { publishNotReadyAddresses: false } })
    : yamlLines({ spec: { publishNotReadyAddresses: false } });
  const plain = other !== null && !other.spec.publishNotReadyAddresses ? other.metadata.name : null;
  return [
    {
      object: service,
      field: ["spec", "publishNotReadyAddresses"],
      message: `Service ${name} publishes Pods that are not Ready, and clients use it: ${why} Cluster DNS hands them Pods that are still starting, or fail.`,
      evidence: [
        "spec.publishNotReadyAddresses: true",
        ...clients.slice(0, 3).map(({ reference }) => referenceText(reference)),
        ...provenance(service, now),
      ],
      remedy: alone
        ? [
            off,
            note(
              "where the Pods look for each other before they are Ready, keep this one for them and give clients a second Service",
            ),
          ].join("\n")
        : plain !== null
          ? note(`let clients use Service ${plain}, which selects the same Pods and publishes only Ready ones`)
          : note(
              `give clients a second Service with the same selector and without publishNotReadyAddresses; keep ${name} for the Pods themselves`,
            ),
    },
  ];
}

interface Client {
  readonly workload: Workload;
  readonly reference: Reference;
}

/** The workloads whose containers ask for the Service itself, not for one Pod of it, with one place each. */
function clientsOf(
  { namespace, name, clusterDomain }: Subject,
  workloads: Parts["workloads"],
  references: Parts["references"],
): readonly Client[] {
  const full = `${name}.${namespace}`;
  const long = [full, `${full}.svc`, `${full}.svc.${clusterDomain}`].flatMap((host) => references.naming(host));
  const first = new Map<Workload, Reference>();
  for (const reference of [...references.naming(name).filter(({ isHost }) => isHost), ...long]) {
    const { holder, object } = reference;
    if (holder.kind !== "Pod" && object === holder && !first.has(holder)) first.set(holder, reference);
  }
  return currentWorkloads([...first.keys()], workloads)
    .toSorted((a, b) => byName(a.metadata.name, b.metadata.name))
    .flatMap((workload) => {
      const reference = first.get(workload);
      return reference === undefined ? [] : [{ workload, reference }];
    });
}

/** With neither probe nor gate a Pod is Ready as soon as its containers run: then the field hardly matters. */
function takesTime({ template }: Workload): boolean {
  const { containers, readinessGates } = template.spec;
  return (
    readinessGates.length > 0 || containers.some((one) => one.readinessProbe !== null || one.startupProbe !== null)
  );
}

/**
 * gRPC keeps a connection to each address and passes over those that do not answer; workers that dial every front end
 * before it is Ready (Grafana's Mimir and Loki) are what makes it Ready.
 */
function isGrpc({ name, appProtocol }: ServicePort): boolean {
  return /grpc|h2c/i.test(`${name} ${appProtocol ?? ""}`);
}

/** What sets an application up runs before its Pods are Ready, and has to reach them. */
function isTask({ kind }: Workload): boolean {
  return kind === "Job" || kind === "CronJob";
}

function isSameApplication({ template }: Workload, served: readonly Workload[]): boolean {
  return APPLICATION_LABELS.some((key) => {
    const own = template.labels[key];
    return own !== undefined && served.some((one) => one.template.labels[key] === own);
  });
}

/** Another Service over the same Pods, one that publishes only Ready ones before others. */
function otherService(service: Service, served: readonly Workload[], services: Parts["services"]): Service | null {
  const same = services.inNamespace.filter(
    (one) => one !== service && served.some(({ template }) => selects(one, template.labels)),
  );
  return same.find((one) => !one.spec.publishNotReadyAddresses) ?? same[0] ?? null;
}

/** Pods that no client should be given, and that are answered all the same. Those that do not run: pod-not-running. */
function deadFindings(
  subject: Subject,
  podStates: readonly StatedPod[],
  endpointSlices: Part<Parts["endpointSlices"]>,
  workloads: Part<Parts["workloads"]>,
): readonly RuleFinding[] {
  const { namespace, name, now } = subject;
  const owner = ownerFrom(workloads);
  const isAnswered = answeredPods(endpointSlices);
  const dead = podStates.flatMap(({ pod, state }) => {
    const found = state.is === "finished" || state.is === "not-ready" ? state.trouble : null;
    if (found === null || !isAnswered(pod)) return [];
    if (state.is === "finished") return isLeftover(pod, podStates, owner) ? [{ pod, trouble: found }] : [];
    const long = (secondsBetween(found.since, now) ?? 0) > LONG_SECONDS;
    return long && !found.starting ? [{ pod, trouble: found }] : [];
  });
  return groupPods(dead, owner).map((group): RuleFinding => {
    const { pods, trouble } = group;
    const ended = trouble.kind === "completed" || trouble.kind === "failed";
    const addresses = listed(pods.flatMap((pod) => pod.status?.podIPs.slice(0, 1) ?? []));
    return {
      object: subjectOf(group),
      message: `${groupIs(group)} ${ended ? "no longer running" : "not Ready"} (${wordFor(trouble, now)}): ${trouble.clause}. Service ${name} publishes not-ready addresses, so cluster DNS answers with ${addresses} all the same${ended ? ": the slice was not touched when the Pod ended" : ""}.`,
      evidence: ["spec.publishNotReadyAddresses: true", ...groupEvidence(group)],
      remedy: ended ? resync(namespace, name, now).join("\n") : podRemedy(group),
    };
  });
}
