import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, relative } from "node:path";
import { parseYaml } from "./yaml.ts";

/** The names that kustomize looks for, in its order. */
const KUSTOMIZATIONS = ["kustomization.yaml", "kustomization.yml", "Kustomization"];

/** The file that makes a folder a kustomization; the first name where there is none, and a URL as it is. */
export function kustomizationFile(folder: string): string {
  if (isRemote(folder)) return folder;
  const name = KUSTOMIZATIONS.find((one) => existsSync(join(folder, one))) ?? "kustomization.yaml";
  return join(folder, name);
}

/** What a kustomization holds; undefined where it cannot be read: kustomize cannot either, and says why. */
export function kustomizationIn(file: string): unknown {
  try {
    const parsed = parseYaml(readFileSync(file, "utf8"));
    return parsed.status === "read" ? parsed.value : undefined;
  } catch {
    return undefined;
  }
}

/** As kustomize tells a repository from a folder: by a scheme, a user at a host, or GitHub's name. */
export function isRemote(folder: string): boolean {
  return /^(?:git::|(?:ssh|https?|file):\/\/|[a-z][a-z0-9-]*@|github\.com[/:])/i.test(folder);
}

/** A file as seen from the folder, as the user named that; from the working folder where symbolic links lead elsewhere. */
export function shownPath(file: string, folder: string): string {
  const shown = join(folder, relative(realpathSync(folder), file));
  try {
    if (realpathSync(shown) === realpathSync(file)) return shown;
  } catch {
    // Past a symbolic link `..` is another folder.
  }
  return relative("", file);
}
