import type { FieldPath } from "../objects/origin.ts";

/** What the API server says of one field. */
export interface AdmissionNote {
  readonly field: FieldPath;
  /** In our words, as the end of a sentence about the field. */
  readonly message: string;
}

export function note(field: FieldPath, message: string): AdmissionNote {
  return { field, message };
}
