import type { Finding } from "../../diagnosis/engine.ts";
import { indexSnapshot } from "../../objects/snapshot-index.ts";
import { lintText } from "../../report/lint.ts";
import { describeInput, expandPatterns, type ManifestInput } from "../../sources/manifests.ts";
import { subjectsOf } from "../../trace/subjects.ts";
import { type Context, notice } from "../context.ts";
import { UsageError } from "../errors.ts";
import { exitCode } from "../exit-code.ts";
import { manifestInputsOf, readFiles, refuseExclude } from "../input.ts";
import type { FindingFormat, InputOptions, JudgeOptions, LintInputOptions, OutputOptions } from "../options.ts";
import { judge, report, type World } from "../report-command.ts";
import { settingsOf } from "../settings.ts";

export type LintOptions = InputOptions & LintInputOptions & JudgeOptions & OutputOptions<FindingFormat>;

/** Judges manifests, mends them with --fix, and ends with 1 where something was found at or above --fail-on. Throws as doctor does. */
export async function lint(paths: readonly string[], given: LintOptions, context: Context): Promise<void> {
  const filename = [...paths, ...(given.filename ?? [])];
  // A pipeline names the folder of its manifests once; whoever wants single files names them.
  const settings = await settingsOf({ ...given, filename, recursive: true as const }, context);
  const { options } = settings;
  const named = manifestInputsOf(options);
  const inputs = options.each ? await apartOf(named, options.exclude ?? []) : named;
  if (inputs.length === 0) {
    throw new UsageError(`lint needs a file, a folder, or - for standard input: ${context.program} lint .`);
  }
  refuseExclude(options);
  refuseFixes(options, inputs);
  // Whether git can tell what changed is known before anything is read.
  const sift =
    options.changedSince === undefined ? {} : { sift: await onlyChanged(options.changedSince, inputs, context) };
  // helm installs a chart's objects where they say that they belong; -n is its release's namespace.
  const byHelm = inputs.some((input) => typeof input !== "string" && input.by === "helm");
  const applyNamespace = byHelm ? null : (options.namespace ?? null);
  const worlds = await worldsOf(inputs, options, context);
  const judging = { worlds, everything: true, settings, applyNamespace, ...sift };
  if (!options.fix) return report(COMMAND, { ...judging, notRead: [] }, context);

  const { fix } = await import("../fix.ts");
  const dryRun = options.dryRun === true;
  const { writeBaseline: _later, ...judgedBy } = options;
  const found = await judge({ ...judging, settings: { ...settings, options: judgedBy } }, context);
  const changed = await fix(found.findings, { dryRun, defaultNamespace: options.namespace ?? "default" }, context);
  if (dryRun) return context.end(exitCode("lint", { ...found, notRead: [] }, settings.failOn));
  // What is left is told of the files as they are now.
  const left = changed ? await worldsOf(inputs, options, context, "again") : worlds;
  await report(COMMAND, { ...judging, worlds: left, notRead: [] }, context);
}

/** The worlds of --each: every path that a pattern matches is one. */
async function apartOf(
  inputs: readonly ManifestInput[],
  exclude: readonly string[],
): Promise<readonly ManifestInput[]> {
  const apart = await Promise.all(
    inputs.map((input) => (typeof input === "string" ? expandPatterns([input], exclude) : [input])),
  );
  return apart.flat();
}

const COMMAND = { name: "lint", showsOk: false, text: lintText } as const;

/** The inputs as one world, or with --each as one each; what is notable in them is told the first time. */
async function worldsOf(
  inputs: readonly ManifestInput[],
  options: InputOptions & LintInputOptions,
  context: Context,
  time: "first" | "again" = "first",
): Promise<readonly World[]> {
  const worlds: World[] = [];
  for (const apart of options.each ? inputs.map((input) => [input]) : [inputs]) {
    const index = indexSnapshot(await readFiles(apart, options, context, time === "first"));
    const input = options.each ? apart.map(describeInput).join(", ") : null;
    worlds.push({ input, index, subjects: subjectsOf(index, { externalNames: true }) });
  }
  return worlds;
}

/** Throws UsageError where --fix is asked for something that is no file to change. */
function refuseFixes(
  { fix, dryRun, writeBaseline, output, outputFile }: LintOptions,
  inputs: readonly ManifestInput[],
): void {
  if (dryRun && !fix) throw new UsageError("--dry-run shows what --fix would change: give --fix, too");
  if (dryRun && writeBaseline !== undefined) {
    throw new UsageError("--dry-run changes no file: leave --write-baseline out");
  }
  if (dryRun && (output !== "text" || outputFile !== undefined)) {
    throw new UsageError("--dry-run prints a diff in place of what is found: leave -o and --output-file out");
  }
  const made = inputs.find((input) => input === "-" || typeof input !== "string");
  if (!fix || made === undefined) return;
  if (typeof made !== "string" && made.by === "git") {
    throw new UsageError(`--fix changes files: ${describeInput(made)} stands in a revision, which stays as it is`);
  }
  throw new UsageError(
    `--fix changes files: what ${made === "-" ? "comes from standard input" : `${describeInput(made)} makes`} is mended where it is made`,
  );
}

/** Leaves out what is found in files that did not change since the revision, and says how much that was. */
async function onlyChanged(
  revision: string,
  inputs: readonly ManifestInput[],
  context: Context,
): Promise<(findings: readonly Finding[]) => readonly Finding[]> {
  const { changedSince, touchedBy } = await import("../../sources/changed-files.ts");
  const isTouched = touchedBy(await changedSince(revision), inputs);
  let told = false;
  return (findings) => {
    const kept = findings.filter(({ location }) => location === null || isTouched(location.file));
    const left = findings.length - kept.length;
    if (left > 0 && !told) {
      told = true;
      notice(
        context,
        `${left === 1 ? "1 finding" : `${left} findings`} left out: not in files changed since ${revision}`,
      );
    }
    return kept;
  };
}
