import { spawnSync } from "node:child_process";

/** What one run of a process cost. */
export interface Cost {
  readonly milliseconds: number;
  /** Peak resident memory, in MiB. */
  readonly mebibytes: number;
  readonly exitCode: number | null;
}

/** Has the measured process write its own peak memory to descriptor 3 when it ends. */
const REPORT_MEMORY = `data:text/javascript,import{writeSync}from"node:fs";process.on("exit",()=>writeSync(3,String(process.resourceUsage().maxRSS)))`;

/** Runs Node with the given arguments as a fresh process, its output thrown away. */
export function measureNode(words: readonly string[]): Cost {
  const started = process.hrtime.bigint();
  const child = spawnSync(process.execPath, ["--import", REPORT_MEMORY, ...words], {
    stdio: ["ignore", "ignore", "inherit", "pipe"],
    maxBuffer: 1024,
  });
  const milliseconds = Number(process.hrtime.bigint() - started) / 1e6;
  if (child.error !== undefined) throw child.error;
  return { milliseconds, mebibytes: Number(String(child.output[3])) / 1024, exitCode: child.status };
}

/** The run in the middle by time, of `times` runs; the first, cold one is thrown away. */
export function medianRun(times: number, run: () => Cost): Cost {
  run();
  const runs = Array.from({ length: times }, run).sort((a, b) => a.milliseconds - b.milliseconds);
  const middle = runs[Math.floor(runs.length / 2)];
  if (middle === undefined) throw new Error("at least one run is needed");
  return middle;
}
