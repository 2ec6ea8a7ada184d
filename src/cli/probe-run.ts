import type { SeenResolvConf } from "../objects/probe.ts";
import type { Vantage } from "../probe/ask.ts";
import type { ProbeProgram } from "../probe/errand.ts";
import { makesPod, type Place } from "../probe/place.ts";
import type { PodManifest } from "../probe/pod.ts";
import type { PodName, ProbeWatch, Progress, RunOptions, Stage } from "../probe/vantage.ts";
import { cleanLine } from "../report/clean.ts";
import { type Context, notice } from "./context.ts";
import { UsageError } from "./errors.ts";
import type { Live } from "./live.ts";
import type { PlaceOptions } from "./probe-options.ts";
import { progressLine } from "./progress.ts";

const WAITS: Readonly<Record<Stage, string>> = {
  creating: "asking for a Pod",
  scheduling: "waiting for a node",
  pulling: "waiting for the image",
  starting: "starting",
  running: "asking",
  reading: "reading what it saw",
  removing: "removing the Pod",
};

/** What a watch needs an end for: the line on the terminal, and what is to be told at last. */
interface Watching {
  readonly watch: ProbeWatch;
  end(): void;
}

/** Tells how it goes on standard error where that is a terminal, and what was left behind in any case. */
function watching({ interrupted, abandoned }: Live, cleans: boolean, context: Context): Watching {
  const line = progressLine(context);
  const left: { readonly pod: PodName; readonly because: string }[] = [];
  const tell = (text: string): void => {
    line.clear();
    notice(context, text);
  };
  const onInterrupt = (): void => {
    if (cleans) tell("interrupted: removing what was made (once more leaves it there)");
  };
  interrupted.addEventListener("abort", onInterrupt);
  return {
    watch: {
      interrupted,
      abandoned,
      progress: (progress) => line.show(progressText(progress)),
      notice: tell,
      left: (pod, because) => left.push({ pod, because }),
    },
    end() {
      interrupted.removeEventListener("abort", onInterrupt);
      line.clear();
      for (const { pod, because } of left) notice(context, leftText(pod, because));
    },
  };
}

/** Runs a program at a place in the cluster. Throws as askFrom does. */
export async function runAt(
  live: Live,
  place: Place,
  program: ProbeProgram,
  run: RunOptions,
  context: Context,
): Promise<readonly Vantage[]> {
  const { askFrom } = await import("../probe/index.ts");
  const { watch, end } = watching(live, makesPod(place), context);
  try {
    return await askFrom(live.connection, place, program, run, watch);
  } finally {
    end();
  }
}

/** The resolv.conf that a client's Pod really has. Throws as runByExec does. */
export async function resolvConfOf(live: Live, pod: PodName, context: Context): Promise<SeenResolvConf> {
  const { readResolvConf } = await import("../probe/index.ts");
  const { watch, end } = watching(live, false, context);
  try {
    return await readResolvConf(live.connection, pod, watch);
  } finally {
    end();
  }
}

/** The Pod that would run a program there, as the user could create it. */
export async function podAt(
  live: Live,
  place: Extract<Place, { kind: "pod" }>,
  program: ProbeProgram,
  context: Context,
): Promise<PodManifest> {
  const { likeClient, podToCreate } = await import("../probe/index.ts");
  const { watch, end } = watching(live, false, context);
  try {
    return podToCreate((await likeClient(live.connection, place, watch)).options, program);
  } finally {
    end();
  }
}

/**
 * Asks the user before a container is put into a Pod of theirs: the API has no way to take it out again. Throws UsageError
 * where nobody can be asked.
 */
export async function agreed(
  place: Place,
  { yes }: PlaceOptions,
  { interrupted }: Pick<Live, "interrupted">,
  { streams }: Context,
): Promise<boolean> {
  if (place.kind !== "container" || yes) return true;
  const pod = `${place.pod.namespace}/${place.pod.name}`;
  const what = `--in puts an ephemeral container into Pod ${pod}, which stays in its spec until the Pod is deleted`;
  if (streams.stdin.isTTY !== true) throw new UsageError(`${what}: say --yes to that, or ask from a Pod of its own`);
  streams.stderr.write(`${cleanLine(what)}.\nPut it there? [y/N] `);
  const { promise: stopped, reject } = Promise.withResolvers<never>();
  interrupted.addEventListener("abort", () => reject(interrupted.reason));
  try {
    return /^y(es)?$/i.test((await Promise.race([firstLine(streams.stdin), stopped])).trim());
  } finally {
    // Whatever waits for a line there keeps the process alive.
    streams.stdin.destroy?.();
  }
}

async function firstLine(stdin: Context["streams"]["stdin"]): Promise<string> {
  for await (const chunk of stdin) return chunk.toString();
  return "";
}

function progressText({ pod, stage, because }: Progress): string {
  return `${pod.namespace}/${pod.name}: ${WAITS[stage]}${because === "" ? "" : ` (${because})`}`;
}

function leftText({ namespace, name }: PodName, because: string): string {
  return `could not be removed: Pod ${namespace}/${name} (${because}). It ends by itself; to remove it: kubectl -n ${namespace} delete pod ${name}`;
}
