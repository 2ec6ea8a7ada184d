// The real program, as a user starts it, and the shell into which its remedies are pasted.
import { type ChildProcess, spawn } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "../../../scripts/build.mjs";
import type { Finding } from "../../../src/diagnosis/engine.ts";
import type { FindingDocument, ReportDocument, ServiceDocument } from "../../../src/report/document.ts";

const PACKAGE = fileURLToPath(new URL("../../../", import.meta.url));

/** A copy of what would be installed: a build beside the tests does not take it away from under them. */
const INSTALLED = mkdtempSync(join(tmpdir(), "kheadless-live-"));
const BIN = join(INSTALLED, "bin/kheadless.js");
process.once("exit", () => rmSync(INSTALLED, { recursive: true, force: true }));

/** Builds the program and installs it for the tests. */
export async function install(): Promise<void> {
  await build({ clean: false });
  for (const part of ["bin", "dist", "package.json"]) {
    cpSync(join(PACKAGE, part), join(INSTALLED, part), { recursive: true });
  }
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts kheadless on the cluster of `kubeconfig`. */
export function kheadless(kubeconfig: string, args: readonly string[]): Promise<Ended> {
  return ended(process.execPath, [BIN, ...args, "--kubeconfig", kubeconfig], { ...process.env, NO_COLOR: "1" });
}

/** The same, for whoever ends it early. */
export function startKheadless(
  kubeconfig: string,
  args: readonly string[],
): { readonly child: ChildProcess; readonly ended: Promise<Ended> } {
  const env = { ...process.env, NO_COLOR: "1" };
  return start(process.execPath, [BIN, ...args, "--kubeconfig", kubeconfig], env);
}

/** Commands that only look: what they look for may not be there, and the probe that they repeat may fail. */
const LOOKS = /^kubectl (-n \S+ )?(logs|exec|get --raw|wait) /;
/** Says which line failed, and goes on: as a terminal does. */
const SHELL = `trap 'printf "FAILED %s\\n" "$BASH_COMMAND" >&2' ERR
set -E -o pipefail
kheadless() { "$KHEADLESS_NODE" "$KHEADLESS_BIN" "$@"; }
`;

/** Pastes a remedy as a user would, all its lines, into bash; gives the commands that failed with what was said. */
export async function paste(kubeconfig: string, remedy: string): Promise<readonly string[]> {
  const env = { ...process.env, KUBECONFIG: kubeconfig, KHEADLESS_NODE: process.execPath, KHEADLESS_BIN: BIN };
  const { stderr } = await ended("bash", ["-c", `${SHELL}${remedy}\n`], env);
  const failed = stderr
    .split("\n")
    .flatMap((line) => (line.startsWith("FAILED ") ? [line.slice("FAILED ".length)] : []));
  const bad = failed.filter((command) => !LOOKS.test(command));
  return bad.length === 0 ? [] : [...bad, stderr];
}

function ended(command: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<Ended> {
  return start(command, args, env).ended;
}

function start(command: string, args: readonly string[], env: NodeJS.ProcessEnv) {
  const child = spawn(command, args, { env, stdio: ["ignore", "pipe", "pipe"] });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const whole = new Promise<Ended>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, stdout, stderr }));
  });
  return { child, ended: whole };
}

export interface Diagnosis {
  readonly code: number | null;
  readonly report: ReportDocument;
  /** The same report, as people read it, at 80 columns. */
  readonly text: string;
  /** The Service that was asked about. */
  readonly service: ServiceDocument;
  /** What is a warning or worse, and what is only worth knowing. */
  readonly serious: readonly FindingDocument[];
  readonly infos: readonly FindingDocument[];
}

let reports = 0;

/** `doctor`, its text and its JSON of one and the same look. */
export async function doctor(kubeconfig: string, namespace: string, args: readonly string[]): Promise<Diagnosis> {
  const file = join(INSTALLED, `report-${++reports}.json`);
  const outputs = ["--output-file", `json=${file}`];
  const { code, stdout, stderr } = await kheadless(kubeconfig, ["doctor", ...args, "-n", namespace, ...outputs]);
  if (!existsSync(file)) throw new Error(`doctor ended with ${code} and without a report: ${stderr || stdout}`);
  const report: ReportDocument = JSON.parse(readFileSync(file, "utf8"));
  const [service] = report.services;
  if (service === undefined || stderr !== "") throw new Error(`doctor said: ${stderr || stdout}`);
  return {
    code,
    report,
    text: stdout,
    service,
    serious: report.findings.filter(({ severity }) => severity !== "info"),
    infos: report.findings.filter(({ severity }) => severity === "info"),
  };
}

/** `StatefulSet/db`. */
export function objectOf({ object }: Pick<Finding, "object">): string {
  return object === null ? "" : `${object.kind}/${object.name}`;
}
