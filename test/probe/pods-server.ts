// An API server as a probe meets it: Pods that come, run through their life look by look, and go, with every fault that a
// test wants.
import type { IncomingMessage, ServerResponse } from "node:http";
import type { ClusterConnection } from "../../src/sources/cluster/connection.ts";
import { type SeenRequest, send } from "../api-server/server.ts";
import { status } from "../api-server/store.ts";
import { connectTo, serve } from "../sources/cluster/setup.ts";

interface Made {
  readonly metadata: { readonly name: string; readonly namespace: string; readonly labels: Record<string, string> };
  readonly spec: { readonly containers: readonly Record<string, unknown>[]; readonly activeDeadlineSeconds: number };
}

export interface PodsOptions {
  /** The status at each look; the last one stays. By default it has ended at the first. */
  readonly life?: readonly object[];
  /** What each reading of the log gives; the last one stays. */
  readonly logs?: readonly string[];
  /** What admission makes of the spec. */
  readonly admit?: (spec: Made["spec"]) => object;
  /** Rights that the user lacks: `delete pods`. */
  readonly lacks?: readonly string[];
  /** Looks at each request for Pods first; true where it has answered, or never will. */
  readonly meddle?: (call: Call) => boolean;
}

export interface Call {
  readonly method: string;
  /** `pods`, `pods/NAME`, `pods/NAME/log`. */
  readonly what: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Does with the Pods what would be done, without an answer. */
  apply(): void;
}

export interface PodsServer {
  readonly connection: ClusterConnection;
  /** Names of the Pods that are there. */
  pods(): readonly string[];
  /** `POST pods`, `GET pods/NAME`, ... with NAME for the name. */
  readonly calls: readonly string[];
  put(name: string, labels: Record<string, string>, created: string): void;
}

export const ENDED = {
  phase: "Succeeded",
  containerStatuses: [{ name: "probe", state: { terminated: { exitCode: 0, reason: "Completed" } } }],
};
export const RUNNING = { phase: "Running", containerStatuses: [{ name: "probe", state: { running: {} } }] };
const SERVER_TIME = "2026-01-01T12:00:00Z";
const PODS = /^\/api\/v1\/namespaces\/shop\/pods(?:\/(?<name>[^/]+)(?<log>\/log)?)?$/;

export async function servePods(options: PodsOptions = {}): Promise<PodsServer> {
  const { life = [ENDED], logs = ["whole\n"], admit = (spec) => spec, lacks = [], meddle = () => false } = options;
  const pods = new Map<string, object>();
  const looks = new Map<string, number>();
  const calls: string[] = [];
  let reads = 0;

  const look = (name: string): object => {
    const at = looks.get(name) ?? 0;
    looks.set(name, at + 1);
    return { apiVersion: "v1", kind: "Pod", ...pods.get(name), status: life[Math.min(at, life.length - 1)] };
  };
  const answer = (call: Call, body: Made | null): void => {
    const { method, request, response } = call;
    const { name = "", log } = PODS.exec(new URL(request.url ?? "", "http://server").pathname)?.groups ?? {};
    const reply = (code: number, what: object) => send(request, response, code, what);
    if (body !== null && pods.has(body.metadata.name)) {
      reply(409, status(409, "AlreadyExists", `pods "${body.metadata.name}" already exists`));
    } else if (body !== null) {
      call.apply();
      reply(201, look(body.metadata.name));
    } else if (name === "") {
      reply(200, { kind: "PodList", apiVersion: "v1", metadata: {}, items: [...pods.values()] });
    } else if (!pods.has(name)) {
      reply(404, status(404, "NotFound", `pods "${name}" not found`));
    } else if (log !== undefined) {
      response.writeHead(200, { "content-type": "text/plain" }).end(logs[Math.min(reads++, logs.length - 1)]);
    } else if (method === "GET") {
      reply(200, look(name));
    } else {
      call.apply();
      reply(200, status(200, "", ""));
    }
  };

  const intercept = (request: IncomingMessage, response: ServerResponse, { path }: SeenRequest): boolean => {
    const method = request.method ?? "";
    if (method === "POST" && /reviews$/.test(path)) {
      read(request).then((text) => send(request, response, 201, review(path, JSON.parse(text), lacks)));
      return true;
    }
    const found = PODS.exec(path)?.groups;
    if (found === undefined) return false;
    const { name, log = "" } = found;
    calls.push(`${method} pods${name === undefined ? "" : "/NAME"}${log}`);
    read(request).then((text) => {
      const body: Made | null = method === "POST" ? JSON.parse(text) : null;
      const apply = () => {
        if (body === null) pods.delete(name ?? "");
        else
          pods.set(body.metadata.name, { ...body, metadata: { ...body.metadata, uid: "u" }, spec: admit(body.spec) });
      };
      const call = { method, what: `pods${name === undefined ? "" : `/${name}`}${log}`, request, response, apply };
      if (!meddle(call)) answer(call, body);
    });
    return true;
  };
  const server = await serve({ intercept, tokens: new Map([["t", "jane"]]) });
  const put = (name: string, labels: Record<string, string>, created: string) =>
    pods.set(name, {
      metadata: { name, namespace: "shop", uid: "u", labels, creationTimestamp: created },
      spec: { activeDeadlineSeconds: 60, containers: [] },
    });
  const connection = await connectTo(server, { user: { token: "t" } });
  return { connection, pods: () => [...pods.keys()], calls, put };
}

function review(
  path: string,
  body: { spec: { resourceAttributes: Record<string, string> } },
  lacks: readonly string[],
) {
  if (path.endsWith("/selfsubjectreviews")) {
    return {
      kind: "SelfSubjectReview",
      metadata: { creationTimestamp: SERVER_TIME },
      status: { userInfo: { username: "jane" } },
    };
  }
  const { verb, resource, subresource } = body.spec.resourceAttributes;
  const right = `${verb} ${resource}${subresource === "" ? "" : `/${subresource}`}`;
  return { kind: "SelfSubjectAccessReview", status: { allowed: !lacks.includes(right) } };
}

async function read(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}
