import { describe, expect, test } from "vitest";
import type { Resource, Snapshot } from "../../../src/objects/snapshot.ts";
import { indexSnapshot } from "../../../src/objects/snapshot-index.ts";
import { type ClusterRequest, readCluster } from "../../../src/sources/cluster/collect.ts";
import { configMap, endpointSlice, headlessService, pod, shop } from "../../api-server/objects.ts";
import { type ApiServer, type ApiServerOptions, send } from "../../api-server/server.ts";
import { connectTo, errorOf, folder, never, type Parts, serve } from "./setup.ts";

const EVERYTHING: readonly Resource[] = [
  "services",
  "endpointSlices",
  "endpoints",
  "pods",
  "workloads",
  "events",
  "networkPolicies",
  "namespaces",
  "nodes",
];
const REQUEST: ClusterRequest = { namespaces: ["shop"], resources: EVERYTHING, clusterDns: true, clusterDomain: null };

async function read(server: ApiServer, request: Partial<ClusterRequest> = {}, parts: Parts = {}): Promise<Snapshot> {
  return readCluster(await connectTo(server, parts), { ...REQUEST, ...request }, never);
}

const shopServer = (options: ApiServerOptions = {}) => serve({ objects: shop(), ...options });

/** Namespace, status and names of each list of one resource. */
function outline(snapshot: Snapshot, resource: Resource): unknown[] {
  return snapshot.lists[resource].map(({ namespace, result }) => [
    namespace,
    result.status,
    result.status === "unavailable" ? result.because : result.items.map(({ metadata }) => metadata.name),
  ]);
}

describe("a namespace", () => {
  test("gives all that was asked for, and of kube-system only cluster DNS", async () => {
    const server = await shopServer();
    const snapshot = await read(server);
    expect(
      Object.fromEntries(Object.keys(snapshot.lists).map((name) => [name, outline(snapshot, name as Resource)])),
    ).toEqual({
      services: [
        ["shop", "complete", ["mysql"]],
        ["kube-system", "partial", ["kube-dns"]],
      ],
      endpointSlices: [
        ["shop", "complete", ["mysql-x7k2p"]],
        ["kube-system", "partial", ["kube-dns-1"]],
      ],
      endpoints: [["shop", "complete", []]],
      pods: [
        ["shop", "complete", ["mysql-0"]],
        ["kube-system", "partial", ["coredns-1"]],
      ],
      workloads: [["shop", "complete", ["mysql"]]],
      events: [["shop", "complete", ["mysql-0.1", "mysql-0.2"]]],
      namespaces: [[null, "complete", ["default", "kube-system", "shop"]]],
      nodes: [[null, "complete", ["node-1"]]],
      configMaps: [["kube-system", "partial", ["coredns", "own-corefile"]]],
      networkPolicies: [["shop", "complete", []]],
    });
    expect(server.requests.some(({ path }) => path.includes("secrets"))).toBe(false);
    expect(server.sockets()).toBeLessThanOrEqual(4);
  });

  test("gives the ConfigMaps that containers use, each by its name, where they are wanted", async () => {
    const spec = {
      containers: [{ name: "c", image: "i", envFrom: [{ configMapRef: { name: "settings" } }] }],
      volumes: [{ name: "v", configMap: { name: "not-there" } }],
    };
    const objects = [
      ...shop(),
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace: "shop" }, data: { a: "b" } },
      { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "of-nobody", namespace: "shop" }, data: {} },
      { apiVersion: "v1", kind: "Pod", metadata: { name: "client", namespace: "shop" }, spec },
    ];
    const server = await shopServer({ objects });
    const snapshot = await read(server, { configMaps: true });
    const [, own] = snapshot.lists.configMaps;
    expect(outline(snapshot, "configMaps")[1]).toEqual(["shop", "partial", ["settings"]]);
    expect(own?.result).toMatchObject({
      because: "of the ConfigMaps in shop only not-there, settings were asked for",
    });
    const refused = await read(await shopServer({ objects, forbidden: ["get configmaps in shop"] }), {
      configMaps: true,
    });
    expect(outline(refused, "configMaps")[1]).toEqual([
      "shop",
      "unavailable",
      "no permission to get configmaps in shop (user system:anonymous)",
    ]);
  });

  test("what cluster DNS may read and has logged is asked for while its lists still come in", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const none = { kind: "PodList", apiVersion: "v1", metadata: {}, items: [] };
    const server = await shopServer({
      intercept(request, response, { path }) {
        if (path.endsWith("/coredns-1/log")) resolve();
        if (path !== "/api/v1/namespaces/shop/pods") return false;
        promise.then(() => send(request, response, 200, none));
        return true;
      },
    });
    expect((await read(server)).clusterDns).toMatchObject({ access: { status: "complete" } });
    expect(server.requests.filter(({ path }) => path.endsWith("/log"))).toHaveLength(1);
  });

  test("says where and when it was read, and leaves the cluster domain to others", async () => {
    const before = Date.now();
    const snapshot = await read(await shopServer());
    expect(snapshot.source).toEqual({ kind: "cluster", description: "context test, namespace shop" });
    expect(Date.parse(snapshot.takenAt ?? "")).toBeGreaterThanOrEqual(before);
    expect(snapshot).toMatchObject({ clusterDomain: null, defaultNamespace: "default", invalid: [] });
    expect((await read(await shopServer(), { clusterDomain: "corp.local" })).clusterDomain).toBe("corp.local");
  });

  test('"" is the namespace of -n or the context', async () => {
    const server = await shopServer();
    const snapshot = await read(server, { namespaces: ["", "default", "shop"] }, { context: { namespace: "shop" } });
    expect(snapshot.source.description).toBe("context test, namespaces shop, default");
    expect(snapshot.defaultNamespace).toBe("shop");
    expect(snapshot.lists.pods.map(({ namespace }) => namespace)).toEqual(["shop", "default", "kube-system"]);
  });

  test("what was not asked for was not read, which is not the same as empty", async () => {
    const server = await shopServer();
    const snapshot = await read(server, { resources: ["services"], clusterDns: false });
    expect(indexSnapshot(snapshot).in("pods", "shop").status).toBe("unavailable");
    expect(server.requests.map(({ path }) => path).sort()).toEqual([
      "/api/v1/namespaces/shop",
      "/api/v1/namespaces/shop/services",
    ]);
  });

  test("where kube-system is read whole, its lists are not read again by label", async () => {
    const snapshot = await read(await shopServer(), { namespaces: ["kube-system"] });
    expect(outline(snapshot, "services")).toEqual([["kube-system", "complete", ["kube-dns", "metrics"]]]);
    expect(outline(snapshot, "pods")).toEqual([["kube-system", "complete", ["coredns-1", "etcd"]]]);
    expect(outline(snapshot, "configMaps")).toEqual([["kube-system", "partial", ["coredns", "own-corefile"]]]);
  });
});

