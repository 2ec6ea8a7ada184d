import { oneLine } from "../sources/cluster/errors.ts";

/**
 * Why nothing could be asked from inside: one clear line, and what to try next. `usage`: what was asked for cannot be
 * (exit code 2); all others mean that it could not be checked (exit code 3).
 */
export class ProbeError extends Error {
  override readonly name = "ProbeError";
  readonly advice: string;
  readonly exitCode: 2 | 3;

  constructor(message: string, advice = "", kind: "usage" | "unchecked" = "unchecked", options?: ErrorOptions) {
    super(oneLine(message), options);
    this.advice = oneLine(advice);
    this.exitCode = kind === "usage" ? 2 : 3;
  }
}
