/** What remedies for manifests are written from. */
export type YamlValue =
  | string
  | number
  | boolean
  | null
  | readonly YamlValue[]
  | { readonly [key: string]: YamlValue | undefined };

/** The lines to write into a manifest, in block style; texts that YAML would read as something else are quoted. */
export function yamlLines(value: YamlValue): string {
  return blockOf(value).join("\n");
}

function blockOf(value: YamlValue): readonly string[] {
  if (Array.isArray(value)) {
    return value.flatMap((item: YamlValue) =>
      blockOf(item).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)),
    );
  }
  if (!isMap(value)) return [scalar(value)];
  return Object.entries(value).flatMap(([key, item]) => {
    if (item === undefined) return [];
    if (isEmpty(item)) return [`${scalar(key)}: ${Array.isArray(item) ? "[]" : "{}"}`];
    if (typeof item !== "object" || item === null) return [`${scalar(key)}: ${scalar(item)}`];
    return [`${scalar(key)}:`, ...blockOf(item).map((line) => `  ${line}`)];
  });
}

function isMap(value: YamlValue): value is { readonly [key: string]: YamlValue | undefined } {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: YamlValue): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** Words that YAML 1.1, as kubectl reads it, takes for a boolean or null. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf)$/i;

function scalar(value: YamlValue): string {
  if (typeof value !== "string") return String(value);
  return /^[A-Za-z_][A-Za-z0-9_./-]*$/.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
}
