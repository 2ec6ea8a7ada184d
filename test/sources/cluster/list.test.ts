import { expect, test } from "vitest";
import { openApi } from "../../../src/sources/cluster/http.ts";
import { collected, readResource } from "../../../src/sources/cluster/list.ts";
import { cronJob, endpointSlice, headlessService, pod, shop, statefulSet } from "../../api-server/objects.ts";
import { type ApiServer, send } from "../../api-server/server.ts";
import { connectTo, never, serve } from "./setup.ts";

const many = Array.from({ length: 1203 }, (_, index) => pod("shop", `p-${index}`, {}));

async function apiOf(server: ApiServer) {
  const { forward } = await connectTo(server);
  return openApi({ ...forward, patience: { total: 0, silence: 0, pause: 10, waiting: 30_000 }, compress: true });
}

async function read(
  server: ApiServer,
  resource: "pods" | "endpointSlices" | "workloads" | "services",
  namespace: string | null = "shop",
) {
  const reading = await readResource(await apiOf(server), resource, { namespace }, never);
  return collected(reading);
}

const names = (result: Awaited<ReturnType<typeof read>>) =>
  result.status === "unavailable" ? [] : result.items.map(({ metadata }) => metadata.name);

test("a long list is read in pages of 500, in order and whole", async () => {
  const server = await serve({ objects: [...many, pod("other", "q", {})] });
  const result = await read(server, "pods");
  expect(result.status).toBe("complete");
  expect(names(result)).toEqual(many.map(({ metadata }) => metadata.name));
  expect(server.requests.map(({ query }) => [query.get("limit"), query.get("continue")])).toEqual([
    ["500", null],
    ["500", "500.1"],
    ["500", "1000.1"],
  ]);
});

test("a list of all namespaces", async () => {
  const server = await serve({ objects: [...many.slice(0, 2), pod("other", "q", {})] });
  expect(names(await read(server, "pods", null))).toEqual(["p-0", "p-1", "q"]);
});

test("a continue that expires begins the list anew", async () => {
  let expired = false;
  const server = await serve({
    objects: many,
    intercept: (_request, _response, { query }) => {
      if (query.get("continue") === "1000.1" && !expired) {
        expired = true;
        server.expirePages();
      }
      return false;
    },
  });
  const result = await read(server, "pods");
  expect(result.status).toBe("complete");
  expect(new Set(names(result)).size).toBe(1203);
  expect(names(result)).toHaveLength(1203);
});

test("where pages always expire, the list is read in one piece", async () => {
  const server = await serve({
    objects: many,
    intercept: (_request, _response, { query }) => {
      if (query.has("continue")) server.expirePages();
      return false;
    },
  });
  const result = await read(server, "pods");
  expect(result.status).toBe("complete");
  expect(names(result)).toHaveLength(1203);
  expect(server.requests.at(-1)?.query.has("limit")).toBe(false);
});

test("a server that pages whatever is asked and lets every page expire ends as partial", async () => {
  const server = await serve({
    intercept: (request, response, { query }) => {
      if (query.has("continue")) send(request, response, 410, { kind: "Status", message: "too old" });
      else send(request, response, 200, { kind: "PodList", metadata: { continue: "x" }, items: [many[0]] });
      return true;
    },
  });
  const result = await read(server, "pods");
  expect(result).toMatchObject({
    status: "partial",
    because:
      "only the first 1 pods in shop were read; pods in shop could not be read: the API server answered 410 too old",
  });
  expect(server.requests.length).toBeLessThan(20);
});

test("a server that goes on with the same page for ever is left", async () => {
  const server = await serve({
    intercept: (request, response) => {
      send(request, response, 200, { kind: "PodList", metadata: { continue: "x" }, items: [] });
      return true;
    },
  });
  expect((await read(server, "pods")).status).toBe("partial");
  expect(server.requests).toHaveLength(2);
});

test("pages that were read before one failed are kept, and the list is partial", async () => {
  const server = await serve({
    objects: many,
    intercept: (request, response, { query }) => {
      if (query.has("continue")) send(request, response, 500, { kind: "Status", message: "etcd is away" });
      return query.has("continue");
    },
  });
  const result = await read(server, "pods");
  expect(result).toMatchObject({
    status: "partial",
    because:
      "only the first 500 pods in shop were read; pods in shop could not be read: the API server answered 500 etcd is away",
  });
  expect(names(result)).toHaveLength(500);
});

