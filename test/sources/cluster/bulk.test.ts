import { describe, expect, test } from "vitest";
import { openApi } from "../../../src/sources/cluster/http.ts";
import { collected, readResource } from "../../../src/sources/cluster/list.ts";
import { shop } from "../../api-server/objects.ts";
import { encodeList } from "../../api-server/protobuf.ts";
import { type ApiServer, type ApiServerOptions, send, sendBytes } from "../../api-server/server.ts";
import { pods } from "./protobuf/pods.ts";
import { connectTo, errorOf, never, serve } from "./setup.ts";

const PROTOBUF = "application/vnd.kubernetes.protobuf";
const many = pods(1203);
const list = encodeList("v1", "Pod", many, "") ?? Buffer.alloc(0);

async function apiOf(server: ApiServer) {
  const { forward } = await connectTo(server);
  return openApi({ ...forward, patience: { total: 0, silence: 0, pause: 1, waiting: 30_000 }, compress: true });
}

async function read(server: ApiServer, resource: "pods" | "workloads" | "services" = "pods") {
  return collected(await readResource(await apiOf(server), resource, { namespace: null, bulk: true }, never));
}

/** Answers every list with these bytes. */
function answering(bytes: Buffer, type: string, code = 200): ApiServerOptions {
  return {
    intercept: (request, response) => {
      sendBytes(request, response, code, bytes, type);
      return true;
    },
  };
}

test("a long list is read in one piece of protobuf, the same as of JSON", async () => {
  const server = await serve({ objects: [...many, ...shop()], protobuf: true });
  const bulk = await read(server);
  expect(bulk.status).toBe("complete");
  expect(server.requests.map(({ query, headers }) => [query.has("limit"), headers.accept])).toEqual([
    [false, `${PROTOBUF},application/json;q=0.5`],
  ]);
  const json = await readResource(await apiOf(server), "pods", { namespace: null }, never);
  expect(bulk).toEqual(collected(json));
});

test("nothing is packed where there is no network between", async () => {
  const server = await serve({ objects: many, protobuf: true });
  await read(server);
  expect(server.requests[0]?.headers["accept-encoding"]).toBeUndefined();
});

test("pages that the server makes by itself are followed", async () => {
  const server = await serve({
    intercept: (request, response, { query }) => {
      const from = Number(query.get("continue") ?? 0);
      const page = many.slice(from, from + 500);
      const next = from + 500 < many.length ? String(from + 500) : "";
      sendBytes(request, response, 200, encodeList("v1", "Pod", page, next) ?? list, PROTOBUF);
      return true;
    },
  });
  const result = await read(server);
  expect(result).toMatchObject({ status: "complete" });
  expect(result.status === "complete" && result.items.length).toBe(1203);
  expect(server.requests).toHaveLength(3);
});

describe("a server that does not speak protobuf is read as JSON, in pages", () => {
  test("it answers with JSON", async () => {
    const server = await serve({ objects: many });
    const result = await read(server);
    expect(result.status === "complete" && result.items.length).toBe(1203);
    expect(server.requests.map(({ query }) => query.get("limit"))).toEqual([null, "500", "500", "500"]);
  });

  test.each([406, 415])("it answers %i", async (code) => {
    const server = await serve({
      objects: many,
      intercept: (request, response, { headers }) => {
        if (!headers.accept?.includes(PROTOBUF)) return false;
        send(request, response, code, { kind: "Status", message: "only application/json" });
        return true;
      },
    });
    const result = await read(server);
    expect(result.status === "complete" && result.items.length).toBe(1203);
  });
});

test("a list that is forbidden is unavailable, in the server's words of protobuf", async () => {
  const server = await serve({ protobuf: true, objects: many, forbidden: ["list pods"] });
  expect(await read(server)).toMatchObject({
    status: "unavailable",
    because: expect.stringContaining("no permission to list pods"),
  });
});

test("a kind that the server does not serve is not served in protobuf either", async () => {
  const server = await serve({ protobuf: true, objects: shop(), unserved: ["/apis/batch/v1/jobs"] });
  expect(await read(server, "workloads")).toMatchObject({
    status: "partial",
    because: expect.stringContaining("jobs.batch"),
  });
});

