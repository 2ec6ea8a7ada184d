import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Ended } from "../cli/run.ts";
import { ROOT } from "../cli/run.ts";

/** A folder of a test's own. */
export function scratchFolder(): { readonly path: string; remove(): void } {
  const path = realpathSync(mkdtempSync(join(tmpdir(), "kheadless-hosts-")));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export interface Shell {
  readonly cwd: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Milliseconds. */
  readonly timeout?: number;
}

/** Runs a script as GitHub and GitLab run theirs: bash that ends at the first failure. */
export function bash(script: string, { cwd, env = {}, timeout = 60_000 }: Shell): Ended {
  const { status, stdout, stderr, error } = spawnSync(
    "bash",
    ["--noprofile", "--norc", "-eo", "pipefail", "-c", script],
    {
      encoding: "utf8",
      cwd,
      env: { PATH: process.env.PATH ?? "", HOME: process.env.HOME ?? "/", LANG: "C.UTF-8", ...npmSettings(), ...env },
      timeout,
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  if (error !== undefined) throw error;
  return { status, stdout, stderr };
}

/** Where npm and git are told in variables which registry and certificates to use. */
function npmSettings(): Readonly<Record<string, string>> {
  const kept = Object.entries(process.env).filter(
    ([name, value]) =>
      value !== undefined &&
      /^(?:npm_config_(?:registry|cafile|userconfig)|NODE_EXTRA_CA_CERTS|SSL_CERT_FILE|PIP_.*|https?_proxy|no_proxy)$/i.test(
        name,
      ),
  );
  return { ...(Object.fromEntries(kept) as Record<string, string>), npm_config_prefer_offline: "true" };
}

/** A git repository with the files of `from` that git knows or would take, in one commit with a tag. */
export function repositoryOf(from: string, to: string, tag: string): void {
  const listed = spawnSync("git", ["ls-files", "-z", "--cached", "--others", "--exclude-standard"], {
    encoding: "utf8",
    cwd: from,
  });
  if (listed.status !== 0) throw new Error(`${from} is no checkout of git: ${listed.stderr}`);
  for (const file of listed.stdout.split("\0").filter((name) => name !== "")) {
    mkdirSync(dirname(join(to, file)), { recursive: true });
    cpSync(join(from, file), join(to, file), { verbatimSymlinks: true });
  }
  commitAll(to, tag);
}

export function commitAll(folder: string, tag: string | null): void {
  const made = bash(
    `git init -q && git add -A && git -c user.name=test -c user.email=test@example.com commit -qm all${tag === null ? "" : ` && git tag ${tag}`}`,
    { cwd: folder },
  );
  if (made.status !== 0) throw new Error(made.stderr);
}

/** A folder for PATH in which Node is the one that runs the tests, by each name that programs look for. */
export function nodeFolder(inside: string): string {
  const folder = join(inside, "node-bin");
  mkdirSync(folder);
  for (const name of ["node", "nodejs"]) symlinkSync(realpathSync(process.execPath), join(folder, name));
  return folder;
}

export const EXAMPLE = join(ROOT, "examples/mysql-selector-typo.yaml");
export const SOUND = join(ROOT, "examples/mysql-healthy.yaml");
