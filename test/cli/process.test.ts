import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BIN, CLEAN_ENV, ROOT, run, shell } from "./run.ts";

const TYPO = "examples/mysql-selector-typo.yaml";
const HEALTHY = "examples/mysql-healthy.yaml";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u0009\u000b-\u001f\u007f]/;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-cli-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe("how it ends", () => {
  test.each<[readonly string[], number]>([
    [["doctor", "mysql", "-f", HEALTHY], 0],
    [["doctor", "mysql", "-f", TYPO], 1],
    [["doctor", "mysql", "-f", TYPO, "--fail-on", "never"], 0],
    [["doctor", "-f", "examples/web-port-differs.yaml"], 0],
    [["doctor", "-f", "examples/web-port-differs.yaml", "--fail-on", "warning"], 1],
    [["doctor", "mysql", "-f", TYPO, "--ignore", "selector-matches-no-pods"], 0],
    [["lint", HEALTHY], 0],
    [["lint", TYPO], 1],
    [["resolve", "mysql", "-n", "shop", "-f", HEALTHY], 0],
    [["resolve", "mysql", "-n", "shop", "-f", TYPO], 1],
    [["resolve", "mysql-3.mysql", "-n", "shop", "-f", HEALTHY], 1],
    [["resolve", "www.example.com", "-f", HEALTHY], 3],
    [["explain"], 0],
    [["explain", "selector-matches-no-pods"], 0],
    [["--help"], 0],
    [["doctor", "--help"], 0],
    [["help", "lint"], 0],
    [[], 0],
  ])("%j: %i", (args, status) => {
    const ended = run(args);
    expect(ended).toMatchObject({ status, stderr: "" });
    expect(ended.stdout).not.toBe("");
  });

  test("a Service whose Pods are not in the input cannot be judged: 3, and lint only lists it", () => {
    const service = readFileSync(join(ROOT, HEALTHY), "utf8").split("---")[0] ?? "";
    expect(run(["doctor", "-f", "-"], { input: service }).status).toBe(3);
    expect(run(["lint", "-"], { input: service })).toMatchObject({
      status: 0,
      stdout: expect.stringContaining("Not checked: "),
    });
  });
});

