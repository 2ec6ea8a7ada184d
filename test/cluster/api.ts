// A small client for the API server: enough for tests to make objects, look at them and wait for them.
import { readFileSync } from "node:fs";
import { Agent, request as httpsRequest, type RequestOptions } from "node:https";
import { waitFor } from "./run.ts";

/** An object as the API gives it; only what every object has is typed. */
export interface KubeObject {
  apiVersion: string;
  kind: string;
  metadata: {
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
    generation?: number;
    deletionTimestamp?: string;
    labels?: Record<string, string>;
    annotations?: Record<string, string>;
    finalizers?: string[];
    [field: string]: unknown;
  };
  // biome-ignore lint/suspicious/noExplicitAny: specs and statuses differ by kind, and tests read deep into them
  [field: string]: any;
}

/** Which object: an object is its own reference. */
export interface ObjectReference {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string | undefined };
}

export const reference = (apiVersion: string, kind: string, name: string, namespace?: string): ObjectReference => ({
  apiVersion,
  kind,
  metadata: { name, namespace },
});

/** Which objects. Without a namespace: those of all namespaces. */
export interface Selection {
  readonly apiVersion: string;
  readonly kind: string;
  readonly namespace?: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
}

export type PatchType = "merge" | "strategic-merge" | "json";

/** An answer other than 2xx, with the API's own Status in it. */
export class ApiError extends Error {
  override name = "ApiError";
  readonly code: number;
  readonly status: unknown;
  constructor(code: number, status: { message?: string } | undefined, what: string) {
    super(`${what}: ${code} ${status?.message ?? ""}`.trim());
    this.code = code;
    this.status = status;
  }
}

export interface Api {
  /**
   * Any request, for what has no method of its own here. A body that isn't JSON is given as text. `warn` is given what
   * the server warns of, as kubectl prints it.
   */
  request(
    method: string,
    path: string,
    body?: unknown,
    contentType?: string,
    warn?: (warning: string) => void,
  ): Promise<unknown>;
  create<T extends KubeObject>(object: T, options?: { dryRun?: boolean }): Promise<T>;
  get(reference: ObjectReference): Promise<KubeObject>;
  /** undefined where there is no such object. */
  find(reference: ObjectReference): Promise<KubeObject | undefined>;
  list(selection: Selection): Promise<KubeObject[]>;
  replace(object: KubeObject): Promise<KubeObject>;
  patch(reference: ObjectReference, patch: object, type?: PatchType): Promise<KubeObject>;
  patchStatus(reference: ObjectReference, patch: object, type?: PatchType): Promise<KubeObject>;
  /** Deleting what isn't there is no error. With `now`, nobody is waited for: the object is gone at once. */
  delete(reference: ObjectReference, options?: { now?: boolean }): Promise<void>;
  deleteAll(selection: Selection & { namespace: string }, options?: { now?: boolean }): Promise<void>;
  /** Waits until `accept` says true of the object; undefined stands for its absence. */
  wait(
    reference: ObjectReference,
    accept: (object: KubeObject | undefined) => boolean,
    options?: { seconds?: number },
  ): Promise<KubeObject | undefined>;
  /** Waits until `accept` says true of the list. */
  waitForAll(
    selection: Selection,
    accept: (objects: KubeObject[]) => boolean,
    options?: { seconds?: number },
  ): Promise<KubeObject[]>;
  /** Ends the connections that were kept for the next request. */
  close(): void;
}

/** What a request needs to reach the server and be known there. */
interface Access {
  readonly server: URL;
  /** The server as a kubeconfig has it. */
  readonly cluster: object;
  readonly options: RequestOptions;
}

interface InlineKubeconfig {
  clusters: [{ cluster: { server: string; "certificate-authority-data": string } }];
  users: [{ user: { "client-certificate-data"?: string; "client-key-data"?: string; token?: string } }];
}

