import { setTimeout as sleep } from "node:timers/promises";
import type { Pod } from "../objects/pod.ts";
import { oneLine } from "../sources/cluster/errors.ts";
import type { Answer } from "../sources/cluster/http.ts";
import { pathOf } from "../sources/cluster/resources.ts";
import { ProbeError } from "./error.ts";
import { type PodEvent, readEvents } from "./events.ts";
import { faultError, lateError } from "./fault.ts";
import { type PodState, readPod, stateOf } from "./pod-state.ts";
import type { PodName, ProbeAccess, ProbeWatch, RunOptions, Stage, Timings, VantageRun } from "./vantage.ts";

/** Between two looks at the Pod: short after a change, longer the longer nothing changes. */
const SHORTEST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 1_000;
/** From when on its events are read to tell what it waits for. */
const EVENTS_AFTER_MS = 1_500;
const EVENTS_EVERY_MS = 2_000;
/** Nodes may be added, or drained Pods make room: but not for long. */
const UNSCHEDULABLE_MS = 10_000;

/** A container whose end is waited for. */
export interface Awaited {
  readonly pod: PodName;
  /** The container's name. */
  readonly container: string;
  readonly image: string;
  /** When the run began (performance.now()). */
  readonly since: number;
  /** Milliseconds from then until the API server had taken it. */
  readonly created: number;
}

/**
 * Waits until the container has ended, and reads its log. Throws a ProbeError that says what keeps it from that, also where
 * the time is over; the signal's reason where it is interrupted.
 */
export async function untilRead(
  access: ProbeAccess,
  awaited: Awaited,
  { timeout, isWhole }: RunOptions,
  watch: ProbeWatch,
): Promise<VantageRun> {
  const { pod: name, container, since, created } = awaited;
  const timeUp = AbortSignal.timeout(Math.max(0, Math.round(timeout - (performance.now() - since))));
  const signal = AbortSignal.any([watch.interrupted, timeUp]);
  const seen = observer(awaited, watch);
  try {
    const { pod, exitCode } = await untilEnded(access, awaited, seen, signal);
    seen.tell("reading", "");
    const log = await readLog(access, name, container, isWhole, signal);
    const times: Timings = { created, ...seen.times(), read: performance.now() - since };
    return { log, exitCode, pod: name, node: pod.spec.nodeName, timings: times };
  } catch (error) {
    watch.interrupted.throwIfAborted();
    if (!timeUp.aborted) throw error;
    const { stage, because } = seen.last();
    throw lateError(awaited, stage, because || (await lastWords(access, name, watch.interrupted)), timeout);
  }
}

/** Remembers what was last told, and when each stage was first seen. */
function observer({ pod, since, created }: Awaited, watch: ProbeWatch) {
  let last: { readonly stage: Stage; readonly because: string } = { stage: "scheduling", because: "" };
  const first = new Map<Stage, number>();
  return {
    last: () => last,
    tell(stage: Stage, because: string): void {
      if (!first.has(stage)) first.set(stage, performance.now() - since);
      if (last.stage === stage && last.because === because) return;
      last = { stage, because };
      watch.progress({ pod, stage, because });
    },
    times(): Pick<Timings, "scheduled" | "running" | "ended"> {
      return {
        scheduled: first.get("pulling") ?? first.get("starting") ?? null,
        running: first.get("running") ?? null,
        ended: first.get("reading") ?? created,
      };
    },
  };
}

