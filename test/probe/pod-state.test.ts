import { expect, it } from "vitest";
import { readPod, stateOf } from "../../src/probe/pod-state.ts";

/** A Pod as the API server returns it. */
function pod(status: object, { nodeName = "node-1", deleted = false } = {}) {
  const metadata = { name: "p", namespace: "shop", ...(deleted ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}) };
  const spec = { ...(nodeName === "" ? {} : { nodeName }), containers: [{ name: "probe", image: "i" }] };
  return { apiVersion: "v1", kind: "Pod", metadata, spec, status };
}
const containers = (state: object, name = "probe") => ({ containerStatuses: [{ name, state }] });
const waiting = (reason: string, message = "") => containers({ waiting: { reason, message } });
const terminated = (exitCode: number, reason = exitCode === 0 ? "Completed" : "Error", message = "") =>
  containers({ terminated: { exitCode, reason, message } });
const scheduled = (status: string, reason = "", message = "") => ({
  conditions: [{ type: "PodScheduled", status, reason, message }],
});

it.each<readonly [string, object, object]>([
  ["just made", pod({ phase: "Pending" }, { nodeName: "" }), { stage: "scheduling", because: "" }],
  ["on a node", pod({ phase: "Pending" }), { stage: "starting", because: "" }],
  ["being made", pod({ phase: "Pending", ...waiting("ContainerCreating") }), { stage: "starting", because: "" }],
  [
    "gated",
    pod({ phase: "Pending", ...scheduled("False", "SchedulingGated", "blocked") }, { nodeName: "" }),
    { stage: "scheduling", because: "SchedulingGated: blocked" },
  ],
  [
    "without a node",
    pod({ phase: "Pending", ...scheduled("False", "Unschedulable", "0/1 nodes are available") }, { nodeName: "" }),
    { stage: "failed", fault: "unschedulable", because: "0/1 nodes are available" },
  ],
  [
    "after one failed pull",
    pod({ phase: "Pending", ...waiting("ErrImagePull", "not found") }),
    { stage: "pulling", because: "ErrImagePull: not found" },
  ],
  [
    "after several",
    pod({ phase: "Pending", ...waiting("ImagePullBackOff", "Back-off") }),
    { stage: "failed", fault: "image", because: "ImagePullBackOff: Back-off" },
  ],
  [
    "with an image whose name is none",
    pod({ phase: "Pending", ...waiting("InvalidImageName") }),
    { stage: "failed", fault: "image", because: "InvalidImageName" },
  ],
  [
    "that cannot be made",
    pod({ phase: "Pending", ...waiting("CreateContainerConfigError", "secret not found") }),
    { stage: "failed", fault: "config", because: "CreateContainerConfigError: secret not found" },
  ],
  ["running", pod({ phase: "Running", ...containers({ running: {} }) }), { stage: "running", because: "" }],
  ["done", pod({ phase: "Succeeded", ...terminated(0) }), { stage: "ended", exitCode: 0 }],
  ["done with an error", pod({ phase: "Failed", ...terminated(3) }), { stage: "ended", exitCode: 3 }],
  [
    "done beside a sidecar that goes on",
    pod({
      phase: "Running",
      containerStatuses: [
        { name: "istio-proxy", state: { running: {} } },
        { name: "probe", state: { terminated: { exitCode: 0, reason: "Completed" } } },
      ],
    }),
    { stage: "ended", exitCode: 0 },
  ],
  [
    "without a shell",
    pod({ phase: "Failed", ...terminated(128, "StartError", 'exec: "sh": not found') }),
    { stage: "failed", fault: "program", because: 'exec: "sh": not found' },
  ],
  [
    "killed for its memory",
    pod({ phase: "Failed", ...terminated(137, "OOMKilled") }),
    { stage: "failed", fault: "program", because: "OOMKilled: it used more memory than it may" },
  ],
  [
    "killed at its deadline",
    pod({ phase: "Failed", reason: "DeadlineExceeded", message: "too long", ...terminated(137) }),
    { stage: "failed", fault: "deadline", because: "too long" },
  ],
  [
    "done, and then past its deadline",
    pod({ phase: "Failed", reason: "DeadlineExceeded", ...terminated(0) }),
    { stage: "ended", exitCode: 0 },
  ],
  [
    "evicted",
    pod({ phase: "Failed", reason: "Evicted", message: "The node was low on memory" }),
    { stage: "failed", fault: "taken", because: "Evicted: The node was low on memory" },
  ],
  [
    "preempted",
    pod({
      phase: "Running",
      conditions: [{ type: "DisruptionTarget", status: "True", reason: "PreemptionByScheduler", message: "more" }],
      ...containers({ running: {} }),
    }),
    { stage: "failed", fault: "taken", because: "PreemptionByScheduler: more" },
  ],
  [
    "lost with its node",
    pod({ phase: "Failed", ...terminated(137, "ContainerStatusUnknown", "gone") }),
    { stage: "failed", fault: "taken", because: "ContainerStatusUnknown: gone" },
  ],
  [
    "being deleted",
    pod({ phase: "Running", ...containers({ running: {} }) }, { deleted: true }),
    { stage: "failed", fault: "taken", because: "it is being deleted" },
  ],
])("a Pod %s", (_, body, state) => {
  const read = readPod(body);
  expect(read).not.toBeNull();
  expect(read === null ? null : stateOf(read, "probe")).toEqual(state);
});

it("finds an ephemeral container beside the others", () => {
  const body = pod({
    phase: "Running",
    ...containers({ running: {} }, "main"),
    ephemeralContainerStatuses: [
      { name: "kheadless-probe-x", state: { terminated: { exitCode: 0, reason: "Completed" } } },
    ],
  });
  const read = readPod(body);
  expect(read === null ? null : stateOf(read, "kheadless-probe-x")).toEqual({ stage: "ended", exitCode: 0 });
});

it.each([null, "text", { kind: "Status" }, { ...pod({}), kind: "Service" }])("takes %j for no Pod", (body) => {
  expect(readPod(body)).toBeNull();
});
