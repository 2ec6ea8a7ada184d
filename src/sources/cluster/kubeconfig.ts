import { readFile, stat } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join, resolve, sep } from "node:path";
import { nearNames } from "../../objects/near-names.ts";
import { ClusterError, codeOf, messageOf } from "./errors.ts";
import { type Entry, type KubeCluster, type Kubeconfig, type KubeUser, parseKubeconfig } from "./kubeconfig-file.ts";

/** kubectl's flags that choose a cluster and an identity; all optional, undefined where not given. */
export interface KubeconfigFlags {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly cluster?: string | undefined;
  readonly user?: string | undefined;
  readonly as?: string | undefined;
  readonly asGroup?: readonly string[] | undefined;
}

/** The parts of the process that choosing a cluster depends on. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Where a Pod finds its service account; given by tests. */
  readonly serviceAccountFolder?: string | undefined;
}

/** Who is to be asked and as whom; file names are absolute. */
export interface Chosen {
  /** null where no context was involved. */
  readonly context: string | null;
  /** For people: `context kind-dev`, `in-cluster`. */
  readonly description: string;
  /** "" where neither the context nor the Pod's service account names one. */
  readonly namespace: string;
  readonly cluster: KubeCluster;
  readonly user: KubeUser;
  /** The user that the context names and the kubeconfig does not have; null where it has. */
  readonly missingUser: string | null;
}

export const NOBODY: KubeUser = {
  clientCertificate: "",
  clientCertificateData: "",
  clientKey: "",
  clientKeyData: "",
  token: "",
  tokenFile: "",
  as: "",
  asUid: "",
  asGroups: [],
  asUserExtra: {},
  username: "",
  password: "",
  exec: null,
  authProvider: null,
};

/**
 * Reads the kubeconfig as kubectl does: `--kubeconfig` alone, else the files of KUBECONFIG merged, else ~/.kube/config; and
 * where these hold nothing, a Pod's own service account (mirrors client-go tools/clientcmd loader.go, client_config.go
 * and merged_client_builder.go). Throws a ClusterError of kind `config`.
 */
export async function chooseCluster(flags: KubeconfigFlags, surroundings: Surroundings): Promise<Chosen> {
  const { files, config } = await loadKubeconfig(flags, surroundings);
  if (config.clusters.size === 0 && config.contexts.size === 0 && !flags.kubeconfig) {
    const own = await inCluster(surroundings);
    if (own !== null) return withFlags(own, flags);
    throw new ClusterError(
      "config",
      `no kubeconfig: ${files.join(", ")} ${files.length === 1 ? "does" : "do"} not exist or hold${files.length === 1 ? "s" : ""} no cluster`,
      "set KUBECONFIG or --kubeconfig; doctor, resolve and scan also read manifests (-f), and plan compares them with --base",
    );
  }
  return withFlags(chooseFrom(config, flags, files), flags);
}

async function loadKubeconfig(flags: KubeconfigFlags, { env, cwd }: Surroundings) {
  const explicit = flags.kubeconfig !== undefined && flags.kubeconfig !== "";
  const listed = (env.KUBECONFIG ?? "").split(delimiter).filter((file) => file !== "");
  const home = env.HOME || homedir();
  const names = explicit ? [flags.kubeconfig ?? ""] : listed.length > 0 ? listed : [join(home, ".kube", "config")];
  const files = [...new Set(names)];

  const parts: Kubeconfig[] = [];
  for (const file of files) {
    const path = resolve(cwd, file);
    const text = await readFile(path, "utf8").catch((error: unknown) => {
      if (codeOf(error) === "ENOENT" && !explicit) return null;
      throw unreadable(file, error);
    });
    if (text !== null) parts.push(parseKubeconfig(text, path));
  }
  return { files, config: mergeKubeconfigs(parts) };
}

/** Of entries with the same name, and of current contexts, the first holds, as a whole. */
function mergeKubeconfigs(parts: readonly Kubeconfig[]): Kubeconfig {
  const first = <T>(pick: (part: Kubeconfig) => ReadonlyMap<string, Entry<T>>) =>
    new Map(parts.toReversed().flatMap((part) => [...pick(part)]));
  return {
    currentContext: parts.find((part) => part.currentContext !== "")?.currentContext ?? "",
    clusters: first((part) => part.clusters),
    users: first((part) => part.users),
    contexts: first((part) => part.contexts),
  };
}