export async function readAccess(kubeconfig: string): Promise<Access> {
  const text = readFileSync(kubeconfig, "utf8");
  if (text.startsWith("{")) {
    // One of ours: everything is in it.
    const config: InlineKubeconfig = JSON.parse(text);
    const [{ cluster }] = config.clusters;
    const [{ user }] = config.users;
    const decode = (data: string | undefined) => (data === undefined ? undefined : Buffer.from(data, "base64"));
    const cert = decode(user["client-certificate-data"]);
    const key = decode(user["client-key-data"]);
    const options = {
      ca: decode(cluster["certificate-authority-data"]),
      ...(cert && key && { cert, key }),
      ...(user.token && { headers: { authorization: `Bearer ${user.token}` } }),
    };
    return { server: new URL(cluster.server), cluster, options };
  }
  // A user's own may hold anything, up to programs that fetch a token. Not needed to start the one-machine cluster.
  const { KubeConfig } = await import("@kubernetes/client-node");
  const config = new KubeConfig();
  config.loadFromFile(kubeconfig);
  const cluster = config.getCurrentCluster();
  if (!cluster) throw new Error(`${kubeconfig} has no current cluster`);
  const options: RequestOptions = {};
  await config.applyToHTTPSOptions(options);
  const ca = options.ca && { "certificate-authority-data": Buffer.from(`${options.ca}`).toString("base64") };
  const entry = { server: cluster.server, ...(cluster.skipTLSVerify && { "insecure-skip-tls-verify": true }), ...ca };
  return { server: new URL(cluster.server), cluster: entry, options };
}

