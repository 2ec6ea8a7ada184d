import { describe, expect, test } from "vitest";
import { complete, present } from "../../../src/objects/collected.ts";
import { configMapsNote } from "../../../src/objects/dns-scope.ts";
import type { Pod } from "../../../src/objects/pod.ts";
import { readObject } from "../../../src/objects/read/read-object.ts";
import type { Listed } from "../../../src/objects/snapshot.ts";
import type { Workload } from "../../../src/objects/workload.ts";
import { readUsedConfigMaps } from "../../../src/sources/cluster/config-maps.ts";
import { openApi } from "../../../src/sources/cluster/http.ts";
import { configMap, pod, statefulSet } from "../../api-server/objects.ts";
import type { ApiServerOptions } from "../../api-server/server.ts";
import { connectTo, never, serve } from "./setup.ts";

const PATH = "/api/v1/namespaces/shop/configmaps";
const named = (prefix: string, number: number): readonly string[] =>
  Array.from({ length: number }, (_, at) => `${prefix}-${String(at).padStart(3, "0")}`);
const settings = (names: readonly string[]) => names.map((name) => configMap("shop", name, { peer: `${name}.db` }));

const template = (names: readonly string[]) => ({
  containers: [{ name: "main", image: "x" }],
  volumes: names.map((name) => ({ name, configMap: { name } })),
});
const LIVE = { origin: null, defaultNamespace: "", live: true };

function setUsing(names: readonly string[]): Workload {
  const set = { ...statefulSet("shop", "db", "db", {}), spec: { template: { spec: template(names) } } };
  const read = readObject(set, LIVE);
  if (read.status !== "read" || read.resource !== "workloads") throw new Error(JSON.stringify(read));
  return read.object;
}

function podUsing(names: readonly string[]): Pod {
  const read = readObject(pod("shop", "bare", {}, template(names)), LIVE);
  if (read.status !== "read" || read.resource !== "pods") throw new Error(JSON.stringify(read));
  return read.object;
}

async function listOf<T>(...items: readonly T[]): Promise<readonly Listed<T>[]> {
  return [{ namespace: null, result: complete(items) }];
}

/** What comes of asking for these ConfigMaps, and what the server was asked for that. */
async function reading(names: readonly string[], options: ApiServerOptions) {
  const server = await serve({ protobuf: true, ...options });
  const { forward } = await connectTo(server);
  const patience = { total: 0, silence: 0, pause: 1, waiting: 30_000 };
  const api = openApi({ ...forward, patience, compress: true });
  const [list] = await readUsedConfigMaps(api, { workloads: listOf(setUsing(names)), pods: listOf() }, null, never);
  if (list === undefined) throw new Error("no list");
  const { result } = list;
  return {
    result,
    found: result.status === "unavailable" ? [] : result.items.map(({ metadata }) => metadata.name),
    asked: server.requests.map(({ path, query }) => `${path.slice(PATH.length)}?${query}`),
  };
}

const wanted = named("used", 21);

test("few are asked for by name", async () => {
  const few = wanted.slice(1);
  const { found, asked } = await reading(few, { objects: settings(wanted) });
  expect(found).toEqual(few);
  expect(asked.toSorted()).toEqual(few.map((name) => `/${name}?`));
});

test("those of workloads are asked for while the Pods still come in, and then what only Pods use", async () => {
  const { promise, resolve } = Promise.withResolvers<void>();
  const server = await serve({
    objects: settings(["of-both", "of-pod", "of-set"]),
    intercept: (_, __, { path }) => {
      if (path.endsWith("/of-set")) resolve();
      return false;
    },
  });
  const { api } = await connectTo(server);
  const pods = promise.then(() => listOf(podUsing(["of-both", "of-pod"])));
  const workloads = listOf(setUsing(["of-set", "of-both"]));
  const lists = await readUsedConfigMaps(api, { workloads, pods }, null, never);
  const names = lists.map(({ result }) => present(result).map(({ metadata }) => metadata.name));
  expect(names).toEqual([["of-both", "of-set", "of-pod"]]);
  expect(lists[0]?.result).toMatchObject({ because: configMapsNote("shop", ["of-both", "of-pod", "of-set"]) });
  expect(server.requests).toHaveLength(3);
  expect(await readUsedConfigMaps(api, { workloads, pods }, "shop", never)).toEqual([]);
});

describe("many", () => {
  test("come from one list, the same as by name", async () => {
    const objects = settings([...wanted, ...named("other", 15)]);
    const [listed, byName] = [
      await reading(wanted, { objects }),
      await reading(wanted, { objects, forbidden: ["list configmaps in shop"] }),
    ];
    expect(listed.found).toEqual(wanted);
    expect(listed.asked).toEqual(["?limit=42"]);
    expect(byName.asked.toSorted()).toEqual([...wanted.map((name) => `/${name}?`), "?limit=42"]);
    expect(listed.result).toEqual(byName.result);
  });

  test("what a whole list does not hold is not there", async () => {
    const { found, result, asked } = await reading(wanted, { objects: settings(wanted.slice(0, 5)) });
    expect(found).toEqual(wanted.slice(0, 5));
    expect(asked).toHaveLength(1);
    expect(result).toMatchObject({ status: "partial", because: expect.stringMatching(/ were asked for$/) });
  });

  test("what stands behind the first page is asked for by name, and no other page", async () => {
    const objects = settings([...named("before", 30), ...wanted, ...named("zzz", 300)]);
    const { found, asked } = await reading(wanted, { objects });
    expect(found).toEqual(wanted);
    expect(asked.toSorted()).toEqual([...wanted.slice(12).map((name) => `/${name}?`), "?limit=42"]);
  });

  test("a server that speaks no protobuf is asked by name", async () => {
    const { found, asked } = await reading(wanted, { objects: settings(wanted), protobuf: false });
    expect(found).toEqual(wanted);
    expect(asked).toHaveLength(22);
  });

  test("where neither is allowed, it is said as for few", async () => {
    const forbidden = ["list configmaps", "get configmaps"];
    const { result } = await reading(wanted, { objects: settings(wanted), forbidden });
    expect(result).toEqual((await reading(wanted.slice(1), { objects: [], forbidden })).result);
    expect(result).toMatchObject({ status: "unavailable", because: expect.stringContaining("get configmaps in shop") });
  });
});
