import { Argument, Command, CommanderError, Option } from "commander";
import { cleanLine } from "../report/clean.ts";
import type { Context } from "./context.ts";
import {
  addClusterOptions,
  addFailOnOption,
  addFileOptions,
  addJudgeOptions,
  addLiveOption,
  addNamespaceOptions,
  addObserveOption,
  addOutputOptions,
  addPlaceOptions,
  addPlanOptions,
  addSnapshotOption,
  append,
  FINDING_FORMATS,
  PLAN_FORMATS,
  parseNamespace,
  parseVerdicts,
} from "./options.ts";
import { packageFile } from "./package-file.ts";

const COMMANDS: Readonly<Record<string, (context: Context) => Command>> = {
  doctor: doctorCommand,
  resolve: resolveCommand,
  probe: probeCommand,
  lint: lintCommand,
  plan: planCommand,
  scan: scanCommand,
  snapshot: snapshotCommand,
  explain: explainCommand,
  completion: completionCommand,
  complete: completeCommand,
};

/** What shells call, not people. */
const HIDDEN: ReadonlySet<string> = new Set(["complete"]);

/**
 * The commands with their options; only the one that is asked for where the first argument is its name, and none for
 * --version. What a command does is loaded when it runs: help and mistakes are told at once.
 */
export function programOf(context: Context, argv: readonly string[]): Command {
  const { streams, look } = context;
  const program = new Command(context.program)
    .description("Finds the first broken link between a Kubernetes headless Service and the DNS names it should have.")
    .version(context.version, "--version", "show the version")
    .option("--licenses", "show the licenses of kheadless and of what it contains")
    .on("option:licenses", () => {
      streams.stdout.write(licenses());
      throw new CommanderError(0, "kheadless.licenses", "");
    })
    .helpOption("-h, --help", "show this help")
    .helpCommand("help [command]", "show a command's help")
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => streams.stdout.write(text),
      writeErr: (text) => streams.stderr.write(text),
      getOutHelpWidth: () => look.width,
      getErrHelpWidth: () => look.width,
      getOutHasColors: () => look.colour,
      getErrHasColors: () => look.colour,
      // A mistake is told with the user's own words in it.
      outputError: (text, write) => write(`${text.trimEnd().split("\n").map(cleanLine).join("\n")}\n`),
    });
  const [first = ""] = argv;
  const asked = first === "--version" ? [] : Object.hasOwn(COMMANDS, first) ? [first] : Object.keys(COMMANDS);
  for (const name of asked) {
    const command = COMMANDS[name]?.(context);
    if (command === undefined) continue;
    program.addCommand(command.copyInheritedSettings(program).helpOption("-h, --help", "show this help"), {
      hidden: HIDDEN.has(name),
    });
  }
  return program.addHelpText(
    "after",
    `
Exit codes:
  0    nothing found at or above --fail-on
  1    something found; for resolve and probe: a name does not resolve, or not as
       predicted; for plan: records are lost
  2    wrong usage, or input that cannot be read
  3    could not check what was asked
  130  interrupted`,
  );
}

/** Ours, and those of what was bundled with it. */
function licenses(): string {
  return ["LICENSE", "dist/THIRD_PARTY_NOTICES.txt"]
    .map((file) => packageFile(file) ?? `${file} is missing\n`)
    .join("\n");
}

function doctorCommand(context: Context): Command {
  const command = new Command("doctor")
    .summary("name the first broken link between a Service and its DNS names")
    .description(
      `Walks the path of a Service's names link by link, and names the first broken one, with what shows it and what to do.
Without SERVICE: every Service of the namespace, or of the input, that is headless or is needed headless.`,
    )
    .argument("[service...]", "mysql, svc/mysql, mysql.shop or mysql.shop.svc.cluster.local");
  addFileOptions(command);
  addLiveOption(command);
  addNamespaceOptions(command);
  addSnapshotOption(command);
  addObserveOption(command);
  command
    .option("--probe", "also ask from inside the cluster, through a Pod that is removed again, and try the ports")
    .option("--count <n>", "with --probe: ask everything so many times (default: 1)");
  addPlaceOptions(command);
  addClusterOptions(command);
  addJudgeOptions(command);
  addOutputOptions(command, FINDING_FORMATS);
  command.option("--fix-plan", "print the commands of all remedies as a script; runs none of them");
  return command.action(async (services, options) => (await import("./work.ts")).doctor(services, options, context));
}