describe("what it cannot use is one line on standard error, and 2", () => {
  test.each<[readonly string[], string]>([
    [["doctr"], "error: unknown command 'doctr'"],
    [["frobnicate"], "(kheadless --help shows the commands)"],
    [["doctor", "--filname", "x"], "(Did you mean --filename?)"],
    [["doctor", "-o", "jsn"], "Allowed choices are text, wide, json, yaml, name, sarif, junit, github, gitlab"],
    [["lint", "--fail-on", "errors", "x"], "Allowed choices are error, warning, info, never"],
    [["lint", "--output-file", "json", "x"], "Write FORMAT=PATH"],
    [["lint", "--output-file", "json=x", "--output-file", "sarif=x"], "json goes to that file already"],
    [["lint", "--ignore", "selector-match-no-pods", TYPO], "did you mean selector-matches-no-pods?"],
    [["lint"], "lint needs a file, a folder, or - for standard input: kheadless lint ."],
    [["lint", "--output-file", "json=-", "x"], "It names a file; for standard output give -o json."],
    [["lint", "--helm", "x", "--helm", "y"], "One is read at a time, and x was given already"],
    [["lint", "-n", "Bad_NS", TYPO], "No namespace can have that name"],
    [["lint", ""], "an empty path was given: is a variable not set?"],
    [
      ["lint", "--fix", "--dry-run", "--write-baseline", "--", TYPO],
      "--dry-run changes no file: leave --write-baseline",
    ],
    [["lint", "--fix", "--dry-run", "-o", "json", TYPO], "--dry-run prints a diff in place of what is found"],
    [["lint", "--fix", "git:HEAD:examples"], "git:HEAD:examples stands in a revision, which stays as it is"],
    [["lint", TYPO, "--exclude", "*.yaml"], "no file is left: --exclude leaves out all that were named"],
    [["doctor", "-f", "https://example.com/a.yaml?raw=1"], "is not fetched: pipe it in (curl -fsSL URL |"],
    [["lint", TYPO, "--baseline", "src"], "cannot read src: it is a folder"],
    [["lint", "missing.yaml"], "cannot read missing.yaml: there is no such file or folder"],
    [
      ["lint", "test/fixtures/kustomize/overlay"],
      "holds no Kubernetes object, but a kustomization: -k test/fixtures/kustomize/overlay reads what is made of it",
    ],
    [["lint", "src/cli"], "folder src/cli holds no .yaml, .yml, .json file"],
    [["doctor", "-f", TYPO, "sts/mysql"], "only Services are asked about by name here, not sts"],
    [["doctor", "-f", TYPO, "--snapshot", "x"], "manifests (-f, -k, --helm) and --snapshot are two sources"],
    [["doctor", "-f", TYPO, "-n", "a", "-A"], "-n and -A exclude each other"],
    [["doctor", "-k", "x", "-R"], "-R says how -f reads folders: give -f, too"],
    [["doctor", "-k", "x", "--exclude", "y"], "--exclude leaves out files: give -f, too"],
    [["lint", "--helm", "x", "--exclude", "y"], "--exclude leaves out files: give -f, too"],
    [["doctor", "-f", TYPO, "--observe"], "--observe asks a running cluster"],
    [["resolve", "mysql", "--snapshot", "x", "--observe"], "--observe asks a running cluster"],
    [["doctor", "-f", TYPO, "-l", "a=b=c"], "is no label selector"],
    [["doctor", "mysql", "-f", TYPO, "-l", "app=x"], "-l chooses among all Services"],
    [["doctor", "-R"], "-R says how -f reads folders"],
    [["doctor", "--snapshot", "missing.json"], "cannot read missing.json: there is no such file or folder"],
    [["doctor", "--snapshot", HEALTHY], "manifests are read with -f"],
    [["resolve"], "missing required argument 'name'"],
    [["resolve", "a..b", "-f", HEALTHY], '"a..b" is no DNS name'],
    [["probe", "my sql"], '"my sql" is no DNS name: it holds a blank or a control character'],
    [["probe", "a\u001b[2J"], "is no DNS name: it holds a blank or a control character"],
    [["resolve", "mysql", "-t", "AAAAA", "-f", HEALTHY], "-t AAAAA: known types are A, AAAA"],
    [["resolve", "mysql", "--from", "pod/mysqk-0", "-n", "shop", "-f", HEALTHY], "did you mean mysql-0"],
    [["resolve", "a", "--from", "pod/web", "-n", "shop", "-f", HEALTHY], "holds mysql-0, mysql-1 and mysql-2 there"],
    [["resolve", "mysql", "-f", HEALTHY, "--cluster-domain", "a b"], '--cluster-domain: "a b" is no domain'],
    [["doctor", "-f", HEALTHY, "--cluster-domain", "x["], '--cluster-domain: "x[" is no domain'],
    [["explain", "selector-match-no-pods"], "did you mean selector-matches-no-pods"],
    [["doctor"], "no kubeconfig"],
    [["doctor", "--kubeconfig", "/nonexistent/config"], "/nonexistent/config: no such file"],
    [["snapshot"], "no kubeconfig"],
  ])("%j: %s", (args, message) => {
    const ended = run(args);
    expect(ended.stderr).toContain(message);
    expect(ended).toMatchObject({ status: 2, stdout: "" });
    expect(ended.stderr.trimEnd().split("\n").length).toBeLessThanOrEqual(2);
  });

  test("empty standard input", () => {
    expect(run(["lint", "-"], { input: "" })).toEqual({
      status: 2,
      stdout: "",
      stderr: "error: standard input holds no Kubernetes object\n",
    });
  });

  test("what the user typed cannot act on the terminal", () => {
    const { stderr } = run(["doctor", "--\u001b[2J", "a\u0007"]);
    expect(stderr).toContain("\\x1b[2J");
    expect(stderr).not.toMatch(CONTROL);
  });

  test("an output file that cannot be written", () => {
    const path = join(folder, "missing", "a.json");
    expect(run(["lint", HEALTHY, "--output-file", `json=${path}`])).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: cannot write ${path}: there is no such folder\n`,
    });
    expect(run(["lint", HEALTHY, "--output-file", `json=${folder}`])).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: cannot write ${folder}: it is a folder\n`,
    });
    const made = `${join(folder, "reports")}/`;
    expect(run(["lint", HEALTHY, "--output-file", `json=${made}`])).toEqual({
      status: 2,
      stdout: "",
      stderr: expect.stringMatching(/^error: cannot write [^\n]*reports\/: [^\n]+ folder\n$/),
    });
  });

  test.runIf(existsSync("/dev/full"))("a disk without room", () => {
    const full = "no space is left there\n";
    expect(run(["lint", HEALTHY, "--output-file", "json=/dev/full"]).stderr).toBe(
      `error: cannot write /dev/full: ${full}`,
    );
    expect(run(["lint", HEALTHY, "--write-baseline", "/dev/full"]).stderr).toBe(
      `error: cannot write /dev/full: ${full}`,
    );
  });

  test("short options take their value behind an equals sign, too, as kubectl's do", () => {
    const plain = run(["resolve", "mysql", "-f", HEALTHY, "-n", "shop", "-t", "SRV", "-o", "json"]);
    expect(run(["resolve", "mysql", `-f=${HEALTHY}`, "-n=shop", "-t=SRV", "-o=json"])).toEqual(plain);
    expect(plain.status).toBe(0);
    expect(run(["lint", "--", "-f=x"]).stderr).toBe("error: cannot read -f=x: there is no such file or folder\n");
  });

  test("-n with nothing behind it, as where a variable is empty, is as without: kubectl takes it so", () => {
    expect(run(["lint", HEALTHY, "-n", ""])).toMatchObject({ status: 0, stderr: "" });
  });

  test("a configuration with an unknown rule", () => {
    writeFileSync(join(folder, ".kheadless.yaml"), "rules:\n  selector-match-no-pods: off\n");
    const ended = run(["lint", join(ROOT, HEALTHY)], { cwd: folder });
    rmSync(join(folder, ".kheadless.yaml"));
    expect(ended).toMatchObject({
      status: 2,
      stderr:
        "error: .kheadless.yaml:2:3: unknown rule selector-match-no-pods; did you mean selector-matches-no-pods?\n",
    });
  });
});

