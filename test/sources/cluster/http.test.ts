import type { IncomingMessage, ServerResponse } from "node:http";
import { gzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClusterConnection } from "../../../src/sources/cluster/connection.ts";
import { openApi } from "../../../src/sources/cluster/http.ts";
import { pod, shop } from "../../api-server/objects.ts";
import type { ApiServer, ApiServerOptions, SeenRequest } from "../../api-server/server.ts";
import { connectTo, errorOf, never, serve } from "./setup.ts";

const objects = shop();
const PODS = "/api/v1/pods";
const BODY = JSON.stringify({ kind: "PodList", apiVersion: "v1", metadata: {}, items: [] });

type Fault = (request: IncomingMessage, response: ServerResponse) => void;

/** Requests for Pods meet these faults in turn, the last one for ever unless it is null: then they are answered. */
async function faulty(faults: readonly (Fault | null)[], options: ApiServerOptions = {}) {
  let at = 0;
  const intercept = (request: IncomingMessage, response: ServerResponse, seen: SeenRequest) => {
    if (seen.path !== PODS) return false;
    const fault = faults[Math.min(at++, faults.length - 1)] ?? null;
    fault?.(request, response);
    return fault !== null;
  };
  const server = await serve({ objects, intercept, ...options });
  return { server, tries: () => server.requests.filter(({ path }) => path === PODS).length };
}

const get = ({ api }: Pick<ClusterConnection, "api">, path = PODS, signal = never) => api.get(path, {}, signal);

/** The same without the long pauses between tries. */
async function hasty(server: ApiServer, waiting = 30_000): Promise<Pick<ClusterConnection, "api">> {
  const { forward } = await connectTo(server);
  return { api: openApi({ ...forward, patience: { total: 0, silence: 0, pause: 10, waiting }, compress: true }) };
}

async function timed<T>(work: Promise<T>): Promise<{ readonly value: T; readonly took: number }> {
  const started = Date.now();
  return { value: await work, took: Date.now() - started };
}

const answerWith =
  (status: number, headers: Record<string, string> = {}, body = ""): Fault =>
  (_, response) => {
    response.writeHead(status, headers).end(body);
  };
const reset: Fault = (request) => {
  request.socket.destroy();
};

describe("one set of connections", () => {
  test("many requests share at most four, and those that follow use them again", async () => {
    const server = await serve({ objects });
    const connection = await connectTo(server);
    const statuses = await Promise.all(Array.from({ length: 40 }, () => get(connection).then(({ status }) => status)));
    expect(new Set(statuses)).toEqual(new Set([200]));
    for (let count = 0; count < 10; count++) await get(connection);
    expect(server.sockets()).toBeLessThanOrEqual(4);
    expect(server.requests).toHaveLength(50);
    connection.close();
    await expect.poll(() => server.openSockets()).toBe(0);
  });

  test("at most four requests are under way at a time", async () => {
    let [now, most] = [0, 0];
    const slow: Fault = (_, response) => {
      most = Math.max(most, ++now);
      setTimeout(() => {
        now--;
        answerWith(200, { "content-type": "application/json" }, BODY)(_, response);
      }, 20);
    };
    const { server } = await faulty([slow]);
    const connection = await connectTo(server);
    await Promise.all(Array.from({ length: 20 }, () => get(connection)));
    expect(most).toBe(4);
  });

  test("long answers come gzipped, unless the kubeconfig says otherwise", async () => {
    const many = Array.from({ length: 100 }, (_, index) => pod("shop", `p-${index}`, {}));
    const server = await serve({ objects: many });
    const answer = await get(await connectTo(server));
    expect((answer.body as { items: unknown[] }).items).toHaveLength(100);
    await get(await connectTo(server, { cluster: { "disable-compression": true } }));
    expect(server.requests.map(({ headers }) => headers["accept-encoding"])).toEqual(["gzip", undefined]);
    expect(server.requests[0]?.headers["user-agent"]).toBe("kheadless/test");
  });
});

