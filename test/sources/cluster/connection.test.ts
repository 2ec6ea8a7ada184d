import { createServer } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import type { ClusterConnection } from "../../../src/sources/cluster/connection.ts";
import { makeAuthority } from "../../api-server/certificates.ts";
import { base64 } from "../../api-server/kubeconfig.ts";
import { shop } from "../../api-server/objects.ts";
import { startConnectProxy, startSocksProxy, type TestProxy } from "../../api-server/proxies.ts";
import type { ApiServer } from "../../api-server/server.ts";
import { connectTo, errorOf, folder, never, type Parts, serve } from "./setup.ts";

const objects = shop();

async function pods({ api }: ClusterConnection): Promise<number> {
  const answer = await api.get("/api/v1/pods", {}, never);
  return answer.status;
}

async function failure(server: Pick<ApiServer, "url" | "authority">, parts: Parts = {}) {
  return errorOf(connectTo(server, parts).then(pods));
}

describe("TLS", () => {
  test("a server of the kubeconfig's authority is trusted, by data and by file", async () => {
    const server = await serve({ objects });
    expect(await pods(await connectTo(server))).toBe(200);
    const { write } = await folder();
    const file = await write("ca.crt", server.authority.cert);
    const cluster = { "certificate-authority-data": "", "certificate-authority": file };
    expect(await pods(await connectTo(server, { cluster }))).toBe(200);
  });

  test("another authority's server is not, unless told so", async () => {
    const server = await serve({ objects, tls: makeAuthority("stranger").issue({ name: "x", hosts: ["127.0.0.1"] }) });
    const error = await failure(server);
    expect(error).toMatchObject({ kind: "tls", exitCode: 3 });
    expect(error.message).toBe(
      `${server.url}: the server's certificate is not signed by an authority that the kubeconfig trusts`,
    );
    const insecure = { "certificate-authority-data": "", "insecure-skip-tls-verify": true };
    expect(await pods(await connectTo(server, { cluster: insecure }))).toBe(200);
  });

  test("an expired certificate", async () => {
    const { authority } = await serve();
    const notAfter = new Date(Date.now() - 60_000);
    const server = await serve({ tls: authority.issue({ name: "x", hosts: ["127.0.0.1"], notAfter }) });
    const error = await failure(server);
    expect(error).toMatchObject({ kind: "tls", message: `${server.url}: the server's certificate has expired` });
  });

  test("a certificate for another name, and tls-server-name", async () => {
    const { authority } = await serve();
    const server = await serve({ objects, tls: authority.issue({ name: "x", hosts: ["kube.example"] }) });
    const error = await failure(server);
    expect(error.kind).toBe("tls");
    expect(error.message).toContain("is for other names");
    expect(error.message).toContain("kube.example");
    expect(await pods(await connectTo(server, { cluster: { "tls-server-name": "kube.example" } }))).toBe(200);
    const byAddress = await serve({ objects, tls: authority.issue({ name: "x", hosts: ["192.0.2.7"] }) });
    expect(await pods(await connectTo(byAddress, { cluster: { "tls-server-name": "192.0.2.7" } }))).toBe(200);
    expect((await failure(byAddress, { cluster: { "tls-server-name": "192.0.2.8" } })).kind).toBe("tls");
  });

  test("an authority together with insecure-skip-tls-verify is refused, as kubectl does", async () => {
    const error = await failure(await serve(), { cluster: { "insecure-skip-tls-verify": true } });
    expect(error).toMatchObject({ kind: "config", exitCode: 2 });
  });

  test("https to a server of plain http, and the other way round", async () => {
    const plain = await serve({ tls: false });
    const error = await failure({ ...plain, url: plain.url.replace("http:", "https:") });
    expect(error).toMatchObject({ kind: "tls", advice: "does it want http:// instead of https://?" });
    const secure = await serve();
    expect((await failure({ ...secure, url: secure.url.replace("https:", "http:") })).exitCode).toBe(3);
  });

  test("an http:// server is shown no credentials, as kubectl does not", async () => {
    const server = await serve({ objects, tls: false });
    expect(await pods(await connectTo(server, { user: { token: "t", as: "jane" } }))).toBe(200);
    expect(server.requests[0]?.headers).not.toHaveProperty("authorization");
    expect(server.requests[0]?.user).toBe("jane");
    expect(await pods(await connectTo(server, { context: { user: "nobody" } }))).toBe(200);
  });
});

