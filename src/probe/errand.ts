import type { Errand, Lane, ProbeConnect } from "../objects/probe.ts";
import { ERRAND_SCRIPT } from "./errand-script.ts";

/**
 * What a container runs: a fixed script of ours and its arguments. Whatever differs from errand to errand stands in
 * `args` and never in the script's text.
 */
export interface ProbeProgram {
  readonly command: readonly string[];
  readonly args: readonly string[];
}

/** Servers, and lots of connections, that are asked side by side: enough to hide those that do not answer. */
const DNS_WORKERS = 6;
const CONNECT_WORKERS = 16;

/** The program that runs an errand, in any image with a POSIX shell. */
export function errandCommand({ nonce, lanes, connects, rounds, budget }: Errand): ProbeProgram {
  const sets = [...new Set(lanes.map(setOf))];
  const numbered = lanes.map((lane, index) => ({ lane, text: laneText(lane, index, sets) }));
  const byServer = [...Map.groupBy(numbered, ({ lane }) => lane.route.server).values()];
  const workers = [
    ...dealt(byServer, DNS_WORKERS).map((groups) => groups.flat().map(({ text }) => text)),
    ...dealt(connects.map(connectText), CONNECT_WORKERS),
  ];
  return {
    command: ["sh", "-c", ERRAND_SCRIPT, "kheadless-probe"],
    args: [
      nonce,
      String(rounds),
      String(budget),
      String(sets.length),
      ...sets,
      ...workers.map((lanesOfOne) => lanesOfOne.join(";")),
    ],
  };
}

/** Whether a server answers at all shows before many questions are put to it. */
const FIRST_BATCHES = [1, 1];
const BATCH = 8;

/** The questions of a lane as they are put together, batch by batch. */
export function batchesOf<T>(questions: readonly T[]): readonly (readonly T[])[] {
  const batches: (readonly T[])[] = [];
  for (let at = 0; at < questions.length; ) {
    const size = FIRST_BATCHES[batches.length] ?? BATCH;
    batches.push(questions.slice(at, at + size));
    at += size;
  }
  return batches;
}

/** Words for dig; nothing in a name in master-file notation divides words, and no absolute name is `--`. */
function setOf({ questions }: Lane): string {
  return batchesOf(questions)
    .map((batch) => batch.map(({ name, type }) => `-q ${name} -t ${type}`).join(" "))
    .join(" -- ");
}

function laneText(lane: Lane, index: number, sets: readonly string[]): string {
  const { server, port, transport, bufferSize, checkingDisabled } = lane.route;
  const set = sets.indexOf(setOf(lane)) + 1;
  return `${index} ${transport} ${server ?? "-"} ${port} ${bufferSize ?? "-"} ${checkingDisabled ? "cd" : "-"} ${set}`;
}

function connectText({ address, port }: ProbeConnect, index: number): string {
  return `c${index} connect ${address} ${port}`;
}

/** Deals items out to so many hands, in turn; no hand stays empty. */
function dealt<T>(items: readonly T[], hands: number): readonly (readonly T[])[] {
  const found = Map.groupBy(items.keys(), (at) => at % hands);
  return [...found.values()].map((places) => places.map((at) => items[at] as T));
}