describe("all namespaces", () => {
  test("are one list each; of events only what is not Normal", async () => {
    const snapshot = await read(await shopServer(), { namespaces: "all" });
    expect(outline(snapshot, "pods")).toEqual([[null, "complete", ["mysql-0", "coredns-1", "etcd"]]]);
    expect(outline(snapshot, "events")).toEqual([[null, "partial", ["mysql-0.2"]]]);
    expect(outline(snapshot, "configMaps")).toEqual([["kube-system", "partial", ["coredns", "own-corefile"]]]);
    expect(snapshot.source.description).toBe("context test, all namespaces");
  });

  test("what cluster DNS may read and has logged is asked for while all the Pods still come in", async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const none = { kind: "PodList", apiVersion: "v1", metadata: {}, items: [] };
    const server = await shopServer({
      intercept(request, response, { path }) {
        if (path.endsWith("/coredns-1/log")) resolve();
        if (path !== "/api/v1/pods") return false;
        promise.then(() => send(request, response, 200, none));
        return true;
      },
    });
    const { clusterDns, lists } = await read(server, { namespaces: "all" });
    expect(lists.pods).toEqual([{ namespace: null, result: { status: "complete", items: [] } }]);
    expect(clusterDns).toMatchObject({ access: { status: "complete" } });
    expect(server.requests.filter(({ path }) => path === "/api/v1/pods")).toHaveLength(2);
  });
});