describe("who asks", () => {
  test("a client certificate, by data and by file", async () => {
    const server = await serve({ objects, refuseAnonymous: true });
    const { cert, key } = server.authority.issue({ name: "jane", groups: ["dev"] });
    const data = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    expect(await pods(await connectTo(server, { user: data }))).toBe(200);
    const { write } = await folder();
    const files = { "client-certificate": await write("c", cert), "client-key": await write("k", key) };
    expect(await pods(await connectTo(server, { user: files }))).toBe(200);
    expect(server.requests.map(({ user }) => user)).toEqual(["jane", "jane"]);
  });

  test("half a certificate, a broken one, and a key of another", async () => {
    const server = await serve();
    const [one, two] = [server.authority.issue({ name: "one" }), server.authority.issue({ name: "two" })];
    const user = (cert: string, key: string) => ({
      user: { "client-certificate-data": base64(cert), "client-key-data": base64(key) },
    });
    expect((await failure(server, user(one.cert, ""))).message).toContain("without its key");
    expect(await failure(server, user("no PEM", one.key))).toMatchObject({ kind: "config", exitCode: 2 });
    expect(await failure(server, user(one.cert, two.key))).toMatchObject({ kind: "config", exitCode: 2 });
    const missing = { user: { "client-certificate": "/no/such.crt", "client-key": "/no/such.key" } };
    expect((await failure(server, missing)).message).toMatch(/^\/no\/such\.(crt|key): no such file$/);
  });

  test("impersonation as kubectl sends it, groups and extra one header each", async () => {
    const server = await serve({ objects, tokens: new Map([["t", "root"]]) });
    const user = {
      token: "t",
      as: "jane",
      "as-uid": "7",
      "as-groups": ["dev", "ops"],
      "as-user-extra": { "a/b": ["x", "ü"] },
    };
    await pods(await connectTo(server, { user }));
    const raw = server.requests[0]?.rawHeaders ?? [];
    const sent = raw.flatMap((name, index) =>
      index % 2 === 0 && name.startsWith("Impersonate")
        ? [[name, Buffer.from(raw[index + 1] ?? "", "latin1").toString()]]
        : [],
    );
    expect(sent).toEqual([
      ["Impersonate-User", "jane"],
      ["Impersonate-Uid", "7"],
      ["Impersonate-Group", "dev"],
      ["Impersonate-Group", "ops"],
      ["Impersonate-Extra-a%2Fb", "x"],
      ["Impersonate-Extra-a%2Fb", "ü"],
    ]);
    await pods(await connectTo(server, { user: { token: "t" }, flags: { as: "jim", asGroup: ["one"] } }));
    expect(server.requests[1]?.user).toBe("jim");
  });

  test("a line break in a token cannot add a header", async () => {
    expect(await failure(await serve(), { user: { token: "t\r\nX: y" } })).toMatchObject({ kind: "config" });
  });

  test("a user and password", async () => {
    const server = await serve({ objects, tokens: new Map([[`Basic ${base64("a:b")}`, "jane"]]) });
    expect(await pods(await connectTo(server, { user: { username: "a", password: "b" } }))).toBe(200);
    const both = { user: { username: "a", password: "b", token: "t" } };
    expect(await failure(server, both)).toMatchObject({ kind: "config", exitCode: 2 });
  });

  test("an auth provider is left to client-node", async () => {
    const server = await serve({ objects, tokens: new Map([["kept", "jane"]]) });
    const provider = (config: object) => ({ user: { "auth-provider": { name: "gcp", config } } });
    expect(await pods(await connectTo(server, provider({ "access-token": "kept" })))).toBe(200);
    const error = await failure(server, provider({ "access-token": "old", expiry: "2020-01-01T00:00:00Z" }));
    expect(error).toMatchObject({ kind: "unauthorized", exitCode: 3 });
    expect(error.message).toMatch(/^auth provider gcp of the kubeconfig: /);
  });
});

