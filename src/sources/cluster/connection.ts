import type { KubeConfig } from "@kubernetes/client-node";
import { type Credentials, credentialsOf, fromDataOrFile } from "./credentials.ts";
import { parseDuration } from "./duration.ts";
import { ClusterError } from "./errors.ts";
import { type Api, openApi, type Patience } from "./http.ts";
import { type Chosen, chooseCluster, type KubeconfigFlags, NOBODY, type Surroundings } from "./kubeconfig.ts";
import type { KubeCluster, KubeUser } from "./kubeconfig-file.ts";
import type { ForwardAccess } from "./pod-stream.ts";
import { proxyFor } from "./proxy.ts";
import { openTransport } from "./transport.ts";

/** kubectl's flags; undefined where not given. */
export interface ClusterFlags extends KubeconfigFlags {
  readonly namespace?: string | undefined;
  /** As the user wrote it: `0`, `5s`, `2m30s`. */
  readonly requestTimeout?: string | undefined;
}

export interface ClusterSurroundings extends Surroundings {
  /** Whether a credential plugin may ask the user: standard input is a terminal and nothing else reads it. */
  readonly interactive: boolean;
  /** `kheadless/0.1.0`: what the API server's audit log calls us. */
  readonly userAgent: string;
}

/** A cluster that can be asked. Nothing has been sent yet; `close` ends what it holds open. */
export interface ClusterConnection {
  readonly server: URL;
  /** The context's name, null where none was involved (a Pod's own service account, `--cluster` alone). */
  readonly context: string | null;
  /** For people: `context kind-dev`, `in-cluster`. */
  readonly description: string;
  /** `-n`, else the context's namespace, else "default". */
  readonly namespace: string;
  /** No credentials of any kind are configured: the API server takes the caller for system:anonymous. */
  readonly anonymous: boolean;
  /** The user that the context names and the kubeconfig does not have. */
  readonly missingUser: string | null;
  readonly api: Api;
  /** The same transport and credentials for streams of our own: forwarded ports. */
  readonly forward: ForwardAccess;
  /**
   * The same cluster and credentials for client-node's streams (exec, attach, port-forward), which lose all but the
   * impersonated user and know nothing of HTTPS_PROXY by themselves. Loads client-node.
   */
  kubeConfig(signal: AbortSignal): Promise<KubeConfig>;
  close(): void;
}

/** A server that says nothing for so long is given up, where `--request-timeout` says nothing else. */
const SILENCE_MS = 30_000;
const PAUSE_MS = 250;
const WAITING_MS = 30_000;

/** Finds the cluster and the identity as kubectl would. Throws a ClusterError of kind `config`. */
export async function connectCluster(
  flags: ClusterFlags,
  surroundings: ClusterSurroundings,
): Promise<ClusterConnection> {
  const patience = patienceOf(flags.requestTimeout);
  const chosen = await chooseCluster(flags, surroundings);
  const { cluster, authority } = await withAuthority(chosen.cluster);
  const server = serverOf(chosen);
  const proxy = proxyFor(server, cluster.proxyUrl, surroundings.env);
  const user = userFor(server, chosen.user);
  const credentials = await credentialsOf({ ...chosen, cluster, user }, surroundings);
  const transport = openTransport(server, cluster, authority, proxy);
  const access = { server, transport, credentials, userAgent: surroundings.userAgent };
  const namespace = flags.namespace || chosen.namespace || "default";
  return {
    server,
    context: chosen.context,
    description: chosen.description,
    namespace,
    anonymous: isNobody(user),
    missingUser: chosen.missingUser,
    api: openApi({ ...access, patience, compress: !cluster.disableCompression }),
    forward: access,
    kubeConfig: (signal) => clientConfig(server, cluster, proxy, namespace, credentials, signal),
    close: transport.close,
  };
}

/** What proves who asks is only shown over TLS, as client-go does (tools/clientcmd client_config.go ClientConfig). */
function userFor(server: URL, user: KubeUser): KubeUser {
  if (server.protocol === "https:") return user;
  const { as, asUid, asGroups, asUserExtra } = user;
  return { ...NOBODY, as, asUid, asGroups, asUserExtra };
}