describe("broken input is a finding, and the rest is read", () => {
  test("YAML that is none, at its place", () => {
    const input = `${readFileSync(join(ROOT, TYPO), "utf8")}---\nkind: Service\n\tspec: {}\n`;
    const ended = run(["lint", "-"], { input });
    expect(ended.status).toBe(1);
    expect(ended.stdout).toMatch(/^<stdin>:\d+:\d+ {2}error {2}invalid-object$/m);
    expect(ended.stdout).toMatch(/^<stdin>:\d+:\d+ {2}error {2}selector-matches-no-pods$/m);
  });

  test("a template that nobody has filled in says what to lint", () => {
    const set = (replicas: string) => `kind: StatefulSet\napiVersion: apps/v1\nmetadata: {name: db}\n${replicas}`;
    const remedies = (input: string): readonly string[] =>
      JSON.parse(run(["lint", "-", "-o", "json"], { input }).stdout).findings.map(
        ({ remedy }: { readonly remedy: string }) => remedy,
      );
    expect(remedies(set("spec: {replicas: $DB_NODES}"))).toContain(
      "# it looks like a template: lint what envsubst, helm or kustomize makes of it",
    );
    expect(remedies(set("spec: {replicas: three}"))).toContain("");
  });
});

describe("where it writes", () => {
  test("data on standard output, in every format, and the same into files", () => {
    const report = join(folder, "report.json");
    const text = join(folder, "report.txt");
    const ended = run(["lint", TYPO, "-o", "name", "--output-file", `json=${report}`, "--output-file", `text=${text}`]);
    expect(ended).toEqual({ status: 1, stdout: "service/mysql\n", stderr: "" });
    expect(JSON.parse(readFileSync(report, "utf8"))).toEqual(JSON.parse(run(["lint", TYPO, "-o", "json"]).stdout));
    expect(readFileSync(text, "utf8")).toBe(run(["lint", TYPO]).stdout);
  });

  test("a folder in which an object stands twice says which one counts", () => {
    const ended = run(["lint", "examples"]);
    expect(ended.status).toBe(1);
    expect(ended.stderr).toMatch(/^Service shop\/mysql stands in .* the last one counts, as with kubectl apply$/m);
  });

  test("notices on standard error", () => {
    const input =
      "{apiVersion: v1, kind: Service, metadata: {name: a}, spec: {clusterIP: 10.96.0.9, ports: [{port: 1}]}}";
    const ended = run(["doctor", "-f", "-", "-o", "json"], { input });
    expect(ended.stderr).toBe("No headless Services found in standard input.\n");
    expect(JSON.parse(ended.stdout)).toMatchObject({ services: [], summary: { services: 0 } });
  });
});

