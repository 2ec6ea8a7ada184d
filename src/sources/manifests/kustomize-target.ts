import type { FieldPath, Location } from "../../objects/origin.ts";
import { entryOf } from "./entry.ts";
import type { ObjectName } from "./written-objects.ts";

/** One document of a patch, in a file of its own or written out in the kustomization; or one target of a replacement. */
export interface Patch {
  /** Whether it may be meant for an object that had one of these names. */
  targets(object: ObjectName, names: ReadonlySet<string>): boolean;
  /** Where it says what the object has at the field; null where it says nothing of it, or something else. */
  placeOf(made: unknown, field: FieldPath): Location | null;
}

/**
 * Kinds and names are regular expressions that match as a whole; null where one is none. Selectors of labels and
 * annotations, and namespaces, which change on the way, are left out: what counts besides is that the object has what the
 * patch says.
 */
export function targetOf(target: unknown): Patch["targets"] | null {
  const pattern = (key: string): RegExp => {
    const value = entryOf(target, key);
    return new RegExp(typeof value === "string" && value !== "" ? `^(?:${value})$` : "");
  };
  try {
    const [kind, name] = [pattern("kind"), pattern("name")];
    return (object, names) => kind.test(object.kind) && [...names].some((one) => name.test(one));
  } catch {
    return null;
  }
}
