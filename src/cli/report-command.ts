import { type Diagnosis, diagnose } from "../diagnosis/diagnose.ts";
import type { Finding } from "../diagnosis/engine.ts";
import { mergeWorlds } from "../diagnosis/worlds.ts";
import type { Snapshot } from "../objects/snapshot.ts";
import type { SnapshotIndex } from "../objects/snapshot-index.ts";
import { toJson, toYaml } from "../report/data.ts";
import type { NotReadDocument, ReportDocument } from "../report/document.ts";
import { reportOf } from "../report/document.ts";
import { namesText } from "../report/names.ts";
import type { Style } from "../report/style.ts";
import type { SubjectName } from "../trace/subjects.ts";
import { type Context, notice } from "./context.ts";
import { exitCode } from "./exit-code.ts";
import type { JudgeOptions, OutputOptions } from "./options.ts";
import { writeOutputs } from "./output.ts";
import type { Settings } from "./settings.ts";

/** Objects that are judged together, and apart from all others. */
export interface World {
  /** As the user named it; null where it is all there is. */
  readonly input: string | null;
  readonly index: SnapshotIndex;
  readonly subjects: readonly SubjectName[];
}

/** What doctor and lint share once the objects are read: judge, write, and say how to end. */
export async function report(
  command: {
    readonly name: "doctor" | "lint";
    readonly text: (document: ReportDocument, style: Style, wide: boolean) => string | Promise<string>;
  },
  given: {
    readonly worlds: readonly World[];
    readonly everything: boolean;
    readonly notRead: readonly NotReadDocument[];
    readonly settings: Settings<JudgeOptions & OutputOptions>;
    /** Leaves findings out before anything is made of them. */
    readonly sift?: (findings: readonly Finding[]) => readonly Finding[];
  },
  context: Context,
): Promise<void> {
  const { worlds, everything, notRead, settings, sift } = given;
  const { options, config, ignores } = settings;
  const judged = worlds.map(({ input, index, subjects }) => ({
    input,
    diagnosis: diagnose(index, {
      subjects,
      everything,
      severityOf: (rule) => config.severities.get(rule) ?? null,
      ignores,
    }),
  }));
  const whole = mergeWorlds(judged, new Set(ignores.flatMap(({ location }) => location?.file ?? [])));
  const diagnosis: Diagnosis = sift === undefined ? whole : { ...whole, findings: sift(whole.findings) };
  const document = reportOf(sourceOf(worlds), diagnosis, notRead);
  await writeOutputs(
    (format, style) => {
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
      }
    },
    options,
    context,
  );
  if (options.debug) {
    for (const { rule, service, error } of diagnosis.crashes) {
      notice(context, `rule ${rule} crashed on ${service}:`);
      for (const line of (error.stack ?? error.message).split("\n")) notice(context, line);
    }
  }
  context.end(exitCode(command.name, { ...diagnosis, notRead }, options.failOn ?? config.failOn ?? "error"));
}

function sourceOf(worlds: readonly World[]): Snapshot["source"] {
  const [first] = worlds;
  if (first === undefined) throw new Error("there is nothing to report on");
  const { kind } = first.index.snapshot.source;
  const descriptions = worlds.map(({ index }) => index.snapshot.source.description);
  return { kind, description: descriptions.join(" and, apart, ") };
}
