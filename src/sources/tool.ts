import { basename } from "node:path";
import { InputError } from "./input-error.ts";

/** What a program of others did. */
export interface ToolRun {
  /** null where a signal ended it. */
  readonly exitCode: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Of what a program says when it fails, from the end: what went wrong it tells last. */
const MAX_STDERR = 64 * 1024;

/**
 * Runs a program of the user's PATH (kubectl, kustomize, helm, git) and waits for its end; null where there is none of
 * that name. No shell takes part: an argument is an argument, whatever characters it holds. Throws InputError where it
 * cannot be started, or writes more than `maxBytes`, or where `signal` ends it. `input` is what it reads from its standard
 * input.
 */
export async function runTool(
  command: string,
  args: readonly string[],
  maxBytes: number,
  { input = "", signal }: { readonly input?: string | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<ToolRun | null> {
  // Most runs start no program, and should not pay for what can.
  const { spawn } = await import("node:child_process");
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"], windowsHide: true, signal });
    // One that ends without reading all of it says why in its own way.
    child.stdin.on("error", () => undefined).end(input);
    const chunks: Buffer[] = [];
    let size = 0;
    let stderr = "";
    child.stdout.on("data", (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBytes) chunks.push(chunk);
      else {
        child.kill();
        reject(new InputError(`${basename(command)} writes too much: at most ${maxBytes / 1024 / 1024} MB are read`));
      }
    });
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      stderr = (stderr + chunk).slice(-MAX_STDERR);
    });
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(null);
      else reject(new InputError(`cannot start ${command}: ${error.code ?? error.message}`));
    });
    child.on("close", (exitCode) => resolve({ exitCode, stdout: Buffer.concat(chunks), stderr }));
  });
}

/** Throws InputError, in one line, where the program failed. */
export function refuseFailure(run: ToolRun, what: string, hint = ""): void {
  if (run.exitCode !== 0) throw new InputError(`${what} failed: ${complaintOf(run)}${hint}`);
}

/**
 * What a failed program said that tells most, as one line: what is an error by its own word, with the lines that it
 * continues in; else the last line.
 */
export function complaintOf({ exitCode, stderr }: ToolRun): string {
  // kubectl's log brackets what has several lines: err=< ... >
  const bracketed = /^[EF]\d{4} .*\berr=<\n([\s\S]*?)\n >$/m.exec(stderr)?.[1];
  if (bracketed !== undefined) return bracketed.replace(/\s+/g, " ").trim();
  const lines = stderr.split("\n").map((line) => line.trim());
  const error = lines.findIndex((line) => /^(?:error|fatal):?\s/i.test(line));
  const told = error < 0 ? lines.findLast((line) => line !== "") : sentenceAt(lines, error);
  // kubectl's own log lines quote what went wrong.
  const quoted = /^[EF]\d{4} .*\berr="((?:[^"\\]|\\.)*)"/.exec(told ?? "")?.[1];
  if (quoted !== undefined) return quoted.replace(/\\(["\\])/g, "$1");
  if (told !== undefined) return told.replace(/^(?:error|fatal):\s*/i, "");
  return exitCode === null ? "it was ended by a signal" : `exit code ${exitCode}`;
}

/** The line, and where it ends in a colon or opens a quotation, all up to the next empty line. */
function sentenceAt(lines: readonly string[], at: number): string {
  const line = lines[at] ?? "";
  if (!/[:`]$/.test(line)) return line;
  const end = lines.indexOf("", at);
  return lines.slice(at, end < 0 ? lines.length : end).join(" ");
}
