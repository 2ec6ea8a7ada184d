import { statSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { Ignore } from "../diagnosis/suppression/ignore.ts";
import { readFault } from "../sources/file-fault.ts";
import { type Config, NO_CONFIG, parseConfig, RULE_IDS, unknown } from "./config-file.ts";
import { UsageError } from "./errors.ts";

const CONFIG_FILE = ".kheadless.yaml";
/** A slip that would silence nothing, and say nothing. */
const OTHER_NAME = ".kheadless.yml";

/** Reads the nearest `.kheadless.yaml` from `folder` upwards. Throws UsageError where it is not what it should be. */
export async function readConfig(folder: string): Promise<Config> {
  for (let at = folder; ; at = dirname(at)) {
    const path = join(at, CONFIG_FILE);
    if (isThere(path)) {
      const text = await readFile(path, "utf8").catch((error: unknown) => {
        throw new UsageError(`cannot read ${path}: ${readFault(error)}`);
      });
      return parseConfig(text, relative(folder, path));
    }
    const other = join(at, OTHER_NAME);
    if (isThere(other)) throw new UsageError(`${relative(folder, other)} is not read: its name must be ${CONFIG_FILE}`);
    if (dirname(at) === at) return NO_CONFIG;
  }
}

/** Whether there is something of that name; a folder that may not be looked into holds no configuration for us. */
function isThere(path: string): boolean {
  try {
    return statSync(path, { throwIfNoEntry: false }) !== undefined;
  } catch {
    return false;
  }
}

/** `--ignore RULE`, checked. Throws UsageError with the nearest name. */
export function ignoresOf(rules: readonly string[]): readonly Ignore[] {
  return rules.map((rule) => {
    if (!RULE_IDS.includes(rule)) throw new UsageError(`--ignore: ${unknown(`rule ${rule}`, rule, RULE_IDS)}`);
    return { rule, object: null, reason: null, from: "--ignore", location: null };
  });
}
