import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { Look } from "../report/style.ts";
import { type Style, styleOf } from "../report/style.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import type { Format, OutputOptions } from "./options.ts";
import type { Streams } from "./streams.ts";

/** Makes the text of one output. */
export type Render<F extends string = Format> = (format: F, style: Style) => string | Promise<string>;

/** Writes what a command found to standard output, and to every file that was asked for. Throws UsageError where one cannot be written. */
export async function writeOutputs<F extends string>(
  render: Render<F>,
  options: OutputOptions<F>,
  { streams, look }: Context,
): Promise<void> {
  for (const { format, path } of options.outputFile ?? []) {
    const text = await render(format, await styleOf(lookOfFile(look)));
    await writeText(path, text, streams);
  }
  streams.stdout.write(await render(options.output, await styleOf(look)));
}

const WHY_NOT_WRITTEN: Readonly<Record<string, string>> = {
  EACCES: "permission denied",
  EISDIR: "that is a folder",
  ENOENT: "there is no such folder",
  ENOSPC: "no space is left there",
};

/** Throws UsageError where the file cannot be written. */
export async function writeText(path: string, text: string, { cwd }: Pick<Streams, "cwd">): Promise<void> {
  await writeFile(resolve(cwd(), path), text).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`cannot write ${path}: ${WHY_NOT_WRITTEN[error.code ?? ""] ?? error.message}`);
  });
}

/** Files have no colours and no terminal that could be too narrow. */
function lookOfFile(look: Look): Look {
  return { ...look, colour: false, cut: false, unicode: true, width: 80 };
}
