import type {
  ConnectReply,
  Errand,
  ErrandResult,
  Lane,
  ProbeConnect,
  ProbeReply,
  ProbeTool,
  SeenResolvConf,
} from "../objects/probe.ts";
import type { Told } from "./answer-text.ts";
import { readDig } from "./dig-text.ts";
import { batchesOf } from "./errand.ts";
import { type Frame, type FrameLine, readFrames } from "./errand-frames.ts";
import { readGetent, readNslookup } from "./nslookup-text.ts";
import { parseResolvConf } from "./resolv-conf.ts";

type Frames = ReadonlyMap<string, Frame>;

/**
 * Reads what errand-script.ts wrote. Every question and connection of the errand has a reply; what the log does not tell of,
 * because it was cut or because it was not asked, is `missing` and never taken for an answer.
 */
export function readErrandLog(log: string, errand: Errand): ErrandResult {
  const frames = readFrames(log, errand.nonce);
  const whole = isWhole(frames);
  const tool = toolIn(frames.get("tool"));
  const resolvConf = resolvConfIn(frames.get("resolv"));
  const rounds = Array.from({ length: errand.rounds }, (_, at) => at + 1);
  const replies = rounds.flatMap((round) =>
    errand.lanes.flatMap((lane, index) => repliesOf(lane, String(index), round, { frames, whole, tool, errand })),
  );
  const connects = rounds.flatMap((round) =>
    errand.connects.map((connect, index) =>
      connectReply(connect, frames.get(`c${index}.${round}`), round, whole, errand),
    ),
  );
  return {
    tool,
    resolvConf,
    replies,
    connects,
    lacks: lacksOf({ resolvConf, replies, connects, whole }),
  };
}

/** Whether the log goes to the script's end. */
export function isWholeLog(log: string, { nonce }: Pick<Errand, "nonce">): boolean {
  return isWhole(readFrames(log, nonce));
}

function isWhole(frames: Frames): boolean {
  return frames.get("all")?.end != null;
}

interface Around {
  readonly frames: Frames;
  /** The script came to its end. */
  readonly whole: boolean;
  readonly tool: ProbeTool;
  readonly errand: Errand;
}

const CUT = "the log does not tell";

function repliesOf(lane: Lane, id: string, round: number, around: Around): readonly ProbeReply[] {
  const { frames, tool } = around;
  const ended = frames.get(`${id}.${round}`);
  // dig is given batches, the others one question at a time.
  const batches = tool.name === "dig" ? batchesOf(lane.questions) : lane.questions.map((question) => [question]);
  return batches.flatMap((batch, index) => {
    const frame = frames.get(`${id}.${round}.${index + 1}`);
    const told = frame === undefined ? [] : toldIn(frame, batch, tool);
    return batch.map(({ name, type }, at): ProbeReply => {
      const asked = { ...lane.route, name, type, round };
      const one = told[at];
      if (one !== undefined) return { ...asked, ...replyOf(one, startOf(frame)) };
      const because = frame === undefined ? whyMissing(ended, lane, id, round, around) : CUT;
      return { ...asked, status: "missing", because };
    });
  });
}

function toldIn({ lines }: Frame, batch: Lane["questions"], { name }: ProbeTool): readonly (Told | undefined)[] {
  if (name === "none") return [];
  if (name === "dig") return readDig(lines, batch);
  return batch.map((question) => (name === "nslookup" ? readNslookup(lines) : readGetent(lines, question)));
}

function replyOf(told: Told, askedAt: string | null) {
  return told.status === "silent" ? { ...told, askedAt } : { status: told.status, ...told.answer, askedAt };
}

function startOf(frame: Frame | undefined): string | null {
  const seconds = Number(/^begin ([0-9]{1,12})$/.exec(frame?.lines[0]?.text ?? "")?.[1] ?? 0);
  return seconds === 0 ? null : new Date(seconds * 1000).toISOString();
}

