import { describe, expect, test } from "vitest";
import type { PodState } from "../../src/trace/pod-state.ts";
import { eventYaml, podYaml, traceOf } from "./pods.ts";

/** Where the only Pod of these objects stands. */
function stateOf(...objects: readonly string[]): PodState {
  const states = traceOf(objects.join("---\n")).parts.podStates;
  if (states.status !== "complete") throw new Error(states.because);
  const [first, second] = states.value;
  if (first === undefined || second !== undefined) throw new Error(`${states.value.length} Pods, not one`);
  return first.state;
}

const troubled = (is: string, trouble: object): unknown => ({ is, trouble: expect.objectContaining(trouble) });
const NOT_READY =
  'conditions: [{ type: PodScheduled, status: "True" }, { type: Ready, status: "False", reason: ContainersNotReady }]';
const waiting = (reason: string, message = ""): string =>
  `containerStatuses: [{ name: app, ready: false, restartCount: 0, state: { waiting: { reason: ${reason}, message: ${JSON.stringify(message)} } } }]`;

describe("podState", () => {
  test("a Pod that runs and is Ready", () => {
    const state = stateOf(
      podYaml("p", 'phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "True" }]'),
    );
    expect(state).toEqual({ is: "ready", restless: null });
  });

  test("a Pod of a manifest has no state", () => {
    const states = traceOf(podYaml("p", ""), { live: false }).parts.podStates;
    expect(states.status === "complete" ? states.value.map(({ state }) => state) : null).toEqual([{ is: "derived" }]);
  });

  test("an image pull says which image, and what the registry said", () => {
    const message = 'Back-off pulling image "app:1": ErrImagePull: not found';
    expect(stateOf(podYaml("p", `phase: Pending, ${NOT_READY}, ${waiting("ImagePullBackOff", message)}`))).toEqual(
      troubled("not-running", {
        kind: "image",
        word: "ImagePullBackOff",
        clause: "image app:1 of container app cannot be pulled",
        evidence: [`container app waits: ImagePullBackOff: ${message}`],
        starting: false,
      }),
    );
  });

  test("two Pods with the same failing image are in the same trouble, whatever their words of the moment", () => {
    const keys = ["ErrImagePull", "ImagePullBackOff"].map((word) => {
      const state = stateOf(podYaml("p", `phase: Pending, ${NOT_READY}, ${waiting(word)}`));
      return "trouble" in state ? state.trouble.key : null;
    });
    expect(keys[0]).toBe(keys[1]);
    expect(keys[0]).not.toBeNull();
  });

  test.each([
    ["CreateContainerConfigError", 'configmap "conf" not found'],
    ["CreateContainerError", "failed to reserve container name"],
    ["RunContainerError", 'exec: "srv": executable file not found in $PATH'],
  ])("%s in the runtime's words", (word, message) => {
    expect(stateOf(podYaml("p", `phase: Pending, podIP: 10.0.0.1, ${NOT_READY}, ${waiting(word, message)}`))).toEqual(
      troubled("not-running", {
        kind: "container-config",
        word,
        clause: `container app cannot be started: ${message}`,
      }),
    );
  });

  test("a command that cannot be run ends as StartError", () => {
    const last = '{ terminated: { exitCode: 128, reason: StartError, message: "exec: no such file" } }';
    const status = `phase: Running, podIP: 10.0.0.1, ${NOT_READY}, containerStatuses: [{ name: app, ready: false, restartCount: 1, state: { waiting: { reason: CrashLoopBackOff } }, lastState: ${last} }]`;
    expect(stateOf(podYaml("p", status))).toEqual(
      troubled("not-running", {
        kind: "crash",
        clause: "container app cannot be run (StartError)",
        evidence: [
          "container app: last exit code 128 (StartError)",
          "container app: 1 restart",
          "its last words: exec: no such file",
        ],
      }),
    );
  });

  test("a first crash is told by its own word, before the kubelet backs off", () => {
    const status = `phase: Running, podIP: 10.0.0.1, ${NOT_READY}, containerStatuses: [{ name: app, ready: false, restartCount: 0, state: { terminated: { exitCode: 2, reason: Error } } }]`;
    expect(stateOf(podYaml("p", status))).toEqual(troubled("not-running", { kind: "crash", word: "Error" }));
  });

  describe("a container that runs after restarts and is not ready", () => {
    const running = (startedAt: string, restarts: number): string =>
      podYaml(
        "p",
        `phase: Running, podIP: 10.0.0.1, ${NOT_READY}, containerStatuses: [{ name: app, ready: false, started: true, restartCount: ${restarts}, state: { running: { startedAt: "${startedAt}" } }, lastState: { terminated: { exitCode: 1, reason: Error } } }]`,
        "nodeName: n1, containers: [{ name: app, image: app:1, readinessProbe: { tcpSocket: { port: 80 } } }]",
      );
    test("is crash-looping where it has just begun again", () => {
      expect(stateOf(running("2026-01-01T11:59:00Z", 5))).toEqual(troubled("not-running", { kind: "crash" }));
    });
    test("is only not Ready where that was long ago", () => {
      expect(stateOf(running("2026-01-01T10:00:00Z", 5))).toEqual(troubled("not-ready", { kind: "readiness-probe" }));
    });
    test("is only not Ready after a single restart", () => {
      expect(stateOf(running("2026-01-01T11:59:00Z", 1))).toEqual(
        troubled("not-ready", {
          kind: "readiness-probe",
          evidence: expect.arrayContaining(["container app: 1 restart"]),
        }),
      );
    });
  });

  describe("a container that is ready after crashes", () => {
    const ready = (finishedAt: string, startedAt: string): PodState =>
      stateOf(
        podYaml(
          "p",
          `phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "True" }], containerStatuses: [{ name: app, ready: true, started: true, restartCount: 3, state: { running: { startedAt: "${startedAt}" } }, lastState: { terminated: { exitCode: 1, reason: Error, finishedAt: "${finishedAt}" } } }]`,
        ),
      );
    test("is restless where it came out of back-off within the minute", () => {
      expect(ready("2026-01-01T11:59:10Z", "2026-01-01T11:59:50Z")).toEqual({
        is: "ready",
        restless: expect.objectContaining({ kind: "crash", word: "CrashLoopBackOff" }),
      });
    });
    test.each([
      ["it has lived longer", "2026-01-01T11:58:00Z", "2026-01-01T11:58:59Z"],
      ["it was started again at once, as after a single crash", "2026-01-01T11:59:49Z", "2026-01-01T11:59:50Z"],
    ])("is not where %s", (_, finishedAt, startedAt) => {
      expect(ready(finishedAt, startedAt)).toEqual({ is: "ready", restless: null });
    });
  });

  test("a container of several that has ended for good", () => {
    const status = `phase: Running, podIP: 10.0.0.1, ${NOT_READY}, containerStatuses: [{ name: app, ready: false, restartCount: 0, state: { terminated: { exitCode: 0, reason: Completed } } }, { name: log, ready: true, restartCount: 0, state: { running: {} } }]`;
    const spec =
      "nodeName: n1, restartPolicy: OnFailure, containers: [{ name: app, image: app:1 }, { name: log, image: log:1 }]";
    expect(stateOf(podYaml("p", status, spec))).toEqual(
      troubled("not-running", {
        kind: "completed",
        clause: "container app has ended with exit code 0, and restartPolicy OnFailure does not start it again",
      }),
    );
  });

  test("a sidecar that crashes is told before the containers that wait for it", () => {
    const status = `phase: Pending, podIP: 10.0.0.1, ${NOT_READY}, initContainerStatuses: [{ name: proxy, ready: false, restartCount: 3, state: { waiting: { reason: CrashLoopBackOff } }, lastState: { terminated: { exitCode: 9, reason: Error } } }], ${waiting("PodInitializing")}`;
    const spec =
      "nodeName: n1, initContainers: [{ name: proxy, image: proxy:1, restartPolicy: Always }], containers: [{ name: app, image: app:1 }]";
    expect(stateOf(podYaml("p", status, spec))).toEqual(
      troubled("not-running", {
        clause: "init container proxy exits with code 9",
        container: { name: "proxy", init: true },
      }),
    );
  });

  test("a sidecar whose startup probe fails holds up the containers behind it, and is not waited for to end", () => {
    const status = `phase: Pending, podIP: 10.0.0.1, ${NOT_READY}, initContainerStatuses: [{ name: proxy, ready: false, started: false, restartCount: 0, state: { running: { startedAt: "2026-01-01T10:00:00Z" } } }], ${waiting("PodInitializing")}`;
    const spec =
      "nodeName: n1, initContainers: [{ name: proxy, image: proxy:1, restartPolicy: Always, startupProbe: { tcpSocket: { port: 15021 }, initialDelaySeconds: 5 } }], containers: [{ name: app, image: app:1 }]";
    expect(stateOf(podYaml("p", status, spec))).toEqual(
      troubled("not-running", {
        kind: "startup-probe",
        word: "Init:0/1",
        clause: "the startup probe of container proxy (tcp :15021) has not succeeded",
        evidence: ["Startup probe: tcp :15021, every 10s, first after 5s"],
      }),
    );
  });

  test("a sidecar whose readiness probe fails keeps the Pod from being Ready", () => {
    const status = `phase: Running, podIP: 10.0.0.1, ${NOT_READY}, initContainerStatuses: [{ name: proxy, ready: false, started: true, restartCount: 0, state: { running: { startedAt: "2026-01-01T10:00:00Z" } } }], containerStatuses: [{ name: app, ready: true, restartCount: 0, state: { running: {} } }]`;
    const spec =
      "nodeName: n1, initContainers: [{ name: proxy, image: proxy:1, restartPolicy: Always, readinessProbe: { tcpSocket: { port: 15021 } } }], containers: [{ name: app, image: app:1 }]";
    expect(stateOf(podYaml("p", status, spec))).toEqual(
      troubled("not-ready", { clause: "the readiness probe of container proxy (tcp :15021) has not succeeded" }),
    );
  });

  test("the scheduler's words come from the condition, else from the last event", () => {
    const gone = eventYaml("p", "FailedScheduling", "0/1 nodes are available: 1 Too many pods.");
    const old = eventYaml("p", "FailedScheduling", "0/1 nodes are available: old.", "2026-01-01T11:00:00Z");
    const spec = "containers: [{ name: app, image: app:1 }]";
    expect(stateOf(podYaml("p", "phase: Pending", spec), gone, old)).toEqual(
      troubled("not-running", {
        kind: "unschedulable",
        evidence: ["the scheduler: 0/1 nodes are available: 1 Too many pods."],
      }),
    );
    expect(stateOf(podYaml("p", "phase: Pending", spec))).toEqual(troubled("not-running", { kind: "unscheduled" }));
  });

  test("ContainerCreating tells what is being waited for", () => {
    const pod = podYaml(
      "p",
      `phase: Pending, ${NOT_READY}, ${waiting("ContainerCreating")}`,
      "",
      'creationTimestamp: "2026-01-01T11:50:00Z"',
    );
    expect(stateOf(pod, eventYaml("p", "Pulling", 'Pulling image "app:1"'))).toEqual(
      troubled("not-running", {
        kind: "creating",
        word: "ContainerCreating",
        evidence: ['event Pulling: Pulling image "app:1"'],
        starting: false,
      }),
    );
    expect(stateOf(pod, eventYaml("p", "FailedCreatePodSandBox", "plugin failed\n  (add)"))).toEqual(
      troubled("not-running", { clause: "its network is not there: plugin failed (add)" }),
    );
    expect(stateOf(pod)).toEqual(troubled("not-running", { evidence: ["assigned to Node n1"] }));
  });

  test("a start is a start for one minute after the Pod's creation", () => {
    const made = (at: string): PodState =>
      stateOf(
        podYaml("p", `phase: Pending, ${NOT_READY}, ${waiting("ContainerCreating")}`, "", `creationTimestamp: "${at}"`),
      );
    expect(made("2026-01-01T11:59:01Z")).toEqual(troubled("not-running", { starting: true }));
    expect(made("2026-01-01T11:59:00Z")).toEqual(troubled("not-running", { starting: false }));
  });

  test("a Pod that runs without an address", () => {
    expect(stateOf(podYaml("p", 'phase: Running, conditions: [{ type: Ready, status: "True" }]'))).toEqual(
      troubled("not-running", { kind: "no-address" }),
    );
  });

  test.each([
    [
      "phase: Failed, reason: Evicted, message: 'The node was low on resource: memory.'",
      "Evicted",
      "Evicted: The node was low on resource: memory.",
    ],
    [
      "phase: Failed, reason: DeadlineExceeded, message: Pod was active on the node longer than the specified deadline",
      "DeadlineExceeded",
      "DeadlineExceeded: Pod was active on the node longer than the specified deadline",
    ],
    [
      "phase: Failed, containerStatuses: [{ name: app, ready: false, restartCount: 0, state: { terminated: { exitCode: 3, reason: Error } } }]",
      "Error",
      "container app has ended with exit code 3 (Error)",
    ],
    ["phase: Failed", "Error", "it has failed"],
    ["phase: Succeeded", "Completed", "all containers have ended with exit code 0"],
  ])("an ended Pod: %s", (status, word, clause) => {
    expect(stateOf(podYaml("p", status))).toEqual(troubled("finished", { word, clause }));
  });

  describe("readiness", () => {
    const running =
      'phase: Running, podIP: 10.0.0.1, containerStatuses: [{ name: app, ready: false, started: true, restartCount: 0, state: { running: { startedAt: "STARTED" } } }]';
    const probed = (started: string, probes: string): string =>
      podYaml(
        "p",
        `${running.replace("STARTED", started)}, ${NOT_READY}`,
        `nodeName: n1, containers: [{ name: app, image: app:1, ports: [{ name: http, containerPort: 8080 }], ${probes} }]`,
      );
    const old = "2026-01-01T10:00:00Z";

    test.each([
      ["Readiness probe failed: HTTP probe failed with statuscode: 503", "HTTP probe failed with statuscode: 503"],
      ["Readiness probe errored and resulted in unknown state: rpc error: timed out", "rpc error: timed out"],
      [
        "Readiness probe failed: cat: can't open '/tmp/ok': No such file or directory\n",
        "cat: can't open '/tmp/ok': No such file or directory",
      ],
    ])("repeats what the probe last said: %s", (message, said) => {
      const pod = probed(old, "readinessProbe: { httpGet: { port: http, path: /ready } }");
      const other = eventYaml("p", "Unhealthy", "Liveness probe failed: nothing", "2026-01-01T11:59:59Z");
      expect(stateOf(pod, eventYaml("p", "Unhealthy", message), other)).toEqual(
        troubled("not-ready", { clause: `the readiness probe of container app (GET :http/ready) fails: ${said}` }),
      );
    });

    test("says nothing of the port where the container declares it, by name or number", () => {
      for (const port of ["http", "8080"]) {
        const state = stateOf(probed(old, `readinessProbe: { tcpSocket: { port: ${port} } }`));
        expect(JSON.stringify(state)).not.toContain("declares");
      }
      expect(JSON.stringify(stateOf(probed(old, "readinessProbe: { tcpSocket: { port: web } }")))).toContain(
        "the probe asks port web; container app declares http 8080",
      );
    });

    test("is starting until the probes could have succeeded", () => {
      const probes =
        "startupProbe: { tcpSocket: { port: 80 }, periodSeconds: 5, failureThreshold: 6 }, readinessProbe: { tcpSocket: { port: 80 }, initialDelaySeconds: 20, periodSeconds: 10 }";
      // 5 * 6 of the startup probe, 20 + 10 of the readiness probe, 10 for the status: 70 seconds.
      expect(stateOf(probed("2026-01-01T11:58:51Z", probes))).toEqual(troubled("not-ready", { starting: true }));
      expect(stateOf(probed("2026-01-01T11:58:50Z", probes))).toEqual(troubled("not-ready", { starting: false }));
    });

    test("a long script of a probe is shortened", () => {
      const script = `["sh", "-c", "${"echo waiting; ".repeat(30)}"]`;
      const state = stateOf(probed(old, `readinessProbe: { exec: { command: ${script} } }`));
      expect("trouble" in state && state.trouble.clause.length).toBeLessThan(160);
    });

    test("gates are named with what was set of them", () => {
      const status =
        'phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "False" }, { type: ContainersReady, status: "True", lastTransitionTime: "2026-01-01T11:00:00Z" }, { type: one, status: "False", reason: Unhealthy }], containerStatuses: [{ name: app, ready: true, restartCount: 0, state: { running: {} } }]';
      const spec =
        "nodeName: n1, readinessGates: [{ conditionType: one }, { conditionType: two }], containers: [{ name: app, image: app:1 }]";
      expect(stateOf(podYaml("p", status, spec))).toEqual(
        troubled("not-ready", {
          kind: "readiness-gate",
          clause: "readiness gates one and two are not True",
          starting: false,
          evidence: [
            "all containers are ready",
            "readiness gate one: False: Unhealthy",
            "readiness gate two: the Pod has no such condition, nobody has set it",
          ],
        }),
      );
    });

    test("a Node of which Nodes cannot be asked is known by the event", () => {
      const status =
        'phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "False" }], containerStatuses: [{ name: app, ready: true, restartCount: 0, state: { running: {} } }]';
      expect(stateOf(podYaml("p", status), eventYaml("p", "NodeNotReady", "Node is not ready"))).toEqual(
        troubled("not-ready", { kind: "node", word: "NodeNotReady" }),
      );
      expect(stateOf(podYaml("p", status))).toEqual(troubled("not-ready", { kind: "not-ready" }));
    });
  });

  describe("deletion", () => {
    const deleted = (due: string, more = ""): string =>
      podYaml(
        "p",
        'phase: Running, podIP: 10.0.0.1, conditions: [{ type: Ready, status: "True" }]',
        "",
        `deletionTimestamp: "${due}"${more}`,
      );
    test("in good time, and for half a minute after", () => {
      for (const due of ["2026-01-01T12:00:30Z", "2026-01-01T11:59:30Z"]) {
        expect(stateOf(deleted(due))).toEqual(troubled("terminating", { kind: "leaving" }));
      }
    });
    test("overdue, and by whom it is held", () => {
      const due = "2026-01-01T11:59:29Z";
      expect(stateOf(deleted(due))).toEqual(troubled("terminating", { kind: "overdue" }));
      expect(stateOf(deleted(due, ", finalizers: [a.example/x, b.example/y]"))).toEqual(
        troubled("terminating", {
          kind: "finalizers",
          clause: "stuck in deletion, overdue for 31s: finalizers a.example/x and b.example/y keep the object",
        }),
      );
      const node = "apiVersion: v1\nkind: Node\nmetadata: { name: n2 }\n";
      expect(stateOf(deleted(due), node)).toEqual(troubled("terminating", { kind: "node", word: "NodeMissing" }));
    });
  });
});
