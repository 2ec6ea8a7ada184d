import { cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { ROOT } from "../cli/run.ts";
import { readAction, snippet, stepEnv } from "./files.ts";
import { CACHE, INSTALLS, pip } from "./pypi.ts";
import { bash, commitAll, EXAMPLE, nodeFolder, repositoryOf, SOUND, scratchFolder } from "./scratch.ts";

/** What takes npm and a network: kheadless installed from a bare checkout in each of the ways that docs/ci.md shows. */

const PRE_COMMIT = "4.7.0";
const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

const scratch = scratchFolder();
const source = join(scratch.path, "kheadless.git");
let path: string;
beforeAll(() => {
  mkdirSync(source);
  repositoryOf(ROOT, source, `v${version}`);
  path = `${nodeFolder(scratch.path)}:${process.env.PATH}`;
});
afterAll(() => scratch.remove());

/** A repository of a user's, with one file in manifests/. */
function repository(name: string, file: string): string {
  const folder = join(scratch.path, name);
  mkdirSync(join(folder, "manifests"), { recursive: true });
  cpSync(file, join(folder, "manifests", basename(file)));
  return folder;
}

test("the action installs from its own checkout, and lints", { timeout: INSTALLS }, () => {
  const action = readAction();
  const checkout = join(scratch.path, "action");
  expect(bash(`git clone -q '${source}' '${checkout}'`, { cwd: scratch.path }).status).toBe(0);
  const cwd = repository("for-the-action", EXAMPLE);
  const ends = action.runs.steps.map((step) => {
    const env = { ...stepEnv(action, step, {}), GITHUB_ACTION_PATH: checkout, GITHUB_WORKSPACE: cwd };
    return bash(step.run, { cwd, env, timeout: INSTALLS });
  });
  expect(ends.map(({ status }) => status)).toEqual([0, 1]);
  expect(ends[1]?.stdout).toMatch(/^::error file=manifests\/mysql-selector-typo\.yaml,line=12,/);
});

test("the job of GitLab CI that the docs show writes both reports", { timeout: INSTALLS }, () => {
  const { kheadless } = snippet("GitLab CI") as {
    kheadless: { script: string[]; artifacts: { reports: { codequality: string; junit: string } } };
  };
  const cwd = repository("for-gitlab", EXAMPLE);
  const script = kheadless.script.join("\n").replaceAll("/tmp/kheadless", join(scratch.path, "gitlab"));
  // Whoever asks GitHub for the repository gets the one of this test.
  const env = {
    PATH: path,
    GIT_CONFIG_COUNT: "1",
    GIT_CONFIG_KEY_0: `url.file://${source}.insteadOf`,
    GIT_CONFIG_VALUE_0: "https://github.com/kheadless/kheadless.git",
    CI_PROJECT_DIR: cwd,
  };
  expect(bash(script, { cwd, env, timeout: INSTALLS })).toMatchObject({ status: 1 });
  const { codequality, junit } = kheadless.artifacts.reports;
  expect(JSON.parse(readFileSync(join(cwd, codequality), "utf8"))).toMatchObject([
    { check_name: "selector-matches-no-pods", location: { path: "manifests/mysql-selector-typo.yaml" } },
  ]);
  expect(readFileSync(join(cwd, junit), "utf8")).toContain('failures="1"');
});

describe("the hook, through pre-commit itself", () => {
  const venv = join(CACHE, `pre-commit-${PRE_COMMIT}`);
  const program = join(venv, "bin", "pre-commit");
  let missing: string | null = null;

  beforeAll(() => {
    if (bash(`'${program}' --version`, { cwd: scratch.path }).status === 0) return;
    missing = pip(venv, `install pre-commit==${PRE_COMMIT}`, "pre-commit");
  }, INSTALLS);

  test("passes on sound manifests, fails on broken ones, and reads what did not change, too", {
    timeout: INSTALLS,
  }, (context) => {
    context.skip(missing !== null, missing ?? "");
    const cwd = repository("for-pre-commit", SOUND);
    writeFileSync(
      join(cwd, ".pre-commit-config.yaml"),
      `repos:\n- repo: ${source}\n  rev: v${version}\n  hooks:\n  - id: kheadless\n    args: [manifests/]\n`,
    );
    commitAll(cwd, null);
    const env = { PATH: path, PRE_COMMIT_HOME: join(scratch.path, "pre-commit-home") };
    const hook = () => bash(`'${program}' run --color never`, { cwd, env, timeout: INSTALLS });

    writeFileSync(join(cwd, "manifests", "other.yaml"), "# nothing yet\n");
    bash("git add -A", { cwd });
    expect(hook()).toMatchObject({ status: 0, stdout: expect.stringMatching(/kheadless lint\.+Passed/) });

    cpSync(EXAMPLE, join(cwd, "manifests", basename(SOUND)));
    bash("git add -A", { cwd });
    const failed = hook();
    expect(failed.status).toBe(1);
    expect(failed.stdout).toMatch(/kheadless lint\.+Failed/);
    expect(failed.stdout).toContain(`manifests/${basename(SOUND)}:12:10  error  selector-matches-no-pods`);

    bash("git commit -qm broken --no-verify && echo hello > README.md && git add -A", {
      cwd,
      env: {
        GIT_AUTHOR_NAME: "t",
        GIT_AUTHOR_EMAIL: "t@example.com",
        GIT_COMMITTER_NAME: "t",
        GIT_COMMITTER_EMAIL: "t@example.com",
      },
    });
    expect(hook().stdout).toMatch(/kheadless lint\.+\(no files to check\)Skipped/);
    expect(existsSync(join(cwd, "manifests"))).toBe(true);
  });
});
