import { spawnSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join, relative, resolve } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CHART, FIXTURES, FOUND, OVERLAY, places } from "./rendering.ts";
import { ROOT, run, start } from "./run.ts";

/** Holds stand-ins for programs, which print what the real ones make of the fixtures (test/hosts/renderers.test.ts holds them equal) and note their arguments. */
let folder: string;
let empty: string;
let path: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-tools-"));
  empty = mkdtempSync(join(tmpdir(), "kheadless-none-"));
  path = [folder, process.env.PATH].join(delimiter);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  rmSync(empty, { recursive: true });
});

function standIn(command: string, rendered: string, exitCode = 0): void {
  const file = join(folder, command);
  writeFileSync(
    file,
    `#!/bin/sh\nprintf '%s\\n' "$@" > '${folder}/${command}.args'\ncat '${rendered}' ${exitCode === 0 ? "" : ">&2"}\nexit ${exitCode}\n`,
  );
  chmodSync(file, 0o755);
}
const argsOf = (command: string): readonly string[] =>
  readFileSync(join(folder, `${command}.args`), "utf8")
    .trimEnd()
    .split("\n");

describe("--helm", () => {
  test("finds what the chart's manifests have, in the templates", () => {
    standIn("helm", join(FIXTURES, "helm/rendered.yaml"));
    expect(places(["--helm", CHART, "-n", "shop"], { PATH: path })).toEqual(FOUND.helm);
    expect(argsOf("helm")).toEqual(["template", "--skip-tests", "--namespace=shop", "--", "release-name", CHART]);
  });

  test("gives helm its options as they are: no shell, and nothing taken for a flag", () => {
    standIn("helm", join(FIXTURES, "helm/rendered.yaml"));
    const args = ["--values", "a b.yaml", "--values=-c", "--set", "a=$(touch x);b", "--release=-r"];
    places(["--helm", CHART, ...args], { PATH: path });
    expect(argsOf("helm")).toEqual([
      "template",
      "--skip-tests",
      "--values=a b.yaml",
      "--values=-c",
      "--set=a=$(touch x);b",
      "--",
      "-r",
      CHART,
    ]);
  });

  test("what helm says when it fails is one line", () => {
    writeFileSync(join(folder, "said"), 'walk.go:74: found symbolic link\nError: path "x" not found\n\nUse --debug\n');
    standIn("helm", join(folder, "said"), 1);
    expect(run(["lint", "--helm", "x"], { env: { PATH: path } })).toEqual({
      status: 2,
      stdout: "",
      stderr: 'error: helm template x failed: path "x" not found\n',
    });
    writeFileSync(join(folder, "said"), "Error: chart requires kubeVersion: >=1.25.0-0 which is incompatible\n");
    expect(run(["lint", "--helm", "x"], { env: { PATH: path } }).stderr).toContain(
      "incompatible (pipe in what it makes for yours: helm template --kube-version VERSION ... | kheadless lint -)\n",
    );
  });

  test("a path that is not there, which helm takes for a chart of a repository, is said to be none", () => {
    writeFileSync(join(folder, "said"), "Error: repo charts not found\n");
    standIn("helm", join(folder, "said"), 1);
    expect(run(["lint", "--helm", "charts/nowhere"], { env: { PATH: path } }).stderr).toBe(
      "error: helm template charts/nowhere failed: repo charts not found (and there is no folder charts/nowhere)\n",
    );
  });
});

/**
 * A stand-in for kubectl or kustomize, which prints `rendered` of the overlay, and otherwise does as `traced` says: that is
 * when a kustomization of our own in $folder asks for origins, which has the overlay as $base.
 */
function kustomizeStandIn(
  command: string,
  traced: string,
  plain = `cat '${join(FIXTURES, "kustomize/rendered.yaml")}'`,
): void {
  const file = join(folder, command);
  const script = `#!/bin/sh
for folder; do :; done
case "$folder" in
*/kheadless-*)
  read -r base < "$folder/kustomization.yaml"
  base=\${base#*\\[\\"} base=\${base%%\\"*}
  ${traced}
  ;;
*)
  printf '%s\\n' "$@" > '${folder}/${command}.args'
  ${plain}
  ;;
esac
`;
  writeFileSync(file, script);
  chmodSync(file, 0o755);
}
/** Prints the fixture with the overlay where it is. */
const WITH_ORIGINS = `while IFS= read -r line; do
    case "$line" in *OVERLAY*) line="\${line%%OVERLAY*}$base\${line#*OVERLAY}" ;; esac
    printf '%s\\n' "$line"
  done < '${join(FIXTURES, "kustomize/with-origins.yaml")}'`;

