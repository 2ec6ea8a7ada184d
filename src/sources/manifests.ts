import { dirname } from "node:path";
import type { Snapshot } from "../objects/snapshot.ts";
import { type Bytes, bytesOf, MAX_BYTES, UnreadableError } from "./bytes.ts";
import { InputError } from "./input-error.ts";
import { type FileOptions, filesOf, type InputFile } from "./manifests/files.ts";
import type { GitInput } from "./manifests/git.ts";
import { type InvalidEntry, noObjects, readManifestText } from "./manifests/objects.ts";
import type { Rendering } from "./manifests/render.ts";
import { snapshotOfObjects } from "./manifests/snapshot.ts";
import { decodeText } from "./manifests/text.ts";
import { endGrowth } from "./manifests/young-generation.ts";

export { expandPatterns } from "./manifests/files.ts";
export type { Rendering } from "./manifests/render.ts";
export { snapshotOfManifests } from "./manifests/snapshot.ts";

/** A file, folder, pattern of paths (`deploy/**\/*.yaml`), or `-` for standard input; or what another program makes or keeps. */
export type ManifestInput = string | Rendering | GitInput;

export interface ManifestOptions extends FileOptions {
  /** The namespace of objects that leave it out. */
  readonly defaultNamespace: string;
  readonly clusterDomain: string | null;
  /** Where `-` reads from. */
  readonly stdin: Bytes;
}

/**
 * Reads files, folders, standard input and what kustomize or helm make into a Snapshot, all of YAML or JSON. What is
 * broken in them stands in the Snapshot's `invalid`. Throws InputError where an input is not there, cannot be read or
 * made, or where all of them hold no object at all.
 */
export async function readManifests(inputs: readonly ManifestInput[], options: ManifestOptions): Promise<Snapshot> {
  const paths = inputs.filter((input) => typeof input === "string");
  const renderings = inputs.filter((input) => typeof input !== "string");
  const { files, unread } = await filesOf(paths, options);
  const read = noObjects();
  for (const { file, reason } of unread) read.invalid.push(unreadable(file, reason));
  const kustomizations = files.flatMap(({ file }) => (KUSTOMIZATION.test(file) ? [`-k ${dirname(file)}`] : []));
  let left = MAX_BYTES;
  let growing = files.length >= MANY;
  for (const [at, { file, found }] of files.entries()) {
    if (growing && at % STRIDE === 0) growing = !(await endGrowth());
    const bytes = await bytesOf(file, options.stdin, left).catch((error: unknown) => {
      if (!found || !(error instanceof UnreadableError)) throw error;
      read.invalid.push(unreadable(file, error.reason));
      return null;
    });
    if (bytes === null) continue;
    left -= bytes.length;
    readManifestText({ file, found, ...decodeText(bytes) }, { ...options, live: false }, read);
  }
  if (renderings.length > 0) {
    // Most runs start no other program.
    const [{ render }, { gitManifests }] = await Promise.all([
      import("./manifests/render.ts"),
      import("./manifests/git.ts"),
    ]);
    for (const rendering of renderings) {
      const texts = rendering.by === "git" ? gitManifests(rendering, left) : render(rendering, left);
      for (const text of await texts) {
        left -= text.text.length;
        if (rendering.by === "git" && KUSTOMIZATION.test(text.file)) kustomizations.push(BUILT_ELSEWHERE);
        readManifestText(text, { ...options, live: false }, read);
      }
    }
  }
  const named = namedBriefly(inputs);
  if (read.objects.length + read.passedOver.length + read.invalid.length === 0) {
    const [how] = kustomizations;
    const hint = how === undefined ? "" : `, but a kustomization: ${how} reads what is made of it`;
    throw new InputError(`${named} ${inputs.length === 1 ? "holds" : "hold"} no Kubernetes object${hint}`);
  }
  const description = files.length === paths.length ? named : `${named} (${count(files)})`;
  return snapshotOfObjects(read, { ...options, description });
}

const KUSTOMIZATION = /(?:^|[/:])kustomization\.ya?ml$/;
/** kustomize builds working trees only. */
const BUILT_ELSEWHERE = "in a worktree of that revision, <(kubectl kustomize FOLDER)";

/** So many files that memory is looked after while they are read, and how many lie between two looks. */
const MANY = 500;
const STRIDE = 50;

/** What a folder holds that cannot be read is a finding, as what cannot be parsed is: the rest counts all the same. */
function unreadable(file: string, reason: string): InvalidEntry {
  return {
    ref: null,
    location: { file, line: 1, column: 1 },
    field: null,
    message: `it cannot be read: ${reason}`,
    kind: null,
    template: false,
  };
}

/** Inputs that are named; of more, as a shell makes of `*.yaml`, the first ones tell which are meant. */
const MOST_NAMED = 3;

function namedBriefly(inputs: readonly ManifestInput[]): string {
  const named = inputs.slice(0, MOST_NAMED).map(describeInput).join(", ");
  return inputs.length <= MOST_NAMED ? named : `${named} and ${inputs.length - MOST_NAMED} more`;
}

/** As it is told to people: `manifests/`, `standard input`, `kustomize overlays/prod`. */
export function describeInput(input: ManifestInput): string {
  if (typeof input !== "string") {
    switch (input.by) {
      case "helm":
        return `helm chart ${input.chart}`;
      case "kustomize":
        return `kustomize ${input.folder}`;
      case "git":
        return `git:${input.revision}:${input.path}`;
    }
  }
  return input === "-" ? "standard input" : input;
}

function count(files: readonly InputFile[]): string {
  return files.length === 1 ? "1 file" : `${files.length} files`;
}
