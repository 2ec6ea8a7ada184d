/** How a text is to look. */
export interface Look {
  /** Columns that prose is wrapped to. */
  readonly width: number;
  /** Columns that a table may take: of a wide terminal more than prose. */
  readonly columns: number;
  readonly colour: boolean;
  /** false: ASCII only. */
  readonly unicode: boolean;
  /** Whether a table's last column is cut at `columns`; else it may reach over it, so that nothing is lost in a pipe. */
  readonly cut: boolean;
  /** What the reader types to start us: `kheadless`, `kubectl headless`. */
  readonly program: string;
}

export type Tone = "good" | "bad" | "warn" | "dim" | "strong" | "plain";

export interface Style extends Look {
  /** Our text in a tone; never longer in columns. */
  paint(tone: Tone, text: string): string;
}

/** A style without colours. */
export function plainStyle(look: Look): Style {
  return { ...look, paint: (_tone, text) => text };
}

/** The style that a look asks for. Where it has no colour, what paints is not even loaded. */
export async function styleOf(look: Look): Promise<Style> {
  if (!look.colour) return plainStyle(look);
  const { Chalk } = await import("chalk");
  const chalk = new Chalk({ level: 1 });
  const tones: Readonly<Record<Tone, (text: string) => string>> = {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    warn: (text) => chalk.yellow(text),
    dim: (text) => chalk.dim(text),
    strong: (text) => chalk.bold(text),
    plain: (text) => text,
  };
  return { ...look, paint: (tone, text) => (text === "" ? "" : tones[tone](text)) };
}
