import type { Event, Node } from "../objects/others.ts";
import {
  type Condition,
  type Container,
  type ContainerStatus,
  hasEnded,
  type Pod,
  readyCondition,
} from "../objects/pod.ts";
import { secondsBetween } from "./age.ts";
import { containerTrouble, restlessTrouble } from "./container-trouble.ts";
import { deletionTrouble } from "./deletion-trouble.ts";
import { notReadyTrouble, probeTrouble } from "./readiness-trouble.ts";
import { containerText, eventText, lastChange, lastEvent, oneLine, type Trouble, trouble } from "./trouble.ts";

/** Where a Pod stands on its way to answering. */
export type PodState =
  /** It does not exist yet: a manifest would make it. */
  | { readonly is: "derived" }
  /** `restless`: it is Ready for a moment between two crashes. */
  | { readonly is: "ready"; readonly restless: Trouble | null }
  /** Succeeded or Failed: it never runs again. */
  | { readonly is: "finished"; readonly trouble: Trouble }
  /** Being deleted, whatever its containers still do. */
  | { readonly is: "terminating"; readonly trouble: Trouble }
  /** A container does not run, or there is no address yet. */
  | { readonly is: "not-running"; readonly trouble: Trouble }
  /** All containers run and the Pod is not Ready. */
  | { readonly is: "not-ready"; readonly trouble: Trouble };

/** What lies around a Pod that tells why it is as it is. */
export interface Surroundings {
  /** RFC 3339; null where the source has no clock. */
  readonly now: string | null;
  /** None where Events were not read. */
  eventsOf(pod: Pod): readonly Event[];
  /** null: there is no such Node. undefined: Nodes were not read. */
  nodeNamed(name: string): Node | null | undefined;
}

/**
 * Seconds after a Pod's creation in which being scheduled, pulling images and starting count as a start, and not as a
 * fault, while others answer. Most Pods are up in less; an image of gigabytes that takes longer is worth a line.
 */
const START_GRACE_SECONDS = 60;

/** Where a Pod stands, and why it is not further, in the words of its containers, of the scheduler and of the last Events. */
export function podState(pod: Pod, around: Surroundings): PodState {
  const { status, metadata } = pod;
  if (status === null) return { is: "derived" };
  if (metadata.deletionTimestamp !== null) return { is: "terminating", trouble: deletionTrouble(pod, around) };
  if (hasEnded(pod)) return { is: "finished", trouble: finishedTrouble(pod) };
  const ready = readyCondition(pod);
  if (ready?.status === "True" && status.phase === "Running" && status.podIPs.length > 0) {
    return { is: "ready", restless: restlessTrouble(pod, around.eventsOf(pod), around.now) };
  }

  const lost = pod.spec.nodeName === "" ? null : nodeTrouble(pod, ready, around);
  if (lost !== null) return { is: status.phase === "Running" ? "not-ready" : "not-running", trouble: lost };
  const events = around.eventsOf(pod);
  const stopped = containersTrouble(pod, events, around.now);
  if (stopped !== null) return { is: "not-running", trouble: stopped };
  if (status.phase === "Running" && status.podIPs.length > 0) {
    return { is: "not-ready", trouble: notReadyTrouble(pod, ready, events, around.now) };
  }
  return { is: "not-running", trouble: pendingTrouble(pod, events, around.now) };
}

/** Whether a start that began at `since` may well be under way still. */
function isStarting(since: string | null, now: string | null, grace = START_GRACE_SECONDS): boolean {
  const seconds = secondsBetween(since, now);
  return seconds !== null && seconds < grace;
}

/** Init containers first, in the order in which they run: what one is at, those behind it only wait for. */
function containersTrouble(pod: Pod, events: readonly Event[], now: string | null): Trouble | null {
  const { spec, status } = pod;
  if (status === null) return null;
  for (const container of spec.initContainers) {
    const current = statusOf(status.initContainerStatuses, container);
    if (current === null) break;
    const sidecar = container.restartPolicy === "Always";
    const { state } = current;
    if (!sidecar && state?.type === "terminated" && state.exitCode === 0) continue;
    const found = containerTrouble(pod, container, current, true, events, now);
    if (found !== null) return found;
    if (sidecar && (current.started === true || status.phase === "Running")) continue;
    if (state?.type !== "running") return null;
    const waits = initRunning(pod, container, state.startedAt, events, now);
    // A sidecar is not waited for to end, but until its startup probe passes (kubelet computeInitContainerActions).
    return sidecar && container.startupProbe !== null
      ? { ...probeTrouble(pod, container, current, state.startedAt, events, now), word: waits.word }
      : waits;
  }
  for (const container of spec.containers) {
    const current = statusOf(status.containerStatuses, container);
    const found = current === null ? null : containerTrouble(pod, container, current, false, events, now);
    if (found !== null) return found;
  }
  return null;
}

