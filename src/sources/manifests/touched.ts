import { existsSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { STDIN } from "../bytes.ts";
import type { ManifestInput } from "../manifests.ts";
import { CHART_FILE } from "./charts.ts";
import { isFolder } from "./files.ts";
import { kustomizationFile, kustomizationIn } from "./kustomization.ts";
import type { Rendering } from "./render.ts";

/**
 * Tells of a finding's file whether it is among `changed` (absolute real paths). What a program made counts as changed as a
 * whole where anything did that it is made of: one value may change every template. What lies in no file here is always
 * told, as nobody could say that it did not change.
 */
export function touchedBy(changed: ReadonlySet<string>, inputs: readonly ManifestInput[]): (file: string) => boolean {
  const renderings = inputs.filter((input) => typeof input !== "string" && input.by !== "git");
  const whole = renderings.flatMap((rendering) => {
    const parts = partsOf(rendering);
    if (!parts.some((part) => holdsOneOf(part, changed))) return [];
    // What helm makes is placed in the chart, what kustomize makes in any part.
    return rendering.by === "helm" ? [real(rendering.chart)] : parts.map(real);
  });
  return (file) => {
    if (file === STDIN || !existsSync(file)) return true;
    // What is told of a chart concerns all its files.
    if (basename(file) === CHART_FILE) return holdsOneOf(dirname(file), changed);
    const path = real(file);
    return changed.has(path) || whole.some((one) => path === one || path.startsWith(one + sep));
  };
}

/** The files and folders that a rendering is made of, as far as they are here. */
function partsOf(rendering: Rendering): readonly string[] {
  if (rendering.by === "helm") return [rendering.chart, ...rendering.values];
  const parts = new Set<string>();
  const pending = [rendering.folder];
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const path = resolve(folder);
    if (parts.has(path)) continue;
    parts.add(path);
    // Where kustomize looks for charts, and fetches them to, if nothing else is said (helmGlobals.chartHome).
    const charts = rendering.enableHelm ? ["charts"] : [];
    for (const word of [...textsOf(kustomizationFile(folder)), ...charts]) {
      const named = join(folder, word);
      if (isFolder(named)) pending.push(named);
      else if (existsSync(named)) parts.add(resolve(named));
    }
  }
  return [...parts];
}

/** Every text in a kustomization: bases, resources, patches and generators are told apart by whether they are there. */
function textsOf(file: string): readonly string[] {
  const found: string[] = [];
  const walk = (value: unknown): void => {
    if (typeof value === "string") {
      // A generator's entry may be key=file.
      if (!value.includes("\n") && !value.includes("\0")) found.push(value.slice(value.indexOf("=") + 1));
    } else if (typeof value === "object" && value !== null) Object.values(value).forEach(walk);
  };
  walk(kustomizationIn(file));
  return found;
}

function holdsOneOf(part: string, changed: ReadonlySet<string>): boolean {
  const path = real(part);
  return changed.has(path) || [...changed].some((file) => file.startsWith(path + sep));
}

/** Through symbolic links; of what is gone as far as its folder is there. */
function real(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    const parent = dirname(resolve(path));
    return parent === resolve(path) ? parent : join(real(parent), resolve(path).slice(parent.length));
  }
}
