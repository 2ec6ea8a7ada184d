import { writeFile } from "node:fs/promises";
import { resolve } from "node:path";
import { toJson, toYaml } from "../report/data.ts";
import type { Look } from "../report/style.ts";
import { type Style, styleOf } from "../report/style.ts";
import { writeFault } from "../sources/file-fault.ts";
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

/** What a command without findings tells, in each of its formats. */
export interface Answer {
  /** As `-o json` and `-o yaml` have it. */
  readonly data: unknown;
  /** As `-o name` has it, a line each. */
  readonly names: readonly string[];
  readonly text: (style: Style, wide: boolean) => string | Promise<string>;
}

/** writeOutputs of one document. */
export function writeAnswer({ data, names, text }: Answer, options: OutputOptions, context: Context): Promise<void> {
  const render: Render = (format, style) => {
    switch (format) {
      case "json":
        return toJson(data);
      case "yaml":
        return toYaml(data);
      case "name":
        return names.map((name) => `${name}\n`).join("");
      case "text":
      case "wide":
        return text(style, format === "wide");
    }
  };
  return writeOutputs(render, options, context);
}

/** Throws UsageError where the file cannot be written. */
export async function writeText(path: string, text: string, { cwd }: Pick<Streams, "cwd">): Promise<void> {
  // resolve() would make a file of the name of `reports/`.
  const target = /[/\\]$/.test(path) ? `${resolve(cwd(), path)}/` : resolve(cwd(), path);
  await writeFile(target, text).catch((error: unknown) => {
    throw new UsageError(`cannot write ${path}: ${writeFault(error)}`);
  });
}

/** Files have no colours and no terminal that could be too narrow. */
function lookOfFile(look: Look): Look {
  return { ...look, colour: false, cut: false, unicode: true, width: 80, columns: 80 };
}
