import { type Command, InvalidArgumentError, Option } from "commander";
import { VERDICTS, type Verdict } from "../diagnosis/chain.ts";
import { isDns1123Label } from "../kubernetes/names.ts";
import { BASELINE_FILE } from "./baseline-name.ts";
import { FAIL_ON, type FailOn } from "./exit-code.ts";

/** Where objects come from; as kubectl names them. */
export interface InputOptions {
  readonly filename?: readonly string[];
  readonly recursive?: true;
  readonly live?: true;
  readonly exclude?: readonly string[];
  readonly kustomize?: readonly string[];
  readonly enableHelm?: true;
  readonly helm?: string;
  readonly values?: readonly string[];
  readonly set?: readonly string[];
  readonly release?: string;
  readonly snapshot?: string;
  readonly namespace?: string;
  readonly allNamespaces?: true;
  readonly selector?: string;
  readonly clusterDomain?: string;
  readonly kubeconfig?: string;
  readonly context?: string;
  readonly cluster?: string;
  readonly user?: string;
  readonly as?: string;
  readonly asGroup?: readonly string[];
  readonly requestTimeout?: string;
}

/** What only lint knows of its input. */
export interface LintInputOptions {
  readonly each?: true;
  readonly changedSince?: string;
  readonly fix?: true;
  readonly dryRun?: true;
}

/** What the new manifests are held to. */
export interface PlanOptions {
  readonly base?: readonly string[];
  readonly prune?: true;
}

export interface ObserveOptions {
  readonly observe?: true;
}

export interface OutputOptions<F extends string = Format> {
  readonly output: F;
  readonly outputFile?: readonly OutputFile<F>[];
  readonly debug?: true;
}

/** What of the findings counts. */
export interface JudgeOptions {
  readonly failOn?: FailOn;
  readonly ignore?: readonly string[];
  readonly baseline?: string;
  /** true: to the file of --baseline, or the default one. */
  readonly writeBaseline?: string | true;
}

export const FORMATS = ["text", "wide", "json", "yaml", "name"] as const;
export type Format = (typeof FORMATS)[number];

/** What CI systems read; only findings have these. */
const CI_FORMATS = ["sarif", "junit", "github", "gitlab"] as const;
export const FINDING_FORMATS = [...FORMATS, ...CI_FORMATS] as const;
export type FindingFormat = (typeof FINDING_FORMATS)[number];

export const PLAN_FORMATS = ["text", "wide", "json", "yaml", "markdown"] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

export interface OutputFile<F extends string> {
  readonly format: F;
  readonly path: string;
}

/** `-f` and what goes with it, for every command that reads objects. */
export function addFileOptions(command: Command): Command {
  return command
    .optionsGroup("Input:")
    .option(
      "-f, --filename <path>",
      "file, folder, 'pattern/**', git:REV:PATH, or - for standard input; may be repeated",
      append,
    )
    .option("-R, --recursive", "read the subfolders of folders, too")
    .option("--exclude <pattern>", "leave files out, as a line of .gitignore would; may be repeated", append)
    .option("-k, --kustomize <folder>", "what kustomize makes of the folder; may be repeated", append)
    .option("--enable-helm", "let -k run helm for the charts of a kustomization")
    .option("--helm <chart>", "what helm makes of the chart", onlyOne)
    .option("--values <file>", "values for the chart; may be repeated", append)
    .option("--set <key=value>", "a value for the chart; may be repeated", append)
    .option("--release <name>", "the release's name for the chart (default: release-name)")
    .option(
      "--cluster-domain <domain>",
      "the domain of Services' names (default: read from the cluster, or cluster.local)",
    );
}

export function addNamespaceOptions(command: Command): Command {
  return command
    .option(
      "-n, --namespace <namespace>",
      "namespace of names that leave it out (default: the context's)",
      parseNamespace,
    )
    .option("-A, --all-namespaces", "every namespace")
    .option("-l, --selector <selector>", "only Services with these labels: app=mysql,tier!=test");
}

export function addLiveOption(command: Command): Command {
  return command.option("--live", "lay the manifests of -f over the cluster: what would be, once they are applied");
}

export function addSnapshotOption(command: Command): Command {
  return command.option("--snapshot <file>", "read what `snapshot` wrote, instead of a cluster");
}

/** kubectl's flags that choose a cluster and an identity. */
export function addClusterOptions(command: Command): Command {
  return command
    .optionsGroup("Cluster (as kubectl):")
    .option("--kubeconfig <file>", "kubeconfig file")
    .option("--context <name>", "context of the kubeconfig")
    .option("--cluster <name>", "cluster of the kubeconfig")
    .option("--user <name>", "user of the kubeconfig")
    .option("--as <user>", "user to impersonate")
    .option("--as-group <group>", "group to impersonate; may be repeated", append)
    .option("--request-timeout <duration>", "give up a request after 30s, 2m, ...; 0 waits for ever");
}

export function addObserveOption(command: Command): Command {
  return command.option("--observe", "also ask every replica of cluster DNS, and compare with the prediction");
}

