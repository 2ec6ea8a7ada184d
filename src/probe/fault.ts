import { ProbeError } from "./error.ts";
import type { Awaited } from "./life.ts";
import type { PodFault } from "./pod-state.ts";
import type { Stage } from "./vantage.ts";

/** Why a Pod that was made never came to its end, and what would help. */
export function faultError(
  { pod, image }: Pick<Awaited, "pod" | "image">,
  fault: PodFault,
  because: string,
): ProbeError {
  const [what, advice] = FAULTS[fault](image, `${pod.namespace}/${pod.name}`);
  return new ProbeError(because === "" ? what : `${what}: ${because}`, advice);
}

const FAULTS: Readonly<Record<PodFault, (image: string, pod: string) => readonly [what: string, advice: string]>> = {
  unschedulable: () => [
    "no node takes the probe's Pod",
    "--toleration, --node-selector and --node choose others; it needs 20m of CPU and 32Mi of memory",
  ],
  image: (image) => [
    `the image ${image} cannot be pulled`,
    "--image names one that the node can pull and that holds dig, --image-pull-secret what lets it",
  ],
  config: () => ["the kubelet cannot make the probe's container", "--dry-run shows the Pod"],
  program: (image) => [`the image ${image} cannot run the probe`, "--image names one with a shell and dig"],
  taken: (_image, pod) => [`Pod ${pod} was taken away before it was done`, "try again; --node chooses another node"],
  deadline: (_image, pod) => [`Pod ${pod} was not done by its own deadline`, "--timeout 3m gives it more"],
};

const WAITS: Readonly<Record<Stage, string>> = {
  creating: "the API server had not taken it",
  scheduling: "no node had been found for it",
  pulling: "its image was being pulled",
  starting: "it was being started",
  running: "it was running",
  reading: "its log was being read",
  removing: "it was being removed",
};

/** The time is over: what it was waiting for. */
export function lateError(
  { pod, image }: Pick<Awaited, "pod" | "image">,
  stage: Stage,
  because: string,
  timeout: number,
): ProbeError {
  const what = `Pod ${pod.namespace}/${pod.name} was not done within ${timeout / 1000} s: ${WAITS[stage]}`;
  const advice =
    stage === "pulling" ? `--timeout 3m gives the node more time to pull ${image}` : "--timeout 3m waits longer";
  return new ProbeError(because === "" ? what : `${what} (${because})`, advice);
}
