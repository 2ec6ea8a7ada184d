import { parse } from "yaml";
import { ClusterError, messageOf } from "./errors.ts";

/** What runs to get a credential: `users[].user.exec`. */
export interface ExecPlugin {
  readonly apiVersion: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
  readonly installHint: string;
  readonly provideClusterInfo: boolean;
  readonly interactiveMode: string;
}

/** Fields that are not given are "" (text), false, null or empty, as in client-go's clientcmdapi. */
export interface KubeCluster {
  readonly server: string;
  readonly certificateAuthority: string;
  readonly certificateAuthorityData: string;
  readonly insecureSkipTlsVerify: boolean;
  readonly tlsServerName: string;
  readonly proxyUrl: string;
  readonly disableCompression: boolean;
  /** The extension that is handed on to exec plugins, null without one. */
  readonly execConfig: unknown;
}

export interface KubeUser {
  readonly clientCertificate: string;
  readonly clientCertificateData: string;
  readonly clientKey: string;
  readonly clientKeyData: string;
  readonly token: string;
  readonly tokenFile: string;
  readonly as: string;
  readonly asUid: string;
  readonly asGroups: readonly string[];
  readonly asUserExtra: Readonly<Record<string, readonly string[]>>;
  readonly username: string;
  readonly password: string;
  readonly exec: ExecPlugin | null;
  readonly authProvider: { readonly name: string; readonly config: Readonly<Record<string, string>> } | null;
}

interface KubeContext {
  readonly cluster: string;
  readonly user: string;
  readonly namespace: string;
}

/** One kubeconfig file, or several merged. An entry knows the file it stands in: its relative paths start there. */
export interface Kubeconfig {
  readonly currentContext: string;
  readonly clusters: ReadonlyMap<string, Entry<KubeCluster>>;
  readonly users: ReadonlyMap<string, Entry<KubeUser>>;
  readonly contexts: ReadonlyMap<string, Entry<KubeContext>>;
}
export interface Entry<T> {
  readonly file: string;
  readonly value: T;
}

/** The name that client-go reserves for what exec plugins are told of the cluster (clientcmdapi execClusterConfig). */
const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/**
 * Reads the text of one kubeconfig file, with scalars as kubectl reads them (YAML 1.1 without times). Throws a ClusterError
 * of kind `config` that names the file and the field.
 */
export function parseKubeconfig(text: string, file: string): Kubeconfig {
  let document: unknown;
  try {
    document = parse(text, {
      version: "1.1",
      uniqueKeys: false,
      logLevel: "error",
      customTags: (tags) =>
        tags.filter((tag) => typeof tag === "string" || !/timestamp|TIME/.test(`${tag.tag}${tag.format}`)),
    });
  } catch (error) {
    const [firstLine = ""] = messageOf(error).split("\n");
    throw new ClusterError("config", `${file} is not a kubeconfig: ${firstLine}`, "", { cause: error });
  }
  const top = new Fields(document ?? {}, file, "");
  const kind = top.text("kind");
  if (kind !== "" && kind !== "Config") throw new ClusterError("config", `${file} is not a kubeconfig but a ${kind}`);
  return {
    currentContext: top.text("current-context"),
    clusters: top.named("clusters", "cluster", readCluster),
    users: top.named("users", "user", readUser),
    contexts: top.named("contexts", "context", (fields) => ({
      cluster: fields.text("cluster"),
      user: fields.text("user"),
      namespace: fields.text("namespace"),
    })),
  };
}

function readCluster(fields: Fields): KubeCluster {
  const extension = fields.list("extensions").find((each) => each.text("name") === EXEC_EXTENSION);
  return {
    server: fields.text("server"),
    certificateAuthority: fields.text("certificate-authority"),
    certificateAuthorityData: fields.text("certificate-authority-data"),
    insecureSkipTlsVerify: fields.flag("insecure-skip-tls-verify"),
    tlsServerName: fields.text("tls-server-name"),
    proxyUrl: fields.text("proxy-url"),
    disableCompression: fields.flag("disable-compression"),
    execConfig: extension?.get("extension") ?? null,
  };
}

