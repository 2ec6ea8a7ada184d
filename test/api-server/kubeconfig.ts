// Kubeconfig files of tests. JSON is YAML too.
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ApiServer } from "./server.ts";

export function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}

/** The text of a kubeconfig with one context, `test`, for this server. */
export function kubeconfigFor(
  server: Pick<ApiServer, "url" | "authority">,
  user: object = {},
  cluster: object = {},
  context: object = {},
): string {
  const trust = server.url.startsWith("https:") ? { "certificate-authority-data": base64(server.authority.cert) } : {};
  return JSON.stringify({
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: server.url, ...trust, ...cluster } }],
    users: [{ name: "test", user }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test", ...context } }],
  });
}

export interface Folder {
  readonly path: string;
  /** Writes a file and returns its whole name. */
  write(name: string, text: string): Promise<string>;
  remove(): Promise<void>;
}

export async function makeFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), "kheadless-test-"));
  return {
    path,
    async write(name, text) {
      const file = join(path, name);
      await writeFile(file, text, { mode: 0o600 });
      return file;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}
