import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { BIN, run, shell } from "./run.ts";

const TEXT = `# The database, for peers.
apiVersion: v1
kind: Service
metadata:
  name: mysql
spec:
  clusterIP: None   # by name
  selector:
    app: mysq1 # not what the Pods have
  sessionAffinity: ClientIP
---
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: mysql
spec:
  serviceName: mysql
  selector: {matchLabels: {app: mysql}}
  template:
    metadata:
      labels: {app: mysql}
    spec: {containers: []}
`;
const FIXED = TEXT.replace("mysq1", "mysql").replace("  sessionAffinity: ClientIP\n", "");
const FLOW = `{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {clusterIP: None, externalIPs: [192.0.2.1]}}\n`;

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "kheadless-fix-"));
  file = join(folder, "mysql.yaml");
  writeFileSync(file, TEXT);
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("lint --fix", () => {
  test("mends the files, changes nothing else of them, and tells what is left", () => {
    chmodSync(file, 0o640);
    writeFileSync(join(folder, "flow.yaml"), FLOW);
    const ended = run(["lint", ".", "--fix"], { cwd: folder });
    expect(ended.stderr).toContain(
      `fixed: mysql.yaml:9  selector-matches-no-pods  Service default/mysql: spec.selector.app: mysql\n`,
    );
    expect(ended.stderr).toContain(
      "fixed: mysql.yaml:10  headless-field-ignored  Service default/mysql: no spec.sessionAffinity\n",
    );
    expect(ended.stderr).toMatch(/left as it is: flow.yaml:1 {2}headless-field-ignored {2}Service default\/web: /);
    expect(readFileSync(file, "utf8")).toBe(FIXED);
    expect(statSync(file).mode & 0o777).toBe(0o640);
    expect(readFileSync(join(folder, "flow.yaml"), "utf8")).toBe(FLOW);
    expect(ended.stdout).not.toContain("selector-matches-no-pods");
    expect(ended.stdout).toContain("headless-field-ignored");
    expect(run(["lint", "mysql.yaml", "--fix"], { cwd: folder })).toMatchObject({
      status: 0,
      stderr: "nothing to fix: no finding has a mechanical remedy\n",
    });
  });

  test("--dry-run shows a diff that patch takes, and changes nothing", () => {
    const ended = run(["lint", "mysql.yaml", "--fix", "--dry-run"], { cwd: folder });
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining("to fix: mysql.yaml:9") });
    expect(ended.stdout).toContain("\n-    app: mysq1 # not what the Pods have\n");
    expect(ended.stdout).toContain("\n+    app: mysql # not what the Pods have\n");
    expect(readFileSync(file, "utf8")).toBe(TEXT);
    const patched = shell(
      `cd '${folder}' && git init -q . && '${process.execPath}' '${BIN}' lint mysql.yaml --fix --dry-run 2>/dev/null | git apply -p0`,
    );
    expect(patched.stderr).toBe("");
    expect(readFileSync(file, "utf8")).toBe(FIXED);
  });

  test("what is silenced is not mended, and a link stays one", () => {
    symlinkSync("mysql.yaml", join(folder, "link.yaml"));
    run(["lint", "link.yaml", "--fix", "--ignore", "headless-field-ignored"], { cwd: folder });
    expect(readFileSync(file, "utf8")).toBe(TEXT.replace("mysq1", "mysql"));
    expect(run(["lint", "link.yaml"], { cwd: folder }).status).toBe(0);
  });

  test("a baseline that is written beside it lists what is left", () => {
    writeFileSync(join(folder, "flow.yaml"), FLOW);
    const ended = run(["lint", ".", "--fix", "--write-baseline"], { cwd: folder });
    expect(ended.stderr.match(/now lists .*/g)).toEqual(["now lists 1 finding"]);
    expect(readFileSync(file, "utf8")).toBe(FIXED);
  });

  test("a file that has no room to grow stays as it was, and is not told as mended", () => {
    const growing = TEXT.replace("  clusterIP: None   # by name\n", "").replace("mysq1", "mysql");
    const text = `${growing}# ${"-".repeat(1024 - growing.length - 4)}\n`;
    writeFileSync(file, text);
    expect(text).toHaveLength(1023);
    const ended = shell(`cd '${folder}' && ulimit -f 1 && $KHEADLESS lint mysql.yaml --fix`);
    expect(ended).toMatchObject({
      status: 2,
      stdout: "",
      stderr: "error: cannot write mysql.yaml, which stays as it was: it may not grow so large\n",
    });
    expect(readFileSync(file, "utf8")).toBe(text);
    expect(run(["lint", "mysql.yaml", "--fix"], { cwd: folder }).stderr).toContain("spec.clusterIP: None");
  });

  test("a file of another encoding is left alone", () => {
    const bytes = Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(TEXT, "utf16le")]);
    writeFileSync(file, bytes);
    const ended = run(["lint", "mysql.yaml", "--fix"], { cwd: folder });
    expect(ended).toMatchObject({ status: 1, stderr: expect.stringContaining("only UTF-8 files are changed") });
    expect(readFileSync(file)).toEqual(bytes);
  });

  test("a byte order mark stays, and a diff has it", () => {
    writeFileSync(file, `\ufeff${TEXT}`);
    const { stdout } = run(["lint", "mysql.yaml", "--fix", "--dry-run"], { cwd: folder });
    writeFileSync(join(folder, "diff"), stdout);
    expect(run(["lint", "mysql.yaml", "--fix"], { cwd: folder }).stderr).toContain("fixed: mysql.yaml:9");
    expect(readFileSync(file, "utf8")).toBe(`\ufeff${FIXED}`);
    writeFileSync(file, `\ufeff${TEXT}`);
    expect(shell(`cd '${folder}' && git init -q . && git apply -p0 diff`)).toMatchObject({ status: 0 });
    expect(readFileSync(file, "utf8")).toBe(`\ufeff${FIXED}`);
  });

  test("findings carry their patch in JSON", () => {
    const { stdout } = run(["lint", "mysql.yaml", "-o", "json"], { cwd: folder });
    const { findings } = JSON.parse(stdout) as { findings: { rule: string; patch?: unknown }[] };
    expect(findings.find(({ rule }) => rule === "selector-matches-no-pods")?.patch).toEqual([
      { path: ["spec", "selector", "app"], value: "mysql" },
    ]);
    const piped = run(["lint", "-"], { cwd: folder, input: TEXT });
    expect(piped.status).toBe(1);
  });

  test.each([
    [["lint", "-", "--fix"], "--fix changes files: what comes from standard input is mended where it is made"],
    [
      ["lint", "-k", "overlay", "--fix"],
      "--fix changes files: what kustomize overlay makes is mended where it is made",
    ],
    [["lint", "x.yaml", "--dry-run"], "--dry-run shows what --fix would change"],
  ])("%j is refused", (args, message) => {
    expect(run(args)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
  });
});

