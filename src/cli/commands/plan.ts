import type { Snapshot } from "../../objects/snapshot.ts";
import { type Plan, planOf, recordsLost } from "../../plan/plan.ts";
import { toJson, toYaml } from "../../report/data.ts";
import { planText } from "../../report/plan.ts";
import { planDocument } from "../../report/plan-document.ts";
import { planMarkdown } from "../../report/plan-markdown.ts";
import { shellWord } from "../../rules/remedies/kubectl.ts";
import { SEVERITIES } from "../../rules/rule.ts";
import type { ManifestInput } from "../../sources/manifests.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import type { FailOn } from "../exit-code.ts";
import { manifestInputsOf, readFiles } from "../input.ts";
import type { InputOptions, OutputOptions, PlanOptions as OwnOptions, PlanFormat } from "../options.ts";
import { writeOutputs } from "../output.ts";
import { settingsOf } from "../settings.ts";

export type PlanOptions = InputOptions & OwnOptions & OutputOptions<PlanFormat> & { readonly failOn?: FailOn };

export async function plan(given: PlanOptions, context: Context): Promise<void> {
  const { options } = await settingsOf(given, context);
  if (manifestInputsOf(options).length === 0) {
    throw new UsageError(`plan needs the new manifests: ${context.program} plan -f deploy/ --base git:main:deploy/`);
  }
  const { before, after } = await readSides(options, context);
  const result = planOf({ before, after, applying: { command: applyCommand(options) } });
  const document = planDocument(result);
  await writeOutputs(
    (format, style) => {
      switch (format) {
        case "json":
          return toJson(document);
        case "yaml":
          return toYaml(document);
        case "markdown":
          return planMarkdown(document);
        case "text":
        case "wide":
          return planText(document, style, format === "wide");
      }
    },
    options,
    context,
  );
  context.end(planExitCode(result, options.failOn ?? "error"));
}

/** 1: records are lost, or an effect at or above `failOn`. Else 3: something could not be told. Else 0. */
export function planExitCode(result: Pick<Plan, "changes" | "effects" | "unchecked">, failOn: FailOn): 0 | 1 | 3 {
  const limit = failOn === "never" ? -1 : SEVERITIES.indexOf(failOn);
  if (failOn !== "never" && recordsLost(result) > 0) return 1;
  if (result.effects.some(({ severity }) => SEVERITIES.indexOf(severity) <= limit)) return 1;
  return result.unchecked.length > 0 ? 3 : 0;
}

interface Sides {
  readonly before: Snapshot;
  readonly after: Snapshot;
}

async function readSides(options: PlanOptions, context: Context): Promise<Sides> {
  const { base = [], filename = [], prune, snapshot } = options;
  if (base.length === 0 || (base.length === 1 && base[0] === "live")) {
    throw new UsageError("plan against a running cluster is not there yet: give --base PATH or --base git:REV:PATH");
  }
  if (base.includes("live")) throw new UsageError("--base live is the cluster, and cannot go with other bases");
  if (snapshot !== undefined) throw new UsageError("--base and --snapshot are two bases: give one of them");
  if (prune)
    throw new UsageError("--prune goes with a cluster: of two sets of manifests what is missing counts as removed");
  if ([...base, ...filename].filter((path) => path === "-").length > 1) {
    throw new UsageError("standard input can be read once: - was given twice");
  }
  const inputs = [...pathsOf(filename, options), ...manifestInputsOf({ ...options, filename: [] })];
  const before = await readFiles(pathsOf(base, options), options, context);
  return { before, after: await readFiles(inputs, options, context) };
}

/** Paths as inputs, of which some may be of a git revision: `git:REV:PATH`. */
function pathsOf(paths: readonly string[], { recursive, exclude }: PlanOptions): readonly ManifestInput[] {
  return paths.map((text) => {
    if (!text.startsWith("git:")) return text;
    const [, revision = "", path = ""] = /^git:([^:]*):(.*)$/s.exec(text) ?? [];
    if (revision === "" || path === "") throw new UsageError(`${text}: write git:REV:PATH, as in git:main:deploy/`);
    return { by: "git" as const, revision, path, recursive: recursive === true, exclude: exclude ?? [] };
  });
}

/** How the new manifests get into the cluster, for steps that can be pasted. */
function applyCommand({
  filename = [],
  kustomize = [],
  helm,
  release,
  values = [],
  set = [],
  recursive,
  namespace,
}: PlanOptions): string {
  const scope = namespace === undefined ? [] : ["-n", namespace];
  if (helm !== undefined) {
    const given = [...values.flatMap((file) => ["--values", file]), ...set.flatMap((value) => ["--set", value])];
    return ["helm", "upgrade", ...scope, release ?? "RELEASE", helm, ...given].map(shellWord).join(" ");
  }
  const inputs = [...filename.flatMap((path) => ["-f", path]), ...kustomize.flatMap((folder) => ["-k", folder])];
  return ["kubectl", ...scope, "apply", ...inputs, ...(recursive ? ["-R"] : [])].map(shellWord).join(" ");
}
