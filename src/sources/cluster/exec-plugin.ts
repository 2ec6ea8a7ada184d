import { spawn } from "node:child_process";
import { ClusterError, codeOf, messageOf, oneLine } from "./errors.ts";
import type { ExecPlugin, KubeCluster } from "./kubeconfig-file.ts";

/** What an exec plugin gave: a token, a client certificate with its key (PEM), or both. "" where it gave none. */
export interface ExecCredential {
  readonly token: string;
  readonly certificate: string;
  readonly key: string;
  /** When it ends, in milliseconds since 1970; null where the plugin does not say. */
  readonly expires: number | null;
}

export interface PluginSurroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether the plugin may talk to the user: standard input is a terminal and nothing else reads it. */
  readonly interactive: boolean;
}

const VERSIONS = ["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"];
/** A plugin that nobody talks to has this long; kubectl would wait for ever. */
const PATIENCE_MS = 60_000;
const MOST_OUTPUT = 1024 * 1024;

/**
 * Runs a credential plugin as kubectl does: KUBERNETES_EXEC_INFO tells it the API version, whether it may ask the user,
 * and, where it wants to know, the cluster (mirrors client-go plugin/pkg/client/auth/exec/exec.go and
 * tools/auth/exec). `cluster.certificateAuthorityData` holds the authority even where the kubeconfig names a file. Throws a
 * ClusterError: `config` where the plugin cannot be run, `unauthorized` where it fails.
 */
export async function runExecPlugin(
  plugin: ExecPlugin,
  cluster: KubeCluster,
  surroundings: PluginSurroundings,
  signal: AbortSignal,
): Promise<ExecCredential> {
  const { apiVersion, command } = plugin;
  if (command === "") throw new ClusterError("config", "the kubeconfig's exec plugin has no command");
  if (!VERSIONS.includes(apiVersion)) {
    throw new ClusterError(
      "config",
      `exec plugin ${command} is configured for ${apiVersion === "" ? "no apiVersion" : apiVersion}; ${VERSIONS.join(" or ")} is needed`,
      "let the tool that wrote the kubeconfig write it again",
    );
  }
  const interactive = surroundings.interactive && plugin.interactiveMode !== "Never";
  if (plugin.interactiveMode === "Always" && !interactive) {
    throw new ClusterError("config", `exec plugin ${command} must ask the user, and standard input is not a terminal`);
  }
  const info = {
    kind: "ExecCredential",
    apiVersion,
    spec: { ...(plugin.provideClusterInfo ? { cluster: clusterInfo(cluster) } : {}), interactive },
  };
  const env = {
    ...surroundings.env,
    ...Object.fromEntries(plugin.env.map(({ name, value }) => [name, value])),
    KUBERNETES_EXEC_INFO: JSON.stringify(info),
  };
  return readCredential(plugin, await run(plugin, env, interactive, signal));
}

function clusterInfo(cluster: KubeCluster): object {
  return {
    server: cluster.server,
    ...(cluster.tlsServerName === "" ? {} : { "tls-server-name": cluster.tlsServerName }),
    ...(cluster.insecureSkipTlsVerify ? { "insecure-skip-tls-verify": true } : {}),
    ...(cluster.certificateAuthorityData === ""
      ? {}
      : { "certificate-authority-data": cluster.certificateAuthorityData }),
    ...(cluster.proxyUrl === "" ? {} : { "proxy-url": cluster.proxyUrl }),
    ...(cluster.disableCompression ? { "disable-compression": true } : {}),
    ...(cluster.execConfig === null ? {} : { config: cluster.execConfig }),
  };
}

function run(plugin: ExecPlugin, env: NodeJS.ProcessEnv, interactive: boolean, signal: AbortSignal): Promise<string> {
  const { command, args, installHint } = plugin;
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const child = spawn(command, args, {
      env,
      // Who may be asked must see the question: a login page to open, a code to type.
      stdio: [interactive ? "inherit" : "ignore", "pipe", interactive ? "inherit" : "pipe"],
      windowsHide: true,
    });
    let output = "";
    let complaint = "";
    const end = (error: unknown) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      // One that never started has no process: Node would signal 0 in its place, which is all of our own process group.
      if (child.pid !== undefined) child.kill();
      // A grandchild may hold the pipes open; nothing more is awaited from them.
      child.stdout?.destroy();
      child.stderr?.destroy();
      reject(error);
    };
    const onAbort = () => end(signal.reason);
    const timer = setTimeout(
      () =>
        end(new ClusterError("timeout", `exec plugin ${command} gave no credential within ${PATIENCE_MS / 1000} s`)),
      interactive ? 2 ** 31 - 1 : PATIENCE_MS,
    );
    signal.addEventListener("abort", onAbort, { once: true });

    child.stdout?.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length > MOST_OUTPUT)
        end(new ClusterError("unauthorized", `exec plugin ${command} writes without end`));
    });
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      complaint = (complaint + text).slice(-10_000);
    });
    child.on("error", (error) => {
      const missing = codeOf(error) === "ENOENT";
      const text = missing
        ? `exec plugin ${command} of the kubeconfig is not installed`
        : `exec plugin ${command} of the kubeconfig does not start: ${messageOf(error)}`;
      end(new ClusterError("config", text, installHint, { cause: error }));
    });
    child.on("close", (code, killedBy) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      if (code === 0) return resolve(output);
      const how = killedBy === null ? `exit code ${code}` : `ended by ${killedBy}`;
      const said = oneLine(complaint);
      reject(
        new ClusterError(
          "unauthorized",
          `exec plugin ${command} failed (${how})${said === "" ? "" : `: ${said}`}`,
          installHint,
        ),
      );
    });
  });
}

function readCredential({ command, apiVersion }: ExecPlugin, output: string): ExecCredential {
  const wrong = (text: string, cause?: unknown) =>
    new ClusterError("unauthorized", `exec plugin ${command} ${text}`, "", { cause });
  let answer: unknown;
  try {
    answer = JSON.parse(output);
  } catch (error) {
    throw wrong("did not answer with JSON", error);
  }
  const { kind, apiVersion: version, status } = asRecord(answer);
  if (kind !== "ExecCredential") throw wrong("did not answer with an ExecCredential");
  if (version !== apiVersion) throw wrong(`is configured for ${apiVersion} and answered with ${String(version)}`);
  const { token, clientCertificateData, clientKeyData, expirationTimestamp } = asRecord(status);
  const credential = { token: asText(token), certificate: asText(clientCertificateData), key: asText(clientKeyData) };
  if (credential.token === "" && credential.certificate === "" && credential.key === "") {
    throw wrong("gave neither a token nor a client certificate");
  }
  if ((credential.certificate === "") !== (credential.key === "")) {
    throw wrong("gave only one of client certificate and key");
  }
  const expires = Date.parse(asText(expirationTimestamp));
  return { ...credential, expires: Number.isNaN(expires) ? null : expires };
}

function asRecord(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
}

function asText(value: unknown): string {
  return typeof value === "string" ? value : "";
}
