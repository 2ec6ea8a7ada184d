import type { Severity } from "../../rules/rule.ts";
import { toJson } from "../data.ts";
import type { FindingDocument, ReportDocument } from "../document.ts";
import { fingerprintsOf } from "./fingerprint.ts";
import { type CiRun, cleanReport } from "./run.ts";

const SEVERITY = { error: "critical", warning: "minor", info: "info" } as const satisfies Record<Severity, string>;

/** `-o gitlab`: a Code Quality report, as GitLab reads it from `artifacts:reports:codequality`. */
export async function gitlabText(report: ReportDocument, run: CiRun): Promise<string> {
  const { findings } = cleanReport(report);
  const prints = await fingerprintsOf(findings);
  return toJson(
    findings.map((finding, at) => ({
      description: finding.message,
      check_name: finding.rule,
      fingerprint: prints[at],
      severity: SEVERITY[finding.severity],
      location: { path: pathOf(finding, run), lines: { begin: finding.location?.line ?? 1 } },
    })),
  );
}

/** GitLab wants a path of every entry: what stands in no file is named by its object. */
function pathOf({ location, object }: FindingDocument, run: CiRun): string {
  if (location !== undefined) return run.pathOf(location.file) ?? location.file;
  return object === null ? "kheadless" : [object.namespace, object.kind, object.name].filter(Boolean).join("/");
}
