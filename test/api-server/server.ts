// A small Kubernetes API server for tests: real HTTP and TLS, real connections, and every fault that a test wants.
import { createServer as createHttpServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { gzipSync } from "node:zlib";
import { type Authority, type CertifiedKey, makeAuthority } from "./certificates.ts";
import { encodeBody, encodeMetadata } from "./protobuf.ts";
import { answerRead, parseApiPath, type StoredObject, status } from "./store.ts";

export interface ApiServerOptions {
  readonly objects?: readonly StoredObject[];
  /** False for plain http. The server's certificate otherwise; by default one for localhost. */
  readonly tls?: false | CertifiedKey;
  /** Users by token; a request with another token gets 401. */
  readonly tokens?: ReadonlyMap<string, string>;
  /** Whether a request without any credentials gets 401 (true) or is system:anonymous. */
  readonly refuseAnonymous?: boolean;
  /** `list pods`, `list pods in shop`, `get configmaps`: what nobody may do. */
  readonly forbidden?: Iterable<string>;
  /** Lists that this server does not know: `/apis/batch/v1/cronjobs`. */
  readonly unserved?: Iterable<string>;
  /** Speaks protobuf to who asks for it. */
  readonly protobuf?: boolean;
  /** Looks at every request first; true where it has answered (or never will). */
  readonly intercept?: (request: IncomingMessage, response: ServerResponse, seen: SeenRequest) => boolean;
}

export interface SeenRequest {
  readonly path: string;
  readonly query: URLSearchParams;
  readonly user: string;
  readonly headers: IncomingMessage["headers"];
  /** As they were sent: name, value, name, value. */
  readonly rawHeaders: readonly string[];
}

export interface ApiServer {
  readonly url: string;
  readonly port: number;
  readonly authority: Authority;
  readonly requests: readonly SeenRequest[];
  /** Connections that were ever opened. */
  sockets(): number;
  /** Connections that are open now. */
  openSockets(): number;
  /** Ends the moment that all pages so far belong to: their `continue` answers 410. */
  expirePages(): void;
  close(): Promise<void>;
}

const authority = makeAuthority("kheadless test authority");

export async function startApiServer(options: ApiServerOptions = {}): Promise<ApiServer> {
  const { objects = [], tls, tokens = new Map(), intercept = () => false } = options;
  const forbidden = new Set(options.forbidden);
  const unserved = new Set(options.unserved);
  const requests: SeenRequest[] = [];
  const open = new Set<Socket>();
  let sockets = 0;
  let epoch = 1;
  const answerWith = (request: IncomingMessage, response: ServerResponse, code: number, body: object) => {
    const accept = String(request.headers.accept);
    const wanted = options.protobuf && /vnd\.kubernetes\.protobuf/.test(accept);
    const bytes = !wanted
      ? null
      : /as=PartialObjectMetadataList/.test(accept)
        ? encodeMetadata(body)
        : encodeBody(body);
    if (bytes === null) send(request, response, code, body);
    else sendBytes(request, response, code, bytes, "application/vnd.kubernetes.protobuf");
  };

  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://server");
    const user = whoAsks(request, tokens);
    const { headers, rawHeaders } = request;
    const seen: SeenRequest = { path: url.pathname, query: url.searchParams, user: user ?? "", headers, rawHeaders };
    requests.push(seen);
    if (intercept(request, response, seen)) return;
    if (user === null || (user === ANONYMOUS && options.refuseAnonymous)) {
      send(request, response, 401, status(401, "Unauthorized", "Unauthorized"));
      return;
    }
    if (url.pathname === SELF_REVIEW && request.method === "POST") {
      readJson(request).then((review) => {
        const { verb = "", resource = "", namespace = null } = (review as AccessReview).spec.resourceAttributes;
        const right = `${verb} ${resource}`;
        const allowed = !forbidden.has(right) && !forbidden.has(`${right} in ${namespace}`);
        send(request, response, 201, { ...(review as AccessReview), status: { allowed } });
      });
      return;
    }
    const asked = parseApiPath(url);
    if (asked === null) {
      response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
      return;
    }
    const { plural, group, namespace, name } = asked;
    const verb = name === null ? "list" : "get";
    const right = `${verb} ${plural}`;
    if (forbidden.has(right) || forbidden.has(`${right} in ${namespace}`)) {
      const scope = namespace === null ? "at the cluster scope" : `in the namespace "${namespace}"`;
      const what = `${plural}${group === "" ? "" : `.${group}`}${name === null ? "" : ` "${name}"`}`;
      const message = `${what} is forbidden: User "${user}" cannot ${verb} resource "${plural}" in API group "${group}" ${scope}`;
      answerWith(request, response, 403, status(403, "Forbidden", message, { kind: plural }));
      return;
    }
    const answer = answerRead(objects, asked, (list) => !unserved.has(list), epoch);
    if (answer === null) response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
    else answerWith(request, response, answer.status, answer.body);
  };

  const localhost = () => authority.issue({ name: "kube-apiserver", hosts: ["localhost", "127.0.0.1"] });
  const server =
    tls === false
      ? createHttpServer(handle)
      : createHttpsServer(
          { ...(tls ?? localhost()), ca: authority.cert, requestCert: true, rejectUnauthorized: false },
          handle,
        );
  server.on("connection", (socket: Socket) => {
    sockets++;
    open.add(socket);
    socket.on("close", () => open.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `${tls === false ? "http" : "https"}://127.0.0.1:${port}`,
    port,
    authority,
    requests,
    sockets: () => sockets,
    openSockets: () => open.size,
    expirePages: () => {
      epoch++;
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of open) socket.destroy();
      }),
  };
}

export function send(request: IncomingMessage, response: ServerResponse, code: number, body: object): void {
  sendBytes(request, response, code, Buffer.from(JSON.stringify(body)), "application/json");
}

/** As an API server sends a body: gzipped where that is taken and worth it. */
export function sendBytes(
  request: IncomingMessage,
  response: ServerResponse,
  code: number,
  bytes: Buffer,
  type: string,
): void {
  const zip = /gzip/.test(String(request.headers["accept-encoding"])) && bytes.length > 2000;
  const headers = { "content-type": type, ...(zip ? { "content-encoding": "gzip" } : {}) };
  const content = zip ? gzipSync(bytes) : bytes;
  response.writeHead(code, { ...headers, "content-length": content.length }).end(content);
}

const SELF_REVIEW = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
interface AccessReview {
  readonly spec: {
    readonly resourceAttributes: { readonly verb?: string; readonly resource?: string; readonly namespace?: string };
  };
}

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

const ANONYMOUS = "system:anonymous";

/** null where the credentials are wrong. */
function whoAsks(request: IncomingMessage, tokens: ReadonlyMap<string, string>): string | null {
  const as = request.headers["impersonate-user"];
  const authorization = request.headers.authorization;
  const certified = "authorized" in request.socket && (request.socket as TLSSocket).authorized;
  const subject = certified ? (request.socket as TLSSocket).getPeerCertificate().subject : null;
  const user =
    authorization === undefined ? (subject?.CN ?? ANONYMOUS) : tokens.get(authorization.replace(/^Bearer /, ""));
  if (user === undefined) return null;
  return typeof as === "string" ? as : String(user);
}