describe("what is forbidden", () => {
  test("is unavailable, and the rest goes on", async () => {
    const forbidden = [
      "list pods in shop",
      "list events",
      "list services in kube-system",
      "get configmaps",
      "list nodes",
    ];
    const snapshot = await read(await shopServer({ forbidden }));
    const user = "(user system:anonymous)";
    expect(outline(snapshot, "pods")).toEqual([
      ["shop", "unavailable", `no permission to list pods in shop ${user}`],
      ["kube-system", "partial", ["coredns-1"]],
    ]);
    expect(outline(snapshot, "nodes")).toEqual([[null, "unavailable", `no permission to list nodes ${user}`]]);
    expect(outline(snapshot, "services")).toEqual([
      ["shop", "complete", ["mysql"]],
      ["kube-system", "unavailable", `no permission to list services in kube-system ${user}`],
    ]);
    expect(snapshot.lists.configMaps[0]?.result).toMatchObject({
      status: "unavailable",
      because: expect.stringMatching(
        /^no permission to get configmaps\/coredns, .*, configmaps\/own-corefile in kube-system \(user system:anonymous\)$/,
      ),
    });
    expect(outline(snapshot, "workloads")).toEqual([["shop", "complete", ["mysql"]]]);
  });

  test("namespaces that may not be listed are asked for by name, and taken on trust where that is forbidden too", async () => {
    const some = await read(await shopServer({ forbidden: ["list namespaces"] }));
    expect(some.lists.namespaces).toMatchObject([
      {
        namespace: null,
        result: {
          status: "partial",
          items: [{ metadata: { name: "shop" } }],
          because: "no permission to list namespaces (user system:anonymous)",
        },
      },
    ]);
    const none = await read(await shopServer({ forbidden: ["list namespaces", "get namespaces"] }));
    expect(none.lists.namespaces[0]?.result.status).toBe("unavailable");
    expect(outline(none, "services")[0]).toEqual(["shop", "complete", ["mysql"]]);
  });
});

describe("a namespace that does not exist", () => {
  const namespaces = ["shpo"];

  test("is an error with near names", async () => {
    const error = await errorOf(read(await shopServer(), { namespaces }));
    expect(error).toMatchObject({
      kind: "not-found",
      namespace: "shpo",
      exitCode: 2,
      message: 'no namespace "shpo" in context test',
    });
    expect(error.advice).toBe('did you mean "shop"? kubectl get namespaces lists them');
  });

  test("also where only that one may be asked for, or namespaces are not wanted", async () => {
    const server = await shopServer({ forbidden: ["list namespaces"] });
    expect(await errorOf(read(server, { namespaces }))).toMatchObject({
      kind: "not-found",
      advice: "kubectl get namespaces lists them",
    });
    const error = await errorOf(read(await shopServer(), { namespaces, resources: ["services"] }));
    expect(error.advice).toContain('"shop"');
  });
});

