import { type Plan, type PlanRequest, planOf, recordsLost } from "../../plan/plan.ts";
import { toJson, toYaml } from "../../report/data.ts";
import { planText } from "../../report/plan.ts";
import { planDocument } from "../../report/plan-document.ts";
import { planMarkdown } from "../../report/plan-markdown.ts";
import { readSnapshotFile } from "../../sources/snapshot-file.ts";
import { applyCommand } from "../apply-command.ts";
import type { Context } from "../context.ts";
import { UsageError } from "../errors.ts";
import { type FailOn, isAtLeast } from "../exit-code.ts";
import { LAYERED, manifestInputsOf, pathInputs, readFiles, readLayers } from "../input.ts";
import type { InputOptions, OutputOptions, PlanOptions as OwnOptions, PlanFormat } from "../options.ts";
import { writeOutputs } from "../output.ts";
import { selectorArgument } from "../selector-argument.ts";
import { settingsOf } from "../settings.ts";

export type PlanOptions = InputOptions & OwnOptions & OutputOptions<PlanFormat> & { readonly failOn?: FailOn };

/** Tells what a change of manifests does to DNS records, and ends as planExitCode says. Throws as doctor does. */
export async function plan(given: PlanOptions, context: Context): Promise<void> {
  const { options, failOn } = await settingsOf(given, context);
  if (manifestInputsOf(options).length === 0) {
    throw new UsageError(`plan needs the new manifests: ${context.program} plan -f deploy/ --base git:main:deploy/`);
  }
  const sides = await readSides(options, context);
  const result = planOf({ ...sides, applying: { command: applyCommand(options) } });
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
  context.end(planExitCode(result, failOn));
}

/** 1: records are lost, or an effect at or above `failOn`. Else 3: something could not be told. Else 0. */
function planExitCode(result: Pick<Plan, "changes" | "effects" | "unchecked">, failOn: FailOn): 0 | 1 | 3 {
  if (failOn !== "never") {
    if (recordsLost(result) > 0) return 1;
    if (result.effects.some(({ severity }) => isAtLeast(severity, failOn))) return 1;
  }
  return result.unchecked.length > 0 ? 3 : 0;
}

type Sides = Omit<PlanRequest, "applying">;

async function readSides(options: PlanOptions, context: Context): Promise<Sides> {
  const { base = [], filename = [], prune, selector, snapshot } = options;
  const live = base.length === 0 || (base.length === 1 && base[0] === "live");
  if (selector !== undefined && prune === undefined)
    throw new UsageError("-l says what --prune deletes: give --prune, too");
  if (live)
    return snapshot === undefined ? readOverCluster(options, context) : readOverSnapshot(snapshot, options, context);
  if (base.includes("live")) throw new UsageError("--base live is the cluster, and cannot go with other bases");
  if (snapshot !== undefined) throw new UsageError("--base and --snapshot are two bases: give one of them");
  if (prune) {
    throw new UsageError("--prune goes with a cluster: of two sets of manifests what is missing counts as removed");
  }
  if ([...base, ...filename].filter((path) => path === "-").length > 1) {
    throw new UsageError("standard input can be read once: - was given twice");
  }
  const before = await readFiles(pathInputs(base, options), options, context);
  return { before, after: await readFiles(manifestInputsOf(options), options, context) };
}

/** The cluster, and what becomes of it once the manifests are applied; what the API server refuses is made as it is wanted. */
async function readOverCluster(options: PlanOptions, context: Context): Promise<Sides> {
  const scope = { namespaces: [], resources: LAYERED, clusterDns: true, configMaps: true };
  const { base, manifests, applied } = await readLayers(options, scope, context, "is-made");
  const target = manifests.source;
  if (!options.prune) return { before: base, after: applied, target };
  const selector = options.selector === undefined ? null : selectorArgument(options.selector);
  const { pruned } = await import("../../sources/prune.ts");
  return { before: base, after: pruned(applied, manifests, selector), target };
}

/** The same over a snapshot file of a cluster. */
async function readOverSnapshot(file: string, options: PlanOptions, context: Context): Promise<Sides> {
  if (options.prune) {
    throw new UsageError("--prune needs the cluster: snapshot files leave out by what kubectl knows what it applied");
  }
  const read = await readSnapshotFile(file, context.streams.stdin);
  const before = { ...read, clusterDomain: options.clusterDomain ?? read.clusterDomain };
  const namespace = options.namespace ?? before.defaultNamespace;
  const manifests = await readFiles(manifestInputsOf(options), { ...options, namespace }, context);
  const { overlayManifests } = await import("../../sources/overlay.ts");
  return { before, after: overlayManifests(before, manifests, "is-made"), target: manifests.source };
}