/** From where to ask inside the cluster, and how the Pod for it is to be. */
export function addPlaceOptions(command: Command): Command {
  return command
    .optionsGroup("Where to ask from:")
    .option("--node <node>", "from this node")
    .option("--every-node", "from each ready node, ten at a time")
    .option("--in <pod>", "from within a client's Pod, through an ephemeral container: pod/web-0")
    .option("--exec", "with --in: by a command in the Pod's own container, which must have a shell and dig")
    .option("-c, --container <name>", "with --exec: which container (default: the Pod's default one)")
    .option("-y, --yes", "do not ask before an ephemeral container, which stays, is put into a Pod")
    .option("--timeout <duration>", "give up after 30s, 2m, ... (default: 60s)")
    .optionsGroup("The Pod:")
    .option("--image <image>", "image that holds a shell and dig (default: agnhost 2.53 of registry.k8s.io)")
    .option("--like <pod>", "under the same NetworkPolicies as this client: pod/web-0")
    .option("--labels <labels>", "labels for the Pod: app=web,tier=front")
    .option("--node-selector <labels>", "labels that its node must have")
    .option("--toleration <taint>", "taint that it tolerates: KEY, KEY=VALUE:EFFECT, *; may be repeated", append)
    .option("--service-account <name>", "its service account; no token is mounted (default: default)")
    .option("--image-pull-secret <name>", "Secret to pull its image with; may be repeated", append)
    .option("--override <json>", "JSON merge patch over the Pod");
}

export function addPlanOptions(command: Command): Command {
  return command
    .option(
      "--base <path>",
      "what there is now: live (default), a path as for -f, or git:REV:PATH; may be repeated",
      append,
    )
    .option("--prune", "against a cluster: what kubectl applied before and -f no longer holds is deleted")
    .option("-l, --selector <selector>", "with --prune: only objects with these labels, as kubectl apply --prune -l");
}

export function addFailOnOption(command: Command): Command {
  return command
    .optionsGroup("Judging:")
    .addOption(
      new Option("--fail-on <severity>", "exit with 1 from this severity on (default: error)").choices(FAIL_ON),
    );
}

export function addJudgeOptions(command: Command): Command {
  return addFailOnOption(command)
    .option("--ignore <rule>", "leave a rule's findings out; may be repeated", appendAll)
    .option("--baseline <file>", "leave the findings out that the file lists, and tell which of them are gone")
    .option(
      "--write-baseline [file]",
      `write what is found now to the file (default: that of --baseline, or ${BASELINE_FILE})`,
    );
}

/** `lines` are formats that are written as it goes, and to standard output only. */
export function addOutputOptions(
  command: Command,
  formats: readonly string[] = FORMATS,
  lines: readonly string[] = [],
): Command {
  return command
    .optionsGroup("Output:")
    .addOption(new Option("-o, --output <format>", "how to show it").choices([...formats, ...lines]).default("text"))
    .option(
      "--output-file <format=path>",
      "also write it to a file; may be repeated",
      (text: string, before: readonly OutputFile<string>[] = []) => [...before, parseOutputFile(text, formats, before)],
    )
    .option("--debug", "show the stack of an internal error");
}

/** Gathers an option that may be repeated. */
export function append(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** An empty one is as none, as kubectl takes it. */
export function parseNamespace(text: string): string | undefined {
  if (text !== "" && !isDns1123Label(text)) throw new InvalidArgumentError("No namespace can have that name.");
  return text || undefined;
}

/** Refuses an option that is given again, where the first one would be left out without a word. */
function onlyOne(value: string, before: string | undefined): string {
  if (before !== undefined) throw new InvalidArgumentError(`One is read at a time, and ${before} was given already.`);
  return value;
}

/** `--ignore a --ignore b,c`. */
function appendAll(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, ...value.split(",").flatMap((part) => (part.trim() === "" ? [] : [part.trim()]))];
}

/** `--only broken --only unknown,degraded`. */
export function parseVerdicts(text: string, before: readonly Verdict[] = []): readonly Verdict[] {
  const found = text.split(",").map((word) => VERDICTS.find((verdict) => verdict === word.trim()));
  if (found.includes(undefined)) throw new InvalidArgumentError(`Allowed are ${VERDICTS.join(", ")}.`);
  return [...before, ...found.filter((verdict) => verdict !== undefined)];
}

function parseOutputFile(
  text: string,
  formats: readonly string[],
  before: readonly OutputFile<string>[],
): OutputFile<string> {
  const at = text.indexOf("=");
  const format = formats.find((one) => one === text.slice(0, at));
  const path = text.slice(at + 1);
  if (format === undefined || path === "") {
    throw new InvalidArgumentError(`Write FORMAT=PATH, with one of ${formats.join(", ")}.`);
  }
  if (path === "-") throw new InvalidArgumentError(`It names a file; for standard output give -o ${format}.`);
  const other = before.find((one) => one.path === path);
  if (other !== undefined) throw new InvalidArgumentError(`${other.format} goes to that file already.`);
  return { format, path };
}
