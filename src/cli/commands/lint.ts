import { indexSnapshot } from "../../objects/snapshot-index.ts";
import { lintText } from "../../report/lint.ts";
import { subjectsOf } from "../../trace/subjects.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { manifestInputsOf, readInput } from "../input.ts";
import type { InputOptions, JudgeOptions, OutputOptions } from "../options.ts";
import { report } from "../report-command.ts";
import { settingsOf } from "../settings.ts";

export type LintOptions = InputOptions & JudgeOptions & OutputOptions;

export async function lint(paths: readonly string[], given: LintOptions, context: Context): Promise<void> {
  const filename = [...paths, ...(given.filename ?? [])];
  if (manifestInputsOf({ ...given, filename }).length === 0) {
    throw new UsageError(`lint needs a file, a folder, or - for standard input: ${context.program} lint .`);
  }
  // A pipeline names the folder of its manifests once; whoever wants single files names them.
  const settings = await settingsOf({ ...given, filename, recursive: true }, context);
  const snapshot = await readInput(settings.options, { namespaces: [], resources: [], clusterDns: false }, context);
  const index = indexSnapshot(snapshot);
  const subjects = subjectsOf(index, { externalNames: true });
  await report({ name: "lint", text: lintText }, { index, subjects, everything: true, notRead: [], settings }, context);
}
