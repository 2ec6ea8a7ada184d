/** What a YAML scalar stands for. */
export type Scalar = string | number | boolean | null;

const WORDS: ReadonlyMap<string, Scalar> = new Map<string, Scalar>([
  ...["", "~", "null", "Null", "NULL"].map((word) => [word, null] as const),
  ...["y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"].map((word) => [word, true] as const),
  ...["n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"].map((word) => [word, false] as const),
  ...[".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"].map((word) => [word, Number.POSITIVE_INFINITY] as const),
  ...["-.inf", "-.Inf", "-.INF"].map((word) => [word, Number.NEGATIVE_INFINITY] as const),
  ...[".nan", ".NaN", ".NAN"].map((word) => [word, Number.NaN] as const),
]);

const INTEGER = /^([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))$/;
const FLOAT = /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$/;
/** Behind a leading point underscores count only between digits: Go's own ParseFloat reads it. */
const FRACTION = /^\.[0-9](?:_?[0-9])*(?:[eE][-+]?[0-9](?:_?[0-9])*)?$/;

/**
 * What a plain scalar stands for in YAML 1.1 as kubectl reads it. Mirrors resolve.go of go.yaml.in/yaml/v2 behind
 * sigs.k8s.io/yaml: `yes`, `on` and `y` are true, `0644` is octal, `1_000` a thousand; `1:30` and dates stay text.
 */
export function resolvePlain(source: string): Scalar {
  const first = source.charCodeAt(0);
  // Most scalars begin with a letter that begins no other word than text; NaN stands for the empty scalar.
  if (first >= 0x30 && first <= 0x39) return resolveNumber(source) ?? source;
  const word = source.length <= 5 ? WORDS.get(source) : undefined;
  if (word !== undefined) return word;
  if (first === 0x2d || first === 0x2b) return resolveNumber(source) ?? source;
  if (first === 0x2e && FRACTION.test(source)) return finite(Number(source.replaceAll("_", ""))) ?? source;
  return source;
}

function resolveNumber(source: string): number | null {
  const digits = source.includes("_") ? source.replaceAll("_", "") : source;
  const [, sign, hex, binary, octal, decimal] = INTEGER.exec(digits) ?? [];
  if (sign !== undefined) {
    const size =
      hex !== undefined
        ? parseInt(hex, 16)
        : binary !== undefined
          ? parseInt(binary, 2)
          : octal !== undefined
            ? parseInt(octal, 8)
            : Number(decimal);
    // Beyond 64 bits go-yaml falls back to a decimal float, whatever the base.
    if (decimal !== undefined || size < 2 ** 64) return sign === "-" ? 0 - size : size;
  }
  return FLOAT.test(digits) ? finite(Number(digits)) : null;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

const SHORT = "!!";
const LONG = "tag:yaml.org,2002:";

/** A scalar with an explicit tag, null where the text is none of it; tags that YAML does not know leave the text as it is. */
export function resolveTagged(tag: string, source: string): { readonly value: Scalar } | null {
  const name = shortName(tag);
  switch (name) {
    case "null":
    case "bool":
    case "int":
    case "float": {
      const value = resolvePlain(source);
      return isOfType(name, value) ? { value } : null;
    }
    case "binary":
      return { value: Buffer.from(source, "base64").toString("utf8") };
    default:
      return { value: source };
  }
}

function shortName(tag: string): string {
  if (tag.startsWith(SHORT)) return tag.slice(SHORT.length);
  if (tag.startsWith(`!<${LONG}`)) return tag.slice(LONG.length + 2, -1);
  return "";
}

function isOfType(name: "null" | "bool" | "int" | "float", value: Scalar): boolean {
  if (name === "null") return value === null;
  if (name === "bool") return typeof value === "boolean";
  return typeof value === "number" && (name === "float" || Number.isInteger(value));
}
