import type { Look } from "../report/style.ts";
import type { Streams, Terminal } from "./streams.ts";

const FALLBACK_WIDTH = 80;
/** Longer lines of prose are hard to read. */
const WIDEST = 120;
const NARROWEST = 40;

/** How text on a stream is to look, from the stream, the locale and the variables that people set. */
export function lookOf(stream: Terminal, env: Streams["env"], program: string): Look {
  const tty = stream.isTTY === true;
  const columns = Math.max(NARROWEST, Number(env.COLUMNS) || (tty ? stream.columns : undefined) || FALLBACK_WIDTH);
  return {
    width: Math.min(WIDEST, columns),
    columns,
    colour: wantsColour(tty, env),
    unicode: showsUnicode(env),
    cut: tty,
    program,
  };
}

/** FORCE_COLOR stands over NO_COLOR (the more deliberate of the two); without either, colour is for terminals that have it. */
function wantsColour(tty: boolean, { FORCE_COLOR, NO_COLOR, TERM }: Streams["env"]): boolean {
  if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
  if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
  return tty && TERM !== "dumb";
}

/** Whether the locale is one of UTF-8 and the terminal more than the kernel's own, which lacks the symbols. */
function showsUnicode({ LC_ALL, LC_CTYPE, LANG, TERM, WT_SESSION }: Streams["env"]): boolean {
  if (TERM === "dumb" || TERM === "linux") return false;
  const locale = LC_ALL || LC_CTYPE || LANG || "";
  return /utf-?8/i.test(locale) || (WT_SESSION !== undefined && WT_SESSION !== "");
}

/** How the user started us, as it is to be typed again: by the name of the kubectl plugin, or our own. */
export function programName(argv: readonly string[] | undefined): string {
  const started = argv?.[1]?.split(/[\\/]/).at(-1) ?? "";
  return started.startsWith("kubectl-headless") ? "kubectl headless" : "kheadless";
}
