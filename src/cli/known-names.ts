import { indexSnapshot } from "../objects/snapshot-index.ts";
import type { Context } from "./context.ts";
import { readInput } from "./input.ts";
import type { InputOptions } from "./options.ts";

/** Whoever presses Tab waits no longer. */
const PATIENCE = "2s";

/**
 * The names of Services in the namespace that was typed, or of namespaces, for completion: of the files or the snapshot
 * that were typed, else of the cluster. Where they cannot be read there are none: a completion tells no errors.
 */
export async function knownNames(
  resource: "services" | "namespaces",
  options: InputOptions,
  context: Context,
): Promise<readonly string[]> {
  const { namespace = "", filename = [], kustomize, helm, snapshot: file } = options;
  // No other program is started, and what comes in on standard input is not there yet.
  if (kustomize !== undefined || helm !== undefined || filename.includes("-") || file === "-") return [];
  try {
    const snapshot = await readInput(
      { ...options, requestTimeout: PATIENCE },
      { namespaces: [namespace], resources: [resource], clusterDns: false },
      context,
    );
    const objects = indexSnapshot(snapshot).all(resource);
    return [...new Set(objects.map(({ metadata }) => metadata.name))].sort();
  } catch {
    return [];
  }
}
