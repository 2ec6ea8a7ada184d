import { LineCounter, parseDocument } from "yaml";
import { type Config, configFrom, type Locate } from "./config.ts";
import { UsageError } from "./errors.ts";

/** Reads a configuration's text; `file` is how messages name it. Throws UsageError at the first thing that is wrong. */
export function parseConfig(text: string, file: string): Config {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new UsageError(`${file}:${line}:${col}: ${broken.message.split("\n")[0]}`);
  }
  const locate: Locate = (path) => {
    const node = path.length === 0 ? document.contents : document.getIn(path, true);
    const { line, col } = lines.linePos((node as { range?: readonly number[] } | null)?.range?.[0] ?? 0);
    return { file, line, column: col };
  };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that point nowhere, or multiply without end.
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return configFrom(value, file, locate);
}