describe("credentials that end", () => {
  test("a token file that was replaced is read again after a 401", async () => {
    const tokens = new Map([["one", "jane"]]);
    const server = await serve({ objects, tokens });
    const { write } = await folder();
    const tokenFile = await write("token", "one\n");
    const connection = await connectTo(server, { user: { tokenFile } });
    expect(await pods(connection)).toBe(200);
    tokens.delete("one");
    tokens.set("two", "jane");
    await write("token", "two\n");
    expect(await pods(connection)).toBe(200);
    expect(server.requests.map(({ headers }) => headers.authorization)).toEqual([
      "Bearer one",
      "Bearer one",
      "Bearer two",
    ]);
  });

  test("an exec plugin is run once for many requests, and once more for all that a 401 meets", async () => {
    const server = await serve({ objects, tokens: new Map([["token-2", "jane"]]) });
    const { path, write } = await folder();
    const script = await write(
      "plugin.mjs",
      `import { appendFileSync, readFileSync } from "node:fs";
appendFileSync("${path}/runs", "x");
const token = "token-" + readFileSync("${path}/runs", "utf8").length;
console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status: { token } }));`,
    );
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: [script],
      interactiveMode: "Never",
    };
    const connection = await connectTo(server, { user: { exec } });
    expect(await Promise.all([1, 2, 3, 4, 5, 6].map(() => pods(connection)))).toEqual([200, 200, 200, 200, 200, 200]);
    const sent = new Set(server.requests.map(({ headers }) => headers.authorization));
    expect(sent).toEqual(new Set(["Bearer token-1", "Bearer token-2"]));
  });

  test("an exec plugin's client certificate is used", async () => {
    const server = await serve({ objects, refuseAnonymous: true });
    const { cert, key } = server.authority.issue({ name: "robot" });
    const { write } = await folder();
    const status = { clientCertificateData: cert, clientKeyData: key };
    const answer = JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status });
    const script = await write("plugin.mjs", `process.stdout.write(${JSON.stringify(answer)})`);
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: process.execPath, args: [script] };
    expect(await pods(await connectTo(server, { user: { exec } }))).toBe(200);
    expect(server.requests[0]?.user).toBe("robot");
  });

  test("a token that is refused for good says what to try", async () => {
    const server = await serve({ objects });
    const error = await failure(server, { user: { token: "old" } });
    expect(error).toMatchObject({ kind: "unauthorized", exitCode: 3 });
    expect(error.message).toBe(`${server.url} refuses the kubeconfig's credentials (401: Unauthorized)`);
    expect(error.advice).toMatch(/^the token or certificate may have expired: log in again/);
    expect(server.requests).toHaveLength(1);
    const claims = Buffer.from(JSON.stringify({ exp: 1_735_689_600 })).toString("base64url");
    const over = await failure(server, { user: { token: `e30.${claims}.x` } });
    expect(over.advice).toMatch(/^the token expired on 2025-01-01: log in again/);
  });
});

