import { readFile } from "node:fs/promises";
import { ClusterError, messageOf } from "./errors.ts";
import { type PluginSurroundings, runExecPlugin } from "./exec-plugin.ts";
import { type Chosen, unreadable } from "./kubeconfig.ts";
import type { KubeUser } from "./kubeconfig-file.ts";

type Headers = Readonly<Record<string, string | readonly string[]>>;

/** What a request carries to say who asks. A new one is a new object. */
export interface Credential {
  /** Authorization and Impersonate-*. */
  readonly headers: Headers;
  /** PEM; null where no client certificate is used. */
  readonly certificate: { readonly cert: string; readonly key: string } | null;
}

export interface Credentials {
  /** The credential to use now: got anew where its time is over. */
  current(signal: AbortSignal): Promise<Credential>;
  /** Another one after a server refused `refused`, null where there is no way to get another. Asked by many at once, it is got once. */
  renewed(refused: Credential, signal: AbortSignal): Promise<Credential | null>;
}

/** As client-go does, a token file is read again after a minute: kubelets and agents replace its content. */
const TOKEN_FILE_MS = 60_000;

interface Got {
  readonly authorization: string;
  readonly certificate: Credential["certificate"];
  /** In milliseconds since 1970, null for ever. */
  readonly until: number | null;
}

/**
 * The credentials of a kubeconfig's user. Where several are given they rank as in client-go: token file, token or password,
 * exec plugin, auth provider; a client certificate goes along with any of them. Auth providers (OIDC and the retired ones of
 * clouds) are left to client-node; exec plugins are not, because it does not tell them KUBERNETES_EXEC_INFO, cannot be
 * interrupted and leaves their standard input open.
 */
export async function credentialsOf(chosen: Chosen, surroundings: PluginSurroundings): Promise<Credentials> {
  const { user } = chosen;
  const own = await ownCertificate(user);
  const impersonation = impersonationHeaders(user);
  const get = source(chosen, surroundings);
  let held: { readonly got: Got; readonly credential: Credential } | null = null;
  let underway: Promise<Credential> | null = null;

  const obtain = (signal: AbortSignal): Promise<Credential> => {
    underway ??= get(signal)
      .then((got) => {
        const headers = { ...impersonation, ...(got.authorization === "" ? {} : { Authorization: got.authorization }) };
        const credential = { headers, certificate: got.certificate ?? own };
        held = { got, credential };
        return credential;
      })
      .finally(() => {
        underway = null;
      });
    return underway;
  };
  return {
    async current(signal) {
      if (held !== null && (held.got.until === null || held.got.until > Date.now())) return held.credential;
      return obtain(signal);
    },
    async renewed(refused, signal) {
      if (held !== null && held.credential !== refused) return held.credential;
      if (held?.got.until === null && !canRenew(user)) return null;
      return obtain(signal);
    },
  };
}

function canRenew(user: KubeUser): boolean {
  return (
    user.tokenFile !== "" || (user.token === "" && user.username === "" && (user.exec ?? user.authProvider) !== null)
  );
}

function source(chosen: Chosen, surroundings: PluginSurroundings): (signal: AbortSignal) => Promise<Got> {
  const { user, cluster } = chosen;
  const plain = (authorization: string, until: number | null = null): Got => ({
    authorization,
    certificate: null,
    until,
  });
  if (user.username !== "" && (user.token !== "" || user.tokenFile !== "")) {
    throw new ClusterError("config", "the kubeconfig's user has both a token and a password: only one is allowed");
  }
  if (user.tokenFile !== "") {
    return async () => {
      const text = await readFile(user.tokenFile, "utf8").catch((error: unknown) => {
        if (user.token !== "") return user.token;
        throw unreadable(user.tokenFile, error);
      });
      return plain(bearer(text.trim()), Date.now() + TOKEN_FILE_MS);
    };
  }
  if (user.token !== "") return async () => plain(bearer(user.token));
  if (user.username !== "") {
    const pair = Buffer.from(`${user.username}:${user.password}`).toString("base64");
    return async () => plain(`Basic ${pair}`);
  }
  if (user.exec !== null) {
    const { exec } = user;
    return async (signal) => {
      const { token, certificate, key, expires } = await runExecPlugin(exec, cluster, surroundings, signal);
      return {
        authorization: token === "" ? "" : bearer(token),
        certificate: certificate === "" ? null : { cert: certificate, key },
        until: expires,
      };
    };
  }
  if (user.authProvider !== null) {
    const { name } = user.authProvider;
    // The provider keeps its token and gets another where that has expired, so it is asked again for every request.
    const provider = authProvider(user.authProvider);
    return async () => {
      try {
        return plain(await provider(), 0);
      } catch (error) {
        throw new ClusterError(
          "unauthorized",
          `auth provider ${name} of the kubeconfig: ${messageOf(error)}`,
          "log in again",
          {
            cause: error,
          },
        );
      }
    };
  }
  return async () => plain("");
}

