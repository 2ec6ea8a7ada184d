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

/** A program that is measured beside others. */
export interface Contestant {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

/** Milliseconds. */
interface Time {
  readonly wall: number;
  /** Of the processor, in the program and the system, of all its threads. */
  readonly processor: number;
}

/**
 * A Markdown table of medians of 15 runs, each also beside the first contestant's: wall and, in brackets, processor time. They
 * run as fresh processes in turn, so that whatever else the machine does meets all alike.
 */
export function timeTable(contestants: readonly Contestant[]): string {
  // The first, cold one is thrown away.
  for (const contestant of contestants) timeOf(contestant);
  const rounds = Array.from({ length: 15 }, () => contestants.map(timeOf));
  const medians = contestants.map((_, at) => {
    const runs = rounds.flatMap((round) => round[at] ?? []);
    return { wall: median(runs.map(({ wall }) => wall)), processor: median(runs.map((run) => run.processor)) };
  });
  const rows = medians.map(({ wall, processor }, at) => {
    const beside = medians[0] ?? { wall, processor };
    const ratios = `${(wall / beside.wall).toFixed(2)} (${(processor / beside.processor).toFixed(2)})`;
    return `| \`${contestants[at]?.name}\` | ${wall.toFixed(0)} ms (${processor.toFixed(0)} ms) | ${ratios} |`;
  });
  return ["| medians of 15 | wall (processor) | beside the first |", "|---|---|---|", ...rows].join("\n");
}

/** One run, its output thrown away. What a child took of the processor is told by bash, and not by Node. */
function timeOf({ name, command, args }: Contestant): Time {
  const line = `TIMEFORMAT='%3R %3U %3S'; time "$@" >/dev/null 2>&1 </dev/null`;
  const { status, stderr, error } = spawnSync("bash", ["-c", line, "bash", command, ...args], { encoding: "utf8" });
  if (error !== undefined) throw error;
  // 1 tells of findings; what failed would be measured for something else.
  if (status !== 0 && status !== 1) throw new Error(`${name} ended with ${status}`);
  const [wall = 0, user = 0, system = 0] = stderr.trim().split(" ").map(Number);
  return { wall: wall * 1_000, processor: (user + system) * 1_000 };
}

function median(numbers: readonly number[]): number {
  const middle = numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)];
  if (middle === undefined) throw new Error("at least one run is needed");
  return middle;
}

/** The run in the middle by time, of `times` runs; the first, cold one is thrown away. */
export function medianRun(times: number, run: () => Cost): Cost {
  run();
  const runs = Array.from({ length: times }, run).sort((a, b) => a.milliseconds - b.milliseconds);
  const middle = runs[Math.floor(runs.length / 2)];
  if (middle === undefined) throw new Error("at least one run is needed");
  return middle;
}