describe("what passes is tried again", () => {
  test("429, as late as Retry-After asks", async () => {
    const { server, tries } = await faulty([answerWith(429, { "retry-after": "1" }), null]);
    const { value, took } = await timed(get(await connectTo(server)));
    expect(value.status).toBe(200);
    expect(tries()).toBe(2);
    expect(took).toBeGreaterThanOrEqual(990);
  });

  test("Retry-After as a date", async () => {
    const soon = new Date(Date.now() + 1000).toUTCString();
    const { server, tries } = await faulty([answerWith(503, { "retry-after": soon }), null]);
    expect((await get(await connectTo(server))).status).toBe(200);
    expect(tries()).toBe(2);
  });

  test("a server that asks for an hour is not waited for", async () => {
    const { server, tries } = await faulty([answerWith(429, { "retry-after": "3600" }, "too many")]);
    const { value, took } = await timed(get(await connectTo(server)));
    expect(value).toEqual({ status: 429, body: null, message: "too many" });
    expect(tries()).toBe(1);
    expect(took).toBeLessThan(1000);
  });

  test("where each request is put off, all of them together are not waited for longer than one", async () => {
    const { server, tries } = await faulty([answerWith(429, { "retry-after": "1" })]);
    const connection = await hasty(server, 1500);
    const { value, took } = await timed(Promise.all(Array.from({ length: 20 }, () => get(connection))));
    expect(new Set(value.map(({ status }) => status))).toEqual(new Set([429]));
    // Those under way wait once; each that follows is tried.
    expect(took).toBeLessThan(4000);
    expect(tries()).toBeGreaterThanOrEqual(24);
    expect(tries()).toBeLessThanOrEqual(32);
  });

  test("one answer between them, and the next is waited for again", async () => {
    const busy = answerWith(429, { "retry-after": "1" });
    const { server, tries } = await faulty([busy, null, busy, null, busy, null]);
    const connection = await hasty(server, 1500);
    for (let count = 0; count < 3; count++) expect((await get(connection)).status).toBe(200);
    expect(tries()).toBe(6);
  });

  test("500s", async () => {
    const { server, tries } = await faulty([answerWith(500), answerWith(502), null]);
    expect((await get(await connectTo(server))).status).toBe(200);
    expect(tries()).toBe(3);
  });

  test("500s without end are given up and handed on with the server's words", async () => {
    const body = JSON.stringify({ kind: "Status", message: "etcd\nis away" });
    const { server, tries } = await faulty([answerWith(500, { "content-type": "application/json" }, body)]);
    const { value, took } = await timed(get(await connectTo(server)));
    expect(value).toMatchObject({ status: 500, message: "etcd is away" });
    expect(tries()).toBe(5);
    expect(took).toBeLessThan(10_000);
  });

  test("a connection that is cut before an answer", async () => {
    const { server, tries } = await faulty([reset, null]);
    expect((await get(await connectTo(server))).status).toBe(200);
    expect(tries()).toBe(2);
  });

  test("other errors are not", async () => {
    const { server, tries } = await faulty([answerWith(422, {}, "<html><b>no</b></html>")]);
    expect(await get(await connectTo(server))).toMatchObject({ status: 422, body: null, message: "no" });
    expect(tries()).toBe(1);
  });
});

describe("half an answer is none", () => {
  const half = BODY.slice(0, 30);
  const json = { "content-type": "application/json" };
  const halves: readonly [string, Fault][] = [
    [
      "ended before Content-Length",
      (request, response) => {
        response.writeHead(200, { ...json, "content-length": "1000" }).write(half, () => request.socket.destroy());
      },
    ],
    [
      "ended between chunks",
      (request, response) => {
        response.writeHead(200, json).write(half, () => request.socket.destroy());
      },
    ],
    ["of cut JSON with the right length", answerWith(200, json, half)],
    [
      "of cut gzip",
      (_, response) => {
        const bytes = gzipSync(BODY.repeat(50));
        response.writeHead(200, { ...json, "content-encoding": "gzip" }).end(bytes.subarray(0, bytes.length - 12));
      },
    ],
  ];

  test.each(halves)("%s: tried again", async (_, fault) => {
    const { server, tries } = await faulty([fault, fault, null]);
    const answer = await get(await hasty(server));
    expect((answer.body as { kind: string }).kind).toBe("PodList");
    expect(tries()).toBe(3);
  });

  test.each(halves)("%s, always: an error", async (_, fault) => {
    const { server, tries } = await faulty([fault]);
    const { value, took } = await timed(errorOf(get(await hasty(server))));
    expect(value).toMatchObject({ kind: "protocol", exitCode: 3 });
    expect(value.message).toMatch(
      /\/api\/v1\/pods: (the connection was cut in the middle of|an answer that is not whole)/,
    );
    expect(tries()).toBe(5);
    expect(took).toBeLessThan(3000);
  });

  test("where other requests are answered meanwhile, it is this one that failed", async () => {
    const { server } = await faulty([reset]);
    const connection = await hasty(server);
    const [cut, other] = await Promise.all([get(connection), get(connection, "/api/v1/nodes")]);
    expect(other.status).toBe(200);
    expect(cut).toMatchObject({ status: 0, body: null, message: `${server.url}: the connection was cut` });
  });
});