describe("faults", () => {
  test("one list that is always cut off is unavailable, the others are read", async () => {
    const server = await shopServer({
      intercept: (request, _response, { path }) => {
        const cut = path === "/api/v1/namespaces/shop/pods";
        if (cut) request.socket.destroy();
        return cut;
      },
    });
    const snapshot = await read(server);
    expect(snapshot.lists.pods[0]?.result).toEqual({
      status: "unavailable",
      because: `pods in shop could not be read: ${server.url}: the connection was cut`,
      byNature: false,
    });
    expect(outline(snapshot, "services")[0]).toEqual(["shop", "complete", ["mysql"]]);
  });

  test("a fault that passes leaves no trace", async () => {
    const whole = await read(await shopServer());
    const tries = new Map<string, number>();
    const shaken = await read(
      await shopServer({
        intercept: (request, response, { path, query }) => {
          const asked = `${path}?${query}`;
          const count = (tries.get(asked) ?? 0) + 1;
          tries.set(asked, count);
          if (count === 1) request.socket.destroy();
          else if (count === 2) send(request, response, 500, { kind: "Status", message: "not now" });
          return count <= 2;
        },
      }),
    );
    expect(shaken.lists).toEqual(whole.lists);
  });

  test("cluster DNS is looked for on OpenShift, and at the address of the kubelets, where it is not in the usual place", async () => {
    const moved = (namespace: string, name: string, label: string) =>
      [
        ...shop().filter(({ metadata }) => !/dns/.test(metadata.name)),
        {
          ...headlessService(namespace, name, { [label]: "x" }),
          spec: { selector: { [label]: "x" }, clusterIP: "10.96.0.53", clusterIPs: ["10.96.0.53"] },
        },
        endpointSlice(namespace, `${name}-1`, name),
        pod(namespace, "server-1", { [label]: "x" }, { volumes: [{ name: "c", configMap: { name: "settings" } }] }),
        pod(namespace, "other", {}),
        configMap(namespace, "settings", { Corefile: ".:53 {\n}\n" }),
        configMap("kube-system", "kubelet-config", { kubelet: "clusterDNS:\n- 10.96.0.53\n" }),
      ].filter(({ metadata }) => metadata.name !== "coredns-1");
    for (const place of ["openshift-dns/dns-default", "net/resolver"]) {
      const [namespace = "", name = ""] = place.split("/");
      const snapshot = await read(await serve({ objects: moved(namespace, name, "app") }));
      const there = (resource: Resource) =>
        outline(snapshot, resource).filter((list) => Array.isArray(list) && list[0] === namespace);
      expect(there("services")).toEqual([[namespace, "partial", [name]]]);
      expect(there("pods")).toEqual([[namespace, "partial", ["server-1"]]]);
      expect(there("endpointSlices")).toEqual([[namespace, "partial", [`${name}-1`]]]);
      expect(there("configMaps")).toEqual([[namespace, "partial", ["settings"]]]);
    }
  });

  test("refused credentials stop everything", async () => {
    const server = await shopServer();
    const error = await errorOf(read(server, {}, { user: { token: "old" } }));
    expect(error.kind).toBe("unauthorized");
  });

  test("who shows no credentials and may read nothing is told that in one line", async () => {
    const lists = ["services", "pods", "namespaces", "configmaps"];
    const forbidden = lists.flatMap((one) => [`list ${one}`, `get ${one}`]);
    const server = await shopServer({ forbidden });
    const reading = { namespaces: ["shop"], resources: ["services", "pods"] as const, clusterDns: false };
    const error = await errorOf(read(server, reading));
    expect(error).toMatchObject({ kind: "unauthorized", exitCode: 3 });
    expect(error.message).toBe(
      `${server.url} lets nobody read without credentials, and the kubeconfig has none (context test)`,
    );
    // One list that anybody may read is worth going on for, and a user has only its own rights to miss.
    const partly = await read(server, { ...reading, resources: ["services", "endpointSlices"] });
    expect(partly.lists.services[0]?.result.status).toBe("unavailable");
    const jane = await read(server, reading, { user: { as: "jane" } });
    expect(jane.lists.pods[0]?.result).toMatchObject({ because: "no permission to list pods in shop (user jane)" });
  });

  test("a token that expires half-way is replaced", async () => {
    const tokens = new Map([["token-1", "jane"]]);
    const server = await shopServer({
      tokens,
      intercept: () => {
        // What the first request was allowed, later ones are not.
        tokens.delete("token-1");
        tokens.set("token-2", "jane");
        return false;
      },
    });
    const script = `import { appendFileSync, readFileSync } from "node:fs";
const file = process.env.RUNS;
appendFileSync(file, "x");
const token = "token-" + readFileSync(file, "utf8").length;
console.log(JSON.stringify({ kind: "ExecCredential", apiVersion: "client.authentication.k8s.io/v1", status: { token } }));`;
    const { path, write } = await folder();
    const exec = {
      apiVersion: "client.authentication.k8s.io/v1",
      command: process.execPath,
      args: [await write("plugin.mjs", script)],
      env: [{ name: "RUNS", value: `${path}/runs` }],
      interactiveMode: "Never",
    };
    const snapshot = await read(server, {}, { user: { exec } });
    expect(outline(snapshot, "services")[0]).toEqual(["shop", "complete", ["mysql"]]);
    expect(new Set(server.requests.map(({ headers }) => headers.authorization))).toEqual(
      new Set(["Bearer token-1", "Bearer token-2"]),
    );
  });

  test("a server of something else", async () => {
    const server = await shopServer({
      intercept: (_request, response) => {
        response.writeHead(404, { "content-type": "text/plain" }).end("404 page not found\n");
        return true;
      },
    });
    const error = await errorOf(read(server));
    expect(error).toMatchObject({ kind: "protocol", exitCode: 3 });
    expect(error.message).toBe(`${server.url}/ does not serve Kubernetes' API (404)`);
  });

  test("an interruption", async () => {
    const server = await shopServer({ intercept: () => true });
    const stop = new AbortController();
    const reason = new Error("Ctrl-C");
    const reading = readCluster(await connectTo(server), REQUEST, stop.signal);
    setTimeout(() => stop.abort(reason), 100);
    await expect(reading).rejects.toBe(reason);
    await expect.poll(() => server.openSockets()).toBe(0);
  });
});
