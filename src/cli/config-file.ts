import { CATALOGUE } from "../diagnosis/catalogue.ts";
import type { Ignore } from "../diagnosis/suppression/ignore.ts";
import { nearNames } from "../objects/near-names.ts";
import type { Location } from "../objects/origin.ts";
import { SEVERITIES, type Severity } from "../rules/rule.ts";
import { UsageError } from "./errors.ts";
import { FAIL_ON, type FailOn } from "./exit-code.ts";

/** What `.kheadless.yaml` says; null and empty where it says nothing, or where there is none. */
export interface Config {
  readonly severities: ReadonlyMap<string, Severity | "off">;
  readonly ignores: readonly Ignore[];
  readonly clusterDomain: string | null;
  readonly failOn: FailOn | null;
}

export const NO_CONFIG: Config = { severities: new Map(), ignores: [], clusterDomain: null, failOn: null };

/** Reads a configuration's text; `file` is how messages name it. Throws UsageError at the first thing that is wrong. */
export async function parseConfig(text: string, file: string): Promise<Config> {
  // Most runs have no such file, and none of them should pay for a YAML reader.
  const { isMap, isScalar, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines });
  const broken = document.errors[0];
  if (broken !== undefined) {
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new UsageError(
      `${file}:${line}:${col}: ${broken.message.split("\n")[0]?.replace(/ at line \d+, column \d+:$/, "")}`,
    );
  }
  const nodeAt = (path: Path): unknown => (path.length === 0 ? document.contents : document.getIn(path, true));
  const locate: Locate = (path, part = "value") => {
    let node = nodeAt(path);
    if (part === "key") {
      const map = nodeAt(path.slice(0, -1));
      const pairs = isMap(map) ? map.items : [];
      node = pairs.find(({ key }) => String(isScalar(key) ? key.value : key) === path.at(-1))?.key ?? node;
    }
    const { line, col } = lines.linePos((node as { range?: readonly number[] } | null)?.range?.[0] ?? 0);
    return { file, line, column: col };
  };
  let value: unknown;
  try {
    value = document.toJS();
  } catch (error) {
    // Aliases that point nowhere, or multiply without end.
    throw new UsageError(`${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return configFrom(value, file, locate);
}

type Path = readonly (string | number)[];
/** Finds where in the file the value at a path stands, or the key before it. */
type Locate = (path: Path, part?: "key" | "value") => Location;

/** Makes a configuration of what the file holds; `file` is how messages name it. Throws UsageError at the first thing that is wrong. */
function configFrom(root: unknown, file: string, locate: Locate): Config {
  const fail = (path: Path, message: string, part: "key" | "value" = "value"): UsageError => {
    const { line, column } = locate(path, part);
    return new UsageError(`${file}:${line}:${column}: ${message}`);
  };
  const mapAt = (value: unknown, path: Path, what: string, keys: readonly string[] | null): Record<string, unknown> => {
    if (value === null || value === undefined) return {};
    if (typeof value !== "object" || Array.isArray(value)) throw fail(path, `${what} must be a map`);
    const odd = keys === null ? undefined : Object.keys(value).find((key) => !keys.includes(key));
    if (odd !== undefined) throw fail([...path, odd], unknown(`key ${odd}`, odd, keys ?? []), "key");
    return value as Record<string, unknown>;
  };
  const textAt = (value: unknown, path: Path): string | null => {
    if (value === undefined) return null;
    if (typeof value !== "string" || value === "") throw fail(path, `${path.at(-1)} must be a text`);
    return value;
  };
  const choiceAt = <T extends string>(value: unknown, path: Path, choices: readonly T[]): T => {
    // Where YAML 1.1 is spoken, a bare off is false.
    const found = choices.find((choice) => choice === (value === false ? "off" : value));
    if (found === undefined) throw fail(path, `${path.at(-1)} must be one of ${choices.join(", ")}`);
    return found;
  };
  const ruleAt = (rule: string, path: Path, part: "key" | "value" = "value"): string => {
    if (!RULE_IDS.includes(rule)) throw fail(path, unknown(`rule ${rule}`, rule, RULE_IDS), part);
    return rule;
  };
  const ignoreAt = (item: unknown, path: Path): Ignore => {
    const entry = mapAt(item, path, "an entry of ignore", ["rule", "object", "reason"]);
    const rule = textAt(entry.rule, [...path, "rule"]);
    if (rule === null) throw fail(path, "an entry of ignore needs a rule");
    const object = textAt(entry.object, [...path, "object"]);
    if (object !== null && ![2, 3].includes(object.split("/").length)) {
      throw fail([...path, "object"], "object must be KIND/NAME or KIND/NAMESPACE/NAME");
    }
    return {
      rule: ruleAt(rule, [...path, "rule"]),
      object,
      reason: textAt(entry.reason, [...path, "reason"]),
      from: file,
      location: locate(path),
    };
  };

  const { rules, ignore, clusterDomain, failOn } = mapAt(root, [], file, [
    "rules",
    "ignore",
    "clusterDomain",
    "failOn",
  ]);
  if (ignore !== undefined && ignore !== null && !Array.isArray(ignore)) {
    throw fail(["ignore"], "ignore must be a list of {rule, object, reason}");
  }
  return {
    severities: new Map(
      Object.entries(mapAt(rules, ["rules"], "rules", null)).map(([rule, severity]) => {
        const path = ["rules", rule];
        return [ruleAt(rule, path, "key"), choiceAt(severity, path, ["off", ...SEVERITIES])];
      }),
    ),
    ignores: (Array.isArray(ignore) ? ignore : []).map((item, at) => ignoreAt(item, ["ignore", at])),
    clusterDomain: textAt(clusterDomain, ["clusterDomain"]),
    failOn: failOn === undefined ? null : choiceAt(failOn, ["failOn"], FAIL_ON),
  };
}

export const RULE_IDS = CATALOGUE.map(({ id }) => id);

/** `unknown rule prot-unnamed; did you mean port-unnamed?` */
export function unknown(what: string, name: string, known: readonly string[]): string {
  const near = nearNames(name, known)[0];
  return `unknown ${what}${near === undefined ? "" : `; did you mean ${near}?`}`;
}