describe("a server that takes its time", () => {
  const silent: Fault = () => {};

  test("--request-timeout ends a request, which is not tried again", async () => {
    const { server, tries } = await faulty([silent]);
    const connection = await connectTo(server, { flags: { requestTimeout: "300ms" } });
    const { value, took } = await timed(errorOf(get(connection)));
    expect(value).toMatchObject({ kind: "timeout", exitCode: 3 });
    expect(value.message).toBe(`${server.url}: no whole answer within 0.3 s (/api/v1/pods)`);
    expect(tries()).toBe(1);
    expect(took).toBeLessThan(2000);
    await expect.poll(() => server.openSockets()).toBe(0);
  });

  test("it counts the whole answer, however it trickles", async () => {
    const trickle: Fault = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      const timer = setInterval(() => response.write(" "), 50);
      response.on("close", () => clearInterval(timer));
    };
    const { server } = await faulty([trickle]);
    const connection = await connectTo(server, { flags: { requestTimeout: "400ms" } });
    expect((await errorOf(get(connection))).kind).toBe("timeout");
  });

  test("without it only silence counts, in the middle of an answer too", async () => {
    const slow: Fault = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" });
      [...(BODY.match(/.{1,20}/g) ?? [])].forEach((part, index, all) => {
        setTimeout(() => (index === all.length - 1 ? response.end(part) : response.write(part)), 150 * (index + 1));
      });
    };
    const stalls: Fault = (_, response) => {
      response.writeHead(200, { "content-type": "application/json" }).write(BODY.slice(0, 10));
    };
    const { server } = await faulty([slow, stalls]);
    const { forward } = await connectTo(server);
    const api = openApi({
      ...forward,
      patience: { total: 0, silence: 400, pause: 10, waiting: 30_000 },
      compress: false,
    });
    expect((await api.get(PODS, {}, never)).status).toBe(200);
    const error = await errorOf(api.get(PODS, {}, never));
    expect(error).toMatchObject({ kind: "timeout", message: `${server.url}: silent for 0.4 s (/api/v1/pods)` });
  });

  test("a proxy that says nothing is covered as well", async () => {
    const { createServer } = await import("node:net");
    const mute = createServer(() => {});
    await new Promise<void>((resolve) => mute.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void mute.close());
    const address = mute.address();
    const port = typeof address === "object" ? address?.port : 0;
    for (const scheme of ["http", "socks5"]) {
      const cluster = { "proxy-url": `${scheme}://127.0.0.1:${port}` };
      const connection = await connectTo(await serve(), { cluster, flags: { requestTimeout: "300ms" } });
      expect((await errorOf(get(connection))).kind).toBe("timeout");
      connection.close();
    }
  });

  test("an interruption ends requests, those that wait for their turn, and pauses between tries", async () => {
    const { server } = await faulty([answerWith(503, { "retry-after": "20" }), silent]);
    const connection = await connectTo(server);
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    const under = Array.from({ length: 8 }, () => get(connection, PODS, stop.signal));
    setTimeout(() => stop.abort(reason), 200);
    const { value, took } = await timed(Promise.allSettled(under));
    expect(value.map((each) => each.status === "rejected" && each.reason)).toEqual(Array(8).fill(reason));
    expect(took).toBeLessThan(1500);
  });
});

test("who may not impersonate is told so, not that lists are forbidden", async () => {
  const message =
    'users "jim" is forbidden: User "jane" cannot impersonate resource "users" in API group "" at the cluster scope';
  const body = JSON.stringify({ kind: "Status", message });
  const { server } = await faulty([answerWith(403, { "content-type": "application/json" }, body)]);
  const error = await errorOf(get(await connectTo(server)));
  expect(error).toMatchObject({ kind: "unauthorized", exitCode: 3, message });
});

describe("a server that is none of Kubernetes'", () => {
  test.each<[string, Fault, RegExp]>([
    [
      "a login page",
      answerWith(200, { "content-type": "text/html" }, "<html>"),
      /answered with text\/html instead of JSON/,
    ],
    ["no content type", answerWith(200, {}, "hello"), /answered with no content type instead of JSON/],
    ["a redirection", answerWith(302, { location: "https://login" }), /redirects \(302\) to https:\/\/login/],
    ["Go's TLS port", answerWith(400, {}, "Client sent an HTTP request to an HTTPS server."), /the server speaks TLS/],
  ])("%s", async (_, fault, message) => {
    const { server, tries } = await faulty([fault]);
    const error = await errorOf(get(await connectTo(server)));
    expect(error).toMatchObject({ kind: "protocol", exitCode: 3 });
    expect(error.message).toMatch(message);
    expect(tries()).toBe(1);
  });
});