describe("what is no whole list is never taken for one", () => {
  test.each([
    ["bytes that end early", answering(list.subarray(0, list.length / 2), PROTOBUF), "ends in the middle"],
    ["JSON under the name of protobuf", answering(Buffer.from("{}".padEnd(99)), PROTOBUF), "does not begin as such"],
    ["another list", answering(encodeList("v1", "Service", [], "") ?? list, PROTOBUF), "it holds a ServiceList"],
  ])("%s", async (_, options, said) => {
    const error = await errorOf(read(await serve(options)));
    expect(error.message).toContain("an answer that is not whole protobuf");
    expect(error.message).toContain(said);
    expect(error.exitCode).toBe(3);
  });

  test("a page of a login, instead of protobuf", async () => {
    const error = await errorOf(read(await serve(answering(Buffer.from("<html>"), "text/html"))));
    expect(error.message).toContain("text/html instead of JSON");
  });

  test("a stream cut in the middle is begun anew, and counts once", async () => {
    let tries = 0;
    const server = await serve({
      protobuf: true,
      objects: many,
      intercept: (_request, response, { path }) => {
        if (!path.endsWith("/pods") || ++tries > 2) return false;
        response.writeHead(200, { "content-type": PROTOBUF, "content-length": list.length });
        response.write(list.subarray(0, list.length - 100), () => response.destroy());
        return true;
      },
    });
    const result = await read(server);
    expect(result.status === "complete" && result.items.length).toBe(1203);
    expect(tries).toBe(3);
  });

  test("a stream that is cut each time", async () => {
    const error = await errorOf(
      read(
        await serve({
          intercept: (_request, response) => {
            response.writeHead(200, { "content-type": PROTOBUF, "content-length": list.length });
            response.write(list.subarray(0, 5000), () => response.destroy());
            return true;
          },
        }),
      ),
    );
    expect(error.message).toContain("cut in the middle of an answer");
  });
});

describe("a list of more than there is memory for", () => {
  const most = 1000;
  const text = "over 1,000 objects in one list are more than there is memory for";
  const readMost = async (server: ApiServer, bulk = true) => {
    const api = await apiOf(server);
    return { api, reading: () => readResource(api, "pods", { namespace: null, bulk, most }, never) };
  };

  test("ends at once where nothing else was read, and says what to try", async () => {
    const { reading } = await readMost(await serve({ objects: many, protobuf: true }));
    const error = await errorOf(reading());
    expect(error).toMatchObject({ message: `/api/v1/pods: ${text}`, exitCode: 3 });
    expect(error.advice).toContain("-n NAMESPACE");
  });

  test("that goes on without an end is given up, and nothing of it is kept while the rest goes on", async () => {
    const page = list.subarray(0, list.length - 1000);
    const others = Promise.withResolvers<void>();
    let sent = 0;
    let closed = false;
    const server = await serve({
      objects: shop(),
      protobuf: true,
      intercept: (_request, response, { path }) => {
        if (path !== "/api/v1/pods") return false;
        response.writeHead(200, { "content-type": PROTOBUF });
        const more = (bytes: Buffer) => {
          sent += bytes.length;
          response.write(bytes, () => {
            if (!closed) setImmediate(more, page.subarray(0, 1));
          });
        };
        response.on("close", () => {
          closed = true;
        });
        others.promise.then(() => more(page));
        return true;
      },
    });
    const { api, reading } = await readMost(server);
    const reads = reading();
    const services = await readResource(api, "services", { namespace: null, bulk: true }, never);
    others.resolve();
    expect(services.items.length).toBeGreaterThan(0);
    const pods = await reads;
    expect(collected(pods)).toMatchObject({ status: "unavailable", because: expect.stringContaining(text) });
    expect(pods.items).toEqual([]);
    await expect.poll(() => closed).toBe(true);
    expect(sent).toBeLessThan(2 * list.length);
  });

  test.each([true, false])("in pages is read as far as it goes (made by the server itself: %s)", async (bulk) => {
    const server = await serve({
      objects: many,
      intercept: (request, response, { query }) => {
        if (!bulk) return false;
        const from = Number(query.get("continue") ?? 0);
        const body = encodeList("v1", "Pod", many.slice(from, from + 500), String(from + 500));
        sendBytes(request, response, 200, body ?? list, PROTOBUF);
        return true;
      },
    });
    const { reading } = await readMost(server, bulk);
    const result = collected(await reading());
    expect(result).toMatchObject({
      status: "partial",
      because: `only the first 1000 pods were read; ${text}`,
    });
    expect(result.status === "partial" && result.items.length).toBe(1000);
    expect(server.requests).toHaveLength(3);
  });

  test("as many as there is memory for are whole", async () => {
    const server = await serve({ objects: many.slice(0, most), protobuf: true });
    expect(collected(await (await readMost(server)).reading()).status).toBe("complete");
  });
});