function statusOf(statuses: readonly ContainerStatus[], { name }: Container): ContainerStatus | null {
  return statuses.find((status) => status.name === name) ?? null;
}

function initRunning(
  pod: Pod,
  { name }: Container,
  startedAt: string | null,
  events: readonly Event[],
  now: string | null,
): Trouble {
  const number = pod.spec.initContainers.findIndex((one) => one.name === name);
  const who = containerText(name, true);
  const warned = lastEvent(events, ["Unhealthy", "FailedPostStartHook"]);
  return trouble({
    kind: "init-running",
    word: `Init:${number}/${pod.spec.initContainers.length}`,
    container: { name, init: true },
    clause: `${who} is still at work, and the Pod's own containers start after it`,
    evidence: [`${who} runs since ${startedAt ?? "an unknown time"}`, ...(warned === null ? [] : [eventText(warned)])],
    since: startedAt,
    starting: isStarting(startedAt ?? pod.metadata.creationTimestamp, now),
  });
}

const BLOCKING_EVENTS = [
  "FailedMount",
  "FailedAttachVolume",
  "FailedMapVolume",
  "FailedCreatePodSandBox",
  "NetworkNotReady",
  "FailedPrepareDynamicResources",
] as const;

/**
 * A kubelet that has just met a ConfigMap or Secret waits a second for its own copy of it, and tries again (kubelet
 * util/manager watch_based_manager.go): of a Pod that is starting, on a busy node, this says nothing.
 */
const CACHE_SYNC = /failed to sync (?:configmap|secret) cache: timed out waiting for the condition/;

/** Pending (or without an address) though no container says why: not scheduled, or volumes, network and images not there yet. */
function pendingTrouble(pod: Pod, events: readonly Event[], now: string | null): Trouble {
  const created = pod.metadata.creationTimestamp;
  const starting = isStarting(created, now);
  const scheduled = pod.status?.conditions.find((condition) => condition.type === "PodScheduled") ?? null;
  if (pod.spec.nodeName === "") return unscheduledTrouble(scheduled, created, starting, events);
  const blocked = lastEvent(events, BLOCKING_EVENTS, (message) => !(starting && CACHE_SYNC.test(message)));
  if (pod.status?.phase === "Running") {
    return trouble({
      kind: "no-address",
      word: "no address",
      clause: "the network plugin has given no IP address",
      evidence: ["status.podIPs is empty", ...(blocked === null ? [] : [eventText(blocked)])],
      since: created,
      starting,
    });
  }
  const waiting = pod.status?.containerStatuses.find((one) => one.state?.type === "waiting") ?? null;
  const word = (waiting?.state?.type === "waiting" ? waiting.state.reason : "") || "Pending";
  const clause =
    blocked !== null
      ? `${blocked.reason.includes("SandBox") || blocked.reason === "NetworkNotReady" ? "its network" : "a volume"} is not there: ${oneLine(blocked.message)}`
      : waiting === null
        ? "the kubelet of its Node has not begun to start it"
        : "volumes, network or images are still being made ready";
  const pulling = lastEvent(events, ["Pulling", "Pulled"]);
  return trouble({
    kind: "creating",
    word,
    clause,
    detail: blocked?.reason ?? "",
    evidence: [
      ...(blocked === null ? [] : [eventText(blocked)]),
      ...(pulling?.reason === "Pulling" ? [eventText(pulling)] : []),
      ...(blocked === null && pulling === null ? [`assigned to Node ${pod.spec.nodeName}`] : []),
    ],
    since: scheduled?.lastTransitionTime ?? created,
    starting: starting && blocked === null,
  });
}

/** plugins/volumebinding: claims whose class binds them at once, and that are not bound. */
const UNBOUND = /unbound immediate PersistentVolumeClaims/;