function resolveCommand(context: Context): Command {
  const command = new Command("resolve")
    .summary("what cluster DNS answers for a name, and why")
    .description(
      `Tells what the cluster's DNS answers for NAME and why, along the search list of a client: a Pod's (--from), or any in -n.
An IP address asks for its names.`,
    )
    .argument("<name...>", "mysql-0.mysql, mysql.shop.svc.cluster.local., _mysql._tcp.mysql, 10.244.0.5")
    .option("-t, --type <types>", "A, AAAA, SRV, PTR, CNAME, TXT, ... (default: what such a name is asked for)")
    .option("--from <pod>", "the client: pod/web-0, or pod/web-0.NAMESPACE")
    .option("--read-resolv-conf", "read the client's own resolv.conf, by a command in its container");
  addFileOptions(command);
  addLiveOption(command);
  command.option("-n, --namespace <namespace>", "the client's namespace (default: the context's)", parseNamespace);
  addSnapshotOption(command);
  addObserveOption(command);
  addClusterOptions(command);
  addOutputOptions(command);
  return command.action(async (names, options) => (await import("./work.ts")).resolve(names, options, context));
}

function probeCommand(context: Context): Command {
  const command = new Command("probe")
    .summary("ask cluster DNS from inside the cluster, through a Pod that is removed again")
    .description(
      `Asks for NAME from inside the cluster, through a Pod that is made for it and removed again, and compares what comes with \
what is to be expected. What it needs to be allowed stands in docs/rbac.yaml.`,
    )
    .argument("[name...]", "mysql-0.mysql, mysql.shop.svc.cluster.local., 10.244.0.5")
    .option("--service <service>", "every name that a Service should publish; may be repeated", append)
    .option("-t, --type <types>", "A, AAAA, SRV, PTR, CNAME, TXT, ... (default: what such a name is asked for)")
    .option("--count <n>", "ask everything so many times (default: 1)")
    .option("--connect", "also open TCP connections to the ports of --service")
    .option(
      "-n, --namespace <namespace>",
      "namespace of the Pod, and of names that leave it out (default: the context's)",
      parseNamespace,
    );
  addPlaceOptions(command);
  command
    .optionsGroup("Other:")
    .option("--cluster-domain <domain>", "the domain of Services' names (default: read from the cluster)")
    .option("--dry-run", "show the Pod as YAML, and make none")
    .option("--clean", "remove the Pods that earlier probes of yours left; with -A in every namespace")
    .option("-A, --all-namespaces", "with --clean: every namespace");
  addClusterOptions(command);
  addOutputOptions(command);
  return command.action(async (names, options) => (await import("./work.ts")).probe(names, options, context));
}

function lintCommand(context: Context): Command {
  const command = new Command("lint")
    .summary("find in manifests what breaks DNS names; needs no cluster")
    .description(
      "Finds in manifests what will break the DNS names of headless Services once they are applied. Needs no cluster.",
    )
    .argument("[path...]", "files, folders with all below them, 'patterns/**', or - for standard input");
  addFileOptions(command);
  command
    .option("-n, --namespace <namespace>", "namespace of objects that leave it out (default: default)", parseNamespace)
    .option("--each", "every input is a world of its own: environments do not mix")
    .option("--changed-since <revision>", "only what is found in files changed since the git revision")
    .option("--fix", "mend in the files what has a mechanical remedy; then tell what is left")
    .option("--dry-run", "with --fix: show the changes as a diff, and make none");
  addJudgeOptions(command);
  addOutputOptions(command, FINDING_FORMATS);
  return command.action(async (paths, options) => (await import("./work.ts")).lint(paths, options, context));
}

