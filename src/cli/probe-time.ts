import type { VantageRun } from "../probe/vantage.ts";

/**
 * Where the time of a probe went, as one line: what Kubernetes took for the Pod, beside what the program in it took. `total`
 * in milliseconds is that of the whole command. The Pod is looked at every 100 ms at best, so no share is exacter than that.
 */
export function timeText({ pod, timings }: Pick<VantageRun, "pod" | "timings">, total: number): string {
  const { created, scheduled, running, ended, read } = timings;
  const program = running === null ? null : ended - running;
  const parts = [
    `${seconds(created)} to take it`,
    ...(scheduled === null ? [] : [`${seconds(scheduled - created)} to find a node`]),
    ...(running === null ? [] : [`${seconds(running - (scheduled ?? created))} to start it`]),
    `${seconds(program ?? ended - created)} ${program === null ? "until it had ended" : "to ask"}`,
    `${seconds(read - ended)} to read its log`,
  ];
  const whole =
    program === null
      ? `${seconds(total)} in all`
      : `${seconds(read - program)} of ${seconds(total)} are Kubernetes' own`;
  return `Pod ${pod.namespace}/${pod.name}: ${parts.join(", ")}; ${whole}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
