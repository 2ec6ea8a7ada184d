import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "yaml";
import { ROOT } from "../cli/run.ts";

interface Step {
  readonly name: string;
  readonly shell: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly run: string;
}

/** action.yml, as far as tests look at it. */
export interface Action {
  readonly inputs: Readonly<Record<string, { readonly description: string; readonly default: string }>>;
  readonly runs: { readonly using: string; readonly steps: readonly Step[] };
}

export function readAction(root = ROOT): Action {
  return parse(readFileSync(join(root, "action.yml"), "utf8")) as Action;
}

/** The variables of a step, with the inputs put in as the runner does. */
export function stepEnv(action: Action, step: Step, inputs: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(step.env ?? {}).map(([name, value]) => {
      const input = /^\$\{\{ inputs\.([a-z-]+) \}\}$/.exec(value)?.[1];
      if (input === undefined || action.inputs[input] === undefined) throw new Error(`${name}: no input in ${value}`);
      return [name, inputs[input] ?? action.inputs[input].default];
    }),
  );
}

const ci = readFileSync(join(ROOT, "docs/ci.md"), "utf8");

/** The YAML that docs/ci.md shows under a heading. */
export function snippet(heading: string): unknown {
  const section = ci.split(/^## /m).find((part) => part.startsWith(`${heading}\n`)) ?? "";
  const block = /^```yaml\n([\s\S]*?)^```$/m.exec(section)?.[1];
  if (block === undefined) throw new Error(`docs/ci.md shows no YAML under ${heading}`);
  return parse(block);
}

/** The version that docs/ci.md tells people to use. */
export const versions: readonly string[] = [...new Set(ci.match(/\bv[0-9]+\.[0-9]+\.[0-9]+\b/g) ?? [])];
