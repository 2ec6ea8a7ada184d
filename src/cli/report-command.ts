import { type Diagnosis, diagnose, type Judged } from "../diagnosis/diagnose.ts";
import type { Finding } from "../diagnosis/engine.ts";
import { type Baseline, baselineEntries, baselineOfInput } from "../diagnosis/suppression/baseline.ts";
import { mergeWorlds } from "../diagnosis/worlds.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { toJson, toYaml } from "../report/data.ts";
import type { NotReadDocument, ReportDocument } from "../report/document.ts";
import { reportOf } from "../report/document.ts";
import { namesText } from "../report/names.ts";
import type { Style } from "../report/style.ts";
import type { SubjectName } from "../trace/subjects.ts";
import { BASELINE_FILE } from "./baseline-name.ts";
import { ciText, writeJobSummary } from "./ci-output.ts";
import { type Context, notice } from "./context.ts";
import { UsageError } from "./errors.ts";
import { exitCode } from "./exit-code.ts";
import type { FindingFormat, JudgeOptions, OutputOptions } from "./options.ts";
import { type Render, writeOutputs } from "./output.ts";
import type { Settings } from "./settings.ts";

/** Objects that are judged together, and apart from all others. */
export interface World {
  /** As the user named it; null where it is all there is. */
  readonly input: string | null;
  readonly index: SnapshotIndex;
  readonly subjects: readonly SubjectName[];
}

/** What is judged, and as what. */
interface Judging {
  readonly worlds: readonly World[];
  readonly everything: boolean;
  readonly settings: Settings<JudgeOptions & OutputOptions<FindingFormat>>;
  /** Leaves findings out before anything is made of them. */
  readonly sift?: (findings: readonly Finding[]) => readonly Finding[];
  /** As in a Request of a diagnosis. */
  readonly tellsOk?: boolean;
  readonly applyNamespace?: string | null;
  /** Told of each Service as soon as it is judged. */
  readonly onJudged?: (judged: Judged) => void;
}

/** Formats that hold every link of a Service's chain, with what is there. */
const WITH_CHAINS: readonly string[] = ["json", "yaml", "jsonl"];

/** What is found in the objects, as options, configuration and baseline want it told. */
export async function judge(
  { worlds, everything, settings, sift, tellsOk = true, applyNamespace = null, onJudged }: Judging,
  context: Context,
): Promise<Diagnosis> {
  const { options, config, ignores } = settings;
  const against = (baseline: Baseline | null, told?: Judging["onJudged"]): Diagnosis => {
    const judged = worlds.map(({ input, index, subjects }) => ({
      input,
      ignoreComments: index.snapshot.ignoreComments ?? [],
      diagnosis: diagnose(index, {
        subjects,
        everything,
        severityOf: (rule) => config.severities.get(rule) ?? null,
        ignores,
        baseline: baseline === null ? null : baselineOfInput(baseline, input),
        applyNamespace,
        tellsOk,
        ...(told === undefined ? {} : { onJudged: told }),
      }),
    }));
    return mergeWorlds(judged, new Set(ignores.flatMap(({ location }) => location?.file ?? [])));
  };
  if (options.writeBaseline !== undefined && !everything) {
    throw new UsageError("--write-baseline writes down all that is found: name no Services, and leave -l out");
  }
  const whole = against(await baselineOf(options, against, context), onJudged);
  return sift === undefined ? whole : { ...whole, findings: sift(whole.findings) };
}

/** What doctor and lint share once the objects are read: judge, write, and say how to end. */
export async function report(
  command: {
    readonly name: "doctor" | "lint";
    /** Whether its text shows links in which nothing is wrong. */
    readonly showsOk: boolean;
    readonly text: (document: ReportDocument, style: Style, wide: boolean) => string | Promise<string>;
    /** A format that is written as Services are judged, and what is written at its end. */
    readonly lines?: { readonly format: string; readonly last: (document: ReportDocument) => string };
  },
  given: Judging & {
    readonly notRead: readonly NotReadDocument[];
    /** What of the document is shown. */
    readonly shown?: (document: ReportDocument) => ReportDocument;
  },
  context: Context,
): Promise<void> {
  const { worlds, notRead, settings } = given;
  const { options, failOn } = settings;
  const formats: readonly string[] = [options.output, ...(options.outputFile ?? []).map(({ format }) => format)];
  const tellsOk = command.showsOk || formats.some((format) => WITH_CHAINS.includes(format));
  const diagnosis = await judge({ ...given, tellsOk }, context);
  const whole = reportOf(sourceOf(worlds), diagnosis, notRead);
  const document = given.shown?.(whole) ?? whole;
  const { lines } = command;
  const render: Render<FindingFormat> = async (format, style) => {
    if (lines !== undefined && format === lines.format) return lines.last(document);
    switch (format) {
      case "json":
        return toJson(document);
      case "yaml":
        return toYaml(document);
      case "name":
        return namesText(document);
      case "text":
      case "wide":
        return command.text(document, style, format === "wide");
      case "sarif":
      case "junit":
      case "github":
      case "gitlab":
        return ciText(format, document, { command: command.name, failOn }, context);
    }
  };
  await writeOutputs(render, options, context);
  if (formats.includes("github")) {
    await writeJobSummary(document, { command: command.name, failOn }, context);
  }
  if (options.debug) {
    for (const { rule, service, error } of diagnosis.crashes) {
      notice(context, `rule ${rule} crashed on ${service}:`);
      for (const line of (error.stack ?? error.message).split("\n")) notice(context, line);
    }
  }
  context.end(exitCode(command.name, { ...diagnosis, notRead }, failOn));
}

/** The baseline that counts: the one to read, or the one that is written now of what is found without any. */
async function baselineOf(
  { baseline, writeBaseline: file }: JudgeOptions,
  judge: (baseline: null) => Diagnosis,
  context: Context,
): Promise<Baseline | null> {
  if (file === undefined && baseline === undefined) return null;
  const { readBaseline, writeBaseline } = await import("./baseline-file.ts");
  if (file === undefined) return baseline === undefined ? null : readBaseline(baseline, context.streams);
  const path = file === true ? (baseline ?? BASELINE_FILE) : file;
  const entries = baselineEntries(judge(null).findings);
  notice(context, await writeBaseline(path, entries, context.streams));
  return { file: path, entries };
}

/** Worlds whose inputs are named; services and findings name each their own. */
const MOST_NAMED = 3;

function sourceOf(worlds: readonly World[]): Snapshot["source"] {
  const [first] = worlds;
  if (first === undefined) throw new Error("there is nothing to report on");
  const { kind } = first.index.snapshot.source;
  const descriptions = worlds.slice(0, MOST_NAMED).map(({ index }) => index.snapshot.source.description);
  const left = worlds.length - descriptions.length;
  return { kind, description: [...descriptions, ...(left === 0 ? [] : [`${left} more`])].join(" and, apart, ") };
}