test("items get kind and version from their list", async () => {
  const result = await read(await serve({ objects: shop() }), "endpointSlices");
  expect(result).toMatchObject({
    status: "complete",
    items: [
      { kind: "EndpointSlice", apiVersion: "discovery.k8s.io/v1", metadata: { name: "mysql-x7k2p" }, origin: null },
    ],
  });
});

test("an empty list is complete, also where Go writes null", async () => {
  expect(await read(await serve(), "pods")).toEqual({ status: "complete", items: [] });
  const nulls = await serve({
    intercept: (request, response) => {
      send(request, response, 200, { kind: "PodList", apiVersion: "v1", metadata: null, items: null });
      return true;
    },
  });
  expect(await read(nulls, "pods")).toEqual({ status: "complete", items: [] });
});

test.each([{ kind: "Status", status: "Success" }, { ok: true }, [1], { kind: "PodList", items: {} }])(
  "%j is no list",
  async (body) => {
    const server = await serve({
      intercept: (request, response) => {
        send(request, response, 200, body);
        return true;
      },
    });
    expect(await read(server, "pods")).toEqual({
      status: "unavailable",
      because: "the API server's answer for pods in shop is not a list",
      byNature: false,
    });
  },
);

test("a forbidden list is unavailable, in one line with the permission that is missing", async () => {
  const server = await serve({ objects: shop(), forbidden: ["list pods", "list endpointslices"] });
  const user = "(user system:anonymous)";
  expect(await read(server, "pods")).toEqual({
    status: "unavailable",
    because: `no permission to list pods in shop ${user}`,
    byNature: false,
  });
  expect(await read(server, "endpointSlices", null)).toMatchObject({
    because: `no permission to list endpointslices.discovery.k8s.io ${user}`,
  });
});

test("a 403 that is not of RBAC is quoted", async () => {
  const server = await serve({
    intercept: (_request, response) => {
      response.writeHead(403, { "content-type": "text/html" }).end("<h1>Blocked</h1> by the gateway");
      return true;
    },
  });
  expect(await read(server, "pods")).toMatchObject({
    status: "unavailable",
    because: "no permission to list pods in shop (Blocked by the gateway)",
  });
});

test("workloads are one list; what is forbidden or not served of them makes it partial", async () => {
  const objects = [statefulSet("shop", "mysql", "mysql", { app: "mysql" }), cronJob("shop", "backup")];
  const all = await read(await serve({ objects }), "workloads");
  expect(all).toMatchObject({ status: "complete", items: [{ kind: "StatefulSet" }, { kind: "CronJob" }] });
  const server = await serve({
    objects,
    forbidden: ["list deployments", "list replicasets"],
    unserved: ["/apis/batch/v1/cronjobs", "/apis/batch/v1beta1/cronjobs"],
  });
  expect(await read(server, "workloads")).toMatchObject({
    status: "partial",
    items: [{ kind: "StatefulSet" }],
    because:
      "no permission to list deployments.apps, replicasets.apps in shop (user system:anonymous); the API server does not serve cronjobs.batch",
  });
});

test("an old server's versions are read where it serves no newer", async () => {
  const objects = [endpointSlice("shop", "s", "mysql"), cronJob("shop", "backup")];
  const old = await serve({
    objects,
    unserved: ["/apis/discovery.k8s.io/v1/endpointslices", "/apis/batch/v1/cronjobs"],
  });
  expect(await read(old, "endpointSlices")).toMatchObject({
    status: "complete",
    items: [{ apiVersion: "discovery.k8s.io/v1beta1", metadata: { name: "s" } }],
  });
  expect(await read(old, "workloads")).toMatchObject({ status: "complete", items: [{ kind: "CronJob" }] });
  const older = await serve({
    unserved: ["/apis/discovery.k8s.io/v1/endpointslices", "/apis/discovery.k8s.io/v1beta1/endpointslices"],
  });
  expect(await read(older, "endpointSlices")).toEqual({
    status: "unavailable",
    because: "the API server does not serve endpointslices.discovery.k8s.io",
    byNature: true,
  });
});

test("an object that cannot be read is named, the others are kept", async () => {
  const broken = { ...headlessService("shop", "odd", {}), spec: { ports: "80" } };
  const server = await serve({
    objects: [
      headlessService("shop", "mysql", {}),
      broken,
      { ...broken, metadata: { name: "odder", namespace: "shop" } },
    ],
  });
  const result = await read(server, "services");
  expect(result.status).toBe("partial");
  expect(names(result)).toEqual(["mysql"]);
  expect(result).toMatchObject({
    because: expect.stringMatching(/^could not make sense of Service shop\/odd \(spec\.ports: .*\) and 1 more$/),
  });
});