function unscheduledTrouble(
  scheduled: Condition | null,
  created: string | null,
  starting: boolean,
  events: readonly Event[],
): Trouble {
  const words = oneLine(scheduled?.message ?? "");
  const since = scheduled?.lastTransitionTime ?? created;
  if (scheduled?.reason === "SchedulingGated") {
    return trouble({
      kind: "scheduling-gated",
      word: "SchedulingGated",
      clause: "held back by a scheduling gate",
      evidence: words === "" ? [] : [words],
      since,
    });
  }
  const failed = lastEvent(events, ["FailedScheduling"]);
  const why = words || oneLine(failed?.message ?? "");
  if (scheduled?.status === "False" || failed !== null) {
    return trouble({
      kind: "unschedulable",
      word: "Unschedulable",
      clause: UNBOUND.test(why)
        ? "the scheduler waits for PersistentVolumeClaims that are not bound"
        : "the scheduler finds no Node that fits",
      evidence: [why === "" ? "PodScheduled is False" : `the scheduler: ${why}`],
      since,
      starting,
    });
  }
  return trouble({
    kind: "unscheduled",
    word: "Pending",
    clause: "not looked at by any scheduler yet",
    evidence: ["no condition PodScheduled, no Event FailedScheduling"],
    since,
    starting,
  });
}

/** A Node that is gone or silent: what containers' statuses say is only what was last heard of it. */
function nodeTrouble(pod: Pod, ready: Condition | null, around: Surroundings): Trouble | null {
  const name = pod.spec.nodeName;
  const node = around.nodeNamed(name);
  const heard = node?.conditions.find((condition) => condition.type === "Ready") ?? null;
  const reason = pod.status?.reason ?? "";
  const isLost = pod.status?.phase === "Unknown" || reason === "NodeLost";
  // A kubelet that was never heard of leaves "Unknown" behind; "False" is what it says of itself (NotReady).
  const silent = node === null || (heard !== null && heard.status !== "True") || isLost;
  if (!silent) return null;
  const clause =
    node === null
      ? `its Node ${name} does not exist any more`
      : `its Node ${name} is ${heard?.status === "False" ? "not ready" : "not heard of"}`;
  return trouble({
    kind: "node",
    word: node === null ? "NodeMissing" : isLost ? "NodeLost" : "NodeNotReady",
    clause,
    detail: name,
    evidence: [
      ...(heard === null ? [] : [`Node ${name}: Ready is ${heard.status}: ${oneLine(heard.message) || heard.reason}`]),
      ...(reason === ""
        ? []
        : [`the Pod's status: ${[reason, oneLine(pod.status?.message ?? "")].filter(Boolean).join(": ")}`]),
      ...(node === null ? [`spec.nodeName: ${name}`] : []),
    ],
    since: heard?.lastTransitionTime ?? ready?.lastTransitionTime ?? null,
  });
}

/** Succeeded or Failed, with the reason that the kubelet or a controller gave: Evicted, DeadlineExceeded, NodeShutdown ... */
function finishedTrouble(pod: Pod): Trouble {
  const { status, spec } = pod;
  const reason = status?.reason ?? "";
  const said = oneLine(status?.message ?? "");
  const since = lastChange(pod);
  if (status?.phase === "Succeeded") {
    return trouble({
      kind: "completed",
      word: "Completed",
      clause: "all containers have ended with exit code 0",
      evidence: [`phase Succeeded, restartPolicy ${spec.restartPolicy}`],
      since,
    });
  }
  const ended = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])].flatMap(
    ({ name, state }) =>
      state?.type === "terminated" && state.exitCode !== 0
        ? [{ name, exit: `exit code ${state.exitCode}${state.reason === "" ? "" : ` (${state.reason})`}` }]
        : [],
  );
  const first = ended[0];
  const by = reason === "" ? "" : said === "" ? reason : `${reason}: ${said}`;
  return trouble({
    kind: "failed",
    word: reason || "Error",
    clause: by || (first === undefined ? "it has failed" : `container ${first.name} has ended with ${first.exit}`),
    detail: reason || (first?.exit ?? ""),
    evidence: [
      `phase Failed, restartPolicy ${spec.restartPolicy}`,
      ...(by === "" ? [] : [by]),
      ...ended.map(({ name, exit }) => `container ${name}: ${exit}`),
    ],
    since,
  });
}