describe("doctor --fix-plan", () => {
  const SNAPSHOT = "examples/pods-not-ready.snapshot.json";

  test("prints the commands of all remedies as a script, and ends as doctor does", () => {
    const ended = run(["doctor", "--snapshot", SNAPSHOT, "--fix-plan"]);
    expect(ended).toMatchObject({ status: 1, stderr: "" });
    expect(ended.stdout).toContain(
      "# error pod-not-ready: StatefulSet shop/mysql\nkubectl -n shop describe pod mysql-0\n",
    );
    // Read by a shell that finds no command, each line is a command of kubectl or a comment.
    const lines = ended.stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.every((line) => /^(kubectl|printf) /.test(line))).toBe(true);
    expect(shell(`bash -n <<'EOF'\n${ended.stdout}EOF`)).toMatchObject({ status: 0, stderr: "" });
  });

  test.each([
    [["doctor", "-f", "examples/mysql-healthy.yaml", "--fix-plan"], "manifests are mended by lint --fix"],
    [["doctor", "--snapshot", SNAPSHOT, "--fix-plan", "-o", "json"], "it does not go with -o json"],
  ])("%j is refused", (args, message) => {
    expect(run(args)).toMatchObject({ status: 2, stdout: "", stderr: expect.stringContaining(message) });
  });
});
