import { cleanLine } from "../report/clean.ts";
import type { Look } from "../report/style.ts";
import { widthOf, wrap } from "../report/width.ts";
import { lookOf } from "./look.ts";
import type { Streams } from "./streams.ts";

/** What every command is given. */
export interface Context {
  readonly streams: Streams;
  /** `kheadless`, or `kubectl headless`. */
  readonly program: string;
  readonly version: string;
  /** How text on standard output is to look. */
  readonly look: Look;
  /** Set by the command that ran; how the process ends. */
  readonly end: (exitCode: number) => void;
}

/** `end` is told how the process is to end. */
export function contextOf(
  streams: Streams,
  program: string,
  version: string,
  end: (exitCode: number) => void,
): Context {
  return { streams, program, version, look: lookOf(streams.stdout, streams.env, program), end };
}

/** One line for people on standard error; data never goes there. A terminal that is too narrow for it gets it in several. */
export function notice({ streams }: Pick<Context, "streams">, text: string): void {
  const { isTTY, columns } = streams.stderr;
  const line = cleanLine(text);
  const tooWide = isTTY === true && columns !== undefined && columns > 0 && widthOf(line) > columns;
  const lines = tooWide ? wrap(line, columns) : [line];
  streams.stderr.write(`${lines.join("\n")}\n`);
}
