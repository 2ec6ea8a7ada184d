import type { ProbeError } from "../probe/error.ts";

/** What the user asked for cannot be understood, or its input cannot be used: one line, exit code 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** Why the program ends early, as one line for people, and with which exit code. */
export interface Failure {
  readonly message: string;
  readonly exitCode: 2 | 3 | 130;
}

/**
 * Tells errors that are meant for the user (this file's, InputError, ClusterError, ProbeError, an interruption) by their shape, so
 * that their modules need not be loaded; null for a defect of ours.
 */
export function failureOf(error: unknown): Failure | null {
  if (!(error instanceof Error)) return null;
  switch (error.name) {
    case "UsageError":
    case "InputError":
      return { message: error.message, exitCode: 2 };
    case "ClusterError":
    case "ProbeError": {
      const { advice, exitCode } = error as Error & { readonly advice: string; readonly exitCode: 2 | 3 };
      return { message: advice === "" ? error.message : `${error.message} (${advice})`, exitCode };
    }
    case "Interrupted":
      return { message: "interrupted", exitCode: 130 };
    default:
      return null;
  }
}

/** The namespace that a cluster was found not to have, where that is the error (NoSuchNamespace); null for any other. */
export function missingNamespace(error: unknown): string | null {
  const isSuch = error instanceof Error && error.name === "ClusterError" && "namespace" in error;
  return isSuch && typeof error.namespace === "string" ? error.namespace : null;
}

/** By its name, as failureOf does. */
export function isProbeError(error: unknown): error is ProbeError {
  return error instanceof Error && error.name === "ProbeError";
}

/** Ctrl-C while something was waited for. */
export class Interrupted extends Error {
  override readonly name = "Interrupted";
}
