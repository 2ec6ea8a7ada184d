import { shellWord } from "../rules/remedies/kubectl.ts";
import type { InputOptions } from "./options.ts";

/** How the new manifests get into the cluster, for steps that can be pasted. */
export function applyCommand({
  filename = [],
  kustomize = [],
  enableHelm,
  helm,
  release,
  values = [],
  set = [],
  recursive,
  namespace,
}: InputOptions): string {
  const scope = namespace === undefined ? [] : ["-n", namespace];
  if (helm !== undefined) {
    const given = [...values.flatMap((file) => ["--values", file]), ...set.flatMap((value) => ["--set", value])];
    return ["helm", "upgrade", ...scope, release ?? "RELEASE", helm, ...given].map(shellWord).join(" ");
  }
  // What is read of a revision is applied from a working tree that has it.
  const paths = filename.map((path) => path.replace(/^git:[^:]*:/, ""));
  const apply = (...inputs: readonly string[]): string =>
    ["kubectl", ...scope, "apply", ...inputs].map(shellWord).join(" ");
  const files = [...paths.flatMap((path) => ["-f", path]), ...(recursive ? ["-R"] : [])];
  if (!enableHelm) return apply(...files, ...kustomize.flatMap((folder) => ["-k", folder]));
  // kubectl apply -k lets no kustomization run helm.
  const built = kustomize.map((folder) => `kubectl kustomize --enable-helm ${shellWord(folder)} | ${apply("-f", "-")}`);
  return [...(files.length === 0 ? [] : [apply(...files)]), ...built].join(" && ");
}