describe("-k", () => {
  const AT_KUSTOMIZATION = [`${OVERLAY}/kustomization.yaml:1 selector-matches-no-pods`];
  /** Where our own kustomization is made; nothing of it may be left. */
  let temporary: string;
  /** A real kubectl must not come before the stand-ins, which need cat and nothing else. */
  let env: Record<string, string>;
  beforeEach(() => {
    temporary = mkdtempSync(join(tmpdir(), "tmp-"));
    env = { PATH: [folder, catOnly()].join(delimiter), TMPDIR: temporary, NODE_DISABLE_COMPILE_CACHE: "1" };
  });
  afterEach(() => {
    expect(readdirSync(temporary)).toEqual([]);
    rmSync(temporary, { recursive: true });
    for (const command of ["kubectl", "kustomize"]) rmSync(join(folder, command), { force: true });
  });

  test.each([
    ["kustomize", ["build", "--", OVERLAY]],
    ["kubectl", ["kustomize", "--", OVERLAY]],
  ])("reads what %s makes, in the files that it makes it of", (command, args) => {
    kustomizeStandIn(command, WITH_ORIGINS);
    expect(places(["-k", OVERLAY], env)).toEqual(FOUND.kustomize);
    expect(argsOf(command)).toEqual(args);
  });

  test.each([
    ["kustomize", ["build", "--enable-helm", "--", OVERLAY]],
    ["kubectl", ["kustomize", "--enable-helm", "--", OVERLAY]],
  ])("lets %s run helm where it may", (command, args) => {
    kustomizeStandIn(command, WITH_ORIGINS);
    expect(places(["-k", OVERLAY, "--enable-helm"], env)).toEqual(FOUND.kustomize);
    expect(argsOf(command)).toEqual(args);
  });

  test("what runs helm is built twice one after the other: both fetch charts into the folder", () => {
    const lock = join(folder, "lock");
    const alone = (made: string): string =>
      `if [ -d '${lock}' ]; then echo both >&2; exit 1; fi; mkdir '${lock}'; sleep 0.3; ${made}; rmdir '${lock}'`;
    env.PATH = [folder, process.env.PATH].join(delimiter);
    kustomizeStandIn("kubectl", alone(WITH_ORIGINS), alone(`cat '${join(FIXTURES, "kustomize/rendered.yaml")}'`));
    expect(places(["-k", OVERLAY, "--enable-helm"], env)).toEqual(FOUND.kustomize);
  });

  test("by the way to the folder that was given, whatever way that is", () => {
    kustomizeStandIn("kubectl", WITH_ORIGINS);
    const absolute = resolve(ROOT, OVERLAY);
    const link = join(empty, "link");
    symlinkSync(absolute, link);
    const files = (given: string, cwd = ROOT): readonly string[] => {
      const { findings } = JSON.parse(run(["lint", "-k", given, "-o", "json"], { env, cwd }).stdout) as {
        findings: { location: { file: string } }[];
      };
      return findings.map(({ location }) => location.file);
    };
    expect(files(`${OVERLAY}/`)).toEqual(["test/fixtures/kustomize/base/mysql.yaml"]);
    expect(files(".", absolute)).toEqual(["../base/mysql.yaml"]);
    expect(files(absolute)).toEqual([resolve(absolute, "../base/mysql.yaml")]);
    // Beside the link there is no base.
    expect(files(link)).toEqual(["test/fixtures/kustomize/base/mysql.yaml"]);
  });

  test.each([
    ["the build that tells origins fails", "echo no >&2; exit 1"],
    [
      "it makes something else of the objects",
      "while IFS= read -r line; do echo x; done < /dev/null; echo 'kind: Pod'",
    ],
    ["it tells a file that is not there", WITH_ORIGINS.replace("$base", "$base/nowhere")],
    ["there is no place for it", WITH_ORIGINS, "/nonexistent"],
  ])("where %s, findings stand in the kustomization", (_, traced, folderForIt?: string) => {
    kustomizeStandIn("kubectl", traced);
    const given = folderForIt === undefined ? env : { ...env, TMPDIR: folderForIt };
    expect(places(["-k", OVERLAY], given)).toEqual(AT_KUSTOMIZATION);
  });

  test.each([
    ["originAnnotations, transformerAnnotations", "is built once", false],
    ["originAnnotations", "is told by that where the other build fails", true],
  ])("a kustomization that asks for %s itself %s", (metadata, _, again) => {
    const overlay = join(temporary, "overlay");
    mkdirSync(overlay);
    rmSync(join(folder, "again"), { force: true });
    writeFileSync(join(overlay, "kustomization.yaml"), `resources: [../base]\nbuildMetadata: [${metadata}]\n`);
    const base = resolve(ROOT, OVERLAY, "../base");
    const rendered = readFileSync(join(FIXTURES, "kustomize/with-origins.yaml"), "utf8");
    // As kustomize writes them: from the folder that is built.
    writeFileSync(
      join(overlay, "r.yaml"),
      rendered.replaceAll("OVERLAY/../base", relative(realpathSync(overlay), base)),
    );
    kustomizeStandIn("kubectl", `printf built > '${folder}/again'; exit 1`, `cat '${overlay}/r.yaml'`);
    expect(places(["-k", overlay], env)).toEqual([`${base}/mysql.yaml:8 selector-matches-no-pods`]);
    expect(existsSync(join(folder, "again"))).toBe(again);
    rmSync(overlay, { recursive: true });
  });

  test("comments of the resources' files speak, for each of the kustomizations that have them", () => {
    const selector = (app: string): string => `spec: {clusterIP: None, selector: {app: ${app}}}\n`;
    const service = (annotations: string): string =>
      `apiVersion: v1\nkind: Service\nmetadata: {name: a${annotations}}\n`;
    const pod = "---\napiVersion: v1\nkind: Pod\nmetadata: {name: p, labels: {app: a}}\nspec: {containers: []}\n";
    const origin = ', annotations: {config.kubernetes.io/origin: "path: BASE/../base/a.yaml"}';
    const write = (file: string, text: string): void => {
      mkdirSync(join(temporary, "in", file, ".."), { recursive: true });
      writeFileSync(join(temporary, "in", file), text);
    };
    write(
      "base/a.yaml",
      `# kheadless-ignore: selector-matches-no-pods  by hand\n${service("")}${selector("x")}${pod}---
# kheadless-ignore: port-unnamed  kustomize leaves this object out
apiVersion: v1
kind: Service
metadata: {name: gone}
`,
    );
    for (const [overlay, app] of [
      ["dev", "a"],
      ["prod", "x"],
    ] as const) {
      write(`${overlay}/kustomization.yaml`, "resources: [../base]\n");
      write(`${overlay}/plain.yaml`, `${service("")}${selector(app)}${pod}`);
      write(`${overlay}/traced.yaml`, `${service(origin)}${selector(app)}${pod}`);
    }
    const traced = `while IFS= read -r line; do
      case "$line" in *BASE*) line="\${line%%BASE*}$base\${line#*BASE}" ;; esac
      printf '%s\\n' "$line"
    done < "$folder/$base/traced.yaml"`;
    kustomizeStandIn("kubectl", traced, 'cat "$folder/plain.yaml"');
    const found = (...args: readonly string[]): unknown => {
      const { stdout } = run(["lint", ...args, "-o", "json"], { env, cwd: join(temporary, "in") });
      const { findings, suppressed = [] } = JSON.parse(stdout) as {
        findings: { rule: string }[];
        suppressed?: { by: string }[];
      };
      return { findings: findings.map(({ rule }) => rule), by: suppressed.map(({ by }) => by) };
    };
    const by = ["comment at base/a.yaml:1"];
    expect(found("-k", "prod")).toEqual({ findings: [], by });
    expect(found("-k", "dev")).toEqual({ findings: ["unused-suppression"], by: [] });
    expect(found("--each", "-k", "dev", "-k", "prod")).toEqual({ findings: [], by });
    expect(found("--each", "-k", "dev", "-k", "dev/")).toEqual({ findings: ["unused-suppression"], by: [] });
    // Both are of one file; without --each one replaces the other.
    expect(run(["lint", "-k", "dev", "-k", "prod"], { env, cwd: join(temporary, "in") }).stderr).toBe(
      "Service default/a stands in base/a.yaml:2 (-k dev) and in base/a.yaml:2 (-k prod): the last one counts, as with kubectl apply\n" +
        "where these are environments, lint --each judges each folder for itself\n",
    );
    rmSync(join(temporary, "in"), { recursive: true });
  });

  test("nothing is left of it when the run is ended meanwhile", async () => {
    kustomizeStandIn("kubectl", 'while [ -d "$folder" ]; do :; done');
    const { child, ended } = start(["lint", "-k", OVERLAY], env);
    await expect.poll(() => readdirSync(temporary).length, { timeout: 15_000 }).toBe(1);
    child.kill("SIGINT");
    expect(await ended).toEqual({ status: null, stdout: "", stderr: "" });
    expect(child.signalCode).toBe("SIGINT");
  });

  test.each([
    ["test/fixtures/kustomize/nowhere", "there is no such folder"],
    [`${OVERLAY}/kustomization.yaml`, `this is a file, and kustomize builds folders: -k ${OVERLAY}`],
    ["", "there is no such folder", '""'],
  ])("what is no folder (%j) is told at once", (given, why, shown = given) => {
    kustomizeStandIn("kubectl", WITH_ORIGINS);
    expect(run(["lint", "-k", given], { env })).toEqual({
      status: 2,
      stdout: "",
      stderr: `error: -k ${shown}: ${why}\n`,
    });
  });

  test.each([
    [
      "the lines that an error continues in",
      "Error: Failed to read kustomization file under /x:\nkind should be Kustomization or Component\n\nUsage: kustomize\n",
      "Failed to read kustomization file under /x: kind should be Kustomization or Component",
    ],
    [
      "how charts of a kustomization are read",
      "Error: trouble configuring builtin HelmChartInflationGenerator with config: `\nname: x\n`: must specify --enable-helm\n",
      `trouble configuring builtin HelmChartInflationGenerator with config: \` name: x \`: must specify --enable-helm; with --enable-helm kustomize runs helm, which may fetch charts into the folder`,
    ],
    [
      "the error behind any number of warnings",
      `${"# Warning: 'commonLabels' is deprecated.\n".repeat(4000)}Error: no\nmatches for it\n`,
      "no",
    ],
  ])("a failure is one line, with %s", (_, said, told) => {
    writeFileSync(join(folder, "said"), said);
    standIn("kustomize", join(folder, "said"), 1);
    expect(run(["lint", "-k", OVERLAY], { env }).stderr).toBe(`error: kustomize ${OVERLAY} failed: ${told}\n`);
  });

  test("what kubectl logs in several lines when it fails is one line", () => {
    writeFileSync(
      join(folder, "said"),
      'E1125 17:43:12.021529   21987 run.go:72] "command failed" err=<\n\taccumulating resources: base must resolve to a file\n\t: exit status 128\n >\n',
    );
    standIn("kubectl", join(folder, "said"), 1);
    expect(run(["lint", "-k", OVERLAY], { env }).stderr).toBe(
      `error: kustomize ${OVERLAY} failed: accumulating resources: base must resolve to a file : exit status 128\n`,
    );
  });
});

