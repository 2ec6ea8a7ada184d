/** Steps into an object: `["spec", "ports", 0, "targetPort"]`. */
export type FieldPath = readonly (string | number)[];

/** A place in a file, 1-based, columns in UTF-16 code units. */
export interface Location {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** Where an object came from. */
export interface Origin {
  /** As the user named it; "<stdin>" for standard input. */
  readonly file: string;
  /** A program made the object of what stands in the file, which is then not what is mended. */
  readonly rendered?: boolean;
  /** What of the input had the program make it: `-k overlays/dev`. Several may make objects of one file. */
  readonly madeBy?: string | undefined;
  /** Where the object begins. */
  readonly start: Location;
  /** Where the field stands, or its nearest parent that is there. Computed on demand: positions are rarely needed. */
  locate(path: FieldPath): Location;
}

/** `spec.ports[0].targetPort`; keys that are not plain words are quoted: `metadata.labels["app.kubernetes.io/name"]`. */
export function formatPath(path: FieldPath): string {
  let text = "";
  for (const step of path) {
    if (typeof step === "number") text += `[${step}]`;
    else if (/^[A-Za-z_][A-Za-z0-9_-]*$/.test(step)) text += text === "" ? step : `.${step}`;
    else text += `[${JSON.stringify(step)}]`;
  }
  return text;
}
