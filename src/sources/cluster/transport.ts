import { type AgentOptions, Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { isIP } from "node:net";
import {
  type ConnectionOptions,
  checkServerIdentity,
  connect as connectTls,
  createSecureContext,
  getCACertificates,
  type SecureContext,
} from "node:tls";
import type { Credential } from "./credentials.ts";
import { ClusterError, connectionError, messageOf } from "./errors.ts";
import type { KubeCluster } from "./kubeconfig-file.ts";
import { hostOf } from "./proxy.ts";
import { openTunnel } from "./tunnel.ts";

/** As many connections as are ever open to an API server at once. */
export const MOST_SOCKETS = 4;

/** The one set of connections to an API server, kept open from request to request. */
export interface Transport {
  /** The agent for requests that carry this credential: another client certificate needs other connections. */
  agentFor(credential: Credential): HttpAgent;
  close(): void;
}

/**
 * Prepares TLS and the way through a proxy. `authority` is PEM, "" for the machine's own trusted authorities. Throws a
 * ClusterError of kind `config` where certificates or keys cannot be read.
 */
export function openTransport(
  server: URL,
  cluster: Pick<KubeCluster, "insecureSkipTlsVerify" | "tlsServerName">,
  authority: string,
  proxy: URL | null,
): Transport {
  const closing = new AbortController();
  const secure = server.protocol === "https:";
  const authorities = !secure ? [] : authority === "" ? machineAuthorities() : [authority];
  const opened: { readonly certificate: Credential["certificate"]; readonly agent: HttpAgent }[] = [];

  const open = (certificate: Credential["certificate"]): HttpAgent => {
    const pool: AgentOptions = { keepAlive: true, maxSockets: MOST_SOCKETS, maxFreeSockets: MOST_SOCKETS };
    if (!secure) {
      const agent = new HttpAgent(pool);
      if (proxy !== null) agent.createConnection = tunnelled(proxy, server, closing.signal, null);
      return agent;
    }
    const tls = {
      secureContext: secureContext(authorities, certificate),
      rejectUnauthorized: !cluster.insecureSkipTlsVerify,
      ...serverName(cluster.tlsServerName),
    };
    const agent = new HttpsAgent({ ...pool, ...tls });
    if (proxy !== null) agent.createConnection = tunnelled(proxy, server, closing.signal, tls);
    return agent;
  };
  return {
    agentFor({ certificate }) {
      const last = opened.at(-1);
      if (last !== undefined && last.certificate?.cert === certificate?.cert) return last.agent;
      const agent = open(certificate);
      opened.push({ certificate, agent });
      return agent;
    },
    close() {
      closing.abort();
      for (const { agent } of opened) agent.destroy();
    },
  };
}

interface TlsOptions extends Pick<ConnectionOptions, "checkServerIdentity"> {
  readonly secureContext: SecureContext;
  readonly rejectUnauthorized: boolean;
  readonly servername?: string;
}

/** An address may stand in a certificate but not in what a client asks for (RFC 6066): as Go does, only the first is held to it. */
function serverName(name: string): Pick<TlsOptions, "servername" | "checkServerIdentity"> {
  if (name === "") return {};
  if (isIP(name) === 0) return { servername: name };
  return { servername: "", checkServerIdentity: (_host, certificate) => checkServerIdentity(name, certificate) };
}

/** What an agent calls for a new connection: through the proxy first, then TLS within. */
function tunnelled(
  proxy: URL,
  server: URL,
  signal: AbortSignal,
  tls: TlsOptions | null,
): HttpAgent["createConnection"] {
  const host = hostOf(server);
  const port = Number(server.port || (tls === null ? 80 : 443));
  return (_options, done) => {
    openTunnel(proxy, host, port, signal).then(
      (socket) => {
        if (tls === null) return done?.(null, socket);
        const servername = tls.servername ?? (isIP(host) === 0 ? host : undefined);
        done?.(null, connectTls({ ...tls, socket, host, ...(servername === undefined ? {} : { servername }) }));
      },
      (error: unknown) => {
        const { kind, message } = connectionError(error, `proxy ${proxy.protocol}//${proxy.host}`);
        const advice = "is the proxy right that proxy-url of the kubeconfig, or HTTPS_PROXY, names?";
        // The types ask for a connection where there is none.
        (done as ((error: Error) => void) | undefined)?.(new ClusterError(kind, message, advice, { cause: error }));
      },
    );
    return undefined;
  };
}

function secureContext(authorities: readonly string[], certificate: Credential["certificate"]): SecureContext {
  try {
    return createSecureContext({
      ca: [...authorities],
      ...(certificate === null ? {} : { cert: certificate.cert, key: certificate.key }),
    });
  } catch (error) {
    throw new ClusterError(
      "config",
      `the kubeconfig's certificates cannot be used: ${messageOf(error)}`,
      "are the authority, the client certificate and its key whole PEM, and do the last two belong together?",
      { cause: error },
    );
  }
}

/** kubectl trusts what the machine trusts; Node by itself only a list of its own. */
function machineAuthorities(): readonly string[] {
  try {
    return [...new Set([...getCACertificates("default"), ...getCACertificates("system")])];
  } catch {
    return getCACertificates("default");
  }
}
