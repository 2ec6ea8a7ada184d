import type { Finding } from "../../diagnosis/engine.ts";
import { indexSnapshot } from "../../objects/snapshot-index.ts";
import { lintText } from "../../report/lint.ts";
import { describeInput, type ManifestInput } from "../../sources/manifests.ts";
import { subjectsOf } from "../../trace/subjects.ts";
import { type Context, notice } from "../context.ts";
import { UsageError } from "../errors.ts";
import { manifestInputsOf, readFiles } from "../input.ts";
import type { FindingFormat, InputOptions, JudgeOptions, LintInputOptions, OutputOptions } from "../options.ts";
import { report, type World } from "../report-command.ts";
import { settingsOf } from "../settings.ts";

export type LintOptions = InputOptions & LintInputOptions & JudgeOptions & OutputOptions<FindingFormat>;

export async function lint(paths: readonly string[], given: LintOptions, context: Context): Promise<void> {
  const filename = [...paths, ...(given.filename ?? [])];
  // A pipeline names the folder of its manifests once; whoever wants single files names them.
  const settings = await settingsOf({ ...given, filename, recursive: true as const }, context);
  const { options } = settings;
  const inputs = manifestInputsOf(options);
  if (inputs.length === 0) {
    throw new UsageError(`lint needs a file, a folder, or - for standard input: ${context.program} lint .`);
  }
  // Whether git can tell what changed is known before anything is read.
  const sift =
    options.changedSince === undefined ? {} : { sift: await onlyChanged(options.changedSince, inputs, context) };
  const worlds: World[] = [];
  for (const apart of options.each ? inputs.map((input) => [input]) : [inputs]) {
    const index = indexSnapshot(await readFiles(apart, options, context));
    const input = options.each ? apart.map(describeInput).join(", ") : null;
    worlds.push({ input, index, subjects: subjectsOf(index, { externalNames: true }) });
  }
  await report({ name: "lint", text: lintText }, { worlds, everything: true, notRead: [], settings, ...sift }, context);
}

/** Leaves out what is found in files that did not change since the revision, and says how much that was. */
async function onlyChanged(
  revision: string,
  inputs: readonly ManifestInput[],
  context: Context,
): Promise<(findings: readonly Finding[]) => readonly Finding[]> {
  const { changedSince, touchedBy } = await import("../../sources/changed-files.ts");
  const isTouched = touchedBy(await changedSince(revision), inputs);
  return (findings) => {
    const kept = findings.filter(({ location }) => location === null || isTouched(location.file));
    const left = findings.length - kept.length;
    if (left > 0) {
      notice(
        context,
        `${left === 1 ? "1 finding" : `${left} findings`} left out: not in files changed since ${revision}`,
      );
    }
    return kept;
  };
}