/** A folder with cat alone. */
function catOnly(): string {
  const cat = spawnSync("sh", ["-c", "command -v cat"], { encoding: "utf8" }).stdout.trim();
  writeFileSync(join(empty, "cat"), `#!/bin/sh\nexec ${cat} "$@"\n`);
  chmodSync(join(empty, "cat"), 0o755);
  return empty;
}

test("--enable-helm without a kustomization is a mistake", () => {
  expect(run(["lint", OVERLAY, "--enable-helm"])).toEqual({
    status: 2,
    stdout: "",
    stderr: "error: --enable-helm lets kustomize run helm: give -k, too; --helm CHART needs no leave\n",
  });
});

test.each([
  [["lint", "-k", OVERLAY], `error: -k ${OVERLAY} needs kubectl or kustomize on the PATH`],
  [["lint", "--helm", CHART], `error: --helm ${CHART} needs helm on the PATH`],
])("%j without the program is one line that says what to do", (args, message) => {
  const ended = run(args, { env: { PATH: empty } });
  expect(ended).toMatchObject({ status: 2, stdout: "" });
  expect(ended.stderr).toContain(message);
  expect(ended.stderr).toContain("install");
  expect(ended.stderr).toContain("| kheadless lint -");
  expect(ended.stderr.trimEnd()).not.toContain("\n");
});