describe("lint -n", () => {
  const object = (kind: string, namespace: string): string =>
    `{apiVersion: v1, kind: ${kind}, metadata: {name: a${namespace}}, spec: {clusterIP: None, ports: [{port: 1, name: a}]}}`;
  const input = [object("Service", ", namespace: db"), object("Service", ""), object("ConfigMap", ", namespace: shop")];

  test("tells which objects kubectl apply -n would refuse, and that is no failure of charts which carry theirs", () => {
    const ended = run(["lint", "-", "-n", "shop", "-o", "json"], { input: input.join("\n---\n") });
    const { findings } = JSON.parse(ended.stdout) as { findings: readonly Record<string, unknown>[] };
    expect(findings).toMatchObject([
      {
        rule: "namespace-mismatch",
        severity: "warning",
        object: { kind: "Service", namespace: "db", name: "a" },
        message: expect.stringMatching(
          /^Service a carries namespace db, and -n says shop: kubectl apply -n shop refuses/,
        ),
        location: { file: "<stdin>", line: 1, column: 64 },
      },
    ]);
    expect(ended.status).toBe(0);
    expect(run(["lint", "-", "-n", "shop", "--fail-on", "warning"], { input: input.join("\n---\n") }).status).toBe(1);
  });

  test("tells of a rendered chart's many objects once, where the first stands", () => {
    const many = [1, 2, 3, 4].map((n) => object("Service", ", namespace: db").replace("name: a", `name: a${n}`));
    const ended = run(["lint", "-", "-n", "shop", "-o", "json"], { input: many.join("\n---\n") });
    expect((JSON.parse(ended.stdout) as { findings: unknown }).findings).toMatchObject([
      {
        object: { name: "a1" },
        message: expect.stringMatching(
          /^Service a1 and 3 other objects of this file carry namespace db, .* refuses them/,
        ),
        evidence: ["also Service a2, Service a3 and Service a4"],
        location: { line: 1 },
      },
    ]);
  });

  test("is silent without -n, of what a workload makes, and where it is turned off", () => {
    const workload =
      "{apiVersion: apps/v1, kind: Deployment, metadata: {name: b}, spec: {template: {metadata: {labels: {a: b}}, spec: {containers: []}}}}";
    const all = [...input, workload].join("\n---\n");
    const found = (...args: readonly string[]): string => run(["lint", "-", ...args], { input: all }).stdout;
    expect(found()).not.toContain("namespace-mismatch");
    expect(found("-n", "shop").match(/namespace-mismatch/g)).toHaveLength(1);
    expect(found("-n", "shop", "--ignore", "namespace-mismatch")).not.toContain("namespace-mismatch");
  });
});

