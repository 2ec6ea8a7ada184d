import { homedir } from "node:os";
import { join } from "node:path";
import { bash } from "./scratch.ts";

/** Where what was fetched once stays. */
export const CACHE = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "kheadless");

/** Milliseconds for what npm or pip fetch. */
export const INSTALLS = 600_000;

/**
 * Makes a virtual environment of Python's and runs its pip.
 *
 * @param venv the environment's folder, made anew
 * @param args words of the shell, as `install pre-commit==4.7.0`
 * @param wanted what is missing where it fails, for whoever reads why a test was skipped
 * @returns null, or why there is none here
 * @throws in CI, instead of telling so
 */
export function pip(venv: string, args: string, wanted: string): string | null {
  const made = bash(
    `python3 -m venv --clear '${venv}' && PIP_DISABLE_PIP_VERSION_CHECK=1 '${venv}/bin/pip' --quiet ${args}`,
    { cwd: "/", timeout: INSTALLS },
  );
  if (made.status === 0) return null;
  const missing = `${wanted} cannot be had here: ${made.stderr.trim().split("\n").at(-1)}`;
  if (process.env.CI) throw new Error(missing);
  process.stdout.write(`skipped: ${missing}\n`);
  return missing;
}
