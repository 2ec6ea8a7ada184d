import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Location } from "../../objects/origin.ts";
import { splitDocuments } from "./documents.ts";
import { entryOf } from "./entry.ts";
import { isFolder } from "./files.ts";
import { isRemote, kustomizationFile, kustomizationIn } from "./kustomization.ts";
import { positionsIn } from "./positions.ts";

/** The fields of a kustomization that name folders and files to build on, here or elsewhere. */
const LISTS = ["resources", "bases", "components"] as const;

/**
 * Where a folder's kustomization, or one that it builds on, names the repository that kustomize fetched; null where none
 * of them does, or several do.
 */
export function placeOfRepository(folder: string, repository: string): Location | null {
  const found: { readonly file: string; readonly field: readonly [string, number] }[] = [];
  const pending = [folder];
  const seen = new Set<string>();
  for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
    if (seen.has(resolve(at))) continue;
    seen.add(resolve(at));
    const file = kustomizationFile(at);
    const kustomization = kustomizationIn(file);
    for (const list of LISTS) {
      const entries = entryOf(kustomization, list);
      for (const [index, entry] of (Array.isArray(entries) ? entries : []).entries()) {
        if (typeof entry !== "string") continue;
        if (isRemote(entry)) {
          if (isOf(repository, entry)) found.push({ file, field: [list, index] });
        } else if (isFolder(join(at, entry))) pending.push(join(at, entry));
      }
    }
  }
  const [only] = found;
  if (only === undefined || found.length > 1) return null;
  const [document] = splitDocuments(readFileSync(only.file, "utf8"));
  return document === undefined ? null : { file: only.file, ...positionsIn(document).ofField(only.field) };
}

/** Whether what a kustomization names lies in the repository, which kustomize writes in its own way. */
function isOf(repository: string, named: string): boolean {
  const [whole, part] = [plainUrl(repository), plainUrl(named)];
  return part === whole || part.startsWith(`${whole}/`);
}

/** Host and path, without what a URL may be written with or without. */
function plainUrl(url: string): string {
  return url
    .replace(/[?#].*$/s, "")
    .replace(/^(?:git::)?(?:[a-z]+:\/\/)?(?:[a-z][a-z0-9-]*@)?/i, "")
    .replace(/^([^/:]+):/, "$1/")
    .replace(/\.git(?=\/|$)/, "")
    .replace(/\/{2,}/g, "/")
    .replace(/\/$/, "");
}
