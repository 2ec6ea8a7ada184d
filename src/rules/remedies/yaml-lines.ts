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
  if (typeof value !== "object" || value === null) return [scalar(value)];
  if (Array.isArray(value)) {
    const items = value.flatMap((item: YamlValue) =>
      blockOf(item).map((line, index) => (index === 0 ? `- ${line}` : `  ${line}`)),
    );
    return items.length === 0 ? ["[]"] : items;
  }
  const entries = Object.entries(value).flatMap(([key, item]) => (item === undefined ? [] : entryOf(key, item)));
  return entries.length === 0 ? ["{}"] : entries;
}

/** A map's entry; what does not fit behind its key stands below it. */
function entryOf(key: string, item: YamlValue): readonly string[] {
  const lines = blockOf(item);
  const nested = typeof item === "object" && item !== null && Object.keys(item).length > 0;
  return nested ? [`${scalar(key)}:`, ...lines.map((line) => `  ${line}`)] : [`${scalar(key)}: ${lines[0]}`];
}

/** Words that YAML 1.1, as kubectl reads it, takes for a boolean or null. */
const RESERVED = /^(?:y|n|yes|no|on|off|true|false|null|nan|inf|e[-0-9_]+)$/i;

function scalar(value: YamlValue): string {
  if (typeof value !== "string") return String(value);
  return /^[A-Za-z_][A-Za-z0-9_./-]*$/.test(value) && !RESERVED.test(value) ? value : JSON.stringify(value);
}