function authProvider(provider: NonNullable<KubeUser["authProvider"]>): () => Promise<string> {
  let config: Promise<{ applyToHTTPSOptions(options: object): Promise<void> }> | null = null;
  return async () => {
    config ??= import("@kubernetes/client-node").then(({ KubeConfig }) => {
      const made = new KubeConfig();
      // It only has to fill in a header: the cluster is never asked through it.
      made.loadFromClusterAndUser(
        { name: "cluster", server: "https://cluster.invalid", skipTLSVerify: false },
        { name: "user", authProvider: { name: provider.name, config: { ...provider.config } } },
      );
      return made;
    });
    const options: { headers?: Record<string, string> } = {};
    await (await config).applyToHTTPSOptions(options);
    const authorization = options.headers?.Authorization;
    if (!authorization) throw new Error("gave no token");
    return authorization;
  };
}

async function ownCertificate(user: KubeUser): Promise<Credential["certificate"]> {
  const [cert, key] = await Promise.all([
    fromDataOrFile(user.clientCertificateData, user.clientCertificate),
    fromDataOrFile(user.clientKeyData, user.clientKey),
  ]);
  if (cert === "" && key === "") return null;
  if (cert === "") throw new ClusterError("config", "the kubeconfig's user has a client key without its certificate");
  if (key === "") throw new ClusterError("config", "the kubeconfig's user has a client certificate without its key");
  return { cert, key };
}

/** PEM text from base64 data, which goes first, or else from a file; "" where neither is given. */
export async function fromDataOrFile(data: string, file: string): Promise<string> {
  if (data !== "") return Buffer.from(data, "base64").toString("utf8");
  if (file === "") return "";
  return readFile(file, "utf8").catch((error: unknown) => {
    throw unreadable(file, error);
  });
}

/** Mirrors client-go transport/round_trippers.go impersonatingRoundTripper: without a user nothing is impersonated. */
function impersonationHeaders({ as, asUid, asGroups, asUserExtra }: KubeUser): Headers {
  if (as === "") return {};
  const headers: Record<string, string | readonly string[]> = { "Impersonate-User": headerValue(as) };
  if (asUid !== "") headers["Impersonate-Uid"] = headerValue(asUid);
  if (asGroups.length > 0) headers["Impersonate-Group"] = asGroups.map(headerValue);
  for (const [key, values] of Object.entries(asUserExtra)) {
    headers[`Impersonate-Extra-${extraKey(key)}`] = values.map(headerValue);
  }
  return headers;
}

/** Percent-encodes what a header's name cannot hold, and the percent sign itself (headerKeyEscape). */
function extraKey(key: string): string {
  return [...Buffer.from(key)]
    .map((byte) => String.fromCharCode(byte))
    .map((char) =>
      /[!#$&'*+\-.^_`|~0-9A-Za-z]/.test(char)
        ? char
        : `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
    )
    .join("");
}

function bearer(token: string): string {
  return `Bearer ${headerValue(token)}`;
}

/** UTF-8 bytes as Go sends them; a line break would end the header. */
function headerValue(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused.
  if (/[\u0000-\u0008\u000a-\u001f\u007f]/.test(text)) {
    throw new ClusterError("config", "a token, user or group of the kubeconfig or the flags holds a control character");
  }
  return Buffer.from(text, "utf8").toString("latin1");
}