/** The API server that a kubeconfig's current context names, as its user. */
export async function openApi(kubeconfig: string): Promise<Api> {
  const { server, options } = await readAccess(kubeconfig);
  const { ca, cert, key, rejectUnauthorized, servername, headers } = options;
  const tls = { ca, cert, key, servername, rejectUnauthorized: rejectUnauthorized ?? true };
  const agent = new Agent({ keepAlive: true, maxSockets: 16, ...tls });
  const prefix = server.pathname.replace(/\/$/, "");

  const request: Api["request"] = (method, path, body, contentType = "application/json", warn = () => {}) =>
    new Promise((resolve, reject) => {
      const content = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
      const sent = httpsRequest(
        {
          agent,
          host: server.hostname.replace(/^\[|\]$/g, ""),
          port: server.port || 443,
          method,
          path: prefix + path,
          timeout: 30_000,
          headers: {
            accept: "application/json",
            ...(content !== undefined && { "content-type": contentType, "content-length": Buffer.byteLength(content) }),
            ...(headers as Record<string, string> | undefined),
          },
        },
        (response) => {
          for (const header of response.headersDistinct.warning ?? []) {
            // `299 - "text"`; the text is quoted as JSON's are.
            const text = /^299 \S+ (".*")$/.exec(header)?.[1];
            if (text !== undefined) warn(JSON.parse(text));
          }
          const chunks: Buffer[] = [];
          response.on("data", (chunk: Buffer) => chunks.push(chunk));
          response.on("error", reject);
          response.on("end", () => {
            const text = Buffer.concat(chunks).toString("utf8");
            const isJson = response.headers["content-type"]?.startsWith("application/json");
            const answer = isJson ? JSON.parse(text) : text;
            const code = response.statusCode ?? 0;
            if (code >= 200 && code < 300) resolve(answer);
            else reject(new ApiError(code, isJson ? answer : { message: text }, `${method} ${path}`));
          });
        },
      );
      sent.on("timeout", () => sent.destroy(new Error(`${method} ${path}: no answer within 30 s`)));
      sent.on("error", reject);
      sent.end(content);
    });

  const resources = new Map<string, Promise<{ kind: string; name: string; namespaced: boolean }[]>>();
  const groupPath = (apiVersion: string) => (apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`);

  /** The path of a kind, as the server's own discovery has it. */
  async function kindPath(apiVersion: string, kind: string, namespace: string | undefined): Promise<string> {
    let known = resources.get(apiVersion);
    if (known === undefined) {
      known = request("GET", groupPath(apiVersion)).then(
        (answer) => (answer as { resources: { kind: string; name: string; namespaced: boolean }[] }).resources,
      );
      known.catch(() => resources.delete(apiVersion));
      resources.set(apiVersion, known);
    }
    const resource = (await known).find(({ kind: found, name }) => found === kind && !name.includes("/"));
    if (!resource) throw new Error(`the server has no ${kind} in ${apiVersion}`);
    const folder = resource.namespaced && namespace !== undefined ? `/namespaces/${namespace}` : "";
    return `${groupPath(apiVersion)}${folder}/${resource.name}`;
  }

  const pathOf = async ({ apiVersion, kind, metadata }: ObjectReference) =>
    `${await kindPath(apiVersion, kind, metadata.namespace)}/${encodeURIComponent(metadata.name)}`;

  async function selectionPath({ apiVersion, kind, namespace, labelSelector, fieldSelector }: Selection) {
    const query = new URLSearchParams();
    if (labelSelector !== undefined) query.set("labelSelector", labelSelector);
    if (fieldSelector !== undefined) query.set("fieldSelector", fieldSelector);
    return `${await kindPath(apiVersion, kind, namespace)}?${query}`;
  }

  const unlessMissing = (error: unknown) => {
    if (error instanceof ApiError && error.code === 404) return undefined;
    throw error;
  };
  const deletion = (now: boolean) => ({
    apiVersion: "v1",
    kind: "DeleteOptions",
    propagationPolicy: "Background",
    ...(now && { gracePeriodSeconds: 0 }),
  });
  const patchAt = async (path: string, patch: object, type: PatchType) =>
    (await request("PATCH", path, patch, `application/${type}-patch+json`)) as KubeObject;

  const api: Api = {
    request,
    async create(object, { dryRun = false } = {}) {
      const path = await kindPath(object.apiVersion, object.kind, object.metadata.namespace);
      return (await request("POST", dryRun ? `${path}?dryRun=All` : path, object)) as typeof object;
    },
    get: async (wanted) => (await request("GET", await pathOf(wanted))) as KubeObject,
    find: async (wanted) => (await request("GET", await pathOf(wanted)).catch(unlessMissing)) as KubeObject | undefined,
    async list(selection) {
      const { items } = (await request("GET", await selectionPath(selection))) as { items: KubeObject[] };
      // The API leaves out in lists what is the same for each of their items.
      return items.map((item) => ({ ...item, apiVersion: selection.apiVersion, kind: selection.kind }));
    },
    replace: async (object) => (await request("PUT", await pathOf(object), object)) as KubeObject,
    patch: async (wanted, patch, type = "merge") => patchAt(await pathOf(wanted), patch, type),
    patchStatus: async (wanted, patch, type = "merge") => patchAt(`${await pathOf(wanted)}/status`, patch, type),
    async delete(wanted, { now = false } = {}) {
      await request("DELETE", await pathOf(wanted), deletion(now)).catch(unlessMissing);
    },
    async deleteAll(selection, { now = false } = {}) {
      await request("DELETE", await selectionPath(selection), deletion(now));
    },
    async wait(wanted, accept, { seconds = 60 } = {}) {
      const { kind, metadata } = wanted;
      let last: KubeObject | undefined;
      const found = await waitFor(
        `${kind} ${metadata.name}`,
        seconds,
        async () => {
          last = await api.find(wanted);
          return accept(last) ? { object: last } : undefined;
        },
        () => `last seen: ${JSON.stringify(last?.status ?? last) ?? "absent"}`,
      );
      return found.object;
    },
    async waitForAll(selection, accept, { seconds = 60 } = {}) {
      let last: KubeObject[] = [];
      return waitFor(
        `the list of ${selection.kind}`,
        seconds,
        async () => {
          last = await api.list(selection);
          return accept(last) ? last : undefined;
        },
        () =>
          `last seen: ${last.map(({ metadata, status }) => `${metadata.name} ${JSON.stringify(status)}`).join("\n")}`,
      );
    },
    close: () => agent.destroy(),
  };
  return api;
}
