import type { Event } from "../objects/others.ts";
import type { Condition, Container, ContainerStatus, Pod, Probe } from "../objects/pod.ts";
import { secondsBetween } from "./age.ts";
import { eventText, lastEvent, oneLine, shortened, type Trouble, trouble } from "./trouble.ts";
import { count, listed } from "./words.ts";

/** Seconds that the kubelet may take to send a probe's result to the API server. */
const STATUS_DELAY_SECONDS = 10;
/** Seconds after all containers were ready in which whoever sets a readiness gate may still be at it. */
const GATE_GRACE_SECONDS = 60;

/**
 * Why a Pod whose containers all run is not Ready: a startup or readiness probe, with what it last said; a readiness
 * gate that nobody has set. `starting` until the probes could first have succeeded: the time that the startup probe
 * grants, then the readiness probe's first delay and period.
 */
export function notReadyTrouble(
  pod: Pod,
  ready: Condition | null,
  events: readonly Event[],
  now: string | null,
): Trouble {
  const since = ready?.lastTransitionTime ?? pod.status?.startTime ?? null;
  const waiting = unreadyContainers(pod);
  const told = waiting.map(([container, status]) => probeTrouble(pod, container, status, since, events, now));
  // The one that fails for sure tells more than one that is only starting.
  const found = told.find((one) => !one.starting) ?? told[0];
  if (found !== undefined) return found;
  return gateTrouble(pod, since, now) ?? unexplained(ready, since, events);
}

/** Containers (sidecars too) that the kubelet does not call ready, with their status. */
function unreadyContainers(pod: Pod): readonly (readonly [Container, ContainerStatus])[] {
  const { spec, status } = pod;
  const sidecars = spec.initContainers.filter((container) => container.restartPolicy === "Always");
  const statuses = [...(status?.containerStatuses ?? []), ...(status?.initContainerStatuses ?? [])];
  return [...spec.containers, ...sidecars].flatMap((container) => {
    const current = statuses.find((one) => one.name === container.name);
    return current === undefined || current.ready ? [] : [[container, current] as const];
  });
}

/** Why the kubelet does not call a container that runs ready, or started. */
export function probeTrouble(
  pod: Pod,
  container: Container,
  { state, started, restartCount }: ContainerStatus,
  since: string | null,
  events: readonly Event[],
  now: string | null,
): Trouble {
  const { name, startupProbe, readinessProbe } = container;
  const which = startupProbe !== null && started === false ? "startup" : readinessProbe !== null ? "readiness" : null;
  const runningSince = state?.type === "running" ? state.startedAt : null;
  const up = secondsBetween(runningSince, now);
  const starting = up !== null && up < firstSuccessSeconds(container, which);
  const who = { name, init: !pod.spec.containers.includes(container) };
  const restarts = restartCount > 0 ? [`container ${name}: ${count(restartCount, "restart")}`] : [];
  if (which === null) {
    return trouble({
      kind: "not-ready",
      word: "ContainersNotReady",
      container: who,
      clause: `container ${name} is not ready, though it has no readiness probe`,
      evidence: [`container ${name} runs since ${runningSince ?? "an unknown time"}`, ...restarts],
      since,
      starting,
    });
  }
  const probe = (which === "startup" ? startupProbe : readinessProbe) as Probe;
  const label = which === "startup" ? "Startup probe" : "Readiness probe";
  const failure = lastEvent(events, ["Unhealthy", "ProbeWarning"], (message) => message.startsWith(label));
  const said =
    failure === null ? "" : oneLine(failure.message.replace(/^[A-Za-z]+ probe [a-z ]*(state: )?[^:]*: ?/, ""));
  return trouble({
    kind: which === "startup" ? "startup-probe" : "readiness-probe",
    word: "ContainersNotReady",
    container: who,
    clause:
      failure === null
        ? `the ${which} probe of container ${name} (${shortened(probe.how)}) has not succeeded`
        : `the ${which} probe of container ${name} (${shortened(probe.how)}) fails${said === "" ? "" : `: ${said}`}`,
    detail: which,
    evidence: [
      `${label}: ${shortened(probe.how)}, every ${probe.periodSeconds}s${probe.initialDelaySeconds > 0 ? `, first after ${probe.initialDelaySeconds}s` : ""}`,
      ...(failure === null ? [] : [eventText(failure)]),
      ...wrongPort(container, probe),
      ...restarts,
    ],
    since,
    starting,
  });
}

/** When the container can first have been found ready, in seconds after its start. */
function firstSuccessSeconds(
  { startupProbe, readinessProbe }: Container,
  which: "startup" | "readiness" | null,
): number {
  const startup =
    startupProbe === null
      ? 0
      : startupProbe.initialDelaySeconds + startupProbe.periodSeconds * startupProbe.failureThreshold;
  const readiness =
    readinessProbe === null || which === "startup"
      ? 0
      : readinessProbe.initialDelaySeconds + readinessProbe.periodSeconds;
  return startup + readiness + STATUS_DELAY_SECONDS;
}

/** A probe that asks a port which the container does not declare: often the typo that keeps it from ever being ready. */
function wrongPort({ name, ports }: Container, { port }: Probe): readonly string[] {
  if (port === null || ports.length === 0) return [];
  if (ports.some((one) => one.name === port || one.containerPort === Number(port))) return [];
  const declared = ports.map((one) => (one.name === "" ? `${one.containerPort}` : `${one.name} ${one.containerPort}`));
  return [`the probe asks port ${port}; container ${name} declares ${listed(declared)}`];
}

function gateTrouble(pod: Pod, since: string | null, now: string | null): Trouble | null {
  const conditions = pod.status?.conditions ?? [];
  const unmet = pod.spec.readinessGates.filter(
    (gate) => conditions.find((condition) => condition.type === gate)?.status !== "True",
  );
  if (unmet.length === 0) return null;
  const containers = conditions.find((condition) => condition.type === "ContainersReady") ?? null;
  const waited = secondsBetween(containers?.lastTransitionTime ?? since, now);
  return trouble({
    kind: "readiness-gate",
    word: "ReadinessGatesNotReady",
    clause: `${unmet.length === 1 ? "readiness gate" : "readiness gates"} ${listed(unmet)} ${unmet.length === 1 ? "is" : "are"} not True`,
    detail: unmet.join(" "),
    evidence: [
      "all containers are ready",
      ...unmet.map((gate) => {
        const condition = conditions.find((one) => one.type === gate);
        if (condition === undefined) return `readiness gate ${gate}: the Pod has no such condition, nobody has set it`;
        const words = oneLine(condition.message) || condition.reason;
        return `readiness gate ${gate}: ${condition.status}${words === "" ? "" : `: ${words}`}`;
      }),
    ],
    since,
    starting: waited !== null && waited < GATE_GRACE_SECONDS,
  });
}

/** All containers are ready and no gate is open: the node controller marks Pods of silent Nodes so. */
function unexplained(ready: Condition | null, since: string | null, events: readonly Event[]): Trouble {
  const node = lastEvent(events, ["NodeNotReady"]);
  const words = ready === null ? "the Pod has no condition Ready" : oneLine(ready.message) || ready.reason;
  return trouble({
    kind: node === null ? "not-ready" : "node",
    word: node === null ? ready?.reason || "NotReady" : "NodeNotReady",
    clause:
      node === null
        ? "its Ready condition is not True, though all containers are ready"
        : "its Node was not ready, and the kubelet has not confirmed the Pod since",
    evidence: [...(words === "" ? [] : [words]), ...(node === null ? [] : [eventText(node)])],
    since,
  });
}
