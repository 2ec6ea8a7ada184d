import type { SeenResolvConf } from "../objects/probe.ts";
import { ProbeError } from "./error.ts";
import { runByExec } from "./exec.ts";
import type { PodName, ProbeAccess, ProbeWatch } from "./vantage.ts";

/** Reads it as resolv.conf(5) has it: the last search line counts, and domain stands for one of a single domain. */
export function parseResolvConf(lines: readonly string[]): SeenResolvConf {
  const nameservers: string[] = [];
  let search: readonly string[] = [];
  const options: string[] = [];
  for (const line of lines) {
    const [keyword = "", ...words] = line.trim().split(/\s+/);
    if (keyword === "nameserver" && words[0] !== undefined) nameservers.push(words[0]);
    if (keyword === "search" || keyword === "domain") search = words;
    if (keyword === "options") options.push(...words);
  }
  return { nameservers, search, options };
}

const TIMEOUT_MS = 15_000;

/** The resolv.conf that the containers of a client's Pod have, read by a command in its default one. Throws as runByExec does. */
export async function readResolvConf(access: ProbeAccess, pod: PodName, watch: ProbeWatch): Promise<SeenResolvConf> {
  const program = { command: ["cat", "/etc/resolv.conf"], args: [] };
  const run = { timeout: TIMEOUT_MS, isWhole: () => true };
  const { log, exitCode } = await runByExec(access, pod, null, program, run, watch);
  if (exitCode === 0) return parseResolvConf(log.split("\n"));
  throw new ProbeError(
    `cat /etc/resolv.conf ended with ${exitCode} in Pod ${pod.namespace}/${pod.name}`,
    "probe NAME --in reads it through a container of its own",
  );
}
