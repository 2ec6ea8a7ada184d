import { dirname, join } from "node:path";
import type { FieldPath, Location } from "../../objects/origin.ts";
import { splitDocuments } from "./documents.ts";
import { entryOf } from "./entry.ts";
import { kustomizationIn, shownPath } from "./kustomization.ts";
import { type Patch, targetOf } from "./kustomize-target.ts";
import { positionsIn } from "./positions.ts";
import { textOf } from "./text.ts";
import { childOf } from "./written-objects.ts";

/**
 * The targets of a kustomization's `replacements`, each at the path of the field that it writes: there no line says the value,
 * which stands in another object. Whatever the object has there, it has from the replacement, as that comes last.
 */
export function replacementsIn(kustomization: unknown, file: string, folder: string): readonly Patch[] {
  return listOf(entryOf(kustomization, "replacements")).flatMap((entry, at) => {
    const path = entryOf(entry, "path");
    if (typeof path !== "string") return targetsOf(entry, { file, folder, field: ["replacements", at] });
    const named = join(dirname(file), path);
    const found = kustomizationIn(named);
    if (!Array.isArray(found)) return targetsOf(found, { file: named, folder, field: [] });
    return found.flatMap((one, index) => targetsOf(one, { file: named, folder, field: [index] }));
  });
}

interface Place {
  readonly file: string;
  readonly folder: string;
  readonly field: FieldPath;
}

function targetsOf(replacement: unknown, place: Place): readonly Patch[] {
  return listOf(entryOf(replacement, "targets")).flatMap((target, at): readonly Patch[] => {
    const selects = targetOf(entryOf(target, "select"));
    if (selects === null) return [];
    const rejects = listOf(entryOf(target, "reject")).flatMap((one) => targetOf(one) ?? []);
    const paths = listOf(entryOf(target, "fieldPaths"));
    return [
      {
        targets: (object, names) => selects(object, names) && !rejects.some((reject) => reject(object, names)),
        placeOf: (made, field) => {
          const found = paths.findIndex((path) => typeof path === "string" && leadsTo(path, made, field));
          return found < 0 ? null : locationOf(place, ["targets", at, "fieldPaths", found]);
        },
      },
    ];
  });
}

function locationOf({ file, folder, field }: Place, below: FieldPath): Location | null {
  const [document] = splitDocuments(textOf(file) ?? "");
  if (document === undefined) return null;
  return { file: shownPath(file, folder), ...positionsIn(document).ofField([...field, ...below]) };
}

/** Whether a path as kustomize writes it (`spec.ports.[name=sql].port`, `spec.ports.*.port`, `data.a\.b`) is the field. */
function leadsTo(path: string, made: unknown, field: FieldPath): boolean {
  const steps = path.match(/(?:\\.|\[[^\]]*\]|[^.\\])+/g) ?? [];
  return steps.length === field.length && steps.every((step, at) => isStep(step, made, field.slice(0, at + 1)));
}

function isStep(step: string, made: unknown, field: FieldPath): boolean {
  const last = field.at(-1);
  if (typeof last === "string") return step.replaceAll("\\.", ".") === last;
  const [, key, value] = /^\[([^=]+)=(.*)\]$/.exec(step) ?? [];
  if (key === undefined) return step === "*" || step === String(last);
  return String(entryOf(field.reduce<unknown>(childOf, made), key)) === value;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
