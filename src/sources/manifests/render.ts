import { existsSync } from "node:fs";
import { join } from "node:path";
import { InputError } from "../input-error.ts";
import { complaintOf, refuseFailure, runTool, type ToolRun } from "../tool.ts";
import { isFolder } from "./files.ts";
import { type Kustomization, renderKustomization } from "./kustomize.ts";
import type { ManifestText } from "./objects.ts";
import { placesOfTexts } from "./template-documents.ts";
import type { Place } from "./template-places.ts";
import { type DecodedText, decodeText, textOf } from "./text.ts";

/** Manifests that another program makes. */
export type Rendering =
  | Kustomization
  | {
      readonly by: "helm";
      /** A folder, an archive, or what else helm takes for a chart. */
      readonly chart: string;
      readonly release: string | null;
      readonly values: readonly string[];
      readonly set: readonly string[];
      /** null: helm's own choice. */
      readonly namespace: string | null;
    };

/**
 * Has kustomize or helm make the manifests. Throws InputError, in one line, where the program is not there, fails, or
 * writes more than `maxBytes`.
 */
export async function render(rendering: Rendering, maxBytes: number): Promise<readonly ManifestText[]> {
  return rendering.by === "helm" ? renderChart(rendering, maxBytes) : renderKustomization(rendering, maxBytes);
}

/** Of each document helm tells the template. */
const SOURCE = /^---[ \t]*\r?\n# Source: (.+)$/gm;

async function renderChart(
  { chart, release, values, set, namespace }: Rendering & { by: "helm" },
  maxBytes: number,
): Promise<readonly ManifestText[]> {
  const run = await runTool(
    "helm",
    [
      "template",
      // Pods of `helm test` are not there before somebody tests.
      "--skip-tests",
      ...(namespace === null ? [] : [`--namespace=${namespace}`]),
      ...values.map((file) => `--values=${file}`),
      ...set.map((pair) => `--set=${pair}`),
      "--",
      release ?? "release-name",
      chart,
    ],
    maxBytes,
  );
  if (run === null) {
    throw new InputError(
      `--helm ${chart} needs helm on the PATH, and there is none: install it, or pipe what it makes: helm template ${chart} | kheadless lint -`,
    );
  }
  // What is no path helm takes for a chart of a repository that it was told of.
  const missing = /repo .* not found|^non-absolute URLs/.test(complaintOf(run)) && !existsSync(chart);
  refuseFailure(run, `helm template ${chart}`, missing ? ` (and there is no folder ${chart})` : olderHelm(run));
  return templateTexts(decodeText(run.stdout), chart);
}

/** helm takes a chart to be for the Kubernetes that it was made with itself. */
function olderHelm(run: ToolRun): string {
  return /requires kubeVersion/.test(complaintOf(run))
    ? " (pipe in what it makes for yours: helm template --kube-version VERSION ... | kheadless lint -)"
    : "";
}

/** Cuts what helm printed at its `# Source:` lines, each piece under the name of its template's file. */
function templateTexts({ text, damaged }: DecodedText, chart: string): readonly ManifestText[] {
  const sources = [...text.matchAll(SOURCE)];
  const head = sources[0]?.index ?? text.length;
  const pieces = [
    { file: chart, text: text.slice(0, head) },
    ...sources.map((found, at) => ({
      file: templateFile(found[1]?.trim() ?? "", chart),
      text: text.slice(found.index, sources[at + 1]?.index ?? text.length),
    })),
  ];
  const placed = [...Map.groupBy(pieces, ({ file }) => file)].flatMap(([file, own]) => {
    // What lies in an archive, or elsewhere, has none.
    const template = textOf(file);
    const texts = own.map((piece) => piece.text);
    const places = template === null ? [] : placesOfTexts(template, texts);
    return own.map((piece, at) => [piece, places[at] ?? AT_BEGINNING] as const);
  });
  const placeOf = new Map(placed);
  return pieces.map((piece) => {
    return { ...piece, found: false, damaged, madeBy: `--helm ${chart}`, placeOf: placeOf.get(piece) ?? AT_BEGINNING };
  });
}

const AT_BEGINNING: Place = () => ({ line: 1, column: 1 });

/** `mysql/templates/service.yaml` begins with the chart's name, which need not be its folder's. */
function templateFile(source: string, chart: string): string {
  const path = source.slice(source.indexOf("/") + 1);
  return isFolder(chart) ? join(chart, path) : source;
}