function planCommand(context: Context): Command {
  const command = new Command("plan").summary("the DNS records that a change adds, changes and removes").description(
    `Tells which DNS records the manifests of -f add, change and remove, what makes each change, and what clients meet.
They are held to the cluster, or with --base to other manifests or a git revision; then no cluster is needed.`,
  );
  addFileOptions(command);
  addPlanOptions(command);
  command.option(
    "-n, --namespace <namespace>",
    "namespace of objects that leave it out (default: the context's)",
    parseNamespace,
  );
  addSnapshotOption(command);
  addClusterOptions(command);
  addFailOnOption(command);
  addOutputOptions(command, PLAN_FORMATS);
  return command.action(async (options) => (await import("./work.ts")).plan(options, context));
}

function scanCommand(context: Context): Command {
  const command = new Command("scan")
    .summary("doctor over a whole namespace or cluster: a line for each Service")
    .description(
      `Judges every Service name of a namespace, or with -A of the cluster, that is headless or needed headless, as doctor \
does, and shows a line for each, worst first. Of a cluster that may not be read as a whole, the namespaces that may.`,
    );
  addFileOptions(command);
  addNamespaceOptions(command);
  addSnapshotOption(command);
  addClusterOptions(command);
  addJudgeOptions(command);
  addOutputOptions(command, FINDING_FORMATS, ["jsonl"]);
  command.option("--full", "read every Pod, also those of which other objects tell all that is judged");
  command.addOption(
    new Option("--only <verdict>", "show only Services of this verdict; may be repeated: broken,unknown").argParser(
      parseVerdicts,
    ),
  );
  return command.action(async (options) => (await import("./work.ts")).scan(options, context));
}

function snapshotCommand(context: Context): Command {
  const command = new Command("snapshot")
    .summary("write what doctor and resolve read of a cluster to one file")
    .description(
      `Writes the objects that doctor and resolve read of a cluster, redacted, to standard output. Every command reads them \
back with --snapshot. Secrets are never read; values of environment variables are left out.`,
    )
    .optionsGroup("Input:")
    .option("--cluster-domain <domain>", "the domain of Services' names (default: read from the cluster)")
    .option("-n, --namespace <namespace>", "namespace to read (default: the context's)", parseNamespace)
    .option("-A, --all-namespaces", "read every namespace");
  addClusterOptions(command);
  return command.action(async (options) => (await import("./work.ts")).snapshot(options, context));
}

function explainCommand(context: Context): Command {
  const command = new Command("explain")
    .summary("a rule's page: why, how to see it by hand, how to fix it")
    .description(
      "Shows a rule's page: what happens, how to see it by hand, how to fix it. Without RULE: a table of all rules.",
    )
    .addArgument(new Argument("[rule]", "selector-matches-no-pods, ..."));
  addOutputOptions(command);
  return command.action(async (rule, options) => (await import("./work.ts")).explain(rule, options, context));
}

function completionCommand(context: Context): Command {
  return new Command("completion")
    .summary("a script that makes a shell complete our arguments")
    .description(
      `Writes the script that makes a shell complete the arguments of kheadless, for its start-up file:
source <(kheadless completion bash). For \`kubectl headless\` have kubectl_complete-headless on your PATH.`,
    )
    .addArgument(new Argument("<shell>", "the shell").choices(["bash", "zsh", "fish", "powershell"]))
    .action(async (shell: string) => {
      const { completionScript } = await import("./completion.ts");
      context.streams.stdout.write(completionScript(shell));
    });
}

function completeCommand(context: Context): Command {
  return new Command("complete").argument("[words...]").action(async (words: readonly string[]) => {
    const { complete } = await import("./completion.ts");
    const names = {
      rules: async () => (await import("./work.ts")).RULE_IDS,
      services: async (options: object) => (await import("./work.ts")).knownNames("services", options, context),
      namespaces: async (options: object) => (await import("./work.ts")).knownNames("namespaces", options, context),
    };
    await complete(words, programOf(context, []), names, context.streams);
  });
}
