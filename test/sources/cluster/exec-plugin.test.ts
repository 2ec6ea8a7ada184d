import { ChildProcess } from "node:child_process";
import { chmod, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, onTestFinished, test, vi } from "vitest";
import { runExecPlugin } from "../../../src/sources/cluster/exec-plugin.ts";
import type { ExecPlugin, KubeCluster } from "../../../src/sources/cluster/kubeconfig-file.ts";
import { errorOf, folder, never } from "./setup.ts";

const CLUSTER: KubeCluster = {
  server: "https://east:6443",
  certificateAuthority: "",
  certificateAuthorityData: "Y2E=",
  insecureSkipTlsVerify: false,
  tlsServerName: "kube",
  proxyUrl: "",
  disableCompression: false,
  execConfig: { audience: "x" },
};
const V1 = "client.authentication.k8s.io/v1";

/** A plugin that is a few lines of Node. */
async function plugin(script: string, more: Partial<ExecPlugin> = {}): Promise<ExecPlugin> {
  const { write } = await folder();
  const file = await write("plugin.mjs", script);
  return {
    apiVersion: V1,
    command: process.execPath,
    args: [file],
    env: [],
    installHint: "",
    provideClusterInfo: false,
    interactiveMode: "Never",
    ...more,
  };
}

const answer = (status: object, more: object = {}) =>
  `console.log(${JSON.stringify(JSON.stringify({ kind: "ExecCredential", apiVersion: V1, status, ...more }))});`;
const surroundings = { env: { PATH: process.env.PATH, OWN: "kept" }, interactive: false };
const run = (made: ExecPlugin, more = {}) => runExecPlugin(made, CLUSTER, { ...surroundings, ...more }, never);

test("a token with its end", async () => {
  const made = await plugin(answer({ token: "t", expirationTimestamp: "2026-01-01T00:00:00Z" }));
  expect(await run(made)).toEqual({ token: "t", certificate: "", key: "", expires: Date.UTC(2026, 0, 1) });
});

test("a client certificate", async () => {
  const made = await plugin(answer({ clientCertificateData: "C", clientKeyData: "K" }));
  expect(await run(made)).toEqual({ token: "", certificate: "C", key: "K", expires: null });
});

test("the plugin is told what kubectl tells it", async () => {
  const { path } = await folder();
  const out = join(path, "env.json");
  const script = `
import { writeFileSync, readFileSync } from "node:fs";
writeFileSync(${JSON.stringify(out)}, JSON.stringify([process.env, readFileSync(0, "utf8")]));
${answer({ token: "t" })}`;
  const made = await plugin(script, { env: [{ name: "FROM_CONFIG", value: "1" }], provideClusterInfo: true });
  await run(made);
  const [env, stdin] = JSON.parse(await readFile(out, "utf8"));
  expect(env).toMatchObject({ OWN: "kept", FROM_CONFIG: "1" });
  expect(stdin).toBe("");
  expect(JSON.parse(env.KUBERNETES_EXEC_INFO)).toEqual({
    kind: "ExecCredential",
    apiVersion: V1,
    spec: {
      cluster: {
        server: "https://east:6443",
        "tls-server-name": "kube",
        "certificate-authority-data": "Y2E=",
        config: { audience: "x" },
      },
      interactive: false,
    },
  });
  await run(await plugin(script));
  const [plain] = JSON.parse(await readFile(out, "utf8"));
  expect(JSON.parse(plain.KUBERNETES_EXEC_INFO).spec).toEqual({ interactive: false });
});

test("a plugin that is not installed is named with its hint", async () => {
  const made = await plugin("", { command: "no-such-login", installHint: "get it\n  at example.com" });
  expect(await errorOf(run(made))).toMatchObject({
    kind: "config",
    exitCode: 2,
    message: "exec plugin no-such-login of the kubeconfig is not installed",
    advice: "get it at example.com",
  });
});

test("a plugin that never started is not ended: that would end everything in our process group", async () => {
  const made = await plugin("", { command: "no-such-login" });
  const kill = vi.spyOn(ChildProcess.prototype, "kill").mockReturnValue(true);
  onTestFinished(() => kill.mockRestore());
  const user = new AbortController();
  const running = runExecPlugin(made, CLUSTER, surroundings, user.signal);
  user.abort();
  await expect(running).rejects.toThrow();
  await errorOf(run(made));
  expect(kill).not.toHaveBeenCalled();
});

test("a plugin that may not be run", async () => {
  const made = await plugin("");
  const [command = ""] = made.args;
  await chmod(command, 0o600);
  const error = await errorOf(run({ ...made, command, args: [] }));
  expect(error.kind).toBe("config");
  expect(error.message).toMatch(/does not start: .*EACCES/);
});

test("a plugin that fails is quoted", async () => {
  const made = await plugin('console.error("session\\n expired");process.exit(3)', { installHint: "log in" });
  const error = await errorOf(run(made));
  expect(error).toMatchObject({ kind: "unauthorized", exitCode: 3, advice: "log in" });
  expect(error.message).toBe(`exec plugin ${process.execPath} failed (exit code 3): session expired`);
});

test.each<[string, string, string]>([
  ["no JSON", "console.log('hello')", "did not answer with JSON"],
  ["something else", "console.log('[]')", "did not answer with an ExecCredential"],
  ["another version", answer({ token: "t" }, { apiVersion: "x/v9" }), `is configured for ${V1} and answered with x/v9`],
  ["nothing", answer({}), "gave neither a token nor a client certificate"],
  ["half a certificate", answer({ clientKeyData: "K" }), "gave only one of client certificate and key"],
])("a plugin that answers with %s", async (_, script, message) => {
  const error = await errorOf(run(await plugin(script)));
  expect(error.kind).toBe("unauthorized");
  expect(error.message).toContain(message);
});

test("a plugin that writes without end is ended", async () => {
  const made = await plugin("setInterval(() => process.stdout.write('x'.repeat(100_000)), 1)");
  expect((await errorOf(run(made))).message).toContain("writes without end");
});

test("a plugin that must ask and cannot is not run", async () => {
  const made = await plugin(answer({ token: "t" }), { interactiveMode: "Always" });
  expect((await errorOf(run(made))).message).toContain("standard input is not a terminal");
});

test("versions that nobody speaks any more are refused before anything runs", async () => {
  const made = await plugin(answer({ token: "t" }), { apiVersion: "client.authentication.k8s.io/v1alpha1" });
  expect(await errorOf(run(made))).toMatchObject({ kind: "config" });
});

test("an interruption ends the plugin, even where a child of it holds the pipes", async () => {
  const script = `import { spawn } from "node:child_process";
spawn(process.execPath, ["-e", "setTimeout(() => {}, 4000)"], { stdio: "inherit" });
setInterval(() => {}, 1000);`;
  const stop = new AbortController();
  const reason = new Error("Ctrl-C");
  const running = runExecPlugin(await plugin(script), CLUSTER, surroundings, stop.signal);
  setTimeout(() => stop.abort(reason), 300);
  const started = Date.now();
  await expect(running).rejects.toBe(reason);
  expect(Date.now() - started).toBeLessThan(2500);
});
