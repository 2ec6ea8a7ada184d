import { IMAGE_REASONS } from "../kubernetes/kubelet-reasons.ts";
import type { Event } from "../objects/others.ts";
import type { Container, ContainerState, ContainerStatus, Pod } from "../objects/pod.ts";
import { secondsBetween } from "./age.ts";
import { containerText, eventText, lastEvent, oneLine, type Trouble, trouble } from "./trouble.ts";
import { count } from "./words.ts";

/** Words of a start that is under way. */
const STARTING_WORDS: ReadonlySet<string> = new Set(["ContainerCreating", "PodInitializing", ""]);

/**
 * Restarts from which a container that runs just now, and is not ready, counts as crash-looping; before that it may
 * only have waited for something that was not there yet.
 */
const LOOP_RESTARTS = 2;
/** The kubelet waits at most this long between restarts, and forgets a crash after twice that time (backOff in kubelet.go). */
const LOOP_MEMORY_SECONDS = 600;

/**
 * Why one container does not run, from its status; null where it runs, or is only being started. A container that runs
 * for a moment between two crashes is told as crash-looping.
 */
export function containerTrouble(
  pod: Pod,
  { name }: Container,
  status: ContainerStatus,
  init: boolean,
  events: readonly Event[],
  now: string | null,
): Trouble | null {
  const { state, lastState, restartCount } = status;
  const container = { name, init };
  const who = containerText(name, init);
  if (state?.type === "terminated") return ended(pod, container, state, restartCount, events);
  if (state?.type === "running") {
    const young = (secondsBetween(state.startedAt, now) ?? Number.POSITIVE_INFINITY) < LOOP_MEMORY_SECONDS;
    if (status.ready || init || restartCount < LOOP_RESTARTS || lastState?.type !== "terminated" || !young) return null;
    return crash(pod, container, lastState, restartCount, events);
  }
  if (lastState?.type === "terminated") return crash(pod, container, lastState, restartCount, events);
  if (state === null || STARTING_WORDS.has(state.reason)) return null;

  const { reason, message } = state;
  const words = message === "" ? [] : [`${who} waits: ${reason}: ${oneLine(message)}`];
  const { image } = pod.spec[init ? "initContainers" : "containers"].find((one) => one.name === name) ?? status;
  if (IMAGE_REASONS.has(reason)) {
    return trouble({
      kind: "image",
      word: reason,
      container,
      clause: `image ${image} of ${who} cannot be pulled`,
      detail: image,
      evidence: words.length > 0 ? words : [`${who} waits: ${reason}`],
      since: pod.status?.startTime ?? null,
    });
  }
  return trouble({
    kind: "container-config",
    word: reason,
    container,
    clause: `${who} cannot be started${message === "" ? "" : `: ${oneLine(message)}`}`,
    detail: reason,
    evidence: words.length > 0 ? words : [`${who} waits: ${reason}`],
    since: pod.status?.startTime ?? null,
  });
}

/** The first wait that the kubelet lays between a container's end and its next start, from the second crash in ten minutes on. */
const FIRST_BACK_OFF_SECONDS = 10;
/** A container that has lived this long since its last start may well have overcome what ended it. */
const UNSETTLED_SECONDS = 60;

/**
 * A container that is ready at this moment, and was waiting in back-off just before: without a readiness probe a
 * crash-looping container is ready as long as it lives, and its names come and go with it. null where none is.
 */
export function restlessTrouble(pod: Pod, events: readonly Event[], now: string | null): Trouble | null {
  for (const { name, state, lastState, restartCount } of pod.status?.containerStatuses ?? []) {
    if (state?.type !== "running" || lastState?.type !== "terminated" || restartCount < LOOP_RESTARTS) continue;
    const up = secondsBetween(state.startedAt, now);
    const waited = secondsBetween(lastState.finishedAt, state.startedAt);
    if (up === null || up >= UNSETTLED_SECONDS || waited === null || waited < FIRST_BACK_OFF_SECONDS) continue;
    return crash(pod, { name, init: false }, lastState, restartCount, events);
  }
  return null;
}

type Terminated = Extract<ContainerState, { type: "terminated" }>;

/** A container that has ended: between two restarts, or for good where its Pod does not restart it. */
function ended(
  pod: Pod,
  container: NonNullable<Trouble["container"]>,
  state: Terminated,
  restarts: number,
  events: readonly Event[],
): Trouble {
  const policy = pod.spec.restartPolicy;
  if (policy === "Always" || (policy === "OnFailure" && state.exitCode !== 0)) {
    return crash(pod, container, state, restarts, events);
  }
  const who = containerText(container.name, container.init);
  return trouble({
    kind: state.exitCode === 0 ? "completed" : "failed",
    word: state.reason === "" ? "Completed" : state.reason,
    container,
    clause: `${who} has ended with exit code ${state.exitCode}, and restartPolicy ${policy} does not start it again`,
    detail: String(state.exitCode),
    evidence: [exitText(who, state)],
    since: state.finishedAt,
  });
}

function crash(
  pod: Pod,
  container: NonNullable<Trouble["container"]>,
  last: Terminated,
  restarts: number,
  events: readonly Event[],
): Trouble {
  const who = containerText(container.name, container.init);
  const killed = last.reason === "OOMKilled" ? null : lastEvent(events, ["Unhealthy"], isFatalProbe);
  const words = oneLine(last.message);
  return trouble({
    kind: "crash",
    // Between its restarts kubectl shows the last end (Error, OOMKilled); one word for all of them tells the loop.
    word: restarts > 0 ? "CrashLoopBackOff" : last.reason || "Error",
    container,
    clause: `${who} ${howItEnds(last, killed)}`,
    detail: `${last.reason} ${last.exitCode}`,
    evidence: [
      exitText(who, last),
      ...(restarts > 0 ? [`${who}: ${count(restarts, "restart")}`] : []),
      ...(words === "" ? [] : [`its last words: ${words}`]),
      ...(killed === null ? [] : [eventText(killed)]),
    ],
    since: pod.status?.startTime ?? null,
  });
}

function howItEnds({ reason, exitCode }: Terminated, killedFor: Event | null): string {
  if (reason === "OOMKilled") return `is killed for want of memory (OOMKilled, exit code ${exitCode})`;
  if (reason === "StartError" || reason === "ContainerCannotRun") return `cannot be run (${reason})`;
  // 137 and 143 are SIGKILL and SIGTERM: what the kubelet ends a container with whose probe failed too often.
  if (killedFor !== null && (exitCode === 137 || exitCode === 143 || exitCode === 0)) {
    return `is restarted again and again because its ${killedFor.message.startsWith("Startup") ? "startup" : "liveness"} probe fails`;
  }
  if (exitCode === 0) return "ends by itself with exit code 0 where it should go on serving";
  return `exits with code ${exitCode}`;
}

/** A failing liveness or startup probe restarts the container; a readiness probe never does. */
function isFatalProbe(message: string): boolean {
  return message.startsWith("Liveness probe") || message.startsWith("Startup probe");
}

/** `container app: last exit code 137 (OOMKilled)`. */
function exitText(who: string, { exitCode, reason }: Terminated): string {
  return `${who}: last exit code ${exitCode}${reason === "" ? "" : ` (${reason})`}`;
}
