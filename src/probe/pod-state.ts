import { IMAGE_REASONS } from "../kubernetes/kubelet-reasons.ts";
import type { ContainerStatus, Pod } from "../objects/pod.ts";
import { readObject } from "../objects/read/read-object.ts";
import { isJson, type Json } from "./merge-patch.ts";

/** Where a Pod and the program in it stand. */
export type PodState =
  | {
      readonly stage: "scheduling" | "pulling" | "starting" | "running";
      /** In Kubernetes' words; "" for nothing. */
      readonly because: string;
    }
  | { readonly stage: "ended"; readonly exitCode: number }
  /** It will not come to an end by itself, or not to one that tells anything. */
  | { readonly stage: "failed"; readonly fault: PodFault; readonly because: string };

/**
 * `unschedulable` may pass (nodes are added), `image` and `config` do not without somebody's doing; `program` the image
 * cannot run what we ask it to; `taken` it was evicted, preempted or deleted.
 */
export type PodFault = "unschedulable" | "image" | "config" | "program" | "taken" | "deadline";

/** The kubelet's words for a container that it cannot make or start (pkg/kubelet/kuberuntime/kuberuntime_container.go). */
const CONFIG_FAULTS: ReadonlySet<string> = new Set(["CreateContainerConfigError", "CreateContainerError"]);
const START_FAULTS: ReadonlySet<string> = new Set(["RunContainerError", "StartError", "ContainerCannotRun"]);

/** A Pod out of an answer of the API server, null where it is none. The statuses of ephemeral containers stand with the others. */
export function readPod(body: unknown): Pod | null {
  if (!isJson(body)) return null;
  const status: Json = isJson(body.status) ? body.status : {};
  const { containerStatuses = [], ephemeralContainerStatuses = [] } = status;
  const all = [containerStatuses, ephemeralContainerStatuses].flat();
  const read = readObject(
    { ...body, status: { ...status, containerStatuses: all } },
    { origin: null, defaultNamespace: "", live: true },
  );
  return read.status === "read" && read.resource === "pods" ? read.object : null;
}

/** How far the container `name` of the Pod has come. What it did counts for more than what became of the Pod afterwards. */
export function stateOf(pod: Pod, name: string): PodState {
  const { status, metadata, spec } = pod;
  const container = status?.containerStatuses.find((one) => one.name === name);
  const { reason = "", message = "", phase = "Pending" } = status ?? {};
  const ended = endOf(container);
  // Whoever was killed at the deadline was not done.
  const killed = ended?.stage === "ended" && ended.exitCode > 128;
  if (reason === "DeadlineExceeded" && (ended === null || killed)) return failed("deadline", "", message);
  if (ended !== null) return ended;
  const disrupted = status?.conditions.find(({ type, status: is }) => type === "DisruptionTarget" && is === "True");
  if (disrupted !== undefined) return failed("taken", disrupted.reason, disrupted.message);
  // Evicted, NodeLost, Preempting, OutOfcpu, NodeAffinity, UnexpectedAdmissionError ...
  if (phase === "Failed") return failed("taken", reason, message);
  if (metadata.deletionTimestamp !== null) return failed("taken", "", "it is being deleted");
  if (container?.state?.type === "running") return { stage: "running", because: "" };
  if (container?.state?.type === "waiting") return waiting(container.state.reason, container.state.message);
  const scheduled = status?.conditions.find(({ type }) => type === "PodScheduled");
  if (scheduled?.status === "False") {
    if (scheduled.reason === "Unschedulable") return failed("unschedulable", "", scheduled.message);
    // SchedulingGated: whoever put the gate there takes it away.
    return { stage: "scheduling", because: words(scheduled.reason, scheduled.message) };
  }
  return { stage: spec.nodeName === "" ? "scheduling" : "starting", because: "" };
}

function endOf(container: ContainerStatus | undefined): PodState | null {
  const { state } = container ?? {};
  if (state?.type !== "terminated") return null;
  const { reason, message, exitCode } = state;
  if (START_FAULTS.has(reason)) return failed("program", "", message === "" ? reason : message);
  if (reason === "OOMKilled") return failed("program", reason, "it used more memory than it may");
  // The kubelet lost sight of it: it stopped, was restarted, or its node went away.
  if (reason === "ContainerStatusUnknown") return failed("taken", reason, message);
  return { stage: "ended", exitCode };
}

function waiting(reason: string, message: string): PodState {
  if (CONFIG_FAULTS.has(reason)) return failed("config", reason, message);
  if (START_FAULTS.has(reason)) return failed("program", "", message);
  // The first failure of a pull may be the only one.
  if (reason === "ErrImagePull") return { stage: "pulling", because: words(reason, message) };
  if (IMAGE_REASONS.has(reason)) return failed("image", reason, message);
  // The kubelet says the same of a Pod whose sandbox is made and of one whose image is pulled: events tell.
  return { stage: "starting", because: reason === "ContainerCreating" ? "" : words(reason, message) };
}

function failed(fault: PodFault, reason: string, message: string): PodState {
  return { stage: "failed", fault, because: words(reason, message) };
}

function words(reason: string, message: string): string {
  return [reason, message].filter((one) => one !== "").join(": ");
}
