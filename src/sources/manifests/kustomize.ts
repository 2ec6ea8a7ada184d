import { realpathSync, writeFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { once } from "../../objects/kept.ts";
import { InputError } from "../input-error.ts";
import { withScratchFolder } from "../scratch-folder.ts";
import { complaintOf, refuseFailure, runTool, type ToolRun } from "../tool.ts";
import { entryOf } from "./entry.ts";
import { isFile, isFolder } from "./files.ts";
import { isRemote, kustomizationFile, kustomizationIn } from "./kustomization.ts";
import { manifestTexts, originsIn } from "./kustomize-origins.ts";
import type { ManifestText } from "./objects.ts";
import { decodeText } from "./text.ts";

/** What kustomize makes of a folder. */
export interface Kustomization {
  readonly by: "kustomize";
  /** What else kustomize takes for one, too: the URL of a repository. */
  readonly folder: string;
  /** Lets kustomize run helm, which may fetch charts into the folder. */
  readonly enableHelm: boolean;
}

/**
 * Has kubectl or kustomize build the folder, and finds the files that its objects come from. Kustomize tells them only
 * where the kustomization asks for it (`buildMetadata`), and nothing of the user's is changed: beside the build that
 * counts another one runs, of a kustomization in a scratch folder that has the user's as its only resource and does ask.
 * An object's file is known where both builds made the same of it. Throws InputError, in one line, where the build fails.
 *
 * The other build cannot stand for both, though what lies in repositories is fetched twice: while it runs, functions and
 * the selectors of patches see the annotations (`annotationSelector: config.kubernetes.io/origin` then matches), a Component
 * cannot be its resource, and nobody can rule that out for a base before it is fetched.
 */
export async function renderKustomization(
  kustomization: Kustomization,
  maxBytes: number,
): Promise<readonly ManifestText[]> {
  const { folder, enableHelm } = kustomization;
  refuseNoFolder(folder);
  const file = kustomizationFile(folder);
  const metadata = buildMetadataOf(file);
  const asked = TRACING.every((one) => metadata.includes(one));
  const giveUp = new AbortController();
  const tracing = once(() => (asked ? null : trace(kustomization, metadata, maxBytes, giveUp.signal)));
  try {
    // Charts are fetched into the folder: two builds at once would be in each other's way.
    if (!enableHelm) void tracing();
    const run = await build(kustomization, maxBytes);
    if (run === null) {
      throw new InputError(
        `-k ${folder} needs kubectl or kustomize on the PATH, and there is neither: install one, or pipe what it makes: kustomize build ${folder} | kheadless lint -`,
      );
    }
    refuseFailure(run, `kustomize ${folder}`, adviceFor(run, kustomization));
    const made = decodeText(run.stdout);
    // What the user's kustomization asked for itself stands in what counts, too.
    const traced = (await tracing()) ?? (metadata.length === 0 ? null : { text: made.text, root: rootOf(folder) });
    const origins = traced === null ? new Map() : originsIn(traced.text, traced.root);
    return manifestTexts(made, origins, { folder, remote: isRemote(folder), file });
  } finally {
    giveUp.abort();
    await tracing();
  }
}

/** Throws InputError where there is nothing to build: kustomize says it at length. */
function refuseNoFolder(folder: string): void {
  if (isRemote(folder) || isFolder(folder)) return;
  const why = isFile(folder)
    ? `this is a file, and kustomize builds folders: -k ${dirname(folder)}`
    : "there is no such folder";
  throw new InputError(`-k ${folder === "" ? '""' : folder}: ${why}`);
}

/** kubectl and kustomize run helm only where they are told that they may; so do we. */
function adviceFor(run: ToolRun, { enableHelm }: Kustomization): string {
  if (enableHelm || !complaintOf(run).includes("--enable-helm")) return "";
  return "; with --enable-helm kustomize runs helm, which may fetch charts into the folder";
}

/** null where there is neither kubectl nor kustomize. */
async function build(
  { folder, enableHelm }: Kustomization,
  maxBytes: number,
  signal?: AbortSignal,
): Promise<ToolRun | null> {
  const args = [...(enableHelm ? ["--enable-helm"] : []), "--", folder];
  return (
    (await runTool("kubectl", ["kustomize", ...args], maxBytes, { signal })) ??
    (await runTool("kustomize", ["build", ...args], maxBytes, { signal }))
  );
}

/** Say of each object, in annotations, which file it came from and which kustomizations it passed through. */
const TRACING = ["originAnnotations", "transformerAnnotations"];

interface TracedBuild {
  readonly text: string;
  /** What the paths in it begin at. */
  readonly root: string;
}

/** Builds the folder as the one resource of another that asks for origins. null where that fails, for whatever reason. */
async function trace(
  kustomization: Kustomization,
  metadata: readonly string[],
  maxBytes: number,
  signal: AbortSignal,
): Promise<TracedBuild | null> {
  try {
    return await withScratchFolder(async (root) => {
      // Kustomize takes no absolute path for a base. JSON is YAML, whatever a path may hold.
      const { folder } = kustomization;
      const resource = isRemote(folder) ? folder : relative(root, rootOf(folder)).split(sep).join("/");
      // What the user asks for counts only in the outermost kustomization.
      const outermost = { resources: [resource], buildMetadata: [...new Set([...metadata, ...TRACING])] };
      writeFileSync(join(root, "kustomization.yaml"), JSON.stringify(outermost));
      const run = await build({ ...kustomization, folder: root }, maxBytes, signal);
      return run?.exitCode === 0 ? { text: decodeText(run.stdout).text, root } : null;
    });
  } catch {
    return null;
  }
}

/** Where kustomize counts paths from: it follows symbolic links. */
function rootOf(folder: string): string {
  return realpathSync(folder);
}

function buildMetadataOf(file: string): readonly string[] {
  const metadata = entryOf(kustomizationIn(file), "buildMetadata");
  return Array.isArray(metadata) ? metadata.filter((one) => typeof one === "string") : [];
}