function readUser(fields: Fields): KubeUser {
  const exec = fields.object("exec");
  const provider = fields.object("auth-provider");
  return {
    clientCertificate: fields.text("client-certificate"),
    clientCertificateData: fields.text("client-certificate-data"),
    clientKey: fields.text("client-key"),
    clientKeyData: fields.text("client-key-data"),
    token: fields.text("token"),
    tokenFile: fields.text("tokenFile"),
    as: fields.text("as"),
    asUid: fields.text("as-uid"),
    asGroups: fields.texts("as-groups"),
    asUserExtra: fields.object("as-user-extra")?.map((extra, key) => extra.texts(key)) ?? {},
    username: fields.text("username"),
    password: fields.text("password"),
    exec: exec && {
      apiVersion: exec.text("apiVersion"),
      command: exec.text("command"),
      args: exec.texts("args"),
      env: exec.list("env").map((each) => ({ name: each.text("name"), value: each.text("value") })),
      installHint: exec.text("installHint"),
      provideClusterInfo: exec.flag("provideClusterInfo"),
      interactiveMode: exec.text("interactiveMode"),
    },
    authProvider: provider && {
      name: provider.text("name"),
      config: provider.object("config")?.map((config, key) => config.text(key)) ?? {},
    },
  };
}

/** An object of the file whose fields are read with their type held; null counts as not given, as in Go's decoder. */
class Fields {
  readonly #value: Readonly<Record<string, unknown>>;
  readonly #file: string;
  readonly #path: string;

  constructor(value: unknown, file: string, path: string) {
    this.#file = file;
    this.#path = path;
    if (typeof value !== "object" || value === null || Array.isArray(value)) throw this.#wrong("", "an object");
    this.#value = value as Record<string, unknown>;
  }

  #at(key: string): string {
    if (this.#path === "" || key === "") return `${this.#path}${key}`;
    return `${this.#path}.${key}`;
  }

  #wrong(key: string, wanted: string): ClusterError {
    const place = this.#at(key);
    return new ClusterError(
      "config",
      place === ""
        ? `${this.#file} is not a kubeconfig: it does not hold ${wanted}`
        : `${this.#file}: ${place} is not ${wanted}`,
    );
  }

  get(key: string): unknown {
    return Object.hasOwn(this.#value, key) ? (this.#value[key] ?? null) : null;
  }

  map<T>(read: (fields: Fields, key: string) => T): Readonly<Record<string, T>> {
    return Object.fromEntries(Object.keys(this.#value).map((key) => [key, read(this, key)]));
  }

  text(key: string): string {
    const value = this.get(key);
    if (value === null) return "";
    if (typeof value !== "string") throw this.#wrong(key, "a string (quote it)");
    return value;
  }

  flag(key: string): boolean {
    const value = this.get(key);
    if (value === null) return false;
    if (typeof value !== "boolean") throw this.#wrong(key, "true or false");
    return value;
  }

  texts(key: string): readonly string[] {
    const value = this.get(key) ?? [];
    if (!Array.isArray(value) || !value.every((each) => typeof each === "string"))
      throw this.#wrong(key, "a list of strings");
    return value;
  }

  object(key: string): Fields | null {
    const value = this.get(key);
    return value === null ? null : new Fields(value, this.#file, this.#at(key));
  }

  list(key: string): readonly Fields[] {
    const value = this.get(key) ?? [];
    if (!Array.isArray(value)) throw this.#wrong(key, "a list");
    return value.map((each, index) => new Fields(each, this.#file, this.#at(`${key}[${index}]`)));
  }

  /** `clusters: [{name, cluster}]` by name; of two with one name the first holds. */
  named<T>(key: string, inner: string, read: (fields: Fields) => T): ReadonlyMap<string, Entry<T>> {
    const found = new Map<string, Entry<T>>();
    for (const each of this.list(key)) {
      const name = each.text("name");
      const value = read(each.object(inner) ?? new Fields({}, this.#file, this.#path));
      if (!found.has(name)) found.set(name, { file: this.#file, value });
    }
    return found;
  }
}