async function untilEnded(
  access: ProbeAccess,
  awaited: Awaited,
  seen: ReturnType<typeof observer>,
  signal: AbortSignal,
): Promise<{ readonly pod: Pod; readonly exitCode: number }> {
  const { namespace, name } = awaited.pod;
  let pause = SHORTEST_PAUSE_MS;
  let stateKey = "";
  let stateSince = performance.now();
  let asked = 0;
  let events: readonly PodEvent[] | null = [];
  for (;;) {
    const pod = podOf(await access.api.get(pathOf("v1", namespace, "pods", name), {}, signal), awaited.pod);
    const state: PodState =
      pod === null ? { stage: "failed", fault: "taken", because: "" } : stateOf(pod, awaited.container);
    if (pod !== null && state.stage === "ended") return { pod, exitCode: state.exitCode };
    const now = performance.now();
    const key = JSON.stringify(state);
    if (key !== stateKey) {
      stateKey = key;
      stateSince = now;
      pause = SHORTEST_PAUSE_MS;
    }
    if (state.stage === "failed" && (state.fault !== "unschedulable" || now - stateSince > UNSCHEDULABLE_MS)) {
      const because = state.because || (await lastWords(access, awaited.pod, signal));
      throw faultError(awaited, state.fault, because);
    }
    if (events !== null && now - stateSince > EVENTS_AFTER_MS && now - asked > EVENTS_EVERY_MS) {
      asked = now;
      events = await readEvents(access, awaited.pod, signal);
    }
    seen.tell(...toldOf(state, events ?? []));
    await sleep(pause, undefined, { signal });
    pause = Math.min(pause * 1.4, LONGEST_PAUSE_MS);
  }
}

/** null where it is gone. */
function podOf(answer: Answer, { namespace, name }: PodName): Pod | null {
  if (answer.status === 404) return null;
  const pod = answer.status === 200 ? readPod(answer.body) : null;
  if (pod !== null) return pod;
  if (answer.status === 403) throw new ProbeError(`no permission to get pods in ${namespace}: ${answer.message}`, ROLE);
  throw new ProbeError(`Pod ${namespace}/${name} cannot be looked at (${answer.status}): ${answer.message}`);
}

const ROLE = "docs/rbac.yaml has the Role that probe needs";

/** What to show of a state; the events know more of it than the Pod does. */
function toldOf(state: PodState, events: readonly PodEvent[]): [stage: Stage, because: string] {
  if (state.stage === "ended") return ["reading", ""];
  if (state.stage === "failed") return ["scheduling", state.because];
  const last = events.at(-1);
  if (state.because !== "" || last === undefined || state.stage === "running") return [state.stage, state.because];
  const pulling = state.stage === "starting" && last.reason === "Pulling";
  return [pulling ? "pulling" : state.stage, oneLine(last.message)];
}

/** The last warning of a Pod's events, "" where there is none or they may not be read. */
async function lastWords(access: ProbeAccess, pod: PodName, signal: AbortSignal): Promise<string> {
  const events = (await readEvents(access, pod, signal).catch(() => null)) ?? [];
  const worst =
    events.findLast(({ type }) => type === "Warning") ?? events.findLast(({ reason }) => reason !== "Killing");
  return worst === undefined ? "" : `${worst.reason}: ${worst.message}`;
}

const LOG_TRIES = 6;
const LOG_PAUSE_MS = 150;

async function readLog(
  { api }: ProbeAccess,
  { namespace, name }: PodName,
  container: string,
  isWhole: (log: string) => boolean,
  signal: AbortSignal,
): Promise<string> {
  for (let tries = 1; ; tries++) {
    const answer = await api.text(`${pathOf("v1", namespace, "pods", name)}/log`, { container }, signal);
    if (answer.status === 403) {
      throw new ProbeError(`no permission to get pods/log in ${namespace}: ${answer.message}`, ROLE);
    }
    if (answer.status !== 200 || typeof answer.body !== "string") {
      throw new ProbeError(
        `the log of Pod ${namespace}/${name} could not be read (${answer.status}): ${answer.message}`,
        "the API server gets it from the node's kubelet: is the node well?",
      );
    }
    if (isWhole(answer.body) || tries >= LOG_TRIES) return answer.body;
    await sleep(LOG_PAUSE_MS * tries, undefined, { signal });
  }
}