test.each(["doctor", "resolve", "probe", "lint", "plan", "scan", "snapshot", "explain", "completion"])(
  "the help of %s is prose that breaks at the terminal's width, and nowhere in a sentence",
  (command) => {
    const { stdout } = run([command, "--help"]);
    const [, prose = ""] = stdout.split("\n\n");
    const lines = prose.split("\n");
    expect(Math.max(...stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
    // A line that is much shorter than the next one's first word allows ends a sentence.
    for (const [at, line] of lines.entries()) {
      const word = lines[at + 1]?.split(" ")[0] ?? "";
      if (word !== "" && line.length + 1 + word.length <= 80) expect(line).toMatch(/[.:]$/);
    }
  },
);

describe("lint's last line", () => {
  test("names no more inputs than tell which are meant, and fits the terminal", () => {
    const names = Array.from({ length: 12 }, (_, at) => join(folder, `manifest-number-${at}.yaml`));
    for (const name of names) writeFileSync(name, "{apiVersion: v1, kind: ConfigMap, metadata: {name: a}}");
    const told = run(["lint", ...names.map((name) => basename(name))], { cwd: folder });
    const apart = run(["lint", "--each", ...names.map((name) => basename(name))], { cwd: folder });
    for (const name of names) rmSync(name);
    expect(told.stdout).toBe(
      "nothing found (no headless names in manifest-number-0.yaml,\nmanifest-number-1.yaml, manifest-number-2.yaml and 9 more)\n",
    );
    expect(apart.stdout).toContain(" and, apart, 9 more)");
    expect(Math.max(...apart.stdout.split("\n").map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe("terminals and pipes", () => {
  test("a pipe that is closed early is silent", () => {
    const many = Array.from({ length: 2000 }, (_, at) =>
      JSON.stringify({ apiVersion: "v1", kind: "Service", metadata: { name: `s${at}` }, spec: { clusterIP: "none" } }),
    ).join("\n---\n");
    const file = join(folder, "many.yaml");
    writeFileSync(file, many);
    const { stdout, stderr } = shell(`$KHEADLESS lint ${file} -o wide | head -1; echo "\${PIPESTATUS[0]}"`);
    expect(stderr).toBe("");
    expect(stdout.split("\n")).toHaveLength(3);
    expect(stdout.split("\n")[1]).toBe("1");
  });

  test("standard output that is closed from the start is silent, too", () => {
    expect(shell(`$KHEADLESS lint ${TYPO} >&-`).stderr).toBe("");
  });

  test.runIf(existsSync("/dev/full"))("a full disk is one clear line, and no finding", () => {
    for (const command of [`lint ${TYPO}`, "--help"]) {
      const { stdout, stderr } = shell(`$KHEADLESS ${command} > /dev/full; echo "$?"`);
      expect(stdout).toBe("2\n");
      expect(stderr).toMatch(/^error: the output could not be written: no space is left there\n$/);
    }
  });

  test("a pipe gets no colour and nothing but UTF-8; FORCE_COLOR gives it", () => {
    expect(run(["doctor", "-f", TYPO]).stdout).not.toMatch(CONTROL);
    expect(run(["doctor", "-f", TYPO], { env: { FORCE_COLOR: "1" } }).stdout).toContain("\u001b[31m✗");
    expect(run(["doctor", "-f", TYPO], { env: { LANG: "C" } }).stdout).toMatch(/^[\n -~]*$/);
  });

  const hasScript = spawnSync("script", ["--version"]).status === 0;
  /** Runs it under a terminal of its own, `columns` wide. */
  const inTerminal = (args: string, columns: number, env: Record<string, string> = {}): readonly string[] => {
    const line = `stty cols ${columns} && ${process.execPath} ${BIN} ${args}`;
    const { stdout } = spawnSync("script", ["--quiet", "--return", "--command", line, "/dev/null"], {
      encoding: "utf8",
      cwd: ROOT,
      env: { ...CLEAN_ENV, TERM: "xterm-256color", SHELL: "/bin/sh", ...env },
      stdio: ["ignore", "pipe", "inherit"],
    });
    return stdout.replaceAll("\r\n", "\n").trimEnd().split("\n");
  };

  test.runIf(hasScript)("a terminal gets colour, lines that fit, and one screen for one Service", () => {
    const coloured = inTerminal(`doctor -f ${TYPO}`, 80);
    expect(coloured.join("\n")).toContain("\u001b[31m✗\u001b[39m");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they begin the codes that are taken out.
    const lines = coloured.map((line) => line.replace(/\u001b\[[0-9;]*m/g, ""));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
    expect(lines.length).toBeLessThanOrEqual(24);
    expect(lines.every((line) => line === line.trimEnd())).toBe(true);
    const narrow = inTerminal(`lint ${TYPO}`, 60, { NO_COLOR: "1" });
    expect(narrow.filter((line) => line.startsWith("    ") && line.length > 60)).toEqual([]);
  });

  test.runIf(hasScript)("NO_COLOR takes the colour", () => {
    expect(inTerminal(`doctor -f ${TYPO}`, 80, { NO_COLOR: "1" }).join("\n")).not.toMatch(CONTROL);
  });
});

describe("as a kubectl plugin", () => {
  test("help and hints show the name by which it was called", () => {
    mkdirSync(join(folder, "bin"), { recursive: true });
    const plugin = join(folder, "bin", "kubectl-headless");
    symlinkSync(BIN, plugin);
    expect(run(["--help"], { bin: plugin }).stdout).toContain("Usage: kubectl headless [options] [command]");
    expect(run(["doctor", "-f", TYPO], { bin: plugin }).stdout).toContain(
      "kubectl headless explain selector-matches-no-pods",
    );
  });
});

describe("commands on files", () => {
  test.each([
    [["lint", TYPO]],
    [["doctor", "-f", TYPO]],
    [["resolve", "mysql", "-f", TYPO]],
    [["--help"]],
    [["explain"]],
  ])("%j loads nothing that reads a cluster", (args) => {
    const seen = join(folder, "loaded.txt");
    const hook = `import { registerHooks } from "node:module"; import { appendFileSync } from "node:fs";
registerHooks({ load(url, context, next) { appendFileSync(${JSON.stringify(seen)}, url + "\\n"); return next(url, context); } });`;
    rmSync(seen, { force: true });
    const preload = `data:text/javascript,${encodeURIComponent(hook)}`;
    spawnSync(process.execPath, ["--import", preload, BIN, ...args], { cwd: ROOT, env: CLEAN_ENV });
    const loaded = readFileSync(seen, "utf8").split("\n");
    expect(loaded.some((url) => url.endsWith("/dist/main.js"))).toBe(true);
    // The chunks that hold client-node and what reads a cluster are named after their sources.
    expect(
      loaded.filter((url) => /\/dist\/chunks\/(?:dist|cluster)-|node:(?:https|tls|http2)$|client-node/.test(url)),
    ).toEqual([]);
  });
});