function whyMissing(frame: Frame | undefined, lane: Lane, id: string, round: number, around: Around): string {
  const { frames, whole, tool, errand } = around;
  if (frames.get("tool")?.end == null) return CUT;
  if (tool.name === "none") return "the image has neither dig nor BIND's nslookup nor getent";
  const late = `not asked any more after ${errand.budget} s`;
  switch (frame?.end) {
    case "end silent":
      return `not asked any more: ${serverText(lane)} said nothing`;
    case "end late":
      return late;
    case "end unsupported":
      return `${tool.name} cannot ask so`;
    case undefined:
      break;
    default:
      return CUT;
  }
  if (!whole) return CUT;
  // A lane in which nothing was said is not gone through again.
  const before = Array.from({ length: round - 1 }, (_, at) => frames.get(`${id}.${at + 1}`)?.end);
  return before.includes("end silent") ? `not asked any more: ${serverText(lane)} said nothing` : late;
}

function serverText({ route }: Lane): string {
  return route.server ?? "the name server of resolv.conf";
}

function connectReply(
  connect: ProbeConnect,
  frame: Frame | undefined,
  round: number,
  whole: boolean,
  { budget }: Errand,
): ConnectReply {
  const missing = (because: string): ConnectReply => ({ ...connect, round, status: "missing", because });
  if (frame === undefined) return missing(whole ? `not tried any more after ${budget} s` : CUT);
  if (frame.end === "end unsupported") return missing("the image has neither nc nor bash with timeout");
  if (frame.end === null || frame.lines.some(({ kind }) => kind === "hole")) return missing(CUT);
  const text = toolText(frame.lines).join(" ");
  const [, said = "", status = ""] = /^(.*?) ?status (\d+)$/.exec(text) ?? [];
  if (status === "0") return { ...connect, round, status: "open", because: "" };
  const because = said.trim();
  if (/refused/i.test(said)) return { ...connect, round, status: "refused", because };
  if (/unreachable|no route/i.test(said)) return { ...connect, round, status: "unreachable", because };
  // nc -e and timeout end without a word.
  const late = /timed? ?out|in progress/i.test(said) || because === "";
  return late
    ? { ...connect, round, status: "timeout", because: because || "no connection within 2 s" }
    : missing(because);
}

function toolText(lines: readonly FrameLine[]): readonly string[] {
  return lines.flatMap(({ kind, text }) => (kind === "tool" ? [text] : []));
}

function toolIn(frame: Frame | undefined): ProbeTool {
  const script = frame?.lines.find(({ kind }) => kind === "script")?.text ?? "";
  const name = (["dig", "nslookup", "getent"] as const).find((one) => script.startsWith(`${one} `)) ?? "none";
  const said = frame === undefined ? "" : (toolText(frame.lines)[0] ?? "");
  return { name, version: /^(?:DiG|nslookup) ([0-9][^\s]*)/.exec(said)?.[1] ?? "" };
}

function resolvConfIn(frame: Frame | undefined): SeenResolvConf | null {
  if (frame === undefined || frame.end === null || frame.lines.some(({ kind }) => kind === "hole")) return null;
  return parseResolvConf(toolText(frame.lines));
}

function lacksOf(found: Omit<ErrandResult, "lacks" | "tool"> & { readonly whole: boolean }) {
  const { resolvConf, replies, connects, whole } = found;
  const reasons = new Map<string, number>();
  for (const one of [...replies, ...connects]) {
    if (one.status !== "missing") continue;
    // That a server said nothing is told of the questions that it was silent to.
    if (one.because.startsWith("not asked any more: ")) continue;
    reasons.set(one.because, (reasons.get(one.because) ?? 0) + 1);
  }
  return [
    ...(whole ? [] : ["the probe's output ends before its end"]),
    ...(resolvConf === null ? ["the resolv.conf was not read"] : []),
    ...[...reasons].map(([because, times]) => `${times} of ${replies.length + connects.length}: ${because}`),
  ];
}
