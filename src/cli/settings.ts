import type { Ignore } from "../diagnosis/suppression/ignore.ts";
import { isDns1123Subdomain } from "../kubernetes/names.ts";
import { ignoresOf, readConfig } from "./config.ts";
import type { Config } from "./config-file.ts";
import type { Context } from "./context.ts";
import { UsageError } from "./errors.ts";
import type { FailOn } from "./exit-code.ts";
import type { InputOptions, JudgeOptions } from "./options.ts";

/** The options with what the configuration file adds to them. */
export interface Settings<O> {
  readonly options: O;
  readonly config: Config;
  readonly ignores: readonly Ignore[];
  /** From which severity on the run fails. */
  readonly failOn: FailOn;
}

/** Reads the configuration file that applies here, and lays the options over it. Throws UsageError before any input is read. */
export async function settingsOf<O extends InputOptions & Partial<JudgeOptions>>(
  options: O,
  { streams }: Context,
): Promise<Settings<O>> {
  const config = await readConfig(streams.cwd());
  const clusterDomain = (options.clusterDomain ?? config.clusterDomain)?.replace(/\.$/, "").toLowerCase();
  if (clusterDomain !== undefined && !isDns1123Subdomain(clusterDomain)) {
    const option = options.clusterDomain === undefined ? "clusterDomain of .kheadless.yaml" : "--cluster-domain";
    throw new UsageError(`${option}: ${JSON.stringify(clusterDomain)} is no domain: write cluster.local`);
  }
  return {
    options: clusterDomain === undefined ? options : { ...options, clusterDomain },
    config,
    ignores: [...config.ignores, ...ignoresOf(options.ignore ?? [])],
    failOn: options.failOn ?? config.failOn ?? "error",
  };
}
