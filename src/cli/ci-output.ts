import { appendFile } from "node:fs/promises";
import { isAbsolute, relative, resolve } from "node:path";
import type { CiFormat, CiRun } from "../report/ci.ts";
import type { ReportDocument } from "../report/document.ts";
import { type Context, notice } from "./context.ts";
import { type FailOn, isAtLeast } from "./exit-code.ts";
import { rulePage } from "./rule-page.ts";

/** The command that judged, and from which severity on it fails. */
interface JudgedBy {
  readonly command: string;
  readonly failOn: FailOn;
}

/** A report in a format that CI systems read. What renders them is loaded only here. */
export async function ciText(
  format: CiFormat,
  document: ReportDocument,
  by: JudgedBy,
  context: Context,
): Promise<string> {
  const { CI_RENDERERS, pathsBelow } = await import("../report/ci.ts");
  return CI_RENDERERS[format](document, runOf(by, context, pathsBelow));
}

/** Adds the report to the summary of the job, where GitHub Actions names a file for it. */
export async function writeJobSummary(document: ReportDocument, by: JudgedBy, context: Context): Promise<void> {
  const file = context.streams.env.GITHUB_STEP_SUMMARY;
  if (file === undefined || file === "") return;
  const markdown = await ciText("summary", document, by, context);
  await appendFile(file, markdown).catch((error: Error) =>
    // The findings are told all the same, and decide how the run ends.
    notice(context, `the summary of the job could not be written: ${error.message}`),
  );
}

function runOf(
  { command, failOn }: JudgedBy,
  { streams, version }: Context,
  pathsBelow: (root: string, resolve: (file: string) => string) => CiRun["pathOf"],
): CiRun {
  const cwd = streams.cwd();
  return {
    command,
    version,
    fails: (severity) => isAtLeast(severity, failOn === "never" ? "error" : failOn),
    pathOf: pathsBelow(rootOf(cwd, streams.env), (file) => resolve(cwd, file)),
    pageOf: rulePage,
  };
}

/** CI systems name files from the root of the repository, wherever in it a step runs. */
function rootOf(cwd: string, { GITHUB_WORKSPACE, CI_PROJECT_DIR }: Context["streams"]["env"]): string {
  const root = GITHUB_WORKSPACE || CI_PROJECT_DIR;
  if (root === undefined || root === "") return cwd;
  const inside = relative(root, cwd);
  return inside.startsWith("..") || isAbsolute(inside) ? cwd : root;
}
