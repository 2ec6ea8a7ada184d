import type { Snapshot } from "../objects/snapshot.ts";
import { InputError } from "./input-error.ts";
import { type Bytes, bytesOf, filesOf, type InputFile, MAX_BYTES } from "./manifests/files.ts";
import { noObjects, readManifestText } from "./manifests/objects.ts";
import { type SnapshotOptions, snapshotOfObjects } from "./manifests/snapshot.ts";
import { decodeText } from "./manifests/text.ts";

export { snapshotOfManifests } from "./manifests/snapshot.ts";

export interface ManifestOptions {
  /** Read subfolders of folders too. */
  readonly recursive: boolean;
  /** The namespace of objects that leave it out. */
  readonly defaultNamespace: string;
  readonly clusterDomain: string | null;
  /** Where `-` reads from. */
  readonly stdin: Bytes;
}

/**
 * Reads files, folders and `-` (standard input) of YAML and JSON into a Snapshot. What is broken in them stands in the
 * Snapshot's `invalid`. Throws InputError where an input is not there, cannot be read, or holds no object at all.
 */
export async function readManifests(inputs: readonly string[], options: ManifestOptions): Promise<Snapshot> {
  const files = await filesOf(inputs, options.recursive);
  const read = noObjects();
  let left = MAX_BYTES;
  for (const { file, found } of files) {
    const bytes = await bytesOf(file, options.stdin, left);
    left -= bytes.length;
    readManifestText({ file, found, ...decodeText(bytes) }, { ...options, live: false }, read);
  }
  if (read.objects.length + read.passedOver.length + read.invalid.length === 0) {
    throw new InputError(
      `${inputs.map((input) => (input === "-" ? "standard input" : input)).join(", ")} holds no Kubernetes object`,
    );
  }
  const snapshotOptions: SnapshotOptions = { ...options, description: describe(inputs, files) };
  return snapshotOfObjects(read, snapshotOptions);
}

function describe(inputs: readonly string[], files: readonly InputFile[]): string {
  const named = inputs.map((input) => (input === "-" ? "standard input" : input)).join(", ");
  return files.length === inputs.length ? named : `${named} (${files.length} files)`;
}
