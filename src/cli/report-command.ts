import { type Diagnosis, diagnose } from "../diagnosis/diagnose.ts";
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

/** What doctor and lint share once the objects are read: judge, write, and say how to end. */
export async function report(
  command: {
    readonly name: "doctor" | "lint";
    readonly text: (document: ReportDocument, style: Style, wide: boolean) => string | Promise<string>;
  },
  given: {
    readonly index: SnapshotIndex;
    readonly subjects: readonly SubjectName[];
    readonly everything: boolean;
    readonly notRead: readonly NotReadDocument[];
    readonly settings: Settings<JudgeOptions & OutputOptions>;
  },
  context: Context,
): Promise<void> {
  const { index, subjects, everything, notRead, settings } = given;
  const { options, config, ignores } = settings;
  const diagnosis: Diagnosis = diagnose(index, {
    subjects,
    everything,
    severityOf: (rule) => config.severities.get(rule) ?? null,
    ignores,
  });
  const document = reportOf(index.snapshot.source, diagnosis, notRead);
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
