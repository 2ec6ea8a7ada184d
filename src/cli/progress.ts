import { cleanLine } from "../report/clean.ts";
import type { Context } from "./context.ts";
import { lookOf } from "./look.ts";

/** One line on a terminal that tells what is waited for, and goes away; nothing where standard error is none. */
export interface ProgressLine {
  /** A function is asked anew for each picture of the line. */
  show(text: string | (() => string)): void;
  /** Takes the line away, so that others can be written; `show` brings it back. */
  clear(): void;
}

const FRAMES = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];
const ASCII_FRAMES = ["-", "\\", "|", "/"];
const FRAME_MS = 100;
/** Back to the start of the line, and empty from there on (ECMA-48 EL). */
const CLEAR = "\r\x1b[K";

/** A progress line on standard error. */
export function progressLine({ streams, program }: Pick<Context, "streams" | "program">): ProgressLine {
  const { stderr, env } = streams;
  if (stderr.isTTY !== true || env.TERM === "dumb") return { show() {}, clear() {} };
  const { unicode, width } = lookOf(stderr, env, program);
  const frames = unicode ? FRAMES : ASCII_FRAMES;
  let timer: NodeJS.Timeout | null = null;
  let text: () => string = () => "";
  let turn = 0;
  const draw = () => {
    turn = (turn + 1) % frames.length;
    stderr.write(`${CLEAR}${frames[turn]} ${cleanLine(text()).slice(0, width - 3)}`);
  };
  return {
    show(next) {
      text = typeof next === "string" ? () => next : next;
      draw();
      timer ??= setInterval(draw, FRAME_MS).unref();
    },
    clear() {
      if (timer === null) return;
      clearInterval(timer);
      timer = null;
      stderr.write(CLEAR);
    },
  };
}
