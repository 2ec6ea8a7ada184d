import { script } from "@bomb.sh/tab";
import type { Argument, Command, Option } from "commander";
import { cleanLine } from "../report/clean.ts";
import type { Streams } from "./streams.ts";

/** What a shell is to do with the candidates, in Cobra's numbers, which kubectl reads of its plugins, too. */
const DIRECTIVE = { files: 0, noSpace: 2, noFiles: 4 } as const;

interface Candidate {
  readonly value: string;
  readonly description: string;
}

interface Completion {
  readonly candidates: readonly Candidate[];
  readonly directive: number;
}

/** Names that only what is loaded later knows; `options` are those that were typed. */
export interface Names {
  rules(): Promise<readonly string[]>;
  services(options: object): Promise<readonly string[]>;
  namespaces(options: object): Promise<readonly string[]>;
}

const NOTHING: Completion = { candidates: [], directive: DIRECTIVE.noFiles };
const FILES: Completion = { candidates: [], directive: DIRECTIVE.files };

/**
 * Writes the candidates for the last of the words, a line each, and the directive, as Cobra's programs do. `words` is what
 * stands behind the program's name; the last one is "" where a new one begins.
 */
export async function complete(
  words: readonly string[],
  program: Command,
  names: Names,
  streams: Streams,
): Promise<void> {
  const { candidates, directive } = await completionOf(words, program, names);
  const lines = candidates.map(({ value, description }) => `${value}\t${cleanLine(description)}\n`);
  streams.stdout.write(`${lines.join("")}:${directive}\n`);
}

/** The script that makes a shell ask us: bash, zsh, fish or powershell. */
export function completionScript(shell: string): string {
  // The package writes to the console and nowhere else.
  const written: string[] = [];
  const { log } = console;
  console.log = (text: string) => written.push(text);
  try {
    script(shell, "kheadless", "kheadless");
  } finally {
    console.log = log;
  }
  // Constants would make the shell complain when it reads its start-up file once more, or the script of another program.
  return `${written.join("\n").replaceAll(/^readonly (?=ShellCompDirective)/gm, "")}\n`;
}

async function completionOf(words: readonly string[], program: Command, names: Names): Promise<Completion> {
  const current = words.at(-1) ?? "";
  const before = words.slice(0, -1);
  const [name, ...rest] = before.filter((word, at) => at > 0 || !word.startsWith("-"));
  const command = program.commands.find((one) => one.name() === name);
  if (name === undefined || command === undefined) {
    if (name !== undefined && name !== "help") return NOTHING;
    return current.startsWith("-") ? flags(program, current) : commandNames(program, current);
  }
  const { pending, positionals, onlyOperands } = read(command, rest);
  const typed = { names, options: () => typedOptions(command, rest) };
  if (pending !== null) return valuesOf(pending, current, typed);
  if (!onlyOperands && current.startsWith("--") && current.includes("=")) {
    const option = command.options.find(({ long }) => long === current.slice(0, current.indexOf("=")));
    return option === undefined ? NOTHING : valuesOf(option, current.slice(current.indexOf("=") + 1), typed);
  }
  if (!onlyOperands && current.startsWith("-") && current !== "-") return flags(command, current);
  const declared = command.registeredArguments;
  const argument = declared[positionals] ?? (declared.at(-1)?.variadic ? declared.at(-1) : undefined);
  return argument === undefined ? NOTHING : valuesOf(argument, current, typed);
}

interface Read {
  /** The option whose value comes next. */
  readonly pending: Option | null;
  readonly positionals: number;
  /** Behind `--`. */
  readonly onlyOperands: boolean;
}

function read(command: Command, words: readonly string[]): Read {
  let pending: Option | null = null;
  let positionals = 0;
  let onlyOperands = false;
  for (const word of words) {
    if (pending !== null) pending = null;
    else if (onlyOperands || !word.startsWith("-") || word === "-") positionals += 1;
    else if (word === "--") onlyOperands = true;
    else
      pending = command.options.find(({ long, short, required }) => required && [long, short].includes(word)) ?? null;
  }
  return { pending, positionals, onlyOperands };
}

function commandNames(program: Command, current: string): Completion {
  const help = program.createHelp();
  const candidates = help
    .visibleCommands(program)
    .map((command) => ({ value: command.name(), description: command.summary() || command.description() }));
  return { candidates: beginning(candidates, current), directive: DIRECTIVE.noFiles };
}

function flags(command: Command, current: string): Completion {
  const candidates = command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, description }) => (long === undefined ? [] : [{ value: long, description }]));
  return { candidates: beginning(candidates, current), directive: DIRECTIVE.noFiles };
}

/** What the user typed before, as the command itself reads it; nothing where it refuses that. */
function typedOptions(command: Command, words: readonly string[]): object {
  try {
    command.configureOutput({ outputError: () => {} }).parseOptions([...words]);
    return command.opts();
  } catch {
    return {};
  }
}

interface Typed {
  readonly names: Names;
  options(): object;
}

async function valuesOf(given: Option | Argument, current: string, typed: Typed): Promise<Completion> {
  const placeholder = "flags" in given ? (/[<[]([a-z=]+)/.exec(given.flags)?.[1] ?? "") : given.name();
  if (["file", "path", "folder", "chart"].includes(placeholder)) return FILES;
  return { candidates: plain(await valuesNamed(placeholder, given, typed), current), directive: DIRECTIVE.noFiles };
}

/** What its placeholder says that it is, else one of its choices. */
async function valuesNamed(
  placeholder: string,
  { argChoices }: Option | Argument,
  { names, options }: Typed,
): Promise<readonly string[]> {
  switch (placeholder) {
    case "rule":
      return names.rules();
    case "service":
      return names.services(options());
    case "namespace":
      return names.namespaces(options());
    default:
      return argChoices ?? [];
  }
}

function plain(values: readonly string[], current: string): readonly Candidate[] {
  return beginning(
    values.map((value) => ({ value, description: "" })),
    current,
  );
}

function beginning(candidates: readonly Candidate[], current: string): readonly Candidate[] {
  return candidates.filter(({ value }) => value.startsWith(current));
}
