import type { FieldPath } from "./origin.ts";

/** A change of one field of an object, as a manifest's author would make it. */
export interface FieldChange {
  readonly path: FieldPath;
  /** What the field is to be, wherever it stands now and whether it is there; null: it is taken out. */
  readonly value: string | number | boolean | null;
}