/** Also where the kubeconfig names a user of whom it says nothing. */
function isNobody(user: KubeUser): boolean {
  const { clientCertificate, clientCertificateData, token, tokenFile, username, exec, authProvider } = user;
  const shown = [clientCertificate, clientCertificateData, token, tokenFile, username, user.as];
  return shown.every((one) => one === "") && exec === null && authProvider === null;
}

function patienceOf(requestTimeout: string | undefined): Patience {
  if (requestTimeout === undefined || requestTimeout === "")
    return { total: 0, silence: SILENCE_MS, pause: PAUSE_MS, waiting: WAITING_MS };
  const total = parseDuration(requestTimeout);
  if (total === null) {
    throw new ClusterError(
      "config",
      `--request-timeout ${requestTimeout} is not a duration`,
      "write 30s, 2m or 1m30s; 0 waits for ever",
    );
  }
  return { total, silence: 0, pause: PAUSE_MS, waiting: WAITING_MS };
}

/** The certificate authority as PEM, and in the cluster's data whether it came from a file or not. */
async function withAuthority(
  cluster: KubeCluster,
): Promise<{ readonly cluster: KubeCluster; readonly authority: string }> {
  const authority = await fromDataOrFile(cluster.certificateAuthorityData, cluster.certificateAuthority);
  if (authority !== "" && cluster.insecureSkipTlsVerify) {
    throw new ClusterError(
      "config",
      "the kubeconfig's cluster has a certificate authority and insecure-skip-tls-verify",
      "remove one of them",
    );
  }
  return { cluster: { ...cluster, certificateAuthorityData: Buffer.from(authority).toString("base64") }, authority };
}

/** Mirrors client-go rest/url_utils.go DefaultServerURL: without a scheme it is http, or https where TLS is spoken of. */
function serverOf({ cluster, user }: Chosen): URL {
  const tls =
    cluster.insecureSkipTlsVerify ||
    [
      cluster.certificateAuthority,
      cluster.certificateAuthorityData,
      user.clientCertificate,
      user.clientCertificateData,
    ].some((each) => each !== "");
  const text = cluster.server.includes("://") ? cluster.server : `${tls ? "https" : "http"}://${cluster.server}`;
  const server = URL.parse(text);
  if (server === null || !/^https?:$/.test(server.protocol) || server.hostname === "") {
    throw new ClusterError("config", `the kubeconfig's server ${cluster.server} is not an http or https URL`);
  }
  server.search = "";
  server.hash = "";
  return server;
}

async function clientConfig(
  server: URL,
  cluster: KubeCluster,
  proxy: URL | null,
  namespace: string,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<KubeConfig> {
  const [{ KubeConfig }, { certificate }] = await Promise.all([
    import("@kubernetes/client-node"),
    credentials.current(signal),
  ]);
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: "cluster",
        server: server.href.replace(/\/$/, ""),
        // client-node refuses http:// where this is not set.
        skipTLSVerify: cluster.insecureSkipTlsVerify || server.protocol === "http:",
        ...(cluster.certificateAuthorityData === "" ? {} : { caData: cluster.certificateAuthorityData }),
        ...(cluster.tlsServerName === "" ? {} : { tlsServerName: cluster.tlsServerName }),
        ...(proxy === null ? {} : { proxyUrl: proxy.href }),
      },
    ],
    users: [
      {
        name: "user",
        ...(certificate === null ? {} : { certData: base64(certificate.cert), keyData: base64(certificate.key) }),
      },
    ],
    contexts: [{ name: "context", cluster: "cluster", user: "user", namespace }],
    currentContext: "context",
  });
  config.addAuthenticator({
    isAuthProvider: () => true,
    async applyAuthentication(_user, options) {
      const { headers } = await credentials.current(signal);
      options.headers = { ...options.headers, ...(headers as Record<string, string | string[]>) };
    },
  });
  return config;
}

function base64(text: string): string {
  return Buffer.from(text).toString("base64");
}