describe("the way there", () => {
  async function proxy(started: Promise<TestProxy>): Promise<TestProxy> {
    const made = await started;
    onTestFinished(() => made.close());
    return made;
  }

  test("through an HTTP proxy, every request over the same tunnel", async () => {
    const [server, { port, targets }] = [
      await serve({ objects }),
      await proxy(startConnectProxy({ login: "me:se cret" })),
    ];
    const cluster = { "proxy-url": `http://me:se%20cret@127.0.0.1:${port}` };
    const connection = await connectTo(server, { cluster });
    expect(await pods(connection)).toBe(200);
    expect(await pods(connection)).toBe(200);
    expect(targets).toEqual([`127.0.0.1:${server.port}`]);
    expect(server.sockets()).toBe(1);
  });

  test("through SOCKS 5, with and without a password", async () => {
    const server = await serve({ objects });
    for (const login of [undefined, "me:secret"]) {
      const { port, targets } = await proxy(startSocksProxy(login));
      const url = `socks5://${login === undefined ? "" : `${login}@`}127.0.0.1:${port}`;
      expect(await pods(await connectTo(server, { cluster: { "proxy-url": url } }))).toBe(200);
      expect(targets).toEqual([`127.0.0.1:${server.port}`]);
    }
  });

  test("an http:// server through a proxy", async () => {
    const [server, { port, targets }] = [await serve({ objects, tls: false }), await proxy(startConnectProxy())];
    expect(await pods(await connectTo(server, { cluster: { "proxy-url": `http://127.0.0.1:${port}` } }))).toBe(200);
    expect(targets).toHaveLength(1);
  });

  test("a proxy that refuses, is not there, or closes is what the message speaks of", async () => {
    const server = await serve({ objects });
    const by = (url: string) => failure(server, { cluster: { "proxy-url": url } });
    const refusing = await proxy(startConnectProxy({ refuse: 403 }));
    expect((await by(`http://127.0.0.1:${refusing.port}`)).message).toBe(
      `proxy http://127.0.0.1:${refusing.port}: the proxy refuses: 403 Refused`,
    );
    const locked = await proxy(startSocksProxy("me:secret"));
    expect((await by(`socks5://me:wrong@127.0.0.1:${locked.port}`)).message).toContain("wrong user or password");
    const gone = await startConnectProxy();
    await gone.close();
    const error = await by(`http://127.0.0.1:${gone.port}`);
    expect(error).toMatchObject({
      kind: "unreachable",
      message: `proxy http://127.0.0.1:${gone.port}: connection refused`,
    });
  });

  test("a server that is not there fails at once", async () => {
    const server = await serve();
    await server.close();
    const started = Date.now();
    const error = await failure(server);
    expect(error).toMatchObject({ kind: "unreachable", exitCode: 3, message: `${server.url}: connection refused` });
    expect(error.advice).toContain("kubectl config get-contexts");
    expect(Date.now() - started).toBeLessThan(1500);
  });

  test("a host that nobody knows", async () => {
    const server = await serve();
    const error = await failure({ ...server, url: "https://no-such-host.invalid" });
    expect(error).toMatchObject({ kind: "unreachable", exitCode: 3 });
    expect(error.message).toMatch(
      /^https:\/\/no-such-host\.invalid: (no such host|the host's name could not be looked up)$/,
    );
  });

  test("a server that is not HTTP", async () => {
    const other = createServer((socket) => socket.end("220 smtp ready\r\n"));
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const address = other.address();
    const port = typeof address === "object" ? address?.port : 0;
    const error = await failure({ ...(await serve()), url: `http://127.0.0.1:${port}` });
    expect(error).toMatchObject({ exitCode: 3, kind: "protocol" });
  });

  test.each([
    ["ftp://x", "the kubeconfig's server ftp://x is not an http or https URL"],
    ["https://", "the kubeconfig's server https:// is not an http or https URL"],
  ])("server %s", async (url, message) => {
    const { authority } = await serve();
    expect(await errorOf(connectTo({ url, authority }))).toMatchObject({ kind: "config", message });
  });

  test("a server's path is kept, and one without a scheme is https where TLS is spoken of", async () => {
    const server = await serve({ objects });
    const connection = await connectTo({ ...server, url: `${server.url}/k8s/clusters/c-1/` });
    expect(await pods(connection)).toBe(404);
    expect(server.requests[0]?.path).toBe("/k8s/clusters/c-1/api/v1/pods");
    const trust = { "certificate-authority-data": base64(server.authority.cert) };
    const bare = await connectTo({ ...server, url: `127.0.0.1:${server.port}` }, { cluster: trust });
    expect(await pods(bare)).toBe(200);
  });
});

describe("flags", () => {
  test("the namespace is -n, else the context's, else default", async () => {
    const server = await serve();
    const context = { namespace: "shop" };
    expect((await connectTo(server)).namespace).toBe("default");
    expect((await connectTo(server, { context })).namespace).toBe("shop");
    expect((await connectTo(server, { context, flags: { namespace: "other" } })).namespace).toBe("other");
  });

  test("a --request-timeout that is no duration", async () => {
    const error = await errorOf(connectTo(await serve(), { flags: { requestTimeout: "soon" } }));
    expect(error).toMatchObject({ kind: "config", exitCode: 2, message: "--request-timeout soon is not a duration" });
  });
});

describe("client-node's view of the same connection", () => {
  test("asks the same server as the same user and groups", async () => {
    const server = await serve({ objects, tokens: new Map([["t", "root"]]) });
    const connection = await connectTo(server, {
      user: { token: "t", as: "jane", "as-groups": ["dev"] },
      context: { namespace: "shop" },
    });
    const config = await connection.kubeConfig(never);
    const { CoreV1Api } = await import("@kubernetes/client-node");
    const found = await config.makeApiClient(CoreV1Api).listNamespacedPod({ namespace: "shop" });
    expect(found.items.map((pod) => pod.metadata?.name)).toEqual(["mysql-0"]);
    expect(server.requests.at(-1)).toMatchObject({ user: "jane", headers: { "impersonate-group": "dev" } });
    expect(config.getContextObject(config.getCurrentContext())?.namespace).toBe("shop");
  });

  test("also for http:// servers and client certificates", async () => {
    const plain = await serve({ objects, tls: false });
    const { CoreV1Api } = await import("@kubernetes/client-node");
    const open = await (await connectTo(plain)).kubeConfig(never);
    expect((await open.makeApiClient(CoreV1Api).listNode()).items).toHaveLength(1);
    const server = await serve({ objects, refuseAnonymous: true });
    const { cert, key } = server.authority.issue({ name: "jane" });
    const user = { "client-certificate-data": base64(cert), "client-key-data": base64(key) };
    const config = await (await connectTo(server, { user })).kubeConfig(never);
    expect((await config.makeApiClient(CoreV1Api).listNode()).items).toHaveLength(1);
    expect(server.requests.at(-1)?.user).toBe("jane");
  });
});