function chooseFrom(config: Kubeconfig, flags: KubeconfigFlags, files: readonly string[]): Chosen {
  const contextName = flags.context || config.currentContext;
  const context = config.contexts.get(contextName)?.value;
  if (context === undefined && (contextName !== "" || !flags.cluster)) {
    const known = [...config.contexts.keys()];
    if (contextName !== "") throw unknown("context", contextName, known, "kubectl config get-contexts lists them");
    throw new ClusterError(
      "config",
      `${files.join(", ")}: no current context is set`,
      known.length === 0
        ? ""
        : `choose one with --context: ${known.slice(0, 5).join(", ")}${known.length > 5 ? ", ..." : ""}`,
    );
  }

  const of = contextName === "" ? "" : ` of context "${contextName}"`;
  const clusterName = flags.cluster || (context?.cluster ?? "");
  const cluster = config.clusters.get(clusterName);
  if (cluster === undefined) {
    const known = [...config.clusters.keys()];
    throw unknown(
      flags.cluster ? "cluster" : `cluster${of}:`,
      clusterName,
      known,
      "kubectl config get-clusters lists them",
    );
  }
  if (cluster.value.server === "") {
    throw new ClusterError("config", `${cluster.file}: cluster "${clusterName}" has no server`);
  }
  const userName = flags.user || (context?.user ?? "");
  const user = config.users.get(userName);
  // A context may name a user that is not there: then nobody asks. Whom --user names must be (client_config.go getAuthInfo).
  if (user === undefined && flags.user) {
    throw unknown("user", userName, [...config.users.keys()], "kubectl config get-users lists them");
  }
  return {
    context: contextName === "" ? null : contextName,
    description: contextName === "" ? `cluster ${clusterName}` : `context ${contextName}`,
    namespace: context?.namespace ?? "",
    cluster: absoluteCluster(cluster),
    user: user === undefined ? NOBODY : absoluteUser(user),
    missingUser: user === undefined && userName !== "" ? userName : null,
  };
}

function unknown(what: string, name: string, known: readonly string[], advice: string): ClusterError {
  const near = nearNames(name, known);
  const meant = near.length === 0 ? advice : `did you mean ${near.map((each) => `"${each}"`).join(" or ")}? ${advice}`;
  return new ClusterError("config", `the kubeconfig has no ${what} "${name}"`, meant);
}

/** Relative file names start at the folder of the kubeconfig that they stand in; an exec command only where it is a path. */
function absoluteCluster({ file, value }: Entry<KubeCluster>): KubeCluster {
  return { ...value, certificateAuthority: absolute(file, value.certificateAuthority) };
}

function absoluteUser({ file, value }: Entry<KubeUser>): KubeUser {
  const { exec } = value;
  return {
    ...value,
    clientCertificate: absolute(file, value.clientCertificate),
    clientKey: absolute(file, value.clientKey),
    tokenFile: absolute(file, value.tokenFile),
    exec: exec?.command.includes(sep) ? { ...exec, command: absolute(file, exec.command) } : exec,
  };
}

function absolute(file: string, path: string): string {
  return path === "" || isAbsolute(path) ? path : resolve(dirname(file), path);
}

/** `--as` and `--as-group` stand over what the kubeconfig's user says; its uid and extra stay. */
function withFlags(chosen: Chosen, flags: KubeconfigFlags): Chosen {
  const as = flags.as || chosen.user.as;
  const asGroups = flags.asGroup !== undefined && flags.asGroup.length > 0 ? flags.asGroup : chosen.user.asGroups;
  if (as === "" && flags.asGroup !== undefined && flags.asGroup.length > 0) {
    throw new ClusterError("config", "--as-group needs --as: a group alone cannot be impersonated");
  }
  return { ...chosen, user: { ...chosen.user, as, asGroups } };
}

/** A Pod's own service account, null outside of a Pod (mirrors client-go's inClusterClientConfig.Possible). */
async function inCluster({ env, serviceAccountFolder }: Surroundings): Promise<Chosen | null> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env;
  const folder = serviceAccountFolder ?? "/var/run/secrets/kubernetes.io/serviceaccount";
  const tokenFile = join(folder, "token");
  const isFile = async (path: string) => (await stat(path).catch(() => null))?.isFile() === true;
  if (!host || !port || !(await isFile(tokenFile))) return null;
  const authority = join(folder, "ca.crt");
  const namespace = env.POD_NAMESPACE || (await readFile(join(folder, "namespace"), "utf8").catch(() => "")).trim();
  return {
    context: null,
    description: "in-cluster",
    namespace,
    cluster: {
      server: `https://${host.includes(":") ? `[${host}]` : host}:${port}`,
      certificateAuthority: (await isFile(authority)) ? authority : "",
      certificateAuthorityData: "",
      insecureSkipTlsVerify: false,
      tlsServerName: "",
      proxyUrl: "",
      disableCompression: false,
      execConfig: null,
    },
    user: { ...NOBODY, tokenFile },
    missingUser: null,
  };
}

/** A file that the kubeconfig or a flag names and that cannot be read. */
export function unreadable(file: string, error: unknown): ClusterError {
  const code = codeOf(error);
  const why =
    code === "ENOENT"
      ? "no such file"
      : code === "EACCES"
        ? "permission denied"
        : code === "EISDIR"
          ? "is a folder"
          : messageOf(error);
  return new ClusterError("config", `${file}: ${why}`, "", { cause: error });
}
